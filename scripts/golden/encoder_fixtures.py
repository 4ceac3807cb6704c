"""Small files of every dialect of ResNet weights, and what the networks in them compute.

    python scripts/golden/encoder_fixtures.py      needs numpy, h5py and torch

Writes Tests/Fixtures/encoders/*.h5 and Tests/Fixtures/encoders.json. Weights and inputs follow from
names (parity_shared.py), the reference is PyTorch in double precision, written from the papers and
from the libraries' documentation of their graphs, not from Floe.
"""

import pathlib

import h5py
import numpy
import torch
import torch.nn.functional as F

from parity_shared import FIXTURES, plain, single, write

FOLDER = FIXTURES / "encoders"
WIDTH = 2
SIZE = 32
BLOCKS = {18: (False, (2, 2, 2, 2)), 34: (False, (3, 4, 6, 3)), 50: (True, (3, 4, 6, 3))}


class State(dict):
    """Weights as single precision holds them."""

    def __setitem__(self, name, value):
        super().__setitem__(name, numpy.asarray(value).astype(numpy.float32).astype(numpy.float64))


class Graph:
    def __init__(self, name, epsilon, bias=False, first=False, pre=False):
        self.name, self.epsilon, self.bias, self.first, self.pre = name, epsilon, bias, first, pre


TORCH = Graph("torchvision", 1e-5)
KERAS = Graph("keras", 1.001e-5, bias=True, first=True)
FCHOLLET = Graph("fchollet", 1e-3, bias=True, first=True)
QUBVEL = Graph("classification-models", 2e-5, pre=True)


def blocks(depth):
    """(stage, block, input, inner, output, stride), stages from 1, blocks from 0."""
    bottleneck, counts = BLOCKS[depth]
    channels = WIDTH
    for stage, count in enumerate(counts):
        inner = WIDTH << stage
        for block in range(count):
            output = inner * (4 if bottleneck else 1)
            yield stage + 1, block, channels, inner, output, 2 if stage and block == 0 else 1
            channels = output


class Weights:
    """The state of one network under torchvision's names; arrays [out, in, height, width]."""

    def __init__(self, depth, graph, bands=3):
        self.depth, self.graph, self.state = depth, graph, State()
        if graph.pre:
            self.norm("bn_data", bands, scale=False)
            # Statistics of stored values.
            self.state["bn_data.running_mean"] = single("bn_data mean", bands) * 20 + 120
            self.state["bn_data.running_var"] = single("bn_data variance", bands) * 1000 + 3000
        self.conv("conv1", WIDTH, bands, 7)
        self.norm("bn1", WIDTH)
        bottleneck = BLOCKS[depth][0]
        for stage, block, given, inner, output, stride in blocks(depth):
            place = f"layer{stage}.{block}."
            plan = [(given, inner, 1), (inner, inner, 3), (inner, output, 1)] if bottleneck else \
                [(given, inner, 3), (inner, output, 3)]
            for number, (i, o, kernel) in enumerate(plan, 1):
                self.conv(f"{place}conv{number}", o, i, kernel)
                self.norm(f"{place}bn{number}", i if graph.pre else o)
            if block == 0 and (graph.pre or stride > 1 or given != output):
                self.conv(place + "downsample.0", output, given, 1)
                if not graph.pre:
                    self.norm(place + "downsample.1", output)
        if graph.pre:
            self.norm("bn_last", output)

    def conv(self, name, outputs, inputs, kernel):
        scale = (6 / (inputs * kernel * kernel)) ** 0.5
        self.state[name + ".weight"] = single(f"{self.graph.name} {name}", outputs, inputs, kernel, kernel) * scale
        if self.graph.bias:
            self.state[name + ".bias"] = single(name + " bias", outputs) * 0.1

    def norm(self, name, channels, scale=True):
        # Small variances, so that a wrong epsilon shows.
        variance = 10 ** (single(name + " variance", channels) * 2 - 2)
        if scale:
            self.state[name + ".weight"] = (1 + 0.3 * single(name + " scale", channels)) * numpy.sqrt(variance) * 0.7
        self.state[name + ".bias"] = 0.2 * single(name + " shift", channels)
        self.state[name + ".running_mean"] = 0.2 * single(name + " mean", channels)
        self.state[name + ".running_var"] = variance

    def rounded(self, dtype):
        for name, value in self.state.items():
            self.state[name] = value.astype(dtype)
        return self


def features(weights, image):
    """f1 to f5 of an image [batch, bands, height, width]."""
    graph, state = weights.graph, {k: torch.from_numpy(v) for k, v in weights.state.items()}

    def conv(x, name, stride=1):
        kernel = state[name + ".weight"]
        return F.conv2d(x, kernel, state.get(name + ".bias"), stride, kernel.shape[2] // 2)

    def norm(x, name):
        return F.batch_norm(x, state[name + ".running_mean"], state[name + ".running_var"],
                            state.get(name + ".weight"), state[name + ".bias"], False, 0, graph.epsilon)

    x = torch.from_numpy(image)
    if graph.pre:
        x = norm(x, "bn_data")
    x = F.relu(norm(conv(x, "conv1", 2), "bn1"))
    maps = [x]
    x = F.max_pool2d(x, 3, 2, 1)
    bottleneck, counts = BLOCKS[weights.depth]
    strided = (1 if graph.first else 2) if bottleneck else 1
    for stage, block, _, _, _, stride in blocks(weights.depth):
        place = f"layer{stage}.{block}."
        count = 3 if bottleneck else 2
        shortcut, y = x, x
        has = place + "downsample.0.weight" in state
        for number in range(1, count + 1):
            step = stride if number == strided else 1
            if graph.pre:
                y = F.relu(norm(y, f"{place}bn{number}"))
                if number == 1 and has:
                    shortcut = conv(y, place + "downsample.0", stride)
                if number == 1 and block == 0 and stage > 1:
                    maps.append(y)
                y = conv(y, f"{place}conv{number}", step)
            else:
                y = norm(conv(y, f"{place}conv{number}", step), f"{place}bn{number}")
                if number < count:
                    y = F.relu(y)
        if has and not graph.pre:
            shortcut = norm(conv(x, place + "downsample.0", stride), place + "downsample.1")
        x = y + shortcut if graph.pre else F.relu(y + shortcut)
        if not graph.pre and block == counts[stage - 1] - 1:
            maps.append(x)
    if graph.pre:
        maps.append(F.relu(norm(x, "bn_last")))
    return [m.numpy() for m in maps]


def picture(graph):
    """An input in the convention of the source."""
    x = single("picture " + graph.name, 1, 3, SIZE, SIZE)
    if graph is TORCH:
        return x * 2
    return (x * 100).astype(numpy.float32).astype(numpy.float64) if graph is not QUBVEL else x * 127 + 128


# ---- PyTorch's names in HDF5

def torch_file(path, state, separator=".", prefix="", group="", dtype="<f4", counters=True, **options):
    with h5py.File(path, "w") as file:
        place = file.require_group(group) if group else file
        for name, value in state.items():
            place.create_dataset((prefix + name).replace(".", separator), data=value.astype(dtype), **options)
            if counters and name.endswith("running_var"):
                counter = name.replace("running_var", "num_batches_tracked")
                place[(prefix + counter).replace(".", separator)] = numpy.int64(7)


# ---- Keras' names and layers

def keras_layers(weights, style):
    """[(class, name, [(weight, array)])] in the order of the model's layers."""
    state, graph = weights.state, weights.graph
    bottleneck = BLOCKS[weights.depth][0]
    last = 3 if bottleneck else 2

    def layer(key, name):
        if key + ".running_var" in state:
            roles = [("gamma", "weight"), ("beta", "bias"), ("moving_mean", "running_mean"),
                     ("moving_variance", "running_var")]
            return "batch_normalization", name, [
                (new, state[f"{key}.{old}"]) for new, old in roles if f"{key}.{old}" in state]
        kernel = [("kernel", state[key + ".weight"].transpose(2, 3, 1, 0))]
        bias = [("bias", state[key + ".bias"])] if key + ".bias" in state else []
        return "conv2d", name, kernel + bias

    stem = {"v1": ("conv1_conv", "conv1_bn"), "v02": ("conv1", "bn_conv1"), "qubvel": ("conv0", "bn0")}[style]
    layers = [layer("bn_data", "bn_data")] if graph.pre else []
    layers += [layer("conv1", stem[0]), layer("bn1", stem[1]), ("activation", "relu0", [])]
    for stage, block, *_ in blocks(weights.depth):
        place = f"layer{stage}.{block}."
        has = place + "downsample.0.weight" in state
        if style == "qubvel":
            unit = f"stage{stage}_unit{block + 1}_"
            for number in range(1, last + 1):
                layers += [layer(f"{place}bn{number}", f"{unit}bn{number}"),
                           layer(f"{place}conv{number}", f"{unit}conv{number}")]
            layers += [layer(place + "downsample.0", unit + "sc")] if has else []
        elif style == "v1":
            unit = f"conv{stage + 1}_block{block + 1}_"
            for number in range(1, last):
                layers += [layer(f"{place}conv{number}", f"{unit}{number}_conv"),
                           layer(f"{place}bn{number}", f"{unit}{number}_bn")]
            layers += [layer(place + "downsample.0", unit + "0_conv")] if has else []
            layers += [layer(f"{place}conv{last}", f"{unit}{last}_conv")]
            layers += [layer(place + "downsample.1", unit + "0_bn")] if has else []
            layers += [layer(f"{place}bn{last}", f"{unit}{last}_bn")]
        else:
            unit = f"{stage + 1}{'abcdef'[block]}_branch"
            for number in range(1, last + 1):
                branch = "2" + "abc"[number - 1]
                layers += [layer(f"{place}conv{number}", f"res{unit}{branch}"),
                           layer(f"{place}bn{number}", f"bn{unit}{branch}")]
            layers += [layer(place + "downsample.0", f"res{unit}1"),
                       layer(place + "downsample.1", f"bn{unit}1")] if has else []
    return layers + ([layer("bn_last", "bn1")] if graph.pre else [])


def names_attribute(group, key, names, fixed=True, pieces=1):
    values = numpy.array([name.encode() for name in names])
    if not names:
        group.attrs[key] = numpy.zeros(0)
    elif pieces > 1:
        for number, piece in enumerate(numpy.array_split(values, pieces)):
            group.attrs[f"{key}{number}"] = piece
    else:
        group.attrs[key] = values if fixed else [name.encode() for name in names]


def legacy_file(path, layers, suffix=":0", fixed=True, model=False, nested=None, old=False, pieces=1):
    older = {"kernel": "W", "bias": "b", "moving_mean": "running_mean", "moving_variance": "running_std"}
    with h5py.File(path, "w") as file:
        place = file
        if model:
            file.attrs["model_config"] = '{"class_name": "Functional"}'
            place = file.create_group("model_weights")
            file.create_group("optimizer_weights")["iterations:0"] = numpy.int64(3)
        place.attrs["backend"], place.attrs["keras_version"] = b"tensorflow", b"2.4.0"
        groups = [(nested, layers)] if nested else [(name, [(kind, name, w)]) for kind, name, w in layers]
        names_attribute(place, "layer_names", ["input_1"] + [name for name, _ in groups], fixed, pieces)
        names_attribute(place.create_group("input_1"), "weight_names", [])
        for name, members in groups:
            group, names = place.create_group(name), []
            every = [(own, role, value) for _, own, w in members for role, value in w]
            if nested:
                every.sort(key=lambda item: item[1].startswith("moving"))
            for own, role, value in every:
                names.append(f"{own}_{older.get(role, role)}{suffix}" if old else f"{own}/{role}{suffix}")
                group.create_dataset(names[-1], data=value.astype("<f4"))
            names_attribute(group, "weight_names", names, fixed)


def archive_file(path, layers, root="layers", names=True, doubled=False):
    counters = {}
    with h5py.File(path, "w") as file:
        for kind, name, weights in layers:
            number = counters.get(kind, 0)
            counters[kind] = number + (2 if doubled and weights else 1)
            place = file.create_group(f"{root}/{kind}" + (f"_{number}" if number else "") + "/vars")
            if names:
                place.attrs["name"] = name
            for index, (_, value) in enumerate(weights):
                place[str(index)] = value.astype("<f4")


# ---- whole networks

def decoder(feature_channels, channels, nested, classes, epsilon, maps, size):
    """State and logits of segmentation_models.pytorch's decoder and head."""
    state = State()

    def block(name, x, skips, output):
        x = torch.cat([F.interpolate(x, scale_factor=2, mode="nearest")] + skips, 1)
        for number in (1, 2):
            key = f"decoder.blocks.{name}.conv{number}"
            if key + ".0.weight" not in state:
                scale = (6 / (x.shape[1] * 9)) ** 0.5
                state[key + ".0.weight"] = single(key, output, x.shape[1], 3, 3) * scale
                variance = 10 ** (single(key + " variance", output) * 2 - 2)
                state[key + ".1.weight"] = (1 + 0.3 * single(key + " scale", output)) * numpy.sqrt(variance)
                state[key + ".1.bias"] = 0.2 * single(key + " shift", output)
                state[key + ".1.running_mean"] = 0.2 * single(key + " mean", output)
                state[key + ".1.running_var"] = variance
            s = {k: torch.from_numpy(state[f"{key}.1.{k}"]) for k in ("running_mean", "running_var", "weight", "bias")}
            x = F.conv2d(x, torch.from_numpy(state[key + ".0.weight"]), padding=1)
            x = F.relu(F.batch_norm(x, s["running_mean"], s["running_var"], s["weight"], s["bias"], False, 0, epsilon))
        return x

    deepest_first = [torch.from_numpy(m) for m in reversed(maps)]
    if not nested:
        x = deepest_first[0]
        for number, output in enumerate(channels):
            skips = [deepest_first[number + 1]] if number + 1 < len(deepest_first) else []
            x = block(str(number), x, skips, output)
    else:
        made, depth = {}, len(channels) - 1
        skip_channels = list(reversed(feature_channels))[1:]
        for length in range(depth):
            for start in range(depth - length):
                end = start + length
                below = deepest_first[start] if length == 0 else made[start, end - 1]
                nest = [made[inner, end] for inner in range(start + 1, end + 1)] + [deepest_first[end + 1]]
                made[start, end] = block(f"x_{start}_{end}", below, nest,
                                         channels[end] if start == 0 else skip_channels[end])
        x = block(f"x_0_{depth}", made[0, depth - 1], [], channels[-1])
    state["segmentation_head.0.weight"] = single("head", classes, channels[-1], 3, 3) * 0.5
    state["segmentation_head.0.bias"] = single("head bias", classes) * 0.1
    logits = F.conv2d(x, torch.from_numpy(state["segmentation_head.0.weight"]),
                      torch.from_numpy(state["segmentation_head.0.bias"]), padding=1)
    assert logits.shape[2:] == (size, size)
    return state, logits.numpy()


def keras_decoder(state):
    layers = []
    for number in range(5):
        for index, letter in ((1, "a"), (2, "b")):
            key, name = f"decoder.blocks.{number}.conv{index}", f"decoder_stage{number}{letter}_"
            layers += [("conv2d", name + "conv", [("kernel", state[key + ".0.weight"].transpose(2, 3, 1, 0))]),
                       ("batch_normalization", name + "bn", [
                           ("gamma", state[key + ".1.weight"]), ("beta", state[key + ".1.bias"]),
                           ("moving_mean", state[key + ".1.running_mean"]),
                           ("moving_variance", state[key + ".1.running_var"])])]
    return layers + [("conv2d", "final_conv", [
        ("kernel", state["segmentation_head.0.weight"].transpose(2, 3, 1, 0)),
        ("bias", state["segmentation_head.0.bias"])])]


def milesial(image, width, bilinear):
    """State and logits of milesial's U-Net."""
    state, divisor = State(), 2 if bilinear else 1
    x = torch.from_numpy(image)

    def double(prefix, x, output, inner=None):
        for index, wanted in ((0, inner or output), (3, output)):
            key = f"{prefix}.double_conv."
            scale = (6 / (x.shape[1] * 9)) ** 0.5
            norm = f"{key}{index + 1}."
            variance = 10 ** (single(norm + "variance", wanted) * 2 - 2)
            state[f"{key}{index}.weight"] = single(f"{key}{index}", wanted, x.shape[1], 3, 3) * scale
            kernel = state[f"{key}{index}.weight"]
            state[norm + "weight"] = (1 + 0.3 * single(norm + "scale", wanted)) * numpy.sqrt(variance)
            state[norm + "bias"] = 0.2 * single(norm + "shift", wanted)
            state[norm + "running_mean"] = 0.2 * single(norm + "mean", wanted)
            state[norm + "running_var"] = variance
            s = [torch.from_numpy(state[norm + k]) for k in ("running_mean", "running_var", "weight", "bias")]
            x = F.relu(F.batch_norm(F.conv2d(x, torch.from_numpy(kernel), padding=1), *s, False, 0, 1e-5))
        return x

    maps = [double("inc", x, width)]
    for level in range(1, 5):
        output = (width << level) // (divisor if level == 4 else 1)
        maps.append(double(f"down{level}.maxpool_conv.1", F.max_pool2d(maps[-1], 2), output))
    y, channels = maps[-1], width << 4
    for number in range(1, 5):
        if bilinear:
            y = F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=True)
        else:
            key = f"up{number}.up."
            state[key + "weight"] = single(key, channels, channels // 2, 2, 2) * (3 / channels) ** 0.5
            state[key + "bias"] = single(key + "bias", channels // 2) * 0.1
            y = F.conv_transpose2d(y, torch.from_numpy(state[key + "weight"]),
                                   torch.from_numpy(state[key + "bias"]), stride=2)
        output = (channels // 2) // (divisor if number < 4 else 1)
        y = double(f"up{number}.conv", torch.cat([maps[4 - number], y], 1), output,
                   channels // 2 if bilinear else None)
        channels //= 2
    state["outc.conv.weight"], state["outc.conv.bias"] = single("outc", 2, width, 1, 1), single("outc bias", 2) * 0.1
    head, bias = (torch.from_numpy(state["outc.conv." + role]) for role in ("weight", "bias"))
    return state, F.conv2d(y, head, bias).numpy()


# ---- what is written

def summary(values):
    """Shape, largest value, and 48 values spread over the map."""
    flat = values.ravel()
    places = numpy.unique(numpy.linspace(0, flat.size - 1, 48).astype(int))
    return {"shape": list(values.shape), "largest": float(numpy.abs(flat).max()),
            "places": [int(place) for place in places], "values": plain(flat[places], 8)}


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.h5"):
        old.unlink()
    entries = []

    def add(name, depth, graph, writer, rounding="f4"):
        weights = Weights(depth, graph).rounded(rounding)
        maps = features(weights, picture(graph))
        writer(FOLDER / name, weights)
        entries.append({"file": name, "encoder": f"resnet{depth}", "dialect": graph.name,
                        "features": [summary(m) for m in maps]})

    def torch_dialect(name, depth, **options):
        rounding = {"<f2": "f2", ">f8": "f8"}.get(options.get("dtype"), "f4")
        add(name, depth, TORCH, lambda path, w: torch_file(path, w.state, **options), rounding)

    torch_dialect("torch-dots-18.h5", 18)
    torch_dialect("torch-slashes-34.h5", 34, separator="/", counters=False)
    torch_dialect("torch-prefixed-50.h5", 50, prefix="module.encoder.", group="state_dict")
    torch_dialect("torch-half-18.h5", 18, dtype="<f2")
    torch_dialect("torch-double-big-endian-gzip-18.h5", 18, dtype=">f8", compression="gzip", shuffle=True)
    add("keras-50.h5", 50, KERAS, lambda path, w: legacy_file(path, keras_layers(w, "v1")))
    add("keras-variable-strings-50.h5", 50, KERAS,
        lambda path, w: legacy_file(path, keras_layers(w, "v1"), suffix="", fixed=False))
    add("keras-model-50.h5", 50, KERAS, lambda path, w: legacy_file(path, keras_layers(w, "v1"), model=True))
    add("keras-nested-in-pieces-50.h5", 50, KERAS,
        lambda path, w: legacy_file(path, keras_layers(w, "v1"), nested="resnet50"))
    add("keras-pieces-50.h5", 50, KERAS, lambda path, w: legacy_file(path, keras_layers(w, "v1"), pieces=4))
    add("keras-50.weights.h5", 50, KERAS, lambda path, w: archive_file(path, keras_layers(w, "v1")))
    add("keras-unnamed-50.weights.h5", 50, KERAS,
        lambda path, w: archive_file(path, keras_layers(w, "v1"), names=False))
    add("keras-2.13-50.weights.h5", 50, KERAS,
        lambda path, w: archive_file(path, keras_layers(w, "v1"), root="_layer_checkpoint_dependencies",
                                     names=False, doubled=True))
    add("fchollet-50.h5", 50, FCHOLLET, lambda path, w: legacy_file(path, keras_layers(w, "v02"), old=True))
    add("qubvel-18.h5", 18, QUBVEL, lambda path, w: legacy_file(path, keras_layers(w, "qubvel")))
    add("qubvel-50.h5", 50, QUBVEL, lambda path, w: legacy_file(path, keras_layers(w, "qubvel")))
    add("qubvel-unnamed-34.weights.h5", 34, QUBVEL,
        lambda path, w: archive_file(path, keras_layers(w, "qubvel"), names=False))

    for name, graph, nested, epsilon in (("smp-unet-18.h5", TORCH, False, 1e-5),
                                         ("smp-unetplusplus-18.h5", TORCH, True, 1e-5),
                                         ("keras-unet-18.h5", QUBVEL, False, 1e-3)):
        weights = Weights(18, graph)
        image = picture(graph)
        maps = features(weights, image)
        state, logits = decoder([m.shape[1] for m in maps], (6, 5, 4, 3, 2), nested, 2, epsilon, maps, SIZE)
        if graph is TORCH:
            torch_file(FOLDER / name, {**{"encoder." + k: v for k, v in weights.state.items()}, **state})
        else:
            legacy_file(FOLDER / name, keras_layers(weights, "qubvel") + keras_decoder(state), model=True)
        entries.append({"file": name, "encoder": "resnet18", "dialect": graph.name,
                        "features": [summary(m) for m in maps], "logits": summary(logits)})
    for name, bilinear in (("milesial.h5", False), ("milesial-bilinear.h5", True)):
        image = single("picture milesial", 1, 3, SIZE, SIZE)
        state, logits = milesial(image, 2, bilinear)
        torch_file(FOLDER / name, state)
        entries.append({"file": name, "logits": summary(logits)})
    write("encoders", entries)
    total = sum(path.stat().st_size for path in FOLDER.glob("*.h5"))
    print(f"{len(list(FOLDER.glob('*.h5')))} files, {total / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
