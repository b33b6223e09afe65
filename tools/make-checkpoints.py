#!/usr/bin/python3
"""Makes the small checkpoints in tests/tensor/data again: tools/make-checkpoints.py tests/tensor/data
Needs Debian's python3-torch (1.13) and python3-numpy; neither the program nor its tests do."""

import collections
import pickle
import sys

import numpy
import torch


def tensors():
    base = torch.arange(24, dtype=torch.float32) / 8
    state = collections.OrderedDict()
    state["features.conv0.weight"] = base.reshape(2, 3, 2, 2)
    state["features.conv0.bias"] = torch.tensor([0.5, -1.5])
    state["view"] = base[4:8]  # shares a storage, begins within it
    state["transposed"] = base[:6].reshape(2, 3).t()  # 3x2, strides 1, 3
    state["channels_last"] = base.reshape(2, 3, 2, 2).clone(memory_format=torch.channels_last)
    state["expanded"] = torch.tensor([3.0]).expand(2, 2)
    state["bf16"] = torch.tensor([1.0, -2.0, 0.15625], dtype=torch.bfloat16)
    state["f16"] = torch.tensor([1.0, -2.0, 0.15625], dtype=torch.float16)
    state["f64"] = torch.tensor([0.1, 1e300], dtype=torch.float64)
    state["i32"] = torch.tensor([[-7], [8]], dtype=torch.int32)
    state["bool"] = torch.tensor([True, False])
    state["empty"] = torch.zeros(0, 4)
    state["norm0.num_batches_tracked"] = torch.tensor(7)  # a scalar
    state._metadata = collections.OrderedDict(version=1)
    return state


def arrays():
    a = numpy.arange(24, dtype=numpy.float32).reshape(2, 3, 4) / 8
    return {
        "stem.conv1.weight": a,
        "fortran": numpy.asfortranarray(a),
        "bytes": numpy.arange(256, dtype=numpy.uint8),  # each byte value once
        "f64": numpy.array([0.1, 1e300]),
        "f16": numpy.array([1.0, -2.0], dtype=numpy.float16),
        "scalar": numpy.float32(2.5),
        "count": numpy.array(7, dtype=numpy.int64),
        "empty": numpy.zeros((0, 3), dtype=numpy.float32),
    }


def main(folder):
    state = tensors()
    wrapped = {"model": collections.OrderedDict(("module." + k, v) for k, v in state.items()), "iteration": 9}
    parameters = {"epoch": 3, "lr": 0.1, "state_dict": {k: torch.nn.Parameter(v) for k, v in state.items()
                                                        if v.is_floating_point()}}
    torch.save(state, folder + "/plain.pth")
    torch.save(wrapped, folder + "/wrapped.pth")
    torch.save(parameters, folder + "/parameters.pt")
    torch.save(wrapped, folder + "/legacy.pth", _use_new_zipfile_serialization=False)
    for protocol in (2, 4, 5):
        with open("%s/arrays%d.pkl" % (folder, protocol), "wb") as f:
            pickle.dump({"model": arrays(), "__author__": "test", "matching_heuristics": True}, f, protocol)


main(sys.argv[1])
