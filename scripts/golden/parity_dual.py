"""Parity with PyTorch of two milesial U-Nets side by side and of segmentation_models.pytorch's classification head.

    python scripts/golden/parity_dual.py
        writes Tests/Fixtures/parity_dual.json, in the form of parity.json
"""

import torch
from segmentation_models_pytorch.base import ClassificationHead
from torch import nn

from parity import UNet, golden, narrow, unet
from parity_shared import write


class Branch(UNet):
    """A U-Net that also gives the map before its head, which may be missing."""

    def __init__(self, bands, classes, base, levels):
        super().__init__(bands, classes or 1, base, levels)
        if classes is None:
            del self.outc

    def maps(self, x):
        maps = [self.inc(x)]
        for level in range(1, self.levels + 1):
            maps.append(getattr(self, f"down{level}")(maps[-1]))
        x = deepest = maps.pop()
        for number in range(1, self.levels + 1):
            x = getattr(self, f"up{number}")(x, maps.pop())
        return deepest, x


class Head(nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.conv = nn.Conv2d(inputs, classes, 1)

    def forward(self, x):
        return self.conv(x)


class DualUNet(nn.Module):
    def __init__(self, bands, classes, wide, narrow, fusion, head=None):
        super().__init__()
        self.kind = fusion
        continues = fusion == "continue-add"
        # `global` is a word of Python.
        self.add_module("global", Branch(bands, classes if continues else None, *wide))
        self.local = Branch(bands + classes if continues else bands, classes if continues else None, *narrow)
        width, other = wide[0], narrow[0]
        self.fusion = nn.Module()
        if fusion in ("add", "gated") and width != other:
            self.fusion.projection = nn.Conv2d(other, width, 1)
        if fusion == "gated":
            self.fusion.gate = nn.Conv2d(2 * width, width, 1)
        if not continues:
            self.outc = Head(width + other if fusion == "concatenate" else width, classes)
        if head:
            self.classification_head = ClassificationHead(width << wide[1], classes, *head)

    def forward(self, x):
        wide = getattr(self, "global")
        deepest, a = wide.maps(x)
        logits = self.fused(x, wide, a)
        return (logits, self.classification_head(deepest)) if hasattr(self, "classification_head") else logits

    def fused(self, x, wide, a):
        if self.kind == "continue-add":
            first = wide.outc(a)
            return first + self.local.outc(self.local.maps(torch.cat([x, first], dim=1))[1])
        b = self.local.maps(x)[1]
        if hasattr(self.fusion, "projection"):
            b = self.fusion.projection(b)
        if self.kind == "concatenate":
            return self.outc(torch.cat([a, b], dim=1))
        if self.kind == "add":
            return self.outc(a + b)
        gate = torch.sigmoid(self.fusion.gate(torch.cat([a, b], dim=1)))
        return self.outc(gate * a + (1 - gate) * b)


def dual(bands, classes, wide, narrow, fusion, head=None):
    configuration = {
        "architecture": "dual-unet", "bands": bands, "classes": classes, "baseWidth": wide[0],
        "levels": max(wide[1], narrow[1]), "upsampling": "transposed", "decoderChannels": [],
        "dual": {"global": {"width": wide[0], "levels": wide[1]}, "local": {"width": narrow[0], "levels": narrow[1]},
                 "fusion": fusion}}
    if head:
        configuration["imageHead"] = {"pooling": head[0], "dropout": head[1]}
    return DualUNet(bands, classes, wide, narrow, fusion, head), configuration


class Headed(nn.Module):
    """A network with a classification head on its deepest map, under the network's own names."""

    def __init__(self, network, channels, classes, deepest, head):
        super().__init__()
        for name, module in network.named_children():
            self.add_module(name, module)
        self.classification_head = ClassificationHead(channels, classes, *head)
        self.kept = [network, None]
        dict(network.named_modules())[deepest].register_forward_hook(self.keep)

    def keep(self, module, inputs, output):
        self.kept[1] = output[-1] if isinstance(output, list) else output

    def __deepcopy__(self, memo):
        return self.made_again(self)

    def forward(self, x):
        logits = self.kept[0](x)
        return logits, self.classification_head(self.kept[1])


def headed(make, channels, classes, deepest, head):
    """A copy is made anew, since a copied hook would still keep the original's map."""
    network, configuration = make()
    configuration["imageHead"] = {"pooling": head[0], "dropout": head[1]}

    def build():
        made = Headed(make()[0], channels, classes, deepest, head)
        made.made_again = again
        return made

    def again(old):
        made = build().double()
        made.load_state_dict(old.state_dict())
        return made

    return build(), configuration


def main():
    shape = (2, 3, 32, 16)
    networks = [
        ("dual concatenate", dual(3, 2, (4, 4), (6, 2), "concatenate"), shape),
        ("dual add", dual(3, 3, (4, 3), (4, 1), "add"), shape),
        ("dual add of two widths", dual(2, 3, (6, 3), (4, 2), "add"), (2, 2, 24, 40)),
        ("dual continue-add", dual(3, 2, (4, 3), (6, 2), "continue-add"), shape),
        ("dual gated", dual(1, 3, (4, 2), (4, 3), "gated"), (2, 1, 24, 40)),
        ("dual gated of two widths", dual(3, 2, (4, 3), (6, 2), "gated"), shape),
        ("dual with an image head", dual(3, 3, (4, 3), (4, 1), "add", ("avg", 0.0)), shape),
        ("unet with an image head",
         headed(lambda: unet(3, 3, 4, levels=3), 32, 3, "down3", ("max", 0.0)), shape),
        ("resnet18 with an image head",
         headed(lambda: narrow("resnet18", 3, 3, 4, [20, 16, 12, 7, 5]), 32, 3, "encoder", ("avg", 0.0)),
         (2, 3, 64, 64)),
    ]
    write("parity_dual", [golden(name, *made, shape, True) for name, made, shape in networks])


if __name__ == "__main__":
    main()
