"""Times one training step or one prediction of a network in PyTorch, as `floe bench` times it in Floe.

Usage: torch_step.py train|predict MODEL CxHxW BATCH [eager|channels_last] [STEPS]
MODEL is unet-resnet18, unet-resnet34, unet-resnet50 (segmentation_models.pytorch) or unet:BASE
(milesial's U-Net). A training step is: zero gradients, forward, BCE with logits, backward, Adam.
"""
import statistics
import sys
import time

import torch
import torch.nn as nn


def double(i, o):
    return nn.Sequential(
        nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True),
        nn.Conv2d(o, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True))


class UNet(nn.Module):
    def __init__(self, bands, classes, base, levels=4):
        super().__init__()
        widths = [base << k for k in range(levels + 1)]
        self.inc = double(bands, base)
        self.down = nn.ModuleList(double(a, b) for a, b in zip(widths, widths[1:]))
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, b // 2, 2, 2) for b in widths[:0:-1])
        self.conv = nn.ModuleList(double(b, b // 2) for b in widths[:0:-1])
        self.outc = nn.Conv2d(base, classes, 1)

    def forward(self, x):
        maps = [self.inc(x)]
        for block in self.down:
            maps.append(block(nn.functional.max_pool2d(maps[-1], 2)))
        x = maps.pop()
        for up, conv in zip(self.up, self.conv):
            x = conv(torch.cat([maps.pop(), up(x)], 1))
        return self.outc(x)


def main():
    mode, name, size, batch = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    layout = sys.argv[5] if len(sys.argv) > 5 else "eager"
    steps = int(sys.argv[6]) if len(sys.argv) > 6 else 7
    torch.set_num_threads(2)
    bands, height, width = map(int, size.split("x"))
    if name.startswith("unet:"):
        model = UNet(bands, 1, int(name.split(":")[1]))
    else:
        import segmentation_models_pytorch as smp
        model = smp.Unet(name.removeprefix("unet-"), encoder_weights=None, in_channels=bands)
    image = torch.rand(batch, bands, height, width)
    target = (torch.rand(batch, 1, height, width) > 0.5).float()
    if layout == "channels_last":
        model = model.to(memory_format=torch.channels_last)
        image = image.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), 1e-4)
    loss = nn.BCEWithLogitsLoss()
    times = []
    model.train(mode == "train")
    for _ in range(steps + 2):
        start = time.perf_counter()
        if mode == "train":
            optimizer.zero_grad()
            loss(model(image), target).backward()
            optimizer.step()
        else:
            with torch.inference_mode():
                model(image)
        times.append(time.perf_counter() - start)
    times = times[2:]
    print(f"{mode} {name} {size} batch {batch} torch {torch.__version__} {layout}: "
          f"median {statistics.median(times) * 1e3:.1f} ms, fastest {min(times) * 1e3:.1f} ms")


main()
