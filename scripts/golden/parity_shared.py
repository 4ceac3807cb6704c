"""What the golden scripts share: numbers that Swift makes alike, and writing a fixture.

`ClosedForm` in Tests/TestSupport/Golden.swift holds the same hash.
"""

import json
import pathlib

import numpy

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Fixtures"


def uniform(name, *shape):
    """Uniform in [-1, 1): a 32-bit hash of the name and of each position."""
    seed = 2166136261
    for byte in name.encode():
        seed = ((seed ^ byte) * 16777619) & 0xFFFFFFFF
    with numpy.errstate(over="ignore"):
        x = numpy.uint32(seed) + numpy.arange(int(numpy.prod(shape)), dtype=numpy.uint32) * numpy.uint32(0x9E3779B9)
        x = (x ^ (x >> numpy.uint32(16))) * numpy.uint32(0x85EBCA6B)
        x = (x ^ (x >> numpy.uint32(13))) * numpy.uint32(0xC2B2AE35)
        x = x ^ (x >> numpy.uint32(16))
    return (x.astype(numpy.float64) * 2.0**-31 - 1).reshape(shape)


def single(name, *shape):
    """The same, rounded to what single precision holds."""
    return uniform(name, *shape).astype(numpy.float32).astype(numpy.float64)


def digest(text):
    """FNV-1a of 64 bits, in hexadecimal."""
    result = 0xCBF29CE484222325
    for byte in text.encode():
        result = ((result ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{result:016x}"


def plain(values, digits=9):
    """Numbers as a flat list, short enough to commit."""
    flat = numpy.asarray(values, dtype=numpy.float64).ravel()
    return [float(f"{value:.{digits}g}") for value in flat]


def write(name, content):
    """One line per top-level entry, so that a change reads well."""
    FIXTURES.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in content)
    (FIXTURES / f"{name}.json").write_text("[\n" + lines + "\n]\n")
    print(f"{name}.json: {len(content)} entries")
