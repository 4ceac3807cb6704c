"""Golden places and values of augmentation, by PyTorch, SciPy, OpenCV and NumPy.

    python scripts/golden/augmentation.py    writes Tests/Fixtures/augmentation.json

Each entry: images of closed-form numbers, sampled at places that go well beyond the edges; places
that a turn, a lens and a grid give; noise that a Gaussian smooths.
"""

import cv2
import numpy
import scipy.ndimage
import torch

from parity_shared import plain, single, write

entries = []

for height, width, reach in [(9, 11, 0.6), (5, 16, 2.5), (1, 7, 1.0), (8, 1, 1.0)]:
    name = f"sampling/{height}x{width}"
    image = single(name + "/image", 2, height, width)
    labels = numpy.floor((single(name + "/labels", height, width) + 1) * 3)
    rows = single(name + "/rows", height, width) * height * reach + (height - 1) / 2
    columns = single(name + "/columns", height, width) * width * reach + (width - 1) / 2
    rows, columns = rows.astype(numpy.float32).astype(float), columns.astype(numpy.float32).astype(float)
    bilinear = numpy.stack([
        scipy.ndimage.map_coordinates(plane, [rows, columns], order=1, mode="mirror") for plane in image])
    if height > 1 and width > 1:
        grid = torch.tensor(numpy.stack([2 * columns / (width - 1) - 1, 2 * rows / (height - 1) - 1], -1))[None]
        sample = torch.nn.functional.grid_sample
        other = sample(torch.tensor(image)[None], grid, padding_mode="reflection", align_corners=True)[0].numpy()
        assert numpy.abs(other - bilinear).max() < 1e-9
        nearest = sample(
            torch.tensor(labels + 1)[None, None], grid, mode="nearest", padding_mode="zeros",
            align_corners=True)[0, 0].numpy()
        truth = numpy.where(nearest == 0, 255, nearest - 1)
    else:
        y, x = numpy.floor(rows + 0.5).astype(int), numpy.floor(columns + 0.5).astype(int)
        inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        truth = numpy.where(inside, labels[y.clip(0, height - 1), x.clip(0, width - 1)], 255)
    entries.append({
        "kind": "sampling", "name": name, "height": height, "width": width,
        "image": plain(image), "labels": plain(labels), "rows": plain(rows), "columns": plain(columns),
        "values": plain(bilinear), "truth": plain(truth)})

for height, width, degrees, scale, down, right in [(7, 9, 30, 1.25, 1.5, -2), (6, 5, -160, 0.6, 0, 3)]:
    centre = ((width - 1) / 2, (height - 1) / 2)
    # OpenCV's matrix leads from the old image to the new one, a positive angle counter-clockwise.
    forward = numpy.vstack([cv2.getRotationMatrix2D(centre, degrees, scale), [0, 0, 1]])
    forward[0, 2] += right
    forward[1, 2] += down
    y, x = numpy.mgrid[0:height, 0:width]
    old = numpy.linalg.inv(forward) @ numpy.stack([x.ravel(), y.ravel(), numpy.ones(x.size)])
    entries.append({
        "kind": "affine", "name": f"affine {degrees}", "height": height, "width": width,
        "parameters": [degrees, scale, down, right], "rows": plain(old[1]), "columns": plain(old[0])})

for height, width, k in [(8, 8, 0.3), (6, 10, -0.7)]:
    camera = numpy.array([[width, 0, (width - 1) / 2], [0, height, (height - 1) / 2], [0, 0, 1]], float)
    columns, rows = cv2.initUndistortRectifyMap(
        camera, numpy.array([k, k, 0, 0, 0], float), None, camera, (width, height), cv2.CV_32FC1)
    entries.append({
        "kind": "optical", "name": f"optical {k}", "height": height, "width": width, "parameters": [k],
        "rows": plain(rows), "columns": plain(columns)})

extents = {"rows": [1.3, 0.7, 1.0], "columns": [0.5, 1.5, 1.2, 0.9]}
height, width = 9, 10
places = []
for key, count in (("rows", height), ("columns", width)):
    cells = numpy.array(extents[key])
    edges = numpy.concatenate([[0], numpy.cumsum(cells / cells.sum() * count)])
    places.append(numpy.interp(
        numpy.arange(count) + 0.5, numpy.linspace(0, count, len(cells) + 1), edges) - 0.5)
rows, columns = numpy.meshgrid(*places, indexing="ij")
entries.append({
    "kind": "grid", "name": "grid", "height": height, "width": width,
    "parameters": extents["rows"] + extents["columns"], "rows": plain(rows), "columns": plain(columns)})

for sigma in (1.0, 2.3):
    radius = int(numpy.ceil(3 * sigma))
    height, width = 5 + 2 * radius, 7 + 2 * radius
    noise = single(f"smooth/{sigma}", height, width)
    smooth = scipy.ndimage.gaussian_filter(noise, sigma, radius=radius)
    entries.append({
        "kind": "smooth", "name": f"smooth {sigma}", "height": height, "width": width,
        "parameters": [sigma], "values": plain(smooth[radius:-radius, radius:-radius])})

write("augmentation", entries)
