#!/usr/bin/env python3
"""Reference values of model/spline_calibrator, written to spline.json beside this file.

    pip install scipy==1.17.1 numpy==2.4.6 && python3 make.py

The curve is written down as the header of spline_calibrator.h reads, its B-splines are
scipy.interpolate.BSpline's, and its objective is minimised by general solvers of scipy.optimize:
Platt's line by BFGS, the coefficients by L-BFGS-B in their increments, polished by trust-constr where
it is better. PROVENANCE records versions, seed and the file's FNV-1a hash; the test fails when they
differ.
"""
import json
import pathlib

import numpy as np
import scipy
from scipy.interpolate import BSpline
from scipy.optimize import Bounds, minimize
from scipy.special import expit

SEED = 62
QUANTILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.92, 0.94, 0.96, 0.98, 0.99, 0.995, 0.9975, 0.999]
RIDGE, ROWS = 1.0, 10
rng = np.random.default_rng(SEED)


def logit(p):
    clipped = np.clip(p, 2.0**-52, 1 - 2.0**-52)
    return np.log(clipped / (1 - clipped))


def nll(z, positive, weight):
    return np.sum(weight * np.logaddexp(0, z) - positive * z)


def platt(x, positive, weight):
    n1, n0 = positive.sum(), (weight - positive).sum()
    target = positive * (n1 + 1) / (n1 + 2) + (weight - positive) / (n0 + 2)
    scale = weight.sum()
    fun = lambda v: nll(v[0] * x + v[1], target, weight) / scale
    jac = lambda v: np.array([((weight * expit(v[0] * x + v[1]) - target) * x).sum(),
                              (weight * expit(v[0] * x + v[1]) - target).sum()]) / scale
    best = minimize(fun, [0.0, 0.0], jac=jac, method="BFGS", options=dict(gtol=1e-13)).x
    assert best[0] > 0
    return best


def place_knots(x, weight):
    order = np.argsort(x, kind="stable")
    xs, below = x[order], np.cumsum(weight[order])
    total, knots, last = below[-1], [xs[0]], 0.0
    for q in QUANTILES:
        # the first distinct score with at least this weight at or below it, and all of its ties
        at = xs[np.searchsorted(below, q * total - 1e-9)]
        w = weight[x <= at].sum()
        if w - last < ROWS or total - w < ROWS or at - knots[-1] < 1e-6 or xs[-1] - at < 1e-6:
            continue
        knots.append(at)
        last = w
    return np.array(knots + [xs[-1]])


def fit(score, positive, weight):
    x = logit(score)
    slope, shift = platt(x, positive, weight)
    knots = place_knots(x, weight)
    t = np.r_[[knots[0]] * 3, knots, [knots[-1]] * 3]
    n = len(t) - 4
    line = slope * np.array([t[j + 1:j + 4].mean() for j in range(n)]) + shift
    line = np.clip(line, logit(0), logit(1))
    basis = BSpline.design_matrix(np.clip(x, knots[0], knots[-1]), t, 3).toarray()
    lower = np.tril(np.ones((n, n)))

    def value(d):
        c = lower @ d
        return nll(basis @ c, positive, weight) + RIDGE / 2 * np.sum((c - line) ** 2)

    def slopes(d):
        c = lower @ d
        return lower.T @ (basis.T @ (weight * expit(basis @ c) - positive) + RIDGE * (c - line))

    def curve(d):
        p = expit(basis @ (lower @ d))
        return lower.T @ (basis.T @ (basis * (weight * p * (1 - p))[:, None]) + RIDGE * np.eye(n)) @ lower

    low = np.r_[-np.inf, np.zeros(n - 1)]
    d = np.r_[line[0], np.diff(line)]
    best = minimize(value, d, jac=slopes, method="L-BFGS-B", bounds=Bounds(low, np.inf),
                    options=dict(maxiter=100000, maxfun=100000, ftol=1e-16, gtol=1e-10, maxcor=30)).x
    polished = minimize(value, np.maximum(best, low), jac=slopes, hess=curve, method="trust-constr",
                        bounds=Bounds(low, np.inf),
                        options=dict(gtol=1e-12, xtol=1e-14, maxiter=3000)).x
    polished = np.maximum(polished, low)
    d = polished if value(polished) < value(best) else best
    return knots, t, lower @ d, value(d)


def case(name, n, bend, base, digits, weights):
    z = rng.normal(base, 1.5, n)
    truth = (rng.random(n) < expit(bend(z))).astype(float)
    score = expit(z)
    if digits:
        score = np.round(score, digits)
    weight = np.round(rng.exponential(1, n) + 0.01, 3) if weights else np.ones(n)
    knots, t, c, value = fit(score, truth * weight, weight)
    probe = np.sort(np.r_[0.0, 1.0, rng.random(30), rng.choice(score, 60)])
    z = BSpline(t, c, 3)(np.clip(logit(probe), knots[0], knots[-1]))
    return {
        "name": name,
        "truth": truth.astype(int).tolist(),
        "score": score.tolist(),
        "weight": weight.tolist() if weights else None,
        "knots": knots.tolist(),
        "value": value,
        "probe": probe.tolist(),
        "p": expit(z).tolist(),
    }


cases = [
    case("calibrated", 1500, lambda z: z, -2, None, False),
    case("kinked", 2000, lambda z: np.where(z > -1, 2 * z + 1, 0.3 * z - 0.7), -1, None, False),
    case("not monotone", 1200, lambda z: np.sin(2 * z) - 1, -1, None, False),
    case("ties", 1000, lambda z: z + 1, -2, 1, False),
    case("weights", 900, lambda z: 0.7 * z, -1, 2, True),
    case("few", 30, lambda z: z, 0, None, False),
]
here = pathlib.Path(__file__).resolve().parent
text = json.dumps({"cases": cases}, allow_nan=False) + "\n"
(here / "spline.json").write_text(text)
fnv = 0xCBF29CE484222325
for byte in text.encode():
    fnv = ((fnv ^ byte) * 0x100000001B3) % 2**64
(here / "PROVENANCE").write_text(
    f"made by make.py\nscipy {scipy.__version__}\nnumpy {np.__version__}\n"
    f"seed {SEED}\nfnv1a {fnv:016x}\n")
