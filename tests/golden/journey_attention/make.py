#!/usr/bin/env python3
"""Reference vectors of journey attention, from the formulas, one journey and one step at a time.

    python3 make.py        writes reference.safetensors and provenance.json beside itself

Everything is computed in float64 from weights rounded to float32. The gradients are written out by
hand and checked here against central differences before anything is written. Needs numpy only.
"""

import json
import pathlib
import platform
import struct

import numpy as np

SEED = 24
BATCH, STEPS, CAMPAIGNS, EMBEDDING, LSTM = 7, 5, 4, 3, 6
HERE = pathlib.Path(__file__).parent


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def forward(w, tokens, padded, label):
    """One journey. Returns probability, attention of every step, loss and what backward needs."""
    steps = tokens if padded else tokens[: max(i for i, t in enumerate(tokens) if t != -2) + 1]
    h, c, trace = np.zeros(LSTM), np.zeros(LSTM), []
    for token in steps:
        one_hot = np.zeros(CAMPAIGNS)
        if token >= 0:
            one_hot[token] = 1
        x = one_hot @ w["embedding.kernel"] + w["embedding.bias"]
        z = x @ w["lstm.kernel"] + h @ w["lstm.recurrent_kernel"] + w["lstm.bias"]
        zi, zf, zg, zo = np.split(z, 4)
        i, f, g, o = sigmoid(zi), sigmoid(zf), np.tanh(zg), sigmoid(zo)
        before_h, before_c = h, c
        c = f * c + i * g
        h = o * np.tanh(c)
        trace.append((one_hot, x, before_h, before_c, i, f, g, o, c, h))
    states = np.array([t[-1] for t in trace])
    score = np.tanh(states @ w["attention.kernel"][:, 0] + w["attention.bias"][0])
    attention = np.exp(score) / np.exp(score).sum()
    context = attention @ states
    p = sigmoid(context @ w["output.kernel"][:, 0] + w["output.bias"][0])
    loss = -(label * np.log(p) + (1 - label) * np.log(1 - p))
    return p, attention, loss, (trace, states, score, context)


def backward(w, grad, p, attention, label, saved, scale):
    """Add the gradient of scale * loss to `grad`."""
    trace, states, score, context = saved
    d_logit = scale * (p - label)
    grad["output.kernel"][:, 0] += d_logit * context
    grad["output.bias"][0] += d_logit
    d_context = d_logit * w["output.kernel"][:, 0]
    d_attention = states @ d_context
    d_score = attention * (d_attention - attention @ d_attention)
    d_pre = d_score * (1 - score**2)
    grad["attention.kernel"][:, 0] += d_pre @ states
    grad["attention.bias"][0] += d_pre.sum()
    d_states = np.outer(attention, d_context) + np.outer(d_pre, w["attention.kernel"][:, 0])
    dh_next, dc_next = np.zeros(LSTM), np.zeros(LSTM)
    for step in reversed(range(len(trace))):
        one_hot, x, before_h, before_c, i, f, g, o, c, _ = trace[step]
        dh = d_states[step] + dh_next
        dc = dc_next + dh * o * (1 - np.tanh(c) ** 2)
        dz = np.concatenate(
            [dc * g * i * (1 - i), dc * before_c * f * (1 - f), dc * i * (1 - g**2),
             dh * np.tanh(c) * o * (1 - o)])
        grad["lstm.kernel"] += np.outer(x, dz)
        grad["lstm.recurrent_kernel"] += np.outer(before_h, dz)
        grad["lstm.bias"] += dz
        dx = w["lstm.kernel"] @ dz
        grad["embedding.kernel"] += np.outer(one_hot, dx)
        grad["embedding.bias"] += dx
        dh_next, dc_next = w["lstm.recurrent_kernel"] @ dz, dc * f


def run(w, tokens, labels, padded):
    probability, attention, losses = np.zeros(BATCH), np.zeros((BATCH, STEPS)), np.zeros(BATCH)
    grad = {name: np.zeros_like(value) for name, value in w.items()}
    for b in range(BATCH):
        p, a, loss, saved = forward(w, tokens[b], padded, labels[b])
        probability[b], losses[b], attention[b, : len(a)] = p, loss, a
        backward(w, grad, p, a, labels[b], saved, 1 / BATCH)
    return probability, attention, losses.mean(), grad


def check_gradients(w, tokens, labels, grad):
    for name, value in w.items():
        for at in np.ndindex(value.shape):
            keep, step = value[at], 1e-6
            value[at] = keep + step
            up = run(w, tokens, labels, False)[2]
            value[at] = keep - step
            down = run(w, tokens, labels, False)[2]
            value[at] = keep
            assert abs((up - down) / (2 * step) - grad[name][at]) < 1e-8, (name, at)


def write_safetensors(path, tensors, config):
    header, data = {"__metadata__": {"config": json.dumps(config)}}, b""
    for name, value in tensors.items():
        kind = "I32" if value.dtype == np.int32 else "F32"
        raw = value.astype("<i4" if kind == "I32" else "<f4").tobytes()
        header[name] = {"dtype": kind, "shape": list(value.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def fnv1a64(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def main():
    rng = np.random.default_rng(SEED)
    shapes = {
        "embedding.kernel": (CAMPAIGNS, EMBEDDING), "embedding.bias": (EMBEDDING,),
        "lstm.kernel": (EMBEDDING, 4 * LSTM), "lstm.recurrent_kernel": (LSTM, 4 * LSTM),
        "lstm.bias": (4 * LSTM,), "attention.kernel": (LSTM, 1), "attention.bias": (1,),
        "output.kernel": (LSTM, 1), "output.bias": (1,),
    }
    w = {name: rng.normal(0, 0.7, shape).astype(np.float32).astype(float)
         for name, shape in shapes.items()}
    length = np.array([3, 1, 5, 2, 5, 1, 4], np.int32)
    labels = np.array([1, 0, 0, 1, 1, 0, 0], float)
    # -2 marks padding while computing, so that an unknown token (-1) inside a journey differs.
    tokens = rng.integers(0, CAMPAIGNS, (BATCH, STEPS))
    tokens[2, 1] = -1
    for b in range(BATCH):
        tokens[b, length[b]:] = -2

    tensors = {f"param.{name}": value for name, value in w.items()}
    tensors["input.token"] = np.maximum(tokens, -1).astype(np.int32)
    tensors["input.length"] = length
    tensors["input.label"] = labels
    for kind, padded in (("unmasked", True), ("masked", False)):
        probability, attention, loss, grad = run(w, tokens, labels, padded)
        tensors[f"output.{kind}.probability"] = probability
        tensors[f"output.{kind}.attention"] = attention
        tensors[f"output.{kind}.loss"] = np.array([loss])
    check_gradients(w, tokens, labels, grad)
    tensors |= {f"grad.{name}": value for name, value in grad.items()}

    path = HERE / "reference.safetensors"
    write_safetensors(path, tensors, {"batch": BATCH, "journey_max_length": STEPS,
                                      "campaigns": CAMPAIGNS, "embedding": EMBEDDING, "lstm": LSTM})
    (HERE / "provenance.json").write_text(json.dumps({
        "file": path.name,
        "made_by": "make.py",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "seed": SEED,
        "fnv1a64": f"{fnv1a64(path.read_bytes()):016x}",
    }, indent=2) + "\n")


if __name__ == "__main__":
    main()
