"""Parity with PyTorch on the same weights (milesial's U-Net, segmentation_models.pytorch's Unet and UnetPlusPlus).

    python scripts/golden/parity.py golden
        writes Tests/Fixtures/parity.json: hashes of names and shapes of every tensor of a state, sampled
        logits and labels of every network, and one training step of the narrow ones

    python scripts/golden/parity.py check WEIGHTS.h5 --model unet-resnet18 [--size 64x96]
                                                     [--input IMAGE.npy] [--output LOGITS.npy]
        loads a member's weights into PyTorch and prints its logits for a seeded input
        (`uniform("input", 1, bands, height, width)`) or for an array [batch, bands, height, width]

Weights are a hash of their name, made alike here and by the tests: a fixture holds no weights.
"""

import argparse
import base64
import copy
import sys

import numpy
import segmentation_models_pytorch as smp
import torch
import torch.nn.functional as F
import torchvision
from segmentation_models_pytorch.base import SegmentationHead
from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder
from segmentation_models_pytorch.decoders.unetplusplus.decoder import UnetPlusPlusDecoder
from torch import nn

from parity_shared import digest, plain, single, uniform, write


# ---- milesial/Pytorch-UNet, with a free base width and number of levels


class DoubleConv(nn.Module):
    def __init__(self, inputs, outputs, middle=None):
        super().__init__()
        middle = middle or outputs
        self.double_conv = nn.Sequential(
            nn.Conv2d(inputs, middle, 3, padding=1, bias=False), nn.BatchNorm2d(middle), nn.ReLU(inplace=True),
            nn.Conv2d(middle, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))

    def forward(self, x):
        return self.double_conv(x)


class Down(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(inputs, outputs))

    def forward(self, x):
        return self.maxpool_conv(x)


class Up(nn.Module):
    def __init__(self, inputs, outputs, bilinear):
        super().__init__()
        if bilinear:
            self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
            self.conv = DoubleConv(inputs, outputs, inputs // 2)
        else:
            self.up = nn.ConvTranspose2d(inputs, inputs // 2, kernel_size=2, stride=2)
            self.conv = DoubleConv(inputs, outputs)

    def forward(self, deep, skip):
        deep = self.up(deep)
        rows, columns = skip.size(2) - deep.size(2), skip.size(3) - deep.size(3)
        deep = F.pad(deep, [columns // 2, columns - columns // 2, rows // 2, rows - rows // 2])
        return self.conv(torch.cat([skip, deep], dim=1))


class OutConv(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel_size=1)

    def forward(self, x):
        return self.conv(x)


class UNet(nn.Module):
    def __init__(self, bands, classes, base=64, levels=4, bilinear=False):
        super().__init__()
        self.levels = levels
        factor = 2 if bilinear else 1
        self.inc = DoubleConv(bands, base)
        for level in range(1, levels + 1):
            width = (base << level) // (factor if level == levels else 1)
            setattr(self, f"down{level}", Down(base << (level - 1), width))
        for number, level in enumerate(reversed(range(levels)), start=1):
            width = (base << level) // (factor if level > 0 else 1)
            setattr(self, f"up{number}", Up(base << (level + 1), width, bilinear))
        self.outc = OutConv(base, classes)

    def forward(self, x):
        maps = [self.inc(x)]
        for level in range(1, self.levels + 1):
            maps.append(getattr(self, f"down{level}")(maps[-1]))
        x = maps.pop()
        for number in range(1, self.levels + 1):
            x = getattr(self, f"up{number}")(x, maps.pop())
        return self.outc(x)


# ---- segmentation_models.pytorch's Unet around a ResNet of another width


class NarrowEncoder(nn.Module):
    def __init__(self, block, layers, bands, base):
        super().__init__()
        donor = torchvision.models.ResNet(block, layers)
        donor.inplanes = base
        self.conv1 = nn.Conv2d(bands, base, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(base)
        for stage in range(4):
            made = donor._make_layer(block, base << stage, layers[stage], stride=1 if stage == 0 else 2)
            setattr(self, f"layer{stage + 1}", made)
        self.channels = [bands, base] + [(base << stage) * block.expansion for stage in range(4)]

    def forward(self, x):
        maps = [x, F.relu(self.bn1(self.conv1(x)))]
        x = F.max_pool2d(maps[1], 3, stride=2, padding=1)
        for stage in range(4):
            x = getattr(self, f"layer{stage + 1}")(x)
            maps.append(x)
        return maps


class NarrowUnet(nn.Module):
    def __init__(self, encoder, bands, classes, base, channels, decoder=UnetDecoder):
        super().__init__()
        block, layers = ENCODERS[encoder]
        self.encoder = NarrowEncoder(block, layers, bands, base)
        self.decoder = decoder(encoder_channels=self.encoder.channels, decoder_channels=channels, n_blocks=5)
        self.segmentation_head = SegmentationHead(channels[-1], classes, kernel_size=3)

    def forward(self, x):
        return self.segmentation_head(self.decoder(self.encoder(x)))


BASIC, BOTTLENECK = torchvision.models.resnet.BasicBlock, torchvision.models.resnet.Bottleneck
ENCODERS = {
    "resnet18": (BASIC, [2, 2, 2, 2]),
    "resnet34": (BASIC, [3, 4, 6, 3]),
    "resnet50": (BOTTLENECK, [3, 4, 6, 3]),
}


# ---- weights from names


def fill(network):
    """Every tensor a hash of its name, scaled so that signals keep their size."""
    state = network.state_dict()
    for name, tensor in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        values = uniform(name, *tensor.shape)
        if tensor.dim() == 4:
            values = values * numpy.sqrt(6 / (tensor.numel() / tensor.shape[0]))
        elif name.endswith("running_var"):
            values = 1 + 0.3 * values
        elif name.split(".")[-1] in ("a", "b"):
            # Of an adaptive norm: neither of them close to nothing.
            values = 0.6 + 0.2 * values
        elif name.endswith("weight"):
            values = 1 + 0.2 * values
        elif name.endswith("bias"):
            # Most values lie clear of ReLU's kink, where rounding would decide over a gradient.
            values = 1 + 0.1 * values
        else:
            values = 0.1 * values
        state[name] = torch.tensor(values.astype(numpy.float32))
    network.load_state_dict(state)
    return network.double()


def described(network):
    """`name extents` of every tensor that has a meaning outside PyTorch, as a hash of the sorted lines of each part of
    the network: a list of all would be most of the file."""
    parts = {}
    for name, tensor in network.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            path = name.split(".")
            line = "/".join(path) + " " + "x".join(map(str, tensor.shape))
            parts.setdefault("/".join(path[:2]), []).append(line)
    return {part: digest("\n".join(sorted(lines))) for part, lines in sorted(parts.items())}


def packed(labels, classes):
    """Whole numbers below `classes` as text of 6 bits a character, the first one's lowest bit first."""
    width = max(1, (classes - 1).bit_length())
    bits = (labels.ravel()[:, None] >> numpy.arange(width)) & 1
    return base64.b64encode(numpy.packbits(bits.ravel().astype(numpy.uint8), bitorder="little").tobytes()).decode()


def golden(name, network, configuration, shape, training, seed="input"):
    network = fill(network).eval()
    if training:
        seed = steady_input(network, shape, configuration["classes"])
    image = torch.tensor(single(seed, *shape))
    with torch.no_grad():
        logits, presence = outputs(network.eval(), image)
    flat = logits.numpy().ravel()
    positions = numpy.linspace(0, flat.size - 1, 64).astype(int)
    entry = {
        "name": name, "configuration": configuration, "input": list(shape), "seed": seed,
        "parameters": sum(p.numel() for p in network.parameters()),
        "state": described(network),
        "largest": float(numpy.abs(flat).max()),
        "logits": plain(flat[positions], 7),
        "packedLabels": packed(logits.argmax(dim=1).numpy(), configuration["classes"]),
    }
    if presence is not None:
        entry["presence"] = plain(presence)
    if training:
        entry["training"] = training_step(network, image, configuration["classes"])
    return entry


def training_step(network, image, classes):
    """Loss, gradients and running statistics of one step; a tensor is stored as its norm and its
    product with a hash of its name, one after the other in the order of their names."""
    loss = backward(network, image, classes)

    def projected(name, tensor):
        direction = uniform("direction/" + name, *tensor.shape)
        values = tensor.detach().numpy()
        return plain([numpy.linalg.norm(values), (values * direction).sum()], 6)

    tensors = {name: parameter.grad for name, parameter in network.named_parameters()}
    tensors |= {name: b for name, b in network.named_buffers() if not name.endswith("num_batches_tracked")}
    # As the names with slashes are sorted.
    names = sorted(tensors, key=lambda name: name.replace(".", "/"))
    return {"loss": loss, "tensors": [number for name in names for number in projected(name, tensors[name])]}


def outputs(network, image):
    """Logits, and those of the image head where there is one."""
    made = network(image)
    return made if isinstance(made, tuple) else (made, None)


def backward(network, image, classes):
    network.train()
    network.zero_grad()
    logits, presence = outputs(network, image)
    labels = numpy.floor((uniform("labels", *logits.argmax(dim=1).shape) + 1) / 2 * classes)
    if presence is not None:
        # The last class is not in the first image.
        labels[0][labels[0] == classes - 1] = 0
    loss = F.cross_entropy(logits, torch.tensor(labels.astype(numpy.int64)))
    if presence is not None:
        present = [[float((one == k).any()) for k in range(classes)] for one in labels]
        loss = loss + F.binary_cross_entropy_with_logits(presence, torch.tensor(present).double())
    loss.backward()
    return loss.item()


def steady_input(network, shape, classes):
    """The first input whose gradients do not hang on a ReLU or a maximum that rounding may flip: weights moved by a few
    units of single precision leave them as they are."""
    for number in range(20):
        seed = f"input/{number}"
        image = torch.tensor(single(seed, *shape))
        copies = [copy.deepcopy(network) for _ in range(7)]
        backward(copies[0], image, classes)
        worst = 0.0
        for trial, moved in enumerate(copies[1:]):
            torch.manual_seed(trial)
            with torch.no_grad():
                for p in moved.parameters():
                    p.mul_(1 + (torch.rand_like(p) - 0.5) * 1e-6)
            backward(moved, image, classes)
            for p, q in zip(copies[0].parameters(), moved.parameters()):
                worst = max(worst, ((p.grad - q.grad).norm() / p.grad.norm()).item())
            if worst > 5e-5:
                break
        else:
            print(seed, f"{worst:.2g}")
            return seed
    raise SystemExit("no steady input")


def unet(bands, classes, base, levels=4, bilinear=False):
    configuration = {
        "architecture": "unet", "bands": bands, "classes": classes, "baseWidth": base, "levels": levels,
        "upsampling": "bilinear" if bilinear else "transposed", "decoderChannels": []}
    return UNet(bands, classes, base, levels, bilinear), configuration


def narrow(encoder, bands, classes, base, channels):
    return NarrowUnet(encoder, bands, classes, base, channels), encoder_unet(encoder, bands, classes, base, channels)


def narrow_nested(encoder, bands, classes, base, channels):
    network = NarrowUnet(encoder, bands, classes, base, channels, UnetPlusPlusDecoder)
    return network, encoder_unet(encoder, bands, classes, base, channels, "unet-plus-plus")


def published(encoder, bands, classes):
    network = smp.Unet(encoder, encoder_weights=None, in_channels=bands, classes=classes)
    return network, encoder_unet(encoder, bands, classes, 64, [256, 128, 64, 32, 16])


def published_nested(encoder, bands, classes):
    network = smp.UnetPlusPlus(encoder, encoder_weights=None, in_channels=bands, classes=classes)
    return network, encoder_unet(encoder, bands, classes, 64, [256, 128, 64, 32, 16], "unet-plus-plus")


def encoder_unet(encoder, bands, classes, base, channels, architecture="encoder-unet"):
    return {
        "architecture": architecture, "bands": bands, "classes": classes, "baseWidth": base, "levels": 5,
        "upsampling": "transposed", "encoder": encoder, "decoderChannels": channels}


def write_goldens():
    # The last: with a training step?
    networks = [
        ("narrow unet", unet(3, 2, 4), (2, 3, 48, 32), True),
        ("narrow unet bilinear", unet(4, 3, 4, bilinear=True), (2, 4, 32, 48), True),
        ("narrow unet three levels", unet(1, 3, 6, levels=3), (2, 1, 24, 40), True),
        ("narrow resnet18", narrow("resnet18", 5, 3, 4, [20, 16, 12, 7, 5]), (2, 5, 64, 64), True),
        ("narrow resnet34", narrow("resnet34", 3, 2, 4, [16, 16, 8, 8, 4]), (2, 3, 64, 64), True),
        ("narrow resnet50", narrow("resnet50", 4, 4, 4, [32, 16, 8, 8, 8]), (2, 4, 64, 64), True),
        ("narrow unet++ resnet18", narrow_nested("resnet18", 3, 2, 4, [16, 12, 8, 8, 4]), (2, 3, 64, 64), True),
        ("unet", unet(3, 2, 64), (1, 3, 64, 64), False),
        ("unet bilinear", unet(3, 2, 64, bilinear=True), (1, 3, 64, 64), False),
        ("unet resnet18", published("resnet18", 3, 3), (1, 3, 64, 96), False),
        ("unet resnet34", published("resnet34", 1, 2), (1, 1, 64, 64), False),
        ("unet resnet50", published("resnet50", 4, 3), (1, 4, 64, 64), False),
        ("unet++ resnet34", published_nested("resnet34", 3, 2), (1, 3, 64, 64), False),
    ]
    write("parity", [golden(name, *made, shape, training) for name, made, shape, training in networks])


# ---- weights of a trained member


def load_weights(path, network):
    """A Floe weights file holds one dataset per tensor, under PyTorch's name with `/` for `.`."""
    import h5py
    with h5py.File(path) as file:
        state = {name: torch.from_numpy(file[name.replace(".", "/")][()])
                 for name in network.state_dict() if not name.endswith("num_batches_tracked")}
    missing, unexpected = network.load_state_dict(state, strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing)


def extents(path, *names):
    import h5py
    with h5py.File(path) as file:
        return next(file[name].shape for name in names if name in file)


def named(model, path):
    """The PyTorch network of a Floe model name; bands and classes come from the file."""
    first = extents(path, "inc/double_conv/0/weight", "encoder/conv1/weight")
    classes = extents(path, "outc/conv/weight", "segmentation_head/0/weight")[0]
    if model.startswith("unetplusplus-"):
        return published_nested(model[len("unetplusplus-"):], first[1], classes)[0]
    if model.startswith("unet-"):
        return published(model[len("unet-"):], first[1], classes)[0]
    parts = model.split(":")
    levels = int(parts[2]) if len(parts) > 2 else 4
    return UNet(first[1], classes, first[0], levels, "bilinear" in parts)


def check(options):
    network = named(options.model, options.weights)
    load_weights(options.weights, network)
    if options.input:
        image = numpy.load(options.input).astype(numpy.float32)
    else:
        height, width = map(int, options.size.split("x"))
        bands = next(network.parameters()).shape[1]
        image = uniform("input", 1, bands, height, width).astype(numpy.float32)
    with torch.no_grad():
        logits = network.double().eval()(torch.tensor(image).double()).numpy()
    if options.output:
        numpy.save(options.output, logits.astype(numpy.float32))
    flat = logits.ravel()
    print("shape", list(logits.shape), "largest", numpy.abs(flat).max())
    for position in numpy.linspace(0, flat.size - 1, 16).astype(int):
        print(position, f"{flat[position]:.9g}")


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("golden")
    command = commands.add_parser("check")
    command.add_argument("weights")
    command.add_argument("--model", required=True)
    command.add_argument("--size", default="64x96")
    command.add_argument("--input")
    command.add_argument("--output")
    options = parser.parse_args()
    write_goldens() if options.command == "golden" else check(options)


if __name__ == "__main__":
    sys.exit(main())
