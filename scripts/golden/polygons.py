"""Writes Tests/Fixtures/polygons.json: polygons filled by rasterio (GDAL) and by pycocotools.

    python scripts/golden/polygons.py
"""
import json
import os

import numpy as np
import rasterio.features
from affine import Affine
from pycocotools import mask as coco
from skimage.draw import polygon2mask

OUT = os.path.join(os.path.dirname(__file__), "..", "..", "Tests", "Fixtures", "polygons.json")
rng = np.random.default_rng(5)
HEIGHT, WIDTH = 23, 31


def star(count, radius, centre, ragged):
    angles = np.sort(rng.random(count)) * 2 * np.pi
    radii = radius * (1 - ragged * rng.random(count))
    return [[round(float(centre[0] + r * np.cos(a)), 3), round(float(centre[1] + r * np.sin(a)), 3)]
            for a, r in zip(angles, radii)]


def filled(rings):
    shape = {"type": "Polygon", "coordinates": [r + [r[0]] for r in rings]}
    return rasterio.features.rasterize(
        [shape], (HEIGHT, WIDTH), transform=Affine.identity(), all_touched=False)


cases = []
rings = [[star(n, 9, (15, 11), g)] for n in (3, 4, 7, 12, 30) for g in (0, 0.5)]
rings += [[star(9, 25, (15, 11), 0.3)], [star(6, 6, (1, 20), 0.2)], [star(5, 4, (60, 60), 0)]]
rings += [[star(12, 10, (15, 11), 0), star(7, 4, (15, 11), 0.2)]]
rings += [[[[3.1, 2.2], [20.3, 2.2], [20.3, 17.7], [3.1, 17.7]]]]
rings += [[[[4.2, 3.1], [24.7, 18.9], [24.7, 3.1], [4.2, 18.9]]]]
different = total = 0
for ring in rings:
    mask = filled(ring)
    case = {"rings": ring, "rows": ["".join(map(str, row)) for row in mask]}
    if len(ring) == 1:
        flat = [c for p in ring[0] for c in p]
        theirs = coco.decode(coco.merge(coco.frPyObjects([flat], HEIGHT, WIDTH)))
        case["coco"] = int((theirs != mask).sum())
        different += case["coco"]
        total += int(mask.sum())
    cases.append(case)
with open(OUT, "w") as file:
    json.dump({"height": HEIGHT, "width": WIDTH, "cases": cases}, file, separators=(",", ":"))
print(len(cases), os.path.getsize(OUT), "pycocotools differs in", different, "of", total)

# The same on shapes of real size.
differ = inside = 0
HEIGHT, WIDTH = 480, 640
for _ in range(200):
    ring = star(20, rng.uniform(20, 200), (rng.uniform(50, 590), rng.uniform(50, 430)), 0.5)
    flat = [c for p in ring for c in p]
    a = filled([ring])
    b = coco.decode(coco.merge(coco.frPyObjects([flat], HEIGHT, WIDTH)))
    differ += int((a != b).sum())
    inside += int(a.sum())
print("480x640:", differ, "of", inside)
