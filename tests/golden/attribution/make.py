"""Reference credits for tests/attribution/test_golden.c, by brute force.

    python make.py        writes reference.json and reference.fnv1a beside this file

Markov chains: the whole transition matrix is built for every channel with that channel removed
(what enters it goes to null instead) and the absorption probabilities are solved for with
numpy.linalg.solve. Shapley values: the definition, a sum over all coalitions. The rest: Python's
own arithmetic. Nothing here shares a line or an idea with src/attribution.
"""

import itertools
import json
import math
import os

import numpy

SEED = 20240719
DAY = 86400 * 1000000


def make_paths(rng, channels, paths, longest, with_null, with_age):
    made = []
    for _ in range(paths):
        length = int(rng.integers(1, longest + 1))
        # Few channels dominate and repeats are common, as in real journeys.
        tokens = []
        for _ in range(length):
            if tokens and rng.random() < 0.3:
                tokens.append(tokens[-1])
            else:
                tokens.append(int(min(rng.geometric(0.4) - 1, channels - 1)))
        conversions = int(rng.integers(0, 4))
        path = {
            "token": tokens,
            "conversions": conversions,
            "value": round(float(rng.gamma(2.0, 10.0)), 2) if conversions else 0.0,
            "null": int(rng.integers(0, 6)) if with_null else 0,
        }
        if with_age:
            gaps = rng.exponential(2 * DAY, size=length - 1)
            path["age"] = [int(a) for a in numpy.append(numpy.cumsum(gaps[::-1])[::-1], 0)]
        made.append(path)
    return made


def rule_credits(paths, channels, key, weigh):
    credit = [0.0] * channels
    for path in paths:
        weights = weigh(path)
        for token, weight in zip(path["token"], weights):
            credit[token] += path[key] * weight / math.fsum(weights)
    return credit


def position(path):
    n = len(path["token"])
    if n == 1:
        return [1.0]
    if n == 2:
        return [0.5, 0.5]
    return [0.4] + [0.2 / (n - 2)] * (n - 2) + [0.4]


def decay(half_life):
    def weigh(path):
        n = len(path["token"])
        ages = [a / DAY for a in path["age"]] if "age" in path else list(range(n - 1, -1, -1))
        return [0.5 ** (a / half_life) for a in ages]

    return weigh


def states_of(path, order, self_loops):
    tokens = path["token"]
    if not self_loops:
        tokens = [t for i, t in enumerate(tokens) if i == 0 or t != tokens[i - 1]]
    return [tuple(tokens[max(0, i + 1 - order) : i + 1]) for i in range(len(tokens))]


def markov_effects(paths, channels, key, order, self_loops):
    names = sorted({s for p in paths for s in states_of(p, order, self_loops)})
    index = {name: i + 1 for i, name in enumerate(names)}  # 0 is the start
    n = len(names) + 1
    counts = numpy.zeros((n, n))
    reward = numpy.zeros(n)  # conversions or value that end in a state
    ends = numpy.zeros(n)
    for p in paths:
        walks = p["conversions"] + p["null"]
        if walks == 0:
            continue
        at = 0
        for state in states_of(p, order, self_loops):
            counts[at, index[state]] += walks
            at = index[state]
        reward[at] += p[key]
        ends[at] += walks
    leaving = counts.sum(axis=1) + ends
    used = leaving > 0
    q = numpy.where(used[:, None], counts / numpy.where(used, leaving, 1)[:, None], 0)
    r = numpy.where(used, reward / numpy.where(used, leaving, 1), 0)

    def expected(q):
        return numpy.linalg.solve(numpy.eye(n) - q, r)[0]

    everything = expected(q)
    effects = []
    for c in range(channels):
        removed = q.copy()
        for name, i in index.items():
            if name[-1] == c:
                removed[:, i] = 0  # to null, which earns nothing
        effects.append(1 - expected(removed) / everything if everything > 0 else 0.0)
    return effects


def share_out(effects, total):
    return [e / math.fsum(effects) * total for e in effects]


def shapley(paths, channels, key):
    sets = [(frozenset(p["token"]), p[key]) for p in paths]
    worth = {}
    for bits in range(1 << channels):
        members = frozenset(c for c in range(channels) if bits >> c & 1)
        worth[members] = math.fsum(v for s, v in sets if s <= members)
    credit = []
    for c in range(channels):
        others = [x for x in range(channels) if x != c]
        sum_ = 0.0
        for size in range(channels):
            factor = math.factorial(size) * math.factorial(channels - size - 1)
            for group in itertools.combinations(others, size):
                coalition = frozenset(group)
                sum_ += factor * (worth[coalition | {c}] - worth[coalition])
        credit.append(sum_ / math.factorial(channels))
    return credit


def make_case(rng, name, channels, paths, longest, with_null=True, with_age=True,
              self_loops=True, half_life=7.0):
    made = make_paths(rng, channels, paths, longest, with_null, with_age)
    case = {"name": name, "channels": channels, "half_life_days": half_life,
            "self_loops": self_loops, "paths": made, "credit": {}, "removal": {}}
    rules = {
        "first_touch": lambda p: [1.0] + [0.0] * (len(p["token"]) - 1),
        "last_touch": lambda p: [0.0] * (len(p["token"]) - 1) + [1.0],
        "linear_touch": lambda p: [1.0] * len(p["token"]),
        "time_decay": decay(half_life),
        "position_based": position,
    }
    for key in ("conversions", "value"):
        total = math.fsum(p[key] for p in made)
        for rule, weigh in rules.items():
            case["credit"].setdefault(rule, {})[key] = rule_credits(made, channels, key, weigh)
        for order in (1, 2, 3):
            effects = markov_effects(made, channels, key, order, self_loops)
            case["removal"].setdefault(f"markov_{order}", {})[key] = effects
            case["credit"].setdefault(f"markov_{order}", {})[key] = share_out(effects, total)
        case["credit"].setdefault("shapley", {})[key] = shapley(made, channels, key)
    return case


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % (1 << 64)
    return value


def main():
    rng = numpy.random.default_rng(SEED)
    document = {
        "provenance": {"numpy": numpy.__version__, "seed": SEED, "by": "make.py"},
        "cases": [
            make_case(rng, "four channels", 4, 40, 6),
            make_case(rng, "nine channels", 9, 60, 8, half_life=2.5),
            make_case(rng, "without null", 5, 30, 6, with_null=False),
            make_case(rng, "without times", 5, 30, 6, with_age=False),
            make_case(rng, "without self-loops", 5, 40, 8, self_loops=False),
            make_case(rng, "long paths", 3, 12, 40),
        ],
    }
    here = os.path.dirname(os.path.abspath(__file__))
    data = (json.dumps(document, separators=(",", ":")) + "\n").encode()
    with open(os.path.join(here, "reference.json"), "wb") as file:
        file.write(data)
    with open(os.path.join(here, "reference.fnv1a"), "w") as file:
        file.write(f"{fnv1a(data):016x}\n")


if __name__ == "__main__":
    main()
