#!/usr/bin/env python3
"""Reference values of src/transform from scikit-learn, written to transform.json beside this file.

    pip install scikit-learn==1.9.1 numpy==2.4.6 && python3 make.py [CHURN_FOLDER]

With the folder of split1729_*.csv the reference for the churn table is made too (churn.json).
PROVENANCE records versions, seed and the files' FNV-1a hashes; the test fails when they differ.
"""
import csv
import json
import pathlib
import sys

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler

SEED = 24
rng = np.random.default_rng(SEED)
here = pathlib.Path(__file__).parent
nan = np.nan


def number(values):
    return np.array([nan if v is None else float(v) for v in values]).reshape(-1, 1)


def text(values):
    return np.array([nan if v is None else v for v in values], dtype=object).reshape(-1, 1)


def chain(*steps):
    """fit(train) gives a function of rows; steps are scikit-learn transformers."""

    def fit(train):
        for step in steps:
            train = step.fit_transform(train)

        def apply(rows):
            for step in steps:
                rows = step.transform(rows)
            return np.asarray(rows, dtype=float)

        return apply

    return fit


def one_hot(unknown="ignore"):
    return OneHotEncoder(handle_unknown=unknown, sparse_output=False)


def ordinal(unknown=None):
    if unknown is None:
        return OrdinalEncoder()
    return OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=unknown)


def first_of_equals(pca):
    """scikit-learn makes the entry of largest magnitude positive. Where several are equal but for
    rounding its choice is an accident; there, as in src/transform, the first counts."""
    for component in pca.components_:
        size = np.abs(component)
        if component[np.flatnonzero(size >= size.max() * (1 - 1e-9))[0]] < 0:
            component *= -1
    return pca


def fitted_matrix(steps, x):
    for step in steps:
        step.fit(x)
        if isinstance(step, PCA):
            first_of_equals(step)
        x = step.transform(x)


cases = []


def cell(value):
    return "" if value is None else value if isinstance(value, str) else repr(value)


def table(columns, rows):
    names = list(columns)
    lines = [",".join(names)] + [",".join(cell(columns[n][r]) for n in names) for r in range(rows)]
    return "\n".join(lines) + "\n"


def case(name, steps, train, rows, parts, matrix=(), tolerance=1e-12):
    """parts: (column, number or text, fit) in the order of features."""
    n, m = len(next(iter(train.values()))), len(next(iter(rows.values())))
    applied = [(c, read, fit(read(train[c]))) for c, read, fit in parts]
    x = np.hstack([apply(read(train[c])) for c, read, apply in applied])
    fitted_matrix(matrix, x)
    features, wrong = [], []
    for r in range(m):
        try:
            row = np.hstack([apply(read([rows[c][r]])) for c, read, apply in applied])
            for step in matrix:
                row = step.transform(row)
            features.append([None if np.isnan(v) else float(v) for v in row[0]])
            wrong.append(False)
        except ValueError:
            features.append(None)
            wrong.append(True)
    cases.append({
        "name": name, "steps": steps, "train": table(train, n), "rows": table(rows, m),
        "features": features, "wrong": wrong, "tolerance": tolerance,
    })


numbers = {
    "odd": [3.5, 1.25, None, -7.0, 100.0, 1.25, 2.0, None],
    "even": [4.0, None, 1.0, 3.0, 2.0, 2.5, None, 9.0],
    "constant": [0.1] * 8,
    "close": [1e8 + 0.1, 1e8, 1e8 + 0.2, 1e8, 1e8, 1e8 + 0.1, 1e8, 1e8],
    "tie": [2.0, 1.0, 2.0, 1.0, -0.5, None, 5.0, None],
}
asked = {
    "odd": [None, 0.0, 1e6, -3.25],
    "even": [1.0, None, 0.5, -2.0],
    "constant": [0.1, 0.3, None, -1.0],
    "close": [1e8, None, 1e8 + 1, 0.0],
    "tie": [None, 1.5, None, 2.0],
}
all_numbers = "[odd, even, constant, close, tie]"
for how, strategy in [("median", "median"), ("mean", "mean"), ("most_frequent", "most_frequent")]:
    case(f"impute {how}", f"- {{columns: {all_numbers}, impute: {how}}}\n", numbers, asked,
         [(c, number, chain(SimpleImputer(strategy=strategy))) for c in numbers])
case("impute constant", f"- {{columns: {all_numbers}, impute: {{constant: -2.5}}}}\n", numbers, asked,
     [(c, number, chain(SimpleImputer(strategy="constant", fill_value=-2.5))) for c in numbers])
case("passthrough", f"- {{columns: {all_numbers}, passthrough: true}}\n", numbers, asked,
     [(c, number, chain()) for c in numbers])
case("drop", "- {columns: [even, tie], drop: true}\n- {columns: numeric, passthrough: true}\n", numbers,
     asked, [(c, number, chain()) for c in ["odd", "constant", "close"]])
for how, make in [("standard", StandardScaler), ("min_max", MinMaxScaler)]:
    case(f"scale {how}", f"- {{columns: {all_numbers}, scale: {how}}}\n", numbers, asked,
         [(c, number, chain(make())) for c in numbers])
    case(f"impute and scale {how}", f"- {{columns: {all_numbers}, impute: mean, scale: {how}}}\n", numbers,
         asked, [(c, number, chain(SimpleImputer(strategy="mean"), make())) for c in numbers])
case("scale to a range", f"- {{columns: {all_numbers}, impute: median, scale: {{min_max: [-1, 3.5]}}}}\n",
     numbers, asked,
     [(c, number, chain(SimpleImputer(strategy="median"), MinMaxScaler((-1, 3.5)))) for c in numbers])
case("min_max under missing", "- {columns: [odd, even, tie], scale: {min_max: [2, 4]}}\n", numbers, asked,
     [(c, number, chain(MinMaxScaler((2, 4)))) for c in ["odd", "even", "tie"]])

words = {
    "state": ["KS", "OH", "KS", None, "ny", "NY", "OH", "é"],
    "plan": ["no", "yes", "no", "no", "yes", "yes", "no", "yes"],
    "tie": ["b", "a", None, "b", "a", "c", None, None],
}
asked_words = {
    "state": ["KS", None, "TX", "é", "NY", "ny", "Ny"],
    "plan": ["no", "yes", "yes", None, "no", "maybe", "no"],
    "tie": ["a", "b", "c", "d", None, "a", "c"],
}
all_words = "[state, plan, tie]"
for unknown in ["ignore", "error"]:
    case(f"one_hot unknown {unknown}", f"- {{columns: {all_words}, encode: {{one_hot: {{unknown: {unknown}}}}}}}\n",
         words, asked_words, [(c, text, chain(one_hot(unknown))) for c in words])
case("one_hot most_frequent", f"- {{columns: {all_words}, impute: most_frequent, encode: one_hot}}\n", words,
     asked_words,
     [(c, text, chain(SimpleImputer(strategy="most_frequent"), one_hot())) for c in words])
case("one_hot constant", f"- {{columns: {all_words}, impute: {{constant: none}}, encode: one_hot}}\n", words,
     asked_words,
     [(c, text, chain(SimpleImputer(strategy="constant", fill_value="none"), one_hot())) for c in words])
case("ordinal unknown error", f"- {{columns: {all_words}, encode: ordinal}}\n", words, asked_words,
     [(c, text, chain(ordinal())) for c in words])
case("ordinal unknown number", f"- {{columns: {all_words}, encode: {{ordinal: {{unknown: -1}}}}}}\n", words,
     asked_words, [(c, text, chain(ordinal(-1))) for c in words])
case("ordinal unknown missing", f"- {{columns: {all_words}, encode: {{ordinal: {{unknown: missing}}}}}}\n", words,
     asked_words, [(c, text, chain(ordinal(nan))) for c in words])
case("ordinal constant", f"- {{columns: {all_words}, impute: {{constant: b}}, encode: {{ordinal: {{unknown: 99}}}}}}\n",
     words, asked_words,
     [(c, text, chain(SimpleImputer(strategy="constant", fill_value="b"), ordinal(99))) for c in words])

# Codes that are numbers: scikit-learn is given numbers, we the texts of a file.
codes = {"area": ["415", "90", "415.0", "1e1", "90", "0415", "9"], "part": ["3", None, "3.0", "-1", "2", "2", None]}
asked_codes = {"area": ["9.0", "10", "415", "4.15e2", "7", "x"], "part": ["2", None, "-1.0", "5", "3", "2"]}


def code(values):
    def value(v):
        try:
            return nan if v is None else float(v)
        except ValueError:
            return 1e99  # not a number: unknown
    return np.array([value(v) for v in values]).reshape(-1, 1)


for name, make, key in [("one_hot", lambda: one_hot(), "one_hot"),
                        ("ordinal", lambda: ordinal(-1), "{ordinal: {unknown: -1}}")]:
    case(f"{name} of numbers", f"- {{columns: [area, part], encode: {key}}}\n", codes, asked_codes,
         [(c, code, chain(make())) for c in codes])
case("most_frequent of numbers", "- {columns: [area, part], impute: most_frequent, encode: one_hot}\n", codes,
     asked_codes, [(c, code, chain(SimpleImputer(strategy="most_frequent"), one_hot())) for c in codes])


def random_table(n, numeric, categories, missing):
    columns = {}
    latent = rng.normal(size=(n, 3))
    for i in range(numeric):
        x = latent @ rng.normal(size=3) * (i + 1) + rng.normal(size=n) * 0.5 ** i * 3 + rng.normal() * 10
        columns[f"x{i}"] = [None if rng.random() < missing else round(float(v), 4) for v in x]
    for i, k in enumerate(categories):
        weight = rng.dirichlet(np.full(k, 0.8))
        names = [f"c{j}" for j in range(k)]
        columns[f"g{i}"] = [None if rng.random() < missing else str(v) for v in rng.choice(names, n, p=weight)]
    return columns


def split(columns, n):
    return ({c: v[:n] for c, v in columns.items()}, {c: v[n:] for c, v in columns.items()})


def mixed_parts(numeric, categories, scaler=StandardScaler):
    return ([(f"x{i}", number, chain(SimpleImputer(strategy="median"), scaler())) for i in range(numeric)] +
            [(f"g{i}", text, chain(SimpleImputer(strategy="constant", fill_value="missing"), one_hot()))
             for i in range(categories)])


xs = "[" + ", ".join(f"x{i}" for i in range(6)) + "]"
mixed = (f"- {{columns: {xs}, impute: median, scale: standard}}\n"
         "- {columns: [g0, g1, g2], impute: {constant: missing}, encode: one_hot}\n")
train, rows = split(random_table(330, 6, [9, 4, 2], 0.05), 300)
case("mixed", mixed, train, rows, mixed_parts(6, 3))
for count in [1, 5, 12]:
    case(f"pca {count}", mixed + f"- {{pca: {count}}}\n", train, rows, mixed_parts(6, 3),
         [PCA(count, svd_solver="full")], 1e-9)
for share in [0.5, 0.95]:
    case(f"pca {share}", mixed + f"- {{pca: {share}}}\n", train, rows, mixed_parts(6, 3),
         [PCA(share, svd_solver="full")], 1e-9)
case("scale all", mixed + "- {scale: standard}\n", train, rows, mixed_parts(6, 3), [StandardScaler()])
case("scale all to a range", mixed + "- {scale: {min_max: [-2, 2]}}\n", train, rows, mixed_parts(6, 3),
     [MinMaxScaler((-2, 2))])
case("scale all, pca, scale all", mixed + "- {scale: standard}\n- {pca: 7}\n- {scale: min_max}\n", train, rows,
     mixed_parts(6, 3), [StandardScaler(), PCA(7, svd_solver="full"), MinMaxScaler()], 1e-9)
case("pca of unscaled numbers", f"- {{columns: {xs}, impute: mean}}\n- {{pca: 6}}\n", train, rows,
     [(f"x{i}", number, chain(SimpleImputer(strategy="mean"))) for i in range(6)],
     [PCA(6, svd_solver="full")], 1e-9)
case("pca of fewer rows than features", mixed + "- {pca: 6}\n", {c: v[:10] for c, v in train.items()}, rows,
     mixed_parts(6, 3), [PCA(6, svd_solver="full")], 1e-9)
case("pca needs every value", "- {columns: [x0, x1], impute: mean}\n- {columns: [x2], passthrough: true}\n- {pca: 2}\n",
     {c: train[c][:40] if c != "x2" else [v if v is not None else 1.0 for v in train[c][:40]]
      for c in ["x0", "x1", "x2"]},
     {"x0": [1.0, None], "x1": [None, 2.0], "x2": [3.0, None]},
     [("x0", number, chain(SimpleImputer())), ("x1", number, chain(SimpleImputer())), ("x2", number, chain())],
     [PCA(2, svd_solver="full")], 1e-9)


def fnv1a(path):
    value = 0xCBF29CE484222325
    for byte in path.read_bytes():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def churn(folder):
    numeric = ["Account Length", "VMail Message", "Day Mins", "Day Calls", "Eve Mins", "Eve Calls",
               "Night Mins", "Night Calls", "Intl Mins", "Intl Calls", "CustServ Calls"]
    encoded = ["State", "Area Code", "Int'l Plan", "VMail Plan"]

    def read(part):
        with open(pathlib.Path(folder) / f"split1729_{part}.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        x = np.array([[float(r[c]) if r[c] else nan for c in numeric] for r in rows])
        return x, np.array([[r[c] or "missing" for c in encoded] for r in rows], dtype=object)

    x, words = read("train")
    impute, scale, code = SimpleImputer(strategy="median"), StandardScaler(), one_hot()
    train = np.hstack([scale.fit_transform(impute.fit_transform(x)), code.fit_transform(words)])
    pca = first_of_equals(PCA(25, svd_solver="full").fit(train))
    x, words = (part[:20] for part in read("test"))
    wide = np.hstack([scale.transform(impute.transform(x)), code.transform(words)])
    return {"wide": wide.tolist(), "reduced": pca.transform(wide).tolist()}


(here / "transform.json").write_text(json.dumps(cases, ensure_ascii=False) + "\n")
if len(sys.argv) > 1:
    (here / "churn.json").write_text(json.dumps(churn(sys.argv[1])) + "\n")
lines = ["made-by make.py", f"scikit-learn {sklearn.__version__}", f"numpy {np.__version__}", f"seed {SEED}"]
for name in ["transform.json", "churn.json"]:
    lines.append(f"fnv1a {name} {fnv1a(here / name):016x}")
(here / "PROVENANCE").write_text("\n".join(lines) + "\n")
