"""Bands computed from another one, by SciPy and PyWavelets; checked against scikit-image.

    python scripts/golden/computed_bands.py    writes Tests/Fixtures/computed-bands.json

The undecimated Haar transform is pywt.dwt2 of the image and of the image shifted by a row, a column
and both, woven together; inside the image it is pywt.swt2.
"""

import numpy
import pywt
from scipy import ndimage
from skimage import filters

from parity_shared import plain, single, write

SUBBANDS = ["approximation", "horizontal", "vertical", "diagonal"]


def haar_decimated(image):
    """The four subbands of one level; an odd last row or column is reflected about the edge."""
    approximation, details = pywt.dwt2(image, "haar", mode="symmetric")
    return [approximation, *details]


def haar(image):
    height, width = image.shape
    padded = numpy.pad(image, ((0, 1), (0, 1)), mode="symmetric")
    result = numpy.zeros((4, height, width))
    for top in range(2):
        for left in range(2):
            rows, columns = (height - top + 1) // 2, (width - left + 1) // 2
            if rows == 0 or columns == 0:
                continue
            part = padded[top:top + 2 * rows, left:left + 2 * columns]
            for index, values in enumerate(haar_decimated(part)):
                result[index, top::2, left::2] = values
    return result


entries = []
for height, width in [(7, 9), (6, 8), (1, 5), (4, 1), (1, 1)]:
    name = f"computed/{height}x{width}"
    image = (single(name, height, width) * 100).astype(numpy.float32).astype(numpy.float64)
    sobel = numpy.hypot(ndimage.sobel(image, axis=0), ndimage.sobel(image, axis=1))
    # scikit-image scales each kernel by 1/4 and takes the root of the mean of the two squares.
    numpy.testing.assert_allclose(sobel, filters.sobel(image) * 4 * 2**0.5, atol=1e-9)
    subbands = haar(image)
    if height % 2 == 0 and width % 2 == 0:
        stationary, details = pywt.swt2(image, "haar", level=1)[0]
        for own, other in zip(subbands, [stationary, *details]):
            numpy.testing.assert_allclose(own[:-1, :-1], other[:-1, :-1], atol=1e-9)
    entries.append({
        "name": name, "height": height, "width": width,
        "threshold": plain(image >= 12.5),
        "sobel": plain(sobel),
        "laplacian": plain(ndimage.laplace(image)),
        "haar": {key: plain(values) for key, values in zip(SUBBANDS, subbands)},
        "decimated": {key: plain(values) for key, values in zip(SUBBANDS, haar_decimated(image))},
    })

write("computed-bands", entries)
