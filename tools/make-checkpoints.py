#!/usr/bin/python3
"""Makes checkpoint files.

tools/make-checkpoints.py densenet121 FILE.pth
    A DenseNet-121 with one output, as torch.save writes torchvision's state_dict: the same names,
    shapes and file format. The weights are random. Needs nothing but Python 3.

tools/make-checkpoints.py fixtures tests/tensor/data
    The small checkpoints of the tests, again. Needs Debian's python3-torch (1.13) and
    python3-numpy; neither the program nor its tests do."""

import array
import collections
import pickle
import random
import sys
import types
import zipfile

# ---- the file format of torch.save, without PyTorch ----

torch_stub = types.ModuleType("torch")
utils_stub = types.ModuleType("torch._utils")


class FloatStorage:
    pass


class LongStorage:
    pass


def _rebuild_tensor_v2():
    pass


for module, item in ((torch_stub, FloatStorage), (torch_stub, LongStorage),
                     (utils_stub, _rebuild_tensor_v2)):
    item.__module__ = module.__name__
    setattr(module, item.__name__, item)


class Tensor:
    """A contiguous tensor: values is an array of type 'f' or 'q'."""

    def __init__(self, shape, values):
        self.shape = shape
        self.values = values

    def strides(self):
        steps = []
        step = 1
        for n in reversed(self.shape):
            steps.insert(0, step)
            step *= n
        return tuple(steps)

    def __reduce__(self):
        return (_rebuild_tensor_v2, (Storage(self.values), 0, self.shape, self.strides(), False,
                                     collections.OrderedDict()))


class Storage:
    def __init__(self, values):
        self.values = values


def save(state, path):
    """Writes what torch.save(state, path) would write: a ZIP archive of a pickle and raw data."""
    storages = []

    class Pickler(pickle.Pickler):
        def persistent_id(self, item):
            if not isinstance(item, Storage):
                return None
            storages.append(item.values)
            kind = FloatStorage if item.values.typecode == "f" else LongStorage
            return ("storage", kind, str(len(storages) - 1), "cpu", len(item.values))

    sys.modules.update({"torch": torch_stub, "torch._utils": utils_stub})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        with archive.open("archive/data.pkl", "w") as f:
            Pickler(f, protocol=2).dump(state)
        for i, values in enumerate(storages):
            if sys.byteorder == "big":
                values.byteswap()
            archive.writestr("archive/data/%d" % i, values.tobytes())
        archive.writestr("archive/version", "3\n")
    for name in ("torch", "torch._utils"):
        del sys.modules[name]


# ---- a DenseNet with random weights ----


def product(numbers):
    result = 1
    for n in numbers:
        result *= n
    return result


def densenet(blocks, growth, stem, outputs):
    """The state_dict of torchvision's DenseNet."""
    draw = random.Random(1).random
    state = collections.OrderedDict()

    def weight(name, *shape, gain=6):  # uniform with variance 2 / fan_in (He 2015)
        bound = (gain / product(shape[1:])) ** 0.5
        values = (2 * bound * draw() - bound for _ in range(product(shape)))
        state[name + ".weight"] = Tensor(shape, array.array("f", values))

    def norm(name, channels):
        for key, value in (("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)):
            state[name + "." + key] = Tensor((channels,), array.array("f", [value] * channels))
        state[name + ".num_batches_tracked"] = Tensor((), array.array("q", [0]))

    weight("features.conv0", stem, 3, 7, 7)
    norm("features.norm0", stem)
    channels = stem
    for b, layers in enumerate(blocks, 1):
        for i in range(1, layers + 1):
            layer = "features.denseblock%d.denselayer%d." % (b, i)
            norm(layer + "norm1", channels)
            weight(layer + "conv1", 4 * growth, channels, 1, 1)
            norm(layer + "norm2", 4 * growth)
            weight(layer + "conv2", growth, 4 * growth, 3, 3)
            channels += growth
        if b < len(blocks):
            norm("features.transition%d.norm" % b, channels)
            weight("features.transition%d.conv" % b, channels // 2, channels, 1, 1)
            channels //= 2
    norm("features.norm%d" % (len(blocks) + 1), channels)
    weight("classifier", outputs, channels, gain=1e-5)
    state["classifier.bias"] = Tensor((outputs,), array.array("f", [0] * outputs))
    return state


# ---- the checkpoints of the tests ----


def tensors(torch):
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


def arrays(numpy):
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


def write_fixtures(folder):
    import numpy
    import torch

    state = tensors(torch)
    wrapped = {"model": collections.OrderedDict(("module." + k, v) for k, v in state.items()),
               "iteration": 9}
    parameters = {"epoch": 3, "lr": 0.1, "state_dict": {k: torch.nn.Parameter(v)
                                                        for k, v in state.items()
                                                        if v.is_floating_point()}}
    torch.save(state, folder + "/plain.pth")
    torch.save(wrapped, folder + "/wrapped.pth")
    torch.save(parameters, folder + "/parameters.pt")
    torch.save(wrapped, folder + "/legacy.pth", _use_new_zipfile_serialization=False)
    for protocol in (2, 4, 5):
        with open("%s/arrays%d.pkl" % (folder, protocol), "wb") as f:
            pickle.dump({"model": arrays(numpy), "__author__": "test",
                         "matching_heuristics": True}, f, protocol)


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "densenet121":
        save(densenet((6, 12, 24, 16), growth=32, stem=64, outputs=1), arguments[1])
    elif len(arguments) == 2 and arguments[0] == "fixtures":
        write_fixtures(arguments[1])
    else:
        sys.exit(__doc__)


main(sys.argv[1:])
