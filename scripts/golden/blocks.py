"""Optional parts of blocks by PyTorch in double precision: attention, norms, dilation.

    python scripts/golden/blocks.py
        writes Tests/Fixtures/layers.json: values and gradients of single layers, and
        Tests/Fixtures/blocks.json: whole networks, in the form of parity.json

scSE and its decoders are segmentation_models.pytorch's own code. The rest is written here from the papers and
PyTorch's layers.
"""

import numpy
import segmentation_models_pytorch as smp
import torch
import torchvision
from segmentation_models_pytorch.base.modules import SCSEModule
from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder
from segmentation_models_pytorch.decoders.unetplusplus.decoder import UnetPlusPlusDecoder
from torch import nn

import parity
from parity_shared import plain, single, write


class AdaptiveNorm(nn.Module):
    """Chen, Xu and Koltun 2017: a x + b BN(x), from a = 1 and b = 0."""

    def __init__(self, channels):
        super().__init__()
        self.a = nn.Parameter(torch.ones(1))
        self.b = nn.Parameter(torch.zeros(1))
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        return self.a * x + self.b * self.norm(x)


class SqueezeExcitation(torchvision.ops.SqueezeExcitation):
    """torchvision's, by a reduction instead of a width."""

    def __init__(self, channels, reduction):
        super().__init__(channels, max(1, channels // reduction))


NORMS = {
    "instance": lambda channels, groups: nn.InstanceNorm2d(channels, affine=True),
    "group": lambda channels, groups: nn.GroupNorm(groups, channels),
    "adaptive": lambda channels, groups: AdaptiveNorm(channels),
    "none": lambda channels, groups: nn.Identity(),
}


# ---- single layers


def layer(name, module, *shape):
    """Output, and the gradients of input and parameters for the output gradient `seed`."""
    module = parity.fill(module).train()
    x = torch.tensor(single("x", *shape) * 3 + 1, requires_grad=True)
    output = module(x)
    gradients = torch.autograd.grad(output, [x, *module.parameters()], torch.tensor(single("seed", *output.shape)))
    names = ["x"] + [name.replace(".", "/") for name, _ in module.named_parameters()]
    return {
        "name": name, "input": list(shape), "output": plain(output.detach(), 7),
        "gradients": {name: plain(gradient, 7) for name, gradient in zip(names, gradients)},
    }


def layers():
    return [
        layer("group norm", nn.GroupNorm(4, 20), 2, 20, 3, 4),
        layer("instance norm", nn.InstanceNorm2d(5, affine=True), 2, 5, 4, 5),
        layer("adaptive norm", AdaptiveNorm(5), 2, 5, 4, 5),
        layer("squeeze and excitation", SqueezeExcitation(20, 8), 2, 20, 2, 3),
        layer("concurrent squeeze and excitation", SCSEModule(18, reduction=8), 2, 18, 2, 3),
    ]


# ---- plain U-Nets


def with_norm(network, kind, groups):
    """Every batch norm replaced, in place; a convolution that no norm follows has a bias."""
    for module in network.modules():
        if not isinstance(module, (parity.DoubleConv, smp.base.modules.Conv2dReLU)):
            continue
        layers = module.double_conv if isinstance(module, parity.DoubleConv) else module
        for index, old in enumerate(layers):
            if not isinstance(old, nn.BatchNorm2d):
                continue
            layers[index] = NORMS[kind](old.num_features, groups)
            if kind == "none":
                conv = layers[index - 1]
                layers[index - 1] = nn.Conv2d(conv.in_channels, conv.out_channels, 3, padding=1)
    return network


class Attended(nn.Module):
    """A block and the attention after it, under the block's own names."""

    def __init__(self, block, make):
        super().__init__()
        self.double_conv = block.double_conv
        self.attention = make(block.double_conv[3].out_channels)

    def forward(self, x):
        return self.attention(self.double_conv(x))


class Concurrent(nn.Module):
    """One name further down, as segmentation_models.pytorch has it."""

    def __init__(self, channels, reduction):
        super().__init__()
        self.attention = SCSEModule(channels, reduction)

    def forward(self, x):
        return self.attention(x)


def with_attention(network, make):
    network.inc = Attended(network.inc, make)
    for level in range(1, network.levels + 1):
        down, up = getattr(network, f"down{level}"), getattr(network, f"up{level}")
        down.maxpool_conv[1] = Attended(down.maxpool_conv[1], make)
        up.conv = Attended(up.conv, make)
    return network


def dilated(network, dilation):
    for index in (0, 3):
        conv = getattr(network, f"down{network.levels}").maxpool_conv[1].double_conv[index]
        conv.dilation = conv.padding = (dilation, dilation)
    return network


def plain_unet(change, blocks, levels=2, bilinear=False):
    network, configuration = parity.unet(3, 2, 8, levels, bilinear)
    return change(network), {**configuration, "blocks": blocks}


# ---- decoders


class Unused(nn.Module):
    """What stands for the attention that the last block stores and never uses."""

    def forward(self, x):
        raise AssertionError("never used")


def without_unused(network):
    blocks = network.decoder.blocks
    last = blocks["x_0_4"] if isinstance(blocks, nn.ModuleDict) else blocks[4]
    last.attention1 = Unused()
    return network


def scse(decoder, architecture):
    # Channels of less than 16 would leave segmentation_models.pytorch with gates of none.
    channels = [32, 32, 16, 16, 16]
    block, depths = parity.ENCODERS["resnet18"]
    network = parity.NarrowUnet("resnet18", 3, 2, 16, channels)
    network.decoder = decoder(
        encoder_channels=network.encoder.channels, decoder_channels=channels, n_blocks=5, attention_type="scse")
    configuration = parity.encoder_unet("resnet18", 3, 2, 16, channels, architecture)
    return without_unused(network), {**configuration, "blocks": {"attention": "scse", "attentionReduction": 16}}


def published_scse(make, architecture):
    network = make("resnet18", encoder_weights=None, in_channels=3, classes=2, decoder_attention_type="scse")
    configuration = parity.encoder_unet("resnet18", 3, 2, 64, [256, 128, 64, 32, 16], architecture)
    return without_unused(network), {**configuration, "blocks": {"attention": "scse", "attentionReduction": 16}}


class AttendedBlock(nn.Module):
    def __init__(self, block, reduction):
        super().__init__()
        self.conv1, self.conv2 = block.conv1, block.conv2
        self.attention = SqueezeExcitation(block.conv2[0].out_channels, reduction)
        self.upsample = nn.Upsample(scale_factor=2, mode="nearest")

    def forward(self, x, height, width, skip_connection=None):
        x = self.upsample(x)
        if skip_connection is not None:
            x = torch.cat([x, skip_connection], dim=1)
        return self.attention(self.conv2(self.conv1(x)))


def squeezed_decoder():
    network, configuration = parity.narrow("resnet18", 3, 2, 4, [16, 12, 8, 6, 5])
    for index, block in enumerate(network.decoder.blocks):
        network.decoder.blocks[index] = AttendedBlock(block, 4)
    return network, {**configuration, "blocks": {"attention": "se", "attentionReduction": 4}}


def decoder_norm(make, kind, groups=None):
    network, configuration = make("resnet18", 3, 2, 8, [16, 16, 8, 8, 8])
    blocks = {"normalisation": kind, **({"groups": groups} if groups else {})}
    return with_norm(network, kind, groups), {**configuration, "blocks": blocks}


def networks():
    narrow, wide = (2, 3, 64, 32), (1, 3, 64, 64)
    small = (2, 3, 24, 20)
    squeeze = {"attention": "se", "attentionReduction": 4}
    both = {"attention": "scse", "attentionReduction": 4}
    return [
        ("se unet", plain_unet(lambda n: with_attention(n, lambda c: SqueezeExcitation(c, 4)), squeeze), small, True),
        ("scse unet", plain_unet(lambda n: with_attention(n, lambda c: Concurrent(c, 4)), both), small, True),
        ("dilated unet", plain_unet(lambda n: dilated(n, 2), {"dilation": 2}), small, True),
        ("far dilated unet bilinear", plain_unet(lambda n: dilated(n, 4), {"dilation": 4}, bilinear=True), small, True),
        ("instance unet", plain_unet(lambda n: with_norm(n, "instance", 0), {"normalisation": "instance"}), small, True),
        ("group unet", plain_unet(lambda n: with_norm(n, "group", 4), {"normalisation": "group", "groups": 4},
                                  bilinear=True), small, True),
        ("adaptive unet", plain_unet(lambda n: with_norm(n, "adaptive", 0), {"normalisation": "adaptive"}), small, True),
        ("unet without norms", plain_unet(lambda n: with_norm(n, "none", 0), {"normalisation": "none"}), small, True),
        ("se resnet18", squeezed_decoder(), narrow, True),
        ("scse resnet18", scse(UnetDecoder, "encoder-unet"), narrow, True),
        ("scse unet++ resnet18", scse(UnetPlusPlusDecoder, "unet-plus-plus"), narrow, True),
        ("group resnet18", decoder_norm(parity.narrow, "group", 4), narrow, False),
        ("instance unet++ resnet18", decoder_norm(parity.narrow_nested, "instance"), narrow, True),
        ("adaptive resnet18", decoder_norm(parity.narrow, "adaptive"), narrow, False),
        ("resnet18 without norms", decoder_norm(parity.narrow, "none"), narrow, False),
        ("published scse resnet18", published_scse(smp.Unet, "encoder-unet"), wide, False),
        # Gates on gates: for most inputs PyTorch itself, in single precision, is off by more than 1e-4.
        ("published scse unet++ resnet18", published_scse(smp.UnetPlusPlus, "unet-plus-plus"), wide, False, "input/2"),
    ]


if __name__ == "__main__":
    write("layers", layers())
    write("blocks", [parity.golden(name, *made, *rest) for name, made, *rest in networks()])
