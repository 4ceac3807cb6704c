"""Packs a ResNet-18 whose batch norms were folded into its convolutions back into HDF5.

    python scripts/golden/pack_folded_resnet18.py FOLDER OUT.h5 --images "camvid/train/*.png"

FOLDER holds `NAME.weight.npy` and `NAME.bias.npy` per convolution. In prediction a folded convolution is
the convolution, then a batch norm with scale 1, shift = bias, mean 0 and variance 1. In training a batch norm
takes the statistics of its batch, so that this would change what the network computes: the norms get the mean
and variance that their convolution has on some photos, and scale and shift that undo them. What is absent
(here four kernels of layer 4) stays absent, with the norms behind it. Needs numpy, torch, h5py, pillow.
"""

import argparse
import glob
import pathlib

import h5py
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

EPSILON = 1e-5


def load(folder):
    return {path.stem: torch.from_numpy(np.load(path)) for path in sorted(pathlib.Path(folder).glob("*.npy"))}


def photos(pattern, count=24, size=224):
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    batch = []
    for path in sorted(glob.glob(pattern))[:count]:
        image = Image.open(path).convert("RGB").resize((size, size), Image.BILINEAR)
        batch.append(((np.asarray(image) / 255 - mean) / deviation).transpose(2, 0, 1))
    if not batch:
        raise SystemExit(f"no images match {pattern}")
    return torch.tensor(np.stack(batch), dtype=torch.float32)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("out")
    parser.add_argument("--images", required=True)
    options = parser.parse_args()
    weights = load(options.folder)
    state = {}

    def convolve(x, convolution, norm, stride, padding):
        kernel, bias = weights.get(convolution + ".weight"), weights[convolution + ".bias"]
        if kernel is None or x is None:
            return None
        y = F.conv2d(x, kernel, None, stride, padding)
        mean, variance = y.mean((0, 2, 3)), y.var((0, 2, 3), unbiased=False)
        state[convolution + ".weight"] = kernel
        state[norm + ".weight"] = torch.sqrt(variance + EPSILON)
        state[norm + ".bias"] = bias + mean
        state[norm + ".running_mean"], state[norm + ".running_var"] = mean, variance
        return y + bias[None, :, None, None]

    with torch.no_grad():
        x = photos(options.images)
        x = F.max_pool2d(F.relu(convolve(x, "conv1", "bn1", 2, 3)), 3, 2, 1)
        for stage in range(1, 5):
            for block in range(2):
                place = f"layer{stage}.{block}."
                stride = 2 if stage > 1 and block == 0 else 1
                shortcut = x
                if place + "downsample.0.bias" in weights:
                    shortcut = convolve(x, place + "downsample.0", place + "downsample.1", stride, 0)
                y = convolve(x, place + "conv1", place + "bn1", stride, 1)
                y = convolve(F.relu(y) if y is not None else None, place + "conv2", place + "bn2", 1, 1)
                x = F.relu(y + shortcut) if y is not None else None
    with h5py.File(options.out, "w") as file:
        for name, value in state.items():
            file[name] = value.numpy()
        for name in ("fc.weight", "fc.bias"):
            file[name] = weights[name].numpy()
    print(f"{options.out}: {len(state)} tensors")


if __name__ == "__main__":
    main()
