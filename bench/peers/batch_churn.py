#!/usr/bin/env python3
"""Score a churn table as one does with pandas, scikit-learn and XGBoost: read CSV, predict, write CSV.

    batch_churn.py TRAIN MODEL INPUT OUTPUT --threads N

The four stages of apps/churn/pipeline.yaml: impute and scale, impute and one-hot, PCA to 25, trees.
The transforms are fitted on TRAIN (not timed); MODEL is the model of the bundle, in XGBoost's own
format, so that both sides score with the same trees. The last line is JSON: job_seconds is the time
from opening INPUT to closing OUTPUT, without imports, fitting and loading.
"""

import argparse
import json
import time

import pandas as pd
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

NUMBERS = ["Account Length", "VMail Message", "Day Mins", "Day Calls", "Eve Mins", "Eve Calls",
           "Night Mins", "Night Calls", "Intl Mins", "Intl Calls", "CustServ Calls"]  # fmt: skip
TEXTS = ["State", "Area Code", "Int'l Plan", "VMail Plan"]


def read(path):
    return pd.read_csv(path, dtype={name: str for name in TEXTS})


def main():
    parser = argparse.ArgumentParser()
    for name in ("train", "model", "input", "output"):
        parser.add_argument(name)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()

    transform = make_pipeline(
        ColumnTransformer([
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
            ("texts", make_pipeline(SimpleImputer(strategy="constant", fill_value="missing"),
                                    OneHotEncoder(handle_unknown="ignore", sparse_output=False)), TEXTS),
        ]),
        PCA(25),
    )  # fmt: skip
    model = xgboost.XGBClassifier(n_jobs=options.threads)
    with threadpool_limits(options.threads):
        transform.fit(read(options.train))
        model.load_model(options.model)
        started = time.perf_counter()
        rows = read(options.input)
        answers = model.predict(transform.transform(rows))
        labels = pd.Series(answers.astype(bool)).map({False: "False", True: "True"})
        labels.to_csv(options.output, header=False, index=False)
        seconds = time.perf_counter() - started
    print(json.dumps({"job_seconds": seconds, "rows": len(rows)}))


if __name__ == "__main__":
    main()
