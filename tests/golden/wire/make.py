#!/usr/bin/env python3
"""Request bodies as Triton's stock Python client makes them, written to v2.json beside this file.

    pip install 'tritonclient[http]==2.73.0' numpy==2.4.6 && python3 make.py

PROVENANCE records versions and the file's FNV-1a hash; the test fails when they differ. The columns
are those of tests/wire/shown.c: State text, Length number, Phone ignored, Mins number.
"""
import json
import pathlib
from importlib import metadata

import numpy as np
import tritonclient.http as http

STATES = np.array(["KS", "München", "a,b"], dtype=np.object_)
LENGTHS = [128, 3, 0]
MINS = [137.5, -0.25, 2]


def tensor(name, values, datatype, binary, shape=None):
    values = np.asarray(values).reshape(shape or (len(values),))
    out = http.InferInput(name, list(values.shape), datatype)
    out.set_data_from_numpy(values, binary_data=binary)
    return out


def columns(kind, lengths, datatype, binary, shape=None):
    mins = np.asarray(MINS, dtype=np.float64)
    return [tensor("State", STATES, "BYTES", binary, shape),
            tensor("Length", np.asarray(lengths, dtype=kind), datatype, binary, shape),
            tensor("Mins", mins, "FP64", binary, shape)]


cases = []


def case(name, inputs, rows, outputs=None, **more):
    body, json_size = http.InferenceServerClient.generate_request_body(inputs, outputs=outputs, **more)
    cases.append({"name": name, "json_size": json_size or 0, "body": bytes(body).hex(), "rows": rows})


ROWS = "KS|128|137.5;München|3|-0.25;a,b|0|2"
KINDS = [("UINT8", np.uint8), ("UINT16", np.uint16), ("UINT32", np.uint32), ("UINT64", np.uint64),
         ("INT8", np.uint8), ("INT16", np.int16), ("INT32", np.int32), ("INT64", np.int64),
         ("FP16", np.float16), ("FP32", np.float32), ("FP64", np.float64)]
for datatype, kind in KINDS:
    for binary in (True, False):
        if datatype == "FP16" and not binary:
            continue  # the client refuses FP16 as JSON
        if datatype == "INT8":
            kind = np.int8
            case(f"INT8 {binary}", columns(kind, [12, -3, 0], datatype, binary),
                 "KS|12|137.5;München|-3|-0.25;a,b|0|2")
            continue
        case(f"{datatype} {binary}", columns(kind, LENGTHS, datatype, binary), ROWS)
for binary in (True, False):
    case(f"columns of shape [3, 1] {binary}", columns(np.int64, LENGTHS, "INT64", binary, (3, 1)), ROWS)
    case(f"BOOL {binary}", columns(np.bool_, [True, False, True], "BOOL", binary),
         "KS|1|137.5;München|0|-0.25;a,b|1|2")
    text = np.array(["128", " 3", "0.0"], dtype=np.object_)
    case(f"numbers as text {binary}", columns(np.object_, text, "BYTES", binary), ROWS)
    codes = tensor("State", np.array([415, 408, 510], dtype=np.int32), "INT32", binary)
    case(f"text as numbers {binary}", [codes] + columns(np.int64, LENGTHS, "INT64", binary)[1:],
         "415|128|137.5;408|3|-0.25;510|0|2")
    rows = np.array([["KS", "1", "x", "2"], ["OH", "3", "", "4"]], dtype=np.object_)
    case(f"one tensor of texts {binary}", [tensor("rows", rows, "BYTES", binary, (2, 4))], "KS|1|2;OH|3|4")
    case(f"one tensor without the ignored column {binary}",
         [tensor("rows", rows[:, [0, 1, 3]], "BYTES", binary, (2, 3))], "KS|1|2;OH|3|4")
    wanted = [http.InferRequestedOutput("score", binary_data=binary)]
    case(f"one output {binary}", columns(np.int64, LENGTHS, "INT64", binary), ROWS, wanted, request_id="id-7")
values = np.array([1.5, 1e-7, 65504, -6.1e-5, np.nan, 5.96e-8], dtype=np.float16)
mins = np.arange(6, dtype=np.float32) / 10
case("FP16 of every kind",
     [tensor("State", np.array(list("abcdef"), dtype=np.object_), "BYTES", True),
      tensor("Length", values, "FP16", True), tensor("Mins", mins, "FP32", True)],
     ";".join(f"{s}|{'-' if np.isnan(v) else format(float(v), '.17g')}|{format(float(m), '.17g')}"
              for s, v, m in zip("abcdef", values, mins)))

here = pathlib.Path(__file__).resolve().parent
text = json.dumps({"cases": cases}, ensure_ascii=False, indent=1) + "\n"
(here / "v2.json").write_text(text)
digest = 0xCBF29CE484222325
for byte in text.encode():
    digest = ((digest ^ byte) * 0x100000001B3) % (1 << 64)
(here / "PROVENANCE").write_text(f"tritonclient {metadata.version('tritonclient')}\n"
                                 f"numpy {np.__version__}\nfnv1a {digest:016x}\n")
