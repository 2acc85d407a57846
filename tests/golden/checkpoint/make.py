#!/usr/bin/env python3
"""Write the checkpoints of this folder with PyTorch (2.15.0 wrote those stored): make.py FOLDER

Number i of a tensor is start + i / 4, in the order of its elements, so every type holds it exactly;
tests/model/test_pytorch_checkpoint.c knows shapes and starts.
"""

import pathlib
import sys

import torch


def count(start, *shape, dtype=torch.float32):
    size = torch.Size(shape).numel()
    return (start + torch.arange(size) / 4).reshape(shape).to(dtype)


def weights():
    whole = count(100, 4, 3)
    return {
        "module.float.weight": count(1, 2, 3),
        "module.double": count(2, 5, dtype=torch.float64),
        "module.half": count(3, 2, 2, dtype=torch.float16),
        "module.bfloat16": count(4, 2, 2, dtype=torch.bfloat16),
        "module.long": torch.arange(5, 9),
        "module.parameter": torch.nn.Parameter(count(6, 3)),
        "module.transposed": count(7, 2, 3).T.contiguous().T,
        "module.part": whole[2:],
        "module.alias": whole,
        "module.scalar": torch.tensor(9.5),
        "module.empty": torch.zeros(0, 4),
    }


def main():
    folder = pathlib.Path(sys.argv[1])
    nested = {"epoch": 3, "model": weights(), "optimizer": {"lr": [0.1, None, True], "step": count(0, 2)}}
    torch.save(nested, folder / "nested.pt")
    torch.save({"state_dict": {"a": count(1, 2), "b": torch.nn.Linear(1, 1)}}, folder / "code.pt")
    torch.save({"a": count(1, 2)}, folder / "old.pt", _use_new_zipfile_serialization=False)
    torch.save({"a": count(1, 2), "module.a": count(1, 2)}, folder / "twice.pt")
    torch.save({"a": 1}, folder / "number.pt")


if __name__ == "__main__":
    main()
