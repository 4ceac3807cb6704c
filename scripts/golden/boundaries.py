"""Boundary IoU and Hausdorff distances of drawn label maps, by scipy and MONAI.

    python scripts/golden/boundaries.py    writes Tests/Fixtures/boundaries.json

Made with numpy 2.4.6, scipy 1.17.1, torch 2.15.0, MONAI 1.6.1. The label maps come from the hash that
Swift shares. Without ignored pixels, boundary regions are the original authors' (`mask_to_boundary` of
github.com/bowenc0221/boundary-iou-api: pad by one, erode by 3 x 3 as often as the region is wide) and
distances MONAI's compute_hausdorff_distance; with them, scipy dilates what is known to be outside.
"""

import json
import math
import warnings

import numpy
import torch
from monai.metrics import compute_hausdorff_distance
from scipy import ndimage
from scipy.spatial import KDTree

from parity_shared import uniform, write

warnings.filterwarnings("ignore")
CLASSES = 4
SQUARE = numpy.ones((3, 3), dtype=int)
# Name, height, width, rows and columns of a block, shift of the prediction, share of ignored blocks.
CASES = [
    ("pixel", 1, 1, 1, 1, 0, 0), ("row", 1, 23, 1, 3, 1, 0), ("column", 31, 1, 4, 1, 1, 0),
    ("noise", 17, 29, 1, 1, 0, 0), ("blocks", 61, 47, 7, 9, 2, 0), ("large", 120, 160, 24, 20, 3, 0),
    ("wide", 40, 260, 11, 17, 5, 0), ("ignored", 61, 47, 7, 9, 2, 0.2),
    ("ignored-large", 120, 160, 24, 20, 3, 0.15), ("ignored-noise", 17, 29, 1, 1, 0, 0.3),
]


def blocks(name, height, width, rows, columns):
    noise = uniform(name, -(-height // rows), -(-width // columns))
    return noise.repeat(rows, axis=0).repeat(columns, axis=1)[:height, :width]


def labels(name, height, width, rows, columns):
    return numpy.floor((blocks(name, height, width, rows, columns) + 1) / 2 * CLASSES).astype(int)


def maps(name, height, width, rows, columns, shift, ignored):
    """Truth, prediction (the truth moved, some blocks drawn anew, class 3 never), what counts."""
    truth = labels(f"{name}-truth", height, width, rows, columns)
    other = labels(f"{name}-other", height, width, rows, columns)
    moved = numpy.roll(truth, (shift, shift), (0, 1))
    prediction = numpy.where(blocks(f"{name}-choice", height, width, rows, columns) < 0.4, moved, other)
    prediction[prediction == 3] = 1
    return truth, prediction, blocks(f"{name}-ignored", height, width, rows, columns) >= 2 * ignored - 1


def distance(height, width):
    return max(1, int(round(0.02 * math.sqrt(height**2 + width**2))))


def near_outside(mask, known, structure, times):
    outside = numpy.pad(~mask & known, 1, constant_values=True)
    return ndimage.binary_dilation(outside, structure, iterations=times)[1:-1, 1:-1]


def region(mask, known, width):
    own = mask & known & near_outside(mask, known, SQUARE, width)
    if known.all():
        padded = numpy.pad(mask, 1)
        eroded = ndimage.binary_erosion(padded, SQUARE, iterations=width)[1:-1, 1:-1]
        assert (own == (mask & ~eroded)).all()
    return own


def boundary(truth, prediction, known, width):
    t, p = region(truth, known, width), region(prediction, known, width)
    return [int((t & p & known).sum()), int((~t & p & known).sum()), int((t & ~p & known).sum()),
            int((~t & ~p & known).sum())]


def hausdorff(truth, prediction, known, percentile):
    contours = [mask & known & near_outside(mask, known, None, 1) for mask in (truth, prediction)]
    if not contours[0].any() and not contours[1].any():
        return "absent"
    if not contours[0].any() or not contours[1].any():
        return "undefined"
    t, p = (numpy.argwhere(contour) for contour in contours)
    value = max(numpy.percentile(KDTree(a).query(b)[0], percentile) for a, b in ((t, p), (p, t)))
    if known.all():
        monai = compute_hausdorff_distance(
            torch.tensor(prediction)[None, None], torch.tensor(truth)[None, None],
            include_background=True, percentile=percentile)
        assert abs(float(monai) - value) < 1e-4, (float(monai), value)
    return float(value)


entries = []
for name, height, width, rows, columns, shift, ignored in CASES:
    truth, prediction, known = maps(name, height, width, rows, columns, shift, ignored)
    width_of_region = distance(height, width)
    each = [(truth == k, prediction == k, known) for k in range(CLASSES)]
    entries.append({
        "name": name, "height": height, "width": width, "rows": rows, "columns": columns,
        "shift": shift, "ignored": ignored, "distance": width_of_region,
        "boundary": [boundary(*one, width_of_region) for one in each],
        "wider": [boundary(*one, 3 * width_of_region) for one in each],
        "hausdorff95": [hausdorff(*one, 95) for one in each],
        "hausdorff": [hausdorff(*one, 100) for one in each],
    })
    print(json.dumps(entries[-1]))
write("boundaries", entries)
