#!/usr/bin/env python3
"""Writes example.json beside this file: a whole attribution report document, invented but coherent.

    python3 make_example.py     (standard library only; seed 24, so the file comes out the same)
"""
import json
import math
import pathlib
import random

rng = random.Random(24)
NAMES = ["Brand search", "Generic search", "Retargeting display", "Prospecting display", "Newsletter",
         "Price comparison", "Affiliate blogs", "Video pre-roll", "Social feed", "Social stories",
         "Marketplace listing", "App push", "Partner coupons", "Podcast spots", "Shopping ads",
         "Native articles", "Influencer posts", "Direct mail QR", "Store locator", "Radio spots",
         "Connected TV", "Referral programme", "Cart reminder", "Loyalty email", "Map pins",
         "Forum sponsorship", "Display remarketing: long basket-abandonment window (28 days)",
         "Été & Soldes <FR>", "ブランド検索", "Spring \"flash\" sale", "Local press", "Job board",
         "University fair", "Cinema ads", "Bus stops"]
METHODS = [("attention", "Attention", 0.25), ("first_touch", "First touch", 0.55),
           ("last_touch", "Last touch", 0.5), ("linear", "Linear", 0.3),
           ("time_decay", "Time decay", 0.35), ("position_based", "Position 40/20/40", 0.35),
           ("markov_1", "Markov, order 1", 0.22), ("markov_2", "Markov, order 2", 0.2),
           ("shapley", "Shapley", 0.24)]
CONVERSIONS = 12486.0
r = lambda value, digits=6: round(value, digits)

weights = [math.exp(-i / 9) * math.exp(rng.gauss(0, 0.25)) for i in range(len(NAMES))]
total = sum(weights)
truth = [CONVERSIONS * 0.9 * w / total for w in weights]
methods = []
for name, label, noise in METHODS:
    raw = [w * math.exp(rng.gauss(0, noise)) for w in weights]
    methods.append({"name": name, "label": label, "credits": [r(CONVERSIONS * x / sum(raw), 3) for x in raw]})

states = ["(start)"] + NAMES[:12] + ["(conversion)", "(null)"]
matrix = []
for i, state in enumerate(states):
    if state in ("(conversion)", "(null)"):
        row = [1.0 if j == i else 0.0 for j in range(len(states))]
    else:
        row = [0.0] + [weights[j] * rng.uniform(0.3, 1.5) * (4 if j + 1 == i else 1) for j in range(12)]
        row += [0.0, 0.0] if i == 0 else [rng.uniform(0.3, 1.2), rng.uniform(2, 4)]
        row = [x / sum(row) for x in row]
    matrix.append([r(x) for x in row])

lengths = [int(70000 * math.exp(-0.42 * i)) for i in range(26)]
converted = [int(n * (0.1 + 0.012 * i)) for i, n in enumerate(lengths)]
yes = [0.31 * math.exp(-0.28 * i) + 0.01 for i in range(10)]
no = [0.2 * math.exp(-0.15 * i) + 0.01 for i in range(10)]

training = []
for e in range(1, 13):
    training.append({"epoch": e, "train_loss": r(0.34 + 0.22 * math.exp(-e / 2.5)),
                     "test_loss": r(0.352 + 0.2 * math.exp(-e / 2.2) + 0.0012 * max(0, e - 7) ** 1.4),
                     "train_auc": r(0.765 - 0.13 * math.exp(-e / 3)),
                     "test_auc": r(0.742 - 0.1 * math.exp(-e / 2.2) - 0.0012 * max(0, e - 7)),
                     **({"best": True} if e == 7 else {})})

rows = []
for _ in range(20000):
    y = rng.random() < 0.22
    rows.append((1 / (1 + math.exp(-(rng.gauss(0.95 if y else 0, 1) - 1.75))), y))
rows.sort(reverse=True)
P = sum(y for _, y in rows)
N = len(rows) - P
fpr, tpr, precision, recall, tp, fp = [0.0], [0.0], [1.0], [0.0], 0, 0
for i, (s, y) in enumerate(rows):
    tp, fp = tp + y, fp + (not y)
    if i % 150 == 149 or i + 1 == len(rows) or i in (9, 29, 69):
        fpr.append(r(fp / N)); tpr.append(r(tp / P))
        recall.append(r(tp / P)); precision.append(r(tp / (tp + fp)))
bins = []
for b in range(10):
    part = rows[len(rows) - (b + 1) * 2000: len(rows) - b * 2000]
    bins.append({"low": r(part[-1][0]), "high": r(part[0][0]), "weight": len(part),
                 "mean_score": r(sum(s for s, _ in part) / len(part)),
                 "positive_rate": r(sum(y for _, y in part) / len(part))})
pos, neg = [0] * 20, [0] * 20
for s, y in rows:
    (pos if y else neg)[min(19, int(s * 20))] += 1
tp = sum(y for s, y in rows if s >= 0.5)
fp = sum(not y for s, y in rows if s >= 0.5)
value = lambda v, sd: {"value": v, "standard_deviation": sd}
evaluation = {
    "binary_classification_metrics": {
        "samples": len(rows), "positives": P, "threshold": 0.5,
        "confusion_matrix": {"0": {"0": N - fp, "1": fp}, "1": {"0": P - tp, "1": tp}},
        "auc": value(0.7448, 0.0061), "auc_best_constant_classifier": value(0.5, "NaN"),
        "average_precision": value(0.4913, 0.0102),
        "average_precision_best_constant_classifier": value(r(P / len(rows)), "NaN"),
        "log_loss": value(0.4588, 0.0041), "log_loss_best_constant_classifier": value(0.5269, "NaN"),
        "brier_score": value(0.1461, 0.0016), "brier_score_best_constant_classifier": value(0.1716, "NaN"),
        "expected_calibration_error": value(0.0071, 0.0012),
        "accuracy": value(r((N - fp + tp) / len(rows)), 0.0031),
        "accuracy_best_constant_classifier": value(r(N / len(rows)), "NaN"),
        "precision": value(r(tp / (tp + fp)), 0.013), "recall": value(r(tp / P), 0.0097),
        "f1": value(r(2 * tp / (2 * tp + fp + P - tp)), 0.01), "f2": value(0.1813, "NaN"),
        "receiver_operating_characteristic_curve": {"false_positive_rates": fpr, "true_positive_rates": tpr},
        "precision_recall_curve": {"precisions": precision, "recalls": recall},
        "calibration": {"bins": bins},
        "score_histogram": {"edges": [i / 20 for i in range(21)], "positives": pos, "negatives": neg},
    },
    "folds": [{"fold": f, "samples": 4000, "positives": P // 5, "auc": r(0.7448 + rng.gauss(0, 0.006), 4),
               "log_loss": r(0.4588 + rng.gauss(0, 0.004), 4),
               "average_precision": r(0.4913 + rng.gauss(0, 0.01), 4)} for f in range(5)],
}
document = {
    "report": "attribution",
    "title": "Attribution: spring campaigns",
    "subtitle": "impressions.parquet, 1 March to 31 May 2024",
    "headline": {"impressions": 1284730, "users": 184220, "journeys": sum(lengths),
                 "conversions": sum(converted), "campaigns": len(NAMES)},
    "credits": {"primary": "attention", "campaigns": NAMES, "methods": methods},
    "truth": {"label": "True credit", "credits": [r(t, 3) for t in truth]},
    "removal_effects": {"label": "Markov chain of order 1.", "campaigns": NAMES,
                        "effects": [r(min(0.9, 2.2 * w / total)) for w in weights]},
    "transition_matrix": {"states": states, "probabilities": matrix},
    "journey_lengths": {"journeys": lengths, "converted": converted, "keeps_whole": 4,
                        "whole_share": 0.8, "max_length": 10},
    "attention_by_position": {"converted": [r(x) for x in yes], "not_converted": [r(x) for x in no]},
    "training": training,
    "evaluation": evaluation,
    "evaluation_note": "5 folds by user; each scored by a model that never saw it",
    "provenance": {"version": "quern 0.1.0", "data_hash": "8f14e45fceea167a", "split_seed": 24,
                   "train_seed": 0,
                   "pipeline": "name: attribution\nsource: {path: impressions.parquet, entity: uid}\n"
                               "journey: {max_length: 10, keep: last}\n"
                               "model: {type: journey_attention, embedding: 20, lstm: 64}\n"},
}

# What campaigns caused: half of them next to nothing.
rng = random.Random(25)
caused = [0.55 * CONVERSIONS * w / total * (rng.uniform(0.3, 2.2) if i % 2 else rng.uniform(0, 0.1))
          for i, w in enumerate(weights)]
caused[3] = 0.0
anyway = CONVERSIONS - sum(caused)
amounts = caused + [anyway]
low = [max(0, x - 60 - 0.15 * x) for x in amounts]
high = [x + 60 + 0.15 * x for x in amounts]
half = [rng.uniform(0.4, 9) for _ in NAMES]
half[3] = None
days = [i / 2 for i in range(33)]
scale = [i / 4 for i in range(9)]
change = [[r(x * (1.6 * f / (f + 0.6) - 1), 3) for f in scale] for x in caused]
weeks = ["2024-02-26"] + [f"2024-{3 + (d + 3) // 31:02}-{(d + 3) % 31 + 1:02}" for d in range(0, 90, 7)]
share = [rng.uniform(0.4, 0.6) for _ in weeks]
each = [CONVERSIONS / len(weeks) * rng.uniform(0.8, 1.2) for _ in weeks]
document["incremental"] = {
    "campaigns": NAMES,
    "credit": [r(x, 3) for x in amounts], "low": [r(x, 3) for x in low], "high": [r(x, 3) for x in high],
    "value": [r(31.5 * x * rng.uniform(0.8, 1.2), 2) for x in amounts],
    "cost": [r(w / total * 90000, 2) for w in weights],
    "before": [r(x * rng.uniform(0.9, 1.1), 3) for x in amounts],
    "experiments": [{"campaign": name, "from": "2024-04-01T00:00:00.000Z", "to": "2024-04-15T00:00:00.000Z",
                     "conversions_caused": 40, "standard_error": 12, "before": 71.5, "after": 47.25}
                    for name in NAMES[:2]],
    "pairs": [{"campaigns": [NAMES[0], NAMES[2]], "credit": 321.25, "low": 205.5, "high": 420.75},
              {"campaigns": [NAMES[1], NAMES[4]], "credit": 0, "low": None, "high": None}],
    "replicates": 200, "link": {"name": "additive", "chosen": True},
    "totals": {"conversions": CONVERSIONS, "caused": r(sum(caused), 3), "caused_low": r(sum(caused) * 0.93, 3),
               "caused_high": r(sum(caused) * 1.07, 3), "anyway": r(anyway, 3),
               "anyway_low": r(anyway - 0.07 * sum(caused), 3), "anyway_high": r(anyway + 0.07 * sum(caused), 3)},
    "periods": {"from": weeks, "weeks": 1, "caused": [r(e * s, 2) for e, s in zip(each, share)],
                "anyway": [r(e * (1 - s), 2) for e, s in zip(each, share)]},
    "decay": {"unit": "conversions a day", "days": days, "half_gone_days": [h and r(h, 3) for h in half],
              "share": [[r(2 ** (-d / h), 4) for d in days] if h else [] for h in half]},
    "curves": {"scale": scale, "change": change,
               "low": [[r(c - 0.3 * abs(c), 3) for c in line] for line in change],
               "high": [[r(c + 0.3 * abs(c), 3) for c in line] for line in change]},
    "doubt": {
        "campaigns": [{"campaign": name, "credit": r(x, 3), "low": r(l, 3), "high": r(h, 3),
                       "without_controls": r(x + 0.1 * CONVERSIONS / len(NAMES) * rng.uniform(0, 3), 3),
                       "placebo": r(p, 3), "placebo_low": r(p - 25, 3), "placebo_high": r(p + 25, 3),
                       "placebo_failed": abs(p) > 25, "users_without": r(rng.uniform(0.01, 0.95), 4)}
                      for name, x, l, h, p in zip(NAMES + ["(baseline)"], amounts, low, high,
                                                  [rng.gauss(0, 14) for _ in amounts])],
        "calibration": {"groups": [{"impressions": 128473, "expected": r(128473 * 0.0012 * 1.42 ** g, 2),
                                    "conversions": round(128473 * 0.0012 * 1.42 ** g * rng.uniform(0.94, 1.06))}
                                   for g in range(10)],
                        "misplaced": 0.021, "misplaced_by_chance": 0.018},
        "sentences": [{"campaign": "Prospecting display", "text":
                       "Prospecting display: its interval reaches from nothing to 60 conversions; the data do not say "
                       "whether it works."},
                      {"campaign": None, "text": "Été & Soldes <FR>: hardly any users never saw it, so its effect "
                                                 "cannot be told from the baseline."}]},
}
here = pathlib.Path(__file__).parent
(here / "example.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
