"""Writes Tests/SegmentationDataTests/Fixtures/arrays: small .npy and .npz files by NumPy, and archives
that contradict themselves by zipfile.

    python scripts/golden/arrays.py

Values follow one formula, which the tests repeat:

    value(sample, band, row, column) = (37 * sample + 11 * band + 5 * row + 3 * column) mod 7
"""
import io
import os
import struct
import zipfile

import numpy as np

OUT = os.path.join(
    os.path.dirname(__file__), "..", "..", "Tests", "SegmentationDataTests", "Fixtures", "arrays")
SAMPLES, BANDS, HEIGHT, WIDTH = 11, 2, 4, 6
os.makedirs(OUT, exist_ok=True)


def path(name):
    return os.path.join(OUT, name)


n, c, y, x = np.meshgrid(*map(np.arange, (SAMPLES, BANDS, HEIGHT, WIDTH)), indexing="ij")
whole = (37 * n + 11 * c + 5 * y + 3 * x) % 7

np.save(path("nchw_f8.npy"), whole.astype("<f8"))
np.save(path("nhwc_u1.npy"), np.ascontiguousarray(whole.transpose(0, 2, 3, 1)).astype("u1"))
np.save(path("nhw_big_i2.npy"), whole[:, 0].astype(">i2"))
np.save(path("fortran.npy"), np.asfortranarray(whole.astype("f4")))
np.save(path("objects.npy"), np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
np.savez(path("stored.npz"), images=whole.astype("f4"), masks=whole[:, 1].astype("i8"))
np.savez_compressed(path("deflated.npz"), arr_0=whole.astype("f8"))
np.savez_compressed(path("fractions.npz"), arr_0=whole.astype("f8") + 0.25)
np.savez(path("counts.npz"), images=whole.astype("f4"), masks=whole[:-1, 1].astype("u1"))
np.savez(path("bands.npz"), rgb=np.stack([whole[:, 0]] * 3, 1).astype("u1"))

array = io.BytesIO()
np.save(array, whole[:, 0].astype("u1"))
array = array.getvalue()


def archive(name, entries, change=None):
    """change: a function of the archive's bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for entry, data, method in entries:
            target.writestr(zipfile.ZipInfo(entry), data, method)
    data = buffer.getvalue()
    with open(path(name), "wb") as file:
        file.write(change(bytearray(data)) if change else data)


STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def directory(data):
    return data.rindex(b"PK\1\2")


def changed(place, kind, *values):
    def change(data):
        struct.pack_into("<" + kind, data, directory(data) + place, *values)
        return data
    return change


import warnings
warnings.simplefilter("ignore")
archive("hostile_twice.npz", [("a.npy", array, STORED), ("a.npy", array, STORED)])
archive("hostile_parent.npz", [("../a.npy", array, STORED)])
archive("hostile_root.npz", [("/a.npy", array, STORED)])
archive("hostile_checksum.npz", [("a.npy", array, STORED)], changed(16, "I", 1))
archive("hostile_deflated_checksum.npz", [("a.npy", array, DEFLATED)], changed(16, "I", 1))
archive("hostile_size.npz", [("a.npy", array, DEFLATED)], changed(24, "I", 1 << 30))
archive("hostile_larger.npz", [("a.npy", array, DEFLATED)], changed(24, "I", len(array) + 1))
archive("hostile_smaller.npz", [("a.npy", array, DEFLATED)], changed(24, "I", len(array) - 1))
archive("hostile_offset.npz", [("a.npy", array, STORED)], changed(42, "I", 1 << 30))
archive("hostile_encrypted.npz", [("a.npy", array, STORED)], changed(8, "H", 1))
archive("hostile_method.npz", [("a.npy", array, zipfile.ZIP_BZIP2)])
archive("hostile_zip64.npz", [("a.npy", array, STORED)], changed(24, "I", 0xFFFFFFFF))
archive("hostile_cut.npz", [("a.npy", array, STORED)], lambda data: data[:-10])
archive("hostile_header.npz", [("a.npy", array, STORED)], lambda data: b"PK\3\5" + data[4:])
archive("hostile_garbage.npz", [("a.npy", b"\0" * 4, STORED)])
archive("hostile_empty.npz", [])


def broken_stream(data):
    data[60] ^= 0xFF
    return data


archive("hostile_stream.npz", [("a.npy", array, DEFLATED)], broken_stream)
with open(path("pickle.npy"), "wb") as file:
    file.write(b"\x80\4]\x94.")
print(sum(os.path.getsize(path(f)) for f in os.listdir(OUT)))
