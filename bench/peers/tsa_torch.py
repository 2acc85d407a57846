"""PyTorch on temporal self-attention: rows a second in training, milliseconds for one row.

    tsa_torch.py make FOLDER                     weights and rows that every side scores
    tsa_torch.py check REFERENCE ...             hold the model against reference vectors
    tsa_torch.py train [--experts N] [--autocast] [--variant eager-32|...|all] [--threads N]
    tsa_torch.py row FOLDER [--variant eager|compiled|frozen|all]

Variants of training are eager or compiled, with the rows of a batch; `compiled-all-32` runs every
expert on all tokens, which gives the compiler fixed shapes. Rows have full-length histories. Each
variant prints one JSON line (`cpu`: milliseconds of processor time a row); with `all` the last line is the fastest once more.
"""

import argparse
import json
import os
import time

import numpy
import torch
from torch.nn import functional

import tsa_model

BATCHES = (4, 8, 16, 32, 64)
ROWS = 16


def draw_rows(sizes, rows, seed):
    """Full-length histories."""
    random = torch.Generator().manual_seed(seed)
    steps, numeric = sizes["seq_len"], sizes["n_num_features"]
    ages = torch.rand(rows, steps, generator=random).mul(3e6).sort(1, descending=True).values
    ages[:, -1] = 0
    top = sizes["n_embedding"] - numeric + 1
    shape = (rows, steps, sizes["n_cat_features"])
    return {
        "x_cat": torch.randint(1, top, shape, generator=random, dtype=torch.int32),
        "x_num": torch.rand(rows, steps, numeric, generator=random),
        "time": ages,
        "keep": torch.ones(rows, steps),
        "x_engineered": torch.rand(rows, sizes["n_engineered_num_features"], generator=random),
        "label": torch.randint(0, 2, (rows,), generator=random),
    }


def sizes_of(experts):
    return dict(tsa_model.SIZES, use_moe=experts > 1, num_experts=max(experts, 1))


def names_of_file(model):
    """Weights under the names of the reference, aliases included."""
    arrays = {n: p.detach().numpy() for n, p in model.state_dict().items()}
    return {n: numpy.ascontiguousarray(a) for n, a in arrays.items()}


def make(folder):
    sizes = sizes_of(1)
    torch.manual_seed(24)
    model = tsa_model.Classifier(sizes)
    rows = draw_rows(sizes, ROWS, 24)
    os.makedirs(folder, exist_ok=True)
    metadata = {"config": json.dumps(sizes)}
    tsa_model.write_safetensors(
        os.path.join(folder, "model.safetensors"), names_of_file(model), metadata
    )
    arrays = {name: x.numpy() for name, x in rows.items()}
    tsa_model.write_safetensors(os.path.join(folder, "rows.safetensors"), arrays, metadata)
    print(json.dumps({"rows": ROWS}))


def load(folder):
    metadata, weights = tsa_model.read_safetensors(os.path.join(folder, "model.safetensors"))
    model = tsa_model.Classifier(json.loads(metadata["config"]))
    model.load_state_dict({n: torch.from_numpy(w.copy()) for n, w in weights.items()})
    _, rows = tsa_model.read_safetensors(os.path.join(folder, "rows.safetensors"))
    rows = {n: torch.from_numpy(x.copy()) for n, x in rows.items() if n != "label"}
    return model.eval(), rows


def trainer(variant, sizes, autocast):
    """One step on a batch of rows, and that batch."""
    torch.manual_seed(24)
    torch.compiler.reset()
    model = tsa_model.Classifier(sizes, everywhere="-all-" in variant).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    batch = draw_rows(sizes, int(variant.rsplit("-", 1)[1]), 24)

    def loss_of(x_cat, x_num, time, keep, x_engineered, label):
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            scores = model(x_cat, x_num, time, keep, x_engineered)
        return functional.cross_entropy(scores.float(), label) + 0.01 * model.balance()

    loss_function = torch.compile(loss_of) if variant.startswith("compiled") else loss_of

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_function(*batch.values()).backward()
        optimizer.step()

    return step, len(batch["label"])


def measure_training(variant, options):
    step, rows = trainer(variant, sizes_of(options.experts), options.autocast)
    step()
    step()
    rates, started, cpu = [], time.perf_counter(), time.process_time()
    while not rates or time.perf_counter() - started < options.seconds:
        before = time.perf_counter()
        step()
        rates.append(rows / (time.perf_counter() - before))
    cpu = 1e3 * (time.process_time() - cpu) / (rows * len(rates))
    return {"variant": variant, "rows_per_second": float(numpy.median(rates)), "cpu": cpu}


def training_variants(options):
    """Compiling takes a minute or more for each, so only two of the batch sizes are compiled."""
    eager = [f"eager-{rows}" for rows in BATCHES]
    if options.experts > 1:
        return eager + ["eager-all-16", "compiled-all-16"]
    return eager + ["compiled-8", "compiled-32"]


def row_function(variant, model):
    if variant == "eager":
        return model
    from torch._inductor import config

    config.freezing = variant == "frozen"
    torch.compiler.reset()
    return torch.compile(model)


def measure_row(variant, options):
    model, rows = load(options.folder)
    function = row_function(variant, model)
    one = [x[:1].contiguous() for x in rows.values()]
    taken, started = [], None
    with torch.inference_mode():
        scores = [function(*(x[i : i + 1] for x in rows.values()))[0] for i in range(ROWS)]
        while not taken or time.perf_counter() - started < options.seconds:
            if started is None:
                started, cpu = time.perf_counter(), time.process_time()
            before = time.perf_counter()
            function(*one)
            taken.append(time.perf_counter() - before)
    cpu = 1e3 * (time.process_time() - cpu) / len(taken)
    return {"variant": variant, "milliseconds": 1e3 * float(numpy.median(taken)), "cpu": cpu,
            "scores": torch.stack(scores).tolist()}  # fmt: skip


def best_of(variants, chosen, measure, key, options):
    results = []
    for variant in variants if chosen == "all" else [chosen]:
        results.append(measure(variant, options))
        print(json.dumps(results[-1]), flush=True)
    if chosen == "all":
        print(json.dumps(key(results, key=lambda r: r.get("rows_per_second", r.get("milliseconds")))))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("job", choices=["make", "check", "train", "row"])
    parser.add_argument("folder", nargs="*")
    parser.add_argument("--experts", type=int, default=1)
    parser.add_argument("--autocast", action="store_true")
    parser.add_argument("--variant", default="all")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.job == "check":
        for path in options.folder:
            scores, gradient = tsa_model.check(path)
            print(json.dumps({"file": os.path.basename(path), "scores": scores, "gradient": gradient}))
        return
    options.folder = options.folder[0] if options.folder else None
    if options.job == "make":
        make(options.folder)
    elif options.job == "train":
        best_of(training_variants(options), options.variant, measure_training, max, options)
    else:
        best_of(["eager", "compiled", "frozen"], options.variant, measure_row, min, options)


if __name__ == "__main__":
    main()
