"""Mutated files of weights: every one is refused with one line, or is still whole.

    python scripts/golden/mutate_hdf5.py .build/release/floe [--count 2000]

Takes ten valid files of Tests/Fixtures/encoders, changes, cuts, doubles or moves pieces of them by a
seeded generator (mostly where the structure lies), and imports each. A crash of the program, more than
one line, another exit code than 0 or 3, or more than ten seconds is a failure.
"""

import argparse
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "encoders"
NAMES = ["torch-dots-18", "torch-slashes-34", "torch-half-18", "torch-double-big-endian-gzip-18", "keras-50",
         "keras-variable-strings-50", "keras-model-50", "qubvel-18", "qubvel-unnamed-34.weights", "smp-unet-18"]


def mutated(data, chance):
    data = bytearray(data)
    structure = [place for mark in (b"TREE", b"SNOD", b"HEAP", b"OHDR", b"GCOL", b"\x89HDF", b"layer", b"conv")
                 for place in find_all(data, mark)]
    for _ in range(chance.choice([1, 1, 2, 4, 16])):
        kind = chance.random()
        near = chance.choice(structure) + chance.randrange(-64, 512) if structure and chance.random() < 0.7 else \
            chance.randrange(len(data))
        near = min(max(near, 0), len(data) - 1)
        if kind < 0.6:
            data[near] = chance.choice([0, 255, 128, chance.randrange(256), data[near] ^ (1 << chance.randrange(8))])
        elif kind < 0.75:
            length = chance.randrange(1, 64)
            data[near:near + length] = bytes(chance.randrange(256) for _ in range(length))
        elif kind < 0.85:
            source = chance.randrange(len(data))
            length = chance.randrange(1, 512)
            data[near:near + length] = data[source:source + length]
        elif kind < 0.95:
            value = chance.choice([0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 63, len(data), 10 ** 9])
            data[near:near + 8] = value.to_bytes(8, "little")
        else:
            del data[near:]
            if not data:
                data = bytearray(b"\0")
    return bytes(data)


def find_all(data, mark):
    place = data.find(mark)
    while place >= 0:
        yield place
        place = data.find(mark, place + 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("floe", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    originals = {name: (FIXTURES / f"{name}.h5").read_bytes() for name in NAMES}
    codes, failures, longest = {}, [], 0.0
    with tempfile.TemporaryDirectory() as made:
        path, target = pathlib.Path(made) / "mutated.h5", pathlib.Path(made) / "zoo"
        for number in range(options.count):
            name = NAMES[number % len(NAMES)]
            path.write_bytes(mutated(originals[name], chance))
            start = time.monotonic()
            result = subprocess.run([options.floe, "encoder", "import", path, "--out", target], capture_output=True,
                                    text=True, errors="replace")
            longest = max(longest, time.monotonic() - start)
            codes[result.returncode] = codes.get(result.returncode, 0) + 1
            lines = result.stderr.strip().splitlines()
            errors = [line for line in lines if not line.startswith("rewritten:")]
            bad = result.returncode not in (0, 3) or (result.returncode == 3 and len(errors) != 1)
            if bad or time.monotonic() - start > 10:
                keep = pathlib.Path(f"/tmp/floe-mutated-{number}.h5")
                keep.write_bytes(path.read_bytes())
                failures.append(f"{name} number {number}: exit {result.returncode}, {lines[:3]}, kept as {keep}")
            if target.exists():
                subprocess.run(["rm", "-r", str(target)], check=True)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{options.count} files: " + ", ".join(f"exit {c}: {n}" for c, n in sorted(codes.items()))
          + f"; longest {longest:.2f} s, largest process {memory:.0f} MiB, {len(failures)} failures")
    for failure in failures:
        print(f"FAILED {failure}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
