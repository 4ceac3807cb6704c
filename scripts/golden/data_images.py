"""Writes Tests/SegmentationDataTests/Fixtures: small images by Pillow, tifffile and a plain PNG
encoder, and golden.json with resized arrays by PyTorch.

    python scripts/golden/data_images.py

Pixels follow one formula, which the tests repeat:

    value(band, row, column) = (37 * row + 11 * column + 59 * band + row * column) mod modulus
"""
import json
import os
import struct
import zlib

import numpy as np
import tifffile
import torch
import torch.nn.functional as F
from PIL import Image

HEIGHT, WIDTH = 13, 17
OUT = os.path.join(
    os.path.dirname(__file__), "..", "..", "Tests", "SegmentationDataTests", "Fixtures")


def pattern(bands, modulus, height=HEIGHT, width=WIDTH):
    band, row, column = np.meshgrid(
        np.arange(bands), np.arange(height), np.arange(width), indexing="ij")
    return (37 * row + 11 * column + 59 * band + row * column) % modulus


def path(name):
    return os.path.join(OUT, name)


# PNG, by the specification: every bit depth, palette and Adam7 without an encoder's preferences.
def png(name, samples, bits, color_type, palette=None, interlaced=False):
    """samples: [row, column, channel]"""
    def chunk(kind, body):
        data = kind + body
        return struct.pack(">I", len(body)) + data + struct.pack(">I", zlib.crc32(data))

    def rows(part):
        out = b""
        for line in part:
            flat = line.reshape(-1)
            if bits == 16:
                raw = flat.astype(">u2").tobytes()
            elif bits == 8:
                raw = flat.astype("u1").tobytes()
            else:
                stream = np.unpackbits(flat.astype("u1")[:, None], axis=1)[:, 8 - bits:].reshape(-1)
                raw = np.packbits(stream).tobytes()
            out += b"\0" + raw
        return out

    height, width = samples.shape[:2]
    if interlaced:
        body = b""
        for y0, x0, dy, dx in [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4),
                               (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]:
            part = samples[y0::dy, x0::dx]
            if part.size:
                body += rows(part)
    else:
        body = rows(samples)
    data = b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, bits, color_type, 0, 0, int(interlaced)))
    data += chunk(b"gAMA", struct.pack(">I", 45455))  # must change nothing
    if palette is not None:
        data += chunk(b"PLTE", palette.astype("u1").tobytes())
    data += chunk(b"IDAT", zlib.compress(body, 9)) + chunk(b"IEND", b"")
    with open(path(name), "wb") as file:
        file.write(data)
    Image.open(path(name)).load()  # Pillow agrees that it is a PNG


def last(array):
    return np.moveaxis(array, 0, -1)


def write_pngs():
    for bits in (1, 2, 4, 8, 16):
        png(f"grey{bits}.png", last(pattern(1, 1 << bits)), bits, 0)
    for bits in (8, 16):
        png(f"greyalpha{bits}.png", last(pattern(2, 1 << bits)), bits, 4)
        png(f"rgb{bits}.png", last(pattern(3, 1 << bits)), bits, 2)
        png(f"rgba{bits}.png", last(pattern(4, 1 << bits)), bits, 6)
    png("interlaced.png", last(pattern(3, 256)), 8, 2, interlaced=True)
    png("interlaced1.png", last(pattern(1, 2)), 1, 0, interlaced=True)
    for bits in (1, 2, 4, 8):
        entries = np.arange(1 << bits)
        palette = np.stack([(entries * 7) % 256, (entries * 31) % 256, 255 - entries], 1)
        png(f"palette{bits}.png", last(pattern(1, 1 << bits)), bits, 3, palette=palette)
    short = np.array([[0, 0, 0], [255, 0, 0]])
    png("palette_short.png", last(pattern(1, 4)), 2, 3, palette=short)
    Image.fromarray(pattern(1, 256)[0].astype("u1")).save(path("pillow.png"))


def write_tiffs():
    def tiff(name, data, **options):
        tifffile.imwrite(path(name), data, metadata=None, software=False, **options)

    for kind, modulus in (("u1", 256), ("u2", 65536), ("i2", 30000), ("f4", 1000), ("f8", 1000)):
        data = pattern(1, modulus)[0].astype(kind)
        if kind == "i2":
            data = data - 15000
        if kind[0] == "f":
            data = data / 8 - 50
        tiff(f"{kind}.tiff", data.astype(kind), photometric="minisblack")
    for bands in (2, 3, 4, 7):
        data = pattern(bands, 256).astype("u1")
        options = {"photometric": "rgb" if bands == 3 else "minisblack"}
        tiff(f"contig{bands}.tiff", last(data), planarconfig="contig", rowsperstrip=4, **options)
        tiff(f"separate{bands}.tiff", data, planarconfig="separate", rowsperstrip=5, **options)
    seven = pattern(7, 65536, 45, 50).astype("u2")
    tiff("tiles.tiff", last(seven), planarconfig="contig", tile=(16, 32), photometric="minisblack",
         compression="zlib")
    tiff("tiles_separate.tiff", seven, planarconfig="separate", tile=(32, 16),
         photometric="minisblack", compression="zlib")
    tiff("bigendian.tiff", pattern(3, 65536).astype("u2"), planarconfig="separate",
         photometric="minisblack", byteorder=">")
    tiff("big.tiff", pattern(1, 65536)[0].astype("u2"), bigtiff=True, photometric="minisblack")
    tiff("big_be.tiff", pattern(2, 1000).astype("f4"), bigtiff=True, byteorder=">",
         photometric="minisblack", planarconfig="separate", compression="zlib")
    tiff("one_strip.tiff", last(pattern(3, 256, 200, 30).astype("u1")), photometric="rgb",
         rowsperstrip=200, compression="zlib")
    missing = (pattern(1, 1000)[0] / 8 - 50).astype("f4")
    missing[3, 4:9] = -9999
    tiff("nodata.tiff", missing, photometric="minisblack",
         extratags=[(42113, "s", 0, "-9999", True)])
    missing[3, 4:9] = np.nan
    tiff("nan.tiff", missing, photometric="minisblack")
    tiff("nan_declared.tiff", missing, photometric="minisblack",
         extratags=[(42113, "s", 0, "nan", True)])
    tiff("u32.tiff", pattern(1, 256)[0].astype("u4"), photometric="minisblack")
    tiff("complex.tiff", pattern(1, 256)[0].astype("c8"), photometric="minisblack")
    with tifffile.TiffWriter(path("pages.tiff")) as file:
        for _ in range(2):
            file.write(pattern(1, 256)[0].astype("u1"), metadata=None, photometric="minisblack")
    with tifffile.TiffWriter(path("overview.tiff")) as file:
        file.write(pattern(1, 256)[0].astype("u1"), metadata=None, photometric="minisblack")
        file.write(pattern(1, 256, 6, 8)[0].astype("u1"), metadata=None, subfiletype=1,
                   photometric="minisblack")
    rgb = Image.fromarray(last(pattern(3, 256)).astype("u1"))
    grey = Image.fromarray(pattern(1, 256)[0].astype("u1"))
    for compression in ("tiff_lzw", "packbits", "tiff_adobe_deflate", "tiff_deflate"):
        rgb.save(path(f"{compression}.tiff"), compression=compression)
    grey.save(path("lzw_predictor.tiff"), compression="tiff_lzw", tiffinfo={317: 2})
    rgb.save(path("jpeg_in.tiff"), compression="jpeg")
    bits = Image.fromarray(pattern(1, 2)[0].astype("u1") * 255).convert("1")
    bits.save(path("bits.tiff"))
    bits.save(path("bits_packed.tiff"), compression="packbits")
    palette = Image.fromarray(pattern(1, 256)[0].astype("u1"), mode="P")
    entries = np.arange(256)
    palette.putpalette(
        np.stack([(entries * 7) % 256, (entries * 31) % 256, 255 - entries], 1).astype("u1")
        .tobytes())
    palette.save(path("palette.tiff"))


def write_jpegs(golden):
    # Smooth, so that decoders agree: photographs are.
    row, column = np.mgrid[0:40, 0:56]
    smooth = np.stack([
        128 + 100 * np.sin(row / 9), 128 + 90 * np.cos(column / 11),
        128 + 80 * np.sin((row + column) / 13)], -1).astype("u1")
    rgb = Image.fromarray(smooth)
    golden["jpeg"] = {}
    for name, image, options in [
        ("rgb444.jpg", rgb, {"subsampling": 0}), ("rgb420.jpg", rgb, {"subsampling": 2}),
        ("grey.jpg", rgb.convert("L"), {}), ("progressive.jpg", rgb, {"progressive": True}),
    ]:
        image.save(path(name), quality=92, **options)
        decoded = np.asarray(Image.open(path(name)).convert("RGB" if image.mode == "RGB" else "L"))
        golden["jpeg"][name] = decoded.reshape(40, 56, -1).transpose(2, 0, 1).reshape(-1).tolist()
    rgb.convert("CMYK").save(path("cmyk.jpg"))


def resized(golden):
    golden["bilinear"], golden["nearest"], golden["reflect"] = [], [], []
    for bands, height, width, to_height, to_width in [
        (2, 5, 7, 8, 3), (1, 6, 6, 3, 3), (3, 4, 5, 13, 11), (1, 1, 9, 4, 4), (1, 24, 10, 15, 10),
    ]:
        data = pattern(bands, 251, height, width).astype("f4") / 7
        tensor = torch.from_numpy(data)[None]
        golden["bilinear"].append({
            "from": [bands, height, width], "to": [to_height, to_width],
            "values": F.interpolate(tensor, (to_height, to_width), mode="bilinear",
                                    align_corners=False).reshape(-1).tolist()})
        labels = torch.from_numpy(pattern(1, 7, height, width).astype("f4"))[None]
        golden["nearest"].append({
            "from": [height, width], "to": [to_height, to_width],
            "values": F.interpolate(labels, (to_height, to_width), mode="nearest-exact")
            .reshape(-1).int().tolist()})
        golden["reflect"].append({
            "from": [bands, height, width], "to": [height + to_height, width + to_width],
            "values": np.pad(data, ((0, 0), (0, to_height), (0, to_width)), mode="reflect")
            .reshape(-1).tolist()})


if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    golden = {}
    write_pngs()
    write_tiffs()
    write_jpegs(golden)
    resized(golden)
    with open(path("golden.json"), "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")
