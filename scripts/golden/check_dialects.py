"""Ports fixture files with Floe and compares feature maps and logits with their references.

    python check_dialects.py FLOE GENERATOR [--widths 4,8] [--depths 18,34,50] [--seeds 7,8]

Run by scripts/check-dialects. The generator writes NAME.h5 (or NAME.weights.h5) and NAME.ref.npz
with `input`, `f1` to `f5`, and `logits` for whole networks. Every encoder is inspected, imported
into a zoo, run from the zoo and from the file; whole networks are imported as members too. Files
that a dialect page says to refuse must be refused with exit code 3.
"""

import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import h5py
import numpy as np

TOLERANCE = 1e-4
REFUSED = {"torch_lzf": "32000"}


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True)


def error(got, expected):
    return float(np.abs(got.astype(np.float64) - expected).max() / max(np.abs(expected).max(), 1e-30))


def features(floe, name, folder, reference):
    np.save(folder / "input.npy", reference["input"].astype("f4"))
    output = folder / "features.h5"
    result = run(floe, "encoder", "features", name, folder / "input.npy", "--out", output)
    if result.returncode != 0:
        raise RuntimeError(result.stderr.strip())
    with h5py.File(output) as file:
        return max(error(file[f"f{i}"][...], reference[f"f{i}"]) for i in range(1, 6))


def check_encoder(floe, path, reference, folder):
    result = run(floe, "encoder", "inspect", path, "--json")
    if result.returncode != 0:
        raise RuntimeError(result.stderr.strip())
    dialect = json.loads(result.stdout)["dialect"]
    zoo = folder / "zoo"
    result = run(floe, "encoder", "import", path, "--out", zoo)
    if result.returncode != 0:
        raise RuntimeError(result.stderr.strip())
    result = run(floe, "zoo", "verify", zoo)
    if result.returncode != 0:
        raise RuntimeError(result.stdout + result.stderr)
    largest = max(features(floe, zoo, folder, reference), features(floe, path, folder, reference))
    return dialect, largest


def check_member(floe, path, reference, folder):
    np.save(folder / "input.npy", reference["input"].astype("f4"))
    member = folder / "member"
    result = run(floe, "zoo", "import", path, "--out", member, "--classes", "a,b", "--bands", "r,g,b")
    if result.returncode != 0:
        raise RuntimeError(result.stderr.strip())
    output = folder / "logits.h5"
    result = run(floe, "encoder", "features", member, folder / "input.npy", "--out", output)
    if result.returncode != 0:
        raise RuntimeError(result.stderr.strip())
    with h5py.File(output) as file:
        return error(file["logits"][...], reference["logits"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("floe", type=pathlib.Path)
    parser.add_argument("generator", type=pathlib.Path)
    parser.add_argument("--widths", default="4,8")
    parser.add_argument("--depths", default="18,34,50")
    parser.add_argument("--seeds", default="7,8")
    options = parser.parse_args()
    table, failures, files = collections.defaultdict(dict), [], 0
    for width in options.widths.split(","):
        for seed in options.seeds.split(","):
            with tempfile.TemporaryDirectory() as made:
                subprocess.run(
                    [sys.executable, options.generator, "--out", made, "--depths", options.depths,
                     "--width", width, "--seed", seed], check=True, stdout=subprocess.DEVNULL)
                for path in sorted(pathlib.Path(made).glob("*.h5")):
                    if path.name.endswith(".ref.h5"):
                        continue
                    files += 1
                    stem = path.name.removesuffix(".h5").removesuffix(".weights")
                    reference = np.load(path.parent / f"{stem}.ref.npz")
                    match = re.match(r"(.*)-r(\d+)$", stem)
                    name, depth = match.groups() if match else (stem, "-")
                    with tempfile.TemporaryDirectory() as folder:
                        check(options.floe.resolve(), path, reference, pathlib.Path(folder), name, depth,
                              f"width {width}, seed {seed}", table, failures)
    depths = sorted({depth for row in table.values() for depth in row})
    print("| file | " + " | ".join(f"depth {depth}" if depth != "-" else "" for depth in depths) + " |")
    print("|---" * (len(depths) + 1) + "|")
    for name, row in table.items():
        cells = [row.get(depth, "–") for depth in depths]
        print(f"| {name} | " + " | ".join(c if isinstance(c, str) else f"{c:.1e}" for c in cells) + " |")
    print(f"\n{files} files, {len(failures)} failures; largest difference over a map's largest value")
    for failure in failures:
        print(f"FAILED {failure}")
    sys.exit(1 if failures else 0)


def check(floe, path, reference, folder, name, depth, place, table, failures):
    if name in REFUSED:
        result = run(floe, "encoder", "inspect", path)
        if result.returncode != 3 or REFUSED[name] not in result.stderr:
            failures.append(f"{path.name} ({place}): not refused as expected: {result.stderr}")
        table[name][depth] = "refused"
        return
    try:
        largest = 0.0
        if "f1" in reference:
            dialect, largest = check_encoder(floe, path, reference, folder)
            label = f"{name} ({dialect})"
            table[label][depth] = max(largest, table[label].get(depth, 0))
            if largest > TOLERANCE:
                failures.append(f"{path.name} ({place}): features differ by {largest:.1e}")
        if "logits" in reference:
            largest = check_member(floe, path, reference, folder)
            label = f"{name}, whole"
            table[label][depth] = max(largest, table[label].get(depth, 0))
            if largest > TOLERANCE:
                failures.append(f"{path.name} ({place}): logits differ by {largest:.1e}")
    except RuntimeError as problem:
        failures.append(f"{path.name} ({place}): {problem}")


if __name__ == "__main__":
    main()
