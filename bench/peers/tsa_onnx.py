"""ONNX Runtime on one row of temporal self-attention: milliseconds on one thread.

    tsa_onnx.py FOLDER [--seconds S]    FOLDER is that of `tsa_torch.py make`

The model of tsa_model.py goes through PyTorch's exporter, for one row of full length, once.
"""

import argparse
import json
import os
import time

import numpy
import onnxruntime
import torch

import tsa_torch


def export(folder, path):
    model, rows = tsa_torch.load(folder)
    one = tuple(x[:1].contiguous() for x in rows.values())
    program = torch.onnx.export(
        model, one, dynamo=True, optimize=True, input_names=list(rows), output_names=["scores"]
    )
    program.save(path + ".partial", external_data=False)
    os.replace(path + ".partial", path)


def session_of(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()
    path = os.path.join(options.folder, "model.onnx")
    if not os.path.exists(path):
        export(options.folder, path)
    session = session_of(path)
    wanted = {i.name for i in session.get_inputs()}
    _, rows = tsa_torch.load(options.folder)
    given = [
        {n: x[i : i + 1].numpy() for n, x in rows.items() if n in wanted}
        for i in range(tsa_torch.ROWS)
    ]
    scores = [session.run(None, row)[0][0].tolist() for row in given]
    taken, started, cpu = [], time.perf_counter(), time.process_time()
    while time.perf_counter() - started < options.seconds:
        before = time.perf_counter()
        session.run(None, given[0])
        taken.append(time.perf_counter() - before)
    cpu = 1e3 * (time.process_time() - cpu) / len(taken)
    milliseconds = 1e3 * float(numpy.median(taken))
    print(json.dumps({"milliseconds": milliseconds, "cpu": cpu, "scores": scores}))


if __name__ == "__main__":
    main()
