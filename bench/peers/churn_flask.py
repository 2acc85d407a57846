#!/usr/bin/env python3
"""The churn pipeline as it is usually served: scikit-learn and XGBoost behind Flask.

churn_flask.py TRAIN.csv MODEL.pickle   fit and save
gunicorn --workers 1 churn_flask:app    serve $CHURN_MODEL; POST /invocations, one CSV row
"""

import io
import os
import pickle
import sys

import pandas
from flask import Flask, Response, request
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from xgboost import XGBClassifier

NUMBERS = [
    "Account Length", "VMail Message", "Day Mins", "Day Calls", "Eve Mins", "Eve Calls", "Night Mins",
    "Night Calls", "Intl Mins", "Intl Calls", "CustServ Calls",
]  # fmt: skip
TEXTS = ["State", "Area Code", "Int'l Plan", "VMail Plan"]
LABEL = "Churn?"


def make_pipeline_of_four():
    """The same steps and settings as apps/churn/pipeline.yaml."""
    rows = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
            ("texts", make_pipeline(SimpleImputer(strategy="constant", fill_value="missing"),
                                    OneHotEncoder(handle_unknown="ignore", sparse_output=False)), TEXTS),
        ]
    )  # fmt: skip
    trees = XGBClassifier(
        n_estimators=200, max_depth=5, learning_rate=0.1, gamma=2, min_child_weight=2, subsample=0.8,
        scale_pos_weight=2, n_jobs=1,
    )  # fmt: skip
    return make_pipeline(rows, PCA(25), trees)


def fit(train, path):
    table = pandas.read_csv(train, dtype={name: str for name in TEXTS})
    pipeline = make_pipeline_of_four().fit(table, (table[LABEL] == "True.").astype(int))
    columns = [name for name in table.columns if name != LABEL]
    with open(path, "wb") as file:
        pickle.dump((columns, pipeline), file)


app = Flask(__name__)
if "CHURN_MODEL" in os.environ:
    with open(os.environ["CHURN_MODEL"], "rb") as model:
        COLUMNS, PIPELINE = pickle.load(model)


@app.get("/ping")
def ping():
    return ""


@app.post("/invocations")
def invocations():
    rows = pandas.read_csv(
        io.StringIO(request.get_data(as_text=True)), header=None, names=COLUMNS,
        dtype={name: str for name in TEXTS},
    )  # fmt: skip
    score = PIPELINE.predict_proba(rows)[:, 1]
    return Response("".join(f"{value >= 0.5}\n" for value in score), mimetype="text/csv")


if __name__ == "__main__":
    fit(sys.argv[1], sys.argv[2])
