#!/usr/bin/env python3
"""Losses and schedules as PyTorch computes them, written to training.json beside this file.

    pip install torch && python3 make.py

PROVENANCE records the version, the seed and the file's FNV-1a hash; the test fails when they differ.
Losses are written out from the papers (and for cross-entropy taken from torch.nn.functional), in
float64, and their gradients are autograd's.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

SEED = 61
torch.manual_seed(SEED)


def cross_entropy(z, y, w):
    return F.cross_entropy(z, y, reduction="none")


def focal(gamma, alpha):
    def loss(z, y, w):
        ce = F.cross_entropy(z, y, reduction="none")
        a = torch.ones_like(ce) if alpha < 0 else torch.where(y == 1, alpha, 1 - alpha)
        return a * (1 - torch.exp(-ce)) ** gamma * ce

    return loss


def asymmetric(plus, minus, margin):
    def loss(z, y, w):
        p = torch.sigmoid(z[:, 1] - z[:, 0])
        shifted = (p - margin).clamp(min=0)
        positive = (1 - p) ** plus * torch.log(p)
        negative = shifted**minus * torch.log(1 - shifted)
        return -torch.where(y == 1, positive, negative)

    return loss


def cyclical(high, low, share):
    def loss(z, y, w):
        log_p = F.log_softmax(z, dim=1).gather(1, y[:, None])[:, 0]
        p = log_p.exp()
        return -(share * (1 + p) ** high + (1 - share) * (1 - p) ** low) * log_p

    return loss


def case(name, settings, function, classes=2, rows=7, spread=2.0):
    z = (torch.randn(rows, classes, dtype=torch.float64) * spread).float().double()
    y = torch.randint(0, classes, (rows,))
    w = (torch.rand(rows, dtype=torch.float64) + 0.5).float().double()
    z.requires_grad_(True)
    loss = (w * function(z, y, w)).sum() / w.sum()
    loss.backward()
    return {
        "op": name, **settings, "classes": classes, "z": z.detach().flatten().tolist(), "y": y.tolist(),
        "w": w.tolist(), "loss": loss.item(), "dz": z.grad.flatten().tolist(),
    }


def schedule(steps, rate):
    weight = torch.nn.Parameter(torch.zeros(1))
    adam = torch.optim.Adam([weight], lr=rate)
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, max_lr=rate, total_steps=steps)
    out = {"steps": steps, "max": rate, "rate": [], "beta1": []}
    for step in range(steps):
        out["rate"].append(adam.param_groups[0]["lr"])
        out["beta1"].append(adam.param_groups[0]["betas"][0])
        adam.step()
        if step + 1 < steps:
            cycle.step()
    return out


document = {
    "losses": [
        case("softmax_cross_entropy", {}, cross_entropy),
        case("softmax_cross_entropy", {}, cross_entropy, classes=5),
        case("softmax_cross_entropy", {}, cross_entropy, spread=20.0),
        case("focal_loss", {"gamma": 2.0, "alpha": 0.25}, focal(2.0, 0.25)),
        case("focal_loss", {"gamma": 1.5, "alpha": -1.0}, focal(1.5, -1.0), classes=4),
        case("asymmetric_loss", {"gamma": 1.0, "gamma_negative": 4.0, "margin": 0.05},
             asymmetric(1.0, 4.0, 0.05)),
        case("asymmetric_loss", {"gamma": 0.0, "gamma_negative": 2.0, "margin": 0.0},
             asymmetric(0.0, 2.0, 0.0)),
        case("cyclical_focal_loss", {"gamma_high": 3.0, "gamma": 2.0, "share": 0.3},
             cyclical(3.0, 2.0, 0.3)),
        case("cyclical_focal_loss", {"gamma_high": 2.0, "gamma": 1.0, "share": 1.0},
             cyclical(2.0, 1.0, 1.0), classes=3),
    ],
    "schedules": [schedule(100, 0.001), schedule(37, 0.05), schedule(11, 1.0), schedule(3, 0.1)],
}
text = json.dumps(document, allow_nan=False) + "\n"
here = pathlib.Path(__file__).parent
(here / "training.json").write_text(text)
hash64 = 0xCBF29CE484222325
for byte in text.encode():
    hash64 = (hash64 ^ byte) * 0x100000001B3 % 2**64
(here / "PROVENANCE").write_text(
    f"file training.json\nmade-by make.py\ntorch {torch.__version__}\nseed {SEED}\nfnv1a {hash64:016x}\n"
)
