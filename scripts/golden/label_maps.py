"""Components, holes and hulls of 1,000 random masks, by scikit-image and scipy.

    python scripts/golden/label_maps.py    writes Tests/Fixtures/label_maps.json

The masks come from the hash that Swift shares; of the results only a checksum (FNV-1a over 32-bit
values) of every 50 masks is stored.
"""

import numpy
from scipy import ndimage
from skimage import measure, morphology

from parity_shared import uniform, write

MASKS = 1000
GROUP = 50
SQUARE = numpy.ones((3, 3), dtype=int)


def mask(index):
    """Noise, and noise in blocks of 4 x 5 pixels, from nearly empty to nearly full."""
    if index % 4 == 3:
        height, width, rows, columns = 12 + index % 29, 9 + index % 37, 4, 5
    else:
        height, width, rows, columns = 1 + index % 17, 1 + (index * 7) % 23, 1, 1
    across = -(-width // columns)
    noise = uniform(f"mask-{index}", -(-height // rows), across)
    noise = noise.repeat(rows, axis=0).repeat(columns, axis=1)[:height, :width]
    return noise < (index % 11) / 5 - 1


def largest(image):
    labels, count = ndimage.label(image, SQUARE)
    if count == 0:
        return image
    return labels == numpy.bincount(labels.ravel())[1:].argmax() + 1


def small_holes(image, size):
    """Holes as binary_fill_holes sees them, of at most so many pixels."""
    holes = ndimage.binary_fill_holes(image) & ~image
    labels, count = ndimage.label(holes)
    sizes = numpy.bincount(labels.ravel(), minlength=count + 1)
    return image | (holes & (sizes[labels] <= size))


def labels(image, structure, connectivity):
    found = ndimage.label(image, structure)[0]
    assert (found == measure.label(image, connectivity=connectivity)).all()
    return found


def hull(image):
    return morphology.convex_hull_image(image) if image.any() else image


OPERATIONS = {
    "input": lambda image: image,
    "labels-4": lambda image: labels(image, None, 1),
    "labels-8": lambda image: labels(image, SQUARE, 2),
    "small-components": lambda image: morphology.remove_small_objects(image, max_size=4, connectivity=2),
    "largest": largest,
    "holes-8": ndimage.binary_fill_holes,
    "holes-4": lambda image: ndimage.binary_fill_holes(image, SQUARE),
    "small-holes": lambda image: small_holes(image, 3),
    "hull": hull,
    "hulls-8": lambda image: morphology.convex_hull_object(image, connectivity=2) if image.any() else image,
    "hulls-4": lambda image: morphology.convex_hull_object(image, connectivity=1) if image.any() else image,
}


def checksum(values, state):
    for value in values.ravel().tolist():
        state = ((state ^ int(value)) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return state


entries = []
masks = [mask(index) for index in range(MASKS)]
for name, operation in OPERATIONS.items():
    sums = []
    for first in range(0, MASKS, GROUP):
        state = 0xCBF29CE484222325
        for image in masks[first:first + GROUP]:
            state = checksum(operation(image).astype(numpy.int32), state)
        sums.append(f"{state:016x}")
    entries.append({"name": name, "sums": sums})
write("label_maps", entries)
