#!/usr/bin/env python3
"""Small HDF5 files for Tests/ModelZooTests, written by h5py: good ones and ones to refuse.

    zoo_h5py.py            writes Tests/Fixtures/zoo/h5py/*.h5
    zoo_h5py.py FILE.h5    shows what h5py reads in a weights file that Floe wrote
"""
import pathlib
import sys

import h5py
import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/Fixtures/zoo/h5py"


def ramp(*shape):
    """k / 4 - 1: exact in binary, different at every place."""
    return (np.arange(np.prod(shape, dtype=int), dtype=np.float32) / 4 - 1).reshape(shape)


def write(name, fill):
    with h5py.File(FOLDER / f"{name}.h5", "w", libver=("earliest", "v110")) as file:
        fill(file)


def good(file, **options):
    file.attrs["framework"] = "any"
    file.create_dataset("encoder/conv1/weight", data=ramp(2, 3, 3, 3), **options)
    file.create_dataset("encoder/bn1/weight", data=ramp(2), **options)
    file["encoder/conv1"].attrs["note"] = np.arange(3)


def expected(file):
    """What most bad files replace: one dataset 'weight' of shape [4, 8]."""
    file.create_dataset("weight", data=ramp(4, 8))


def soft_link(file):
    expected(file)
    file.move("weight", "other")
    file["weight"] = h5py.SoftLink("/other")


def external_link(file):
    file["weight"] = h5py.ExternalLink("good.h5", "/encoder/bn1/weight")


def external_storage(file):
    file.create_dataset(
        "weight", shape=(4, 8), dtype="<f4", external=[("absent.raw", 0, 128)])


def virtual(file):
    layout = h5py.VirtualLayout(shape=(4, 8), dtype="<f4")
    layout[:] = h5py.VirtualSource("absent.h5", "weight", shape=(4, 8))
    file.create_virtual_dataset("weight", layout)


def cycle(file):
    group = file.create_group("a")
    group["b"] = group


def two_places(file):
    file.create_dataset("a/weight", data=ramp(4, 8))
    file["b"] = file["a"]


def deep(file):
    file.create_group("/".join("g" * 17))


def bomb(file):
    """A terabyte of which no chunk was written."""
    file.create_dataset(
        "weight", shape=(1 << 20, 1 << 20), dtype="<f4", chunks=(64, 64), compression="gzip")


def compact(file):
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((4, 8))
    dataset = h5py.h5d.create(file.id, b"weight", h5py.h5t.IEEE_F32LE, space, properties)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, ramp(4, 8))


def not_finite(file):
    values = ramp(4, 8)
    values[1, 3] = np.nan
    values[2, 5] = np.inf
    file.create_dataset("weight", data=values)


BAD = {
    "soft-link": soft_link,
    "external-link": external_link,
    "external-storage": external_storage,
    "virtual": virtual,
    "cycle": cycle,
    "two-places": two_places,
    "deep": deep,
    "bomb": bomb,
    "compact": compact,
    "not-finite": not_finite,
    "lzf": lambda file: file.create_dataset("weight", data=ramp(4, 8), compression="lzf"),
    "shuffle": lambda file: file.create_dataset(
        "weight", data=ramp(4, 8), compression="gzip", shuffle=True),
    "fletcher32": lambda file: file.create_dataset("weight", data=ramp(4, 8), fletcher32=True),
    "float64": lambda file: file.create_dataset("weight", data=ramp(4, 8).astype("<f8")),
    "float32-big-endian": lambda file: file.create_dataset(
        "weight", data=ramp(4, 8).astype(">f4")),
    "int32": lambda file: file.create_dataset("weight", data=np.ones((4, 8), "<i4")),
    "text": lambda file: file.create_dataset("weight", data="numbers"),
    "null-space": lambda file: file.create_dataset("weight", data=h5py.Empty("<f4")),
    "transposed": lambda file: file.create_dataset("weight", data=ramp(8, 4)),
}


def main():
    if len(sys.argv) == 2:
        with h5py.File(sys.argv[1], "r") as file:
            print("root attributes:", dict(file.attrs))

            def show(name, item):
                if isinstance(item, h5py.Dataset):
                    values = item[()]
                    print(name, item.shape, item.dtype, item.chunks, float(np.sum(values)))

            file.visititems(show)
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    write("good", good)
    write("gzip", lambda file: good(file, compression="gzip"))
    write("scalar", lambda file: file.create_dataset("step", data=np.float32(2.5)))
    for name, fill in BAD.items():
        write(name, fill)


if __name__ == "__main__":
    main()
