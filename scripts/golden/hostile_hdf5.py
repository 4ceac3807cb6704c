"""HDF5 files that must be refused, and what the refusal must say.

    python scripts/golden/hostile_hdf5.py      needs numpy, h5py and torch (for encoder_fixtures)

Writes Tests/Fixtures/hostile/*.h5 and Tests/Fixtures/hostile.json. Most are a valid ResNet-18 of
torchvision's names, one channel wide, with a single thing wrong.
"""

import os

import h5py
import numpy

import encoder_fixtures
from parity_shared import FIXTURES, write

encoder_fixtures.WIDTH = 1
FOLDER = FIXTURES / "hostile"
ENTRIES = []


def state(depth=18):
    return dict(encoder_fixtures.Weights(depth, encoder_fixtures.TORCH).state)


def path(name, refusal, **extra):
    """A file to write, and what is said of it; `refusal` None for one that is fine."""
    ENTRIES.append({"file": name, "refusal": refusal, **extra})
    return FOLDER / name


def file_with(name, refusal, change=None, weights=None, leave_out=(), **options):
    weights = weights if weights is not None else state()
    with h5py.File(path(name, refusal), "w", **options) as file:
        for key, value in weights.items():
            if key not in leave_out:
                file[key] = value.astype("<f4")
        if change:
            change(file)


def replacing(key, make):
    def change(file):
        value = file[key][...]
        del file[key]
        make(file, key, value)
    return change


KEY = "layer2.0.conv1.weight"


def links():
    def external(file):
        file["elsewhere"] = h5py.ExternalLink("other.h5", "/weight")

    def soft(file):
        file["again"] = h5py.SoftLink("/conv1.weight")

    def cycle(file):
        file.create_group("a")["b"] = file["/"]

    def deep(file):
        group = file
        for _ in range(40):
            group = group.create_group("g")

    file_with("external-link.h5", "external", external)
    file_with("soft-link.h5", "soft", soft)
    file_with("cycle.h5", "linked from two places", cycle)
    file_with("deep.h5", "groups within groups", deep)


def storage():
    def lzf(file, key, value):
        file.create_dataset(key, data=value.astype("<f4"), compression="lzf")

    def virtual(file, key, value):
        layout = h5py.VirtualLayout(value.shape, "<f4")
        layout[...] = h5py.VirtualSource("not-there.h5", "weight", value.shape)
        file.create_virtual_dataset(key, layout)

    def outside(file, key, value):
        file.create_dataset(key, value.shape, "<f4", external=[("/etc/hostname", 0, value.nbytes)])

    def unwritten(file, key, value):
        file.create_dataset(key, value.shape, "<f4", chunks=value.shape, compression="gzip")

    def bomb(file, key, value):
        file.create_dataset(key, (1 << 20, 1 << 20), "<f4", chunks=(1024, 1024), compression="gzip")

    def chunks(file, key, value):
        file.create_dataset(key, value.shape, "<f4", maxshape=(None,) * value.ndim,
                            chunks=(4096, 64, 3, 3), compression="gzip")

    def szip_like(file, key, value):
        file.create_dataset(key, data=value.astype("<f4"), chunks=value.shape, scaleoffset=3)

    def enormous(file):
        file.create_dataset("fc.weight", (1 << 31, 1 << 28), "<f8", chunks=(64, 64), compression="gzip")

    file_with("lzf.h5", "32000", replacing(KEY, lzf))
    # Nobody needs it: it is listed, and not read.
    file_with("enormous-classifier.h5", None, enormous)
    file_with("virtual.h5", "virtual", replacing(KEY, virtual))
    file_with("outside.h5", "outside the file", replacing(KEY, outside))
    file_with("unwritten-chunks.h5", "never written", replacing(KEY, unwritten))
    file_with("shape-bomb.h5", "never written", replacing(KEY, bomb))
    file_with("large-chunks.h5", "chunks much larger", replacing(KEY, chunks))
    file_with("scale-offset.h5", "filter 6", replacing(KEY, szip_like))


def types():
    def integers(file, key, value):
        file[key] = value.astype("<i4")

    def opaque(file, key, value):
        kind = h5py.h5t.create(h5py.h5t.OPAQUE, 2)
        kind.set_tag(b"bfloat16")
        space = h5py.h5s.create_simple(value.shape)
        dataset = h5py.h5d.create(file.id, key.encode(), kind, space)
        h5py.Dataset(dataset).attrs["dtype"] = "bfloat16"

    def compound(file, key, value):
        file[key] = numpy.zeros(value.shape, dtype=[("re", "<f4"), ("im", "<f4")])

    def text(file, key, value):
        file[key] = "weights"

    def ragged(file, key, value):
        file.create_dataset(key, (4,), dtype=h5py.vlen_dtype(numpy.float32))

    def empty(file, key, value):
        file[key] = h5py.Empty("<f4")

    def not_finite(file, key, value):
        value[0, 0, 0, 0] = numpy.nan
        file[key] = value.astype("<f4")

    def too_large(file, key, value):
        file[key] = numpy.full(value.shape, 1e300)

    def turned(file, key, value):
        file[key] = value.astype("<f4").transpose(2, 3, 1, 0)

    def ranks(file, key, value):
        file[key] = numpy.zeros((1,) * 12, "<f4")

    for name, refusal, make in (
            ("integers.h5", "int32", integers), ("bfloat16.h5", "bfloat16", opaque),
            ("compound.h5", "another type", compound), ("text.h5", "text", text),
            ("ragged.h5", "another type", ragged), ("null-space.h5", "no shape", empty),
            ("nan.h5", "not finite", not_finite), ("overflow.h5", "not finite", too_large),
            ("turned.h5", "another shape", turned), ("twelve-axes.h5", "no shape", ranks)):
        file_with(name, refusal, replacing(KEY, make))


def names():
    everything = state()
    file_with("missing.h5", "1 missing (layer2/0/conv1/weight)", leave_out=(KEY,))

    def twice(file):
        file[KEY.replace(".", "/")] = everything[KEY].astype("<f4")

    def two(file):
        for key, value in everything.items():
            file["teacher." + key] = value.astype("<f4")

    def unknown(file):
        file["layer2.0.gate.weight"] = numpy.zeros(3, "<f4")

    file_with("twice.h5", "two weights have the name", twice)
    file_with("two-networks.h5", "several networks", two)
    def attention(file):
        file["layer1.0.attention.fc.weight"] = numpy.zeros((2, 2), "<f4")

    file_with("unknown-weight.h5", "layer2.0.gate.weight", unknown)
    file_with("attention.h5", "layer1.0.attention.fc.weight", attention)
    fifty = state(50)
    deep = {key: value for key, value in fifty.items() if key != "conv1.weight"}
    file_with("deep-stem.h5", "deep stem", weights={**deep, "conv1.0.weight": everything["conv1.weight"]})
    file_with("squeeze.h5", "squeeze-and-excitation",
              weights={**fifty, "layer1.0.se.fc1.weight": numpy.zeros((1, 4, 1, 1))})
    averaging = dict(fifty)
    averaging["layer2.0.downsample.1.weight"] = numpy.zeros((8, 4, 1, 1))
    file_with("averaging-shortcut.h5", "averages in its shortcuts", weights=averaging)
    wide = {key: numpy.repeat(value, 2, 0) if ".conv1." in key or ".conv2." in key and "layer" in key else value
            for key, value in fifty.items()}
    wide = {key: numpy.repeat(value, 2, 1) if key.startswith("layer") and (".conv2.w" in key or ".conv3.w" in key)
            else value for key, value in wide.items()}
    file_with("wide.h5", "wide ResNet", weights=wide)
    grouped = {key: value[:, :1] if key == "layer1.0.conv2.weight" else value for key, value in wide.items()}
    file_with("resnext.h5", "ResNeXt", weights=grouped)
    file_with("sixty.h5", "a ResNet with [2, 2, 3, 2]", weights={
        **everything, "layer3.2.conv1.weight": everything["layer3.1.conv1.weight"]})
    file_with("not-a-resnet.h5", "no ResNet that is known", weights={"weight": numpy.zeros((2, 2))})

    weights = encoder_fixtures.Weights(50, encoder_fixtures.KERAS)
    layers = encoder_fixtures.keras_layers(weights, "v1")
    second = [(kind, name.replace("_1_bn", "_preact_bn"), w) for kind, name, w in layers]
    encoder_fixtures.legacy_file(path("keras-v2.h5", "ResNet V2"), second)


def attributes():
    weights = encoder_fixtures.Weights(18, encoder_fixtures.QUBVEL)
    layers = encoder_fixtures.keras_layers(weights, "qubvel")

    def keras(name, refusal, change):
        target = path(name, refusal)
        encoder_fixtures.legacy_file(target, layers)
        with h5py.File(target, "r+") as file:
            change(file)

    def numbers(file):
        file.attrs["layer_names"] = numpy.arange(5)

    def lying(file):
        file["conv0"].attrs["weight_names"] = [b"conv0/kernel:0", b"conv0/other:0"]

    def climbing(file):
        file["conv0"].attrs["weight_names"] = [b"../bn0/bn0/gamma:0"]

    def bytes_only(file):
        file.attrs["layer_names"] = numpy.array([b"\xff\xfe"])

    def long(file):
        file.attrs["layer_names"] = ["x" * 5000]

    def theano(file):
        file.attrs["backend"] = b"theano"

    keras("layer-names-are-numbers.h5", "attribute layer_names", numbers)
    keras("weight-names-lie.h5", "names a weight that is not there", lying)
    keras("weight-names-climb.h5", "names a weight that is not there", climbing)
    keras("names-are-not-text.h5", "not UTF-8", bytes_only)
    keras("long-name.h5", "too large", long)
    keras("theano.h5", "Theano", theano)


def bytes_of_all_kinds():
    path("empty.h5", "empty").write_bytes(b"")
    path("text-file.h5", "read this as an HDF5 file").write_text("weights = [1, 2, 3]\n")
    path("archive.h5", ".keras").write_bytes(b"PK\3\4" + bytes(60))
    path("shards.h5", "sharded").write_text('{"weight_map": {}}')
    file_with("whole.h5", None)
    data = (FOLDER / "whole.h5").read_bytes()
    path("truncated.h5", "HDF5").write_bytes(data[:len(data) // 2])
    file_with("user-block.h5", None, userblock_size=512)
    with open(FOLDER / "user-block.h5", "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(512, b"\0"))
    file_with("newer-superblock.h5", None, libver=("v110", "v110"))


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.h5"):
        old.unlink()
    os.chdir(FOLDER)
    links()
    storage()
    types()
    names()
    attributes()
    bytes_of_all_kinds()
    write("hostile", ENTRIES)
    total = sum(file.stat().st_size for file in FOLDER.glob("*.h5"))
    print(f"{len(ENTRIES)} files, {total / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
