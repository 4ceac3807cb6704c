"""Writes Tests/Fixtures/run_lengths.json: masks with their run lengths by pycocotools (counts and
compressed text) and in the way of Kaggle's tables (from pycocotools' counts).

    python scripts/golden/run_lengths.py
"""
import json
import os

import numpy as np
from pycocotools import mask as coco

OUT = os.path.join(os.path.dirname(__file__), "..", "..", "Tests", "Fixtures", "run_lengths.json")


def counts_of(text):
    """The numbers in pycocotools' compressed text (rleFrString of maskApi.c)."""
    counts, position = [], 0
    while position < len(text):
        value, shift, more = 0, 0, True
        while more:
            code = text[position] - 48
            value |= (code & 31) << shift
            more = bool(code & 32)
            position += 1
            shift += 5
            if not more and code & 16:
                value |= -1 << shift
        if len(counts) > 2:
            value += counts[-2]
        counts.append(value)
    return counts


def case(mask):
    encoded = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert (coco.decode(encoded) == mask).all()
    counts = counts_of(encoded["counts"])
    assert sum(counts) == mask.size
    again = coco.frPyObjects({"size": list(mask.shape), "counts": counts}, *mask.shape)
    assert (coco.decode(again) == mask).all()
    starts = np.cumsum([0] + counts)
    runs = [(int(starts[i]) + 1, counts[i]) for i in range(1, len(counts), 2)]
    return {
        "height": mask.shape[0], "width": mask.shape[1],
        "mask": "".join(str(int(v)) for v in mask.reshape(-1)),
        "counts": counts, "compressed": encoded["counts"].decode(),
        "text": " ".join(f"{a} {b}" for a, b in runs), "area": int(coco.area(encoded))}


rng = np.random.default_rng(7)
cases = [np.zeros((1, 1)), np.ones((1, 1)), np.zeros((3, 4)), np.ones((3, 4)), np.eye(5)]
for height, width in [(1, 9), (9, 1), (2, 3), (7, 5), (16, 11), (23, 40), (61, 17)]:
    for share in (0.1, 0.5, 0.9):
        cases.append(rng.random((height, width)) < share)
rows, columns = np.mgrid[0:70, 0:90]
cases.append((rows - 33) ** 2 / 900 + (columns - 40) ** 2 / 1200 < 1)
with open(OUT, "w") as file:
    json.dump([case(np.asarray(c)) for c in cases], file, separators=(",", ":"))
print(len(cases), os.path.getsize(OUT))
