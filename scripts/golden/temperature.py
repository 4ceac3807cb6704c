"""Temperatures of least log loss, by scipy.

    python scripts/golden/temperature.py    writes Tests/Fixtures/temperature.json

Made with numpy 2.4.6, scipy 1.17.1. Logits come from the hash that Swift shares. Brent's method finds the
root of the derivative by the logarithm of the temperature, which is sharper than a search for the least
value; a bounded search confirms it.
"""

import numpy
from scipy.optimize import brentq, minimize_scalar
from scipy.special import log_softmax, softmax

from parity_shared import single, uniform, write

LIMITS = numpy.log([0.05, 20])
# Name, classes (1 for sigmoid), pixels, scale of the logits, share of ignored pixels.
CASES = [("sharp", 4, 500, 12, 0.1), ("flat", 3, 500, 0.4, 0), ("sigmoid", 1, 600, 8, 0.2),
         ("sigmoid-flat", 1, 300, 0.5, 0), ("two", 2, 400, 5, 0), ("few", 5, 12, 6, 0)]

entries = []
for name, classes, pixels, scale, ignored in CASES:
    columns = max(classes, 2)
    if classes == 1:
        z = numpy.stack([numpy.zeros(pixels), single(f"{name}-logits", pixels) * scale], 1)
    else:
        z = single(f"{name}-logits", pixels, classes) * scale
    z = z.astype(numpy.float32).astype(numpy.float64)
    # A class for a place in 0...1 of the cumulative probabilities of logits that span -3...3.
    cumulative = numpy.cumsum(softmax(z * (3 / scale), axis=1), axis=1)
    place = (uniform(f"{name}-truth", pixels) + 1) / 2
    truth = numpy.minimum((place[:, None] > cumulative).sum(1), columns - 1)
    known = uniform(f"{name}-ignored", pixels) >= 2 * ignored - 1

    def loss(t):
        return -log_softmax(z[known] / numpy.exp(t), axis=1)[numpy.arange(known.sum()), truth[known]].mean()

    def slope(t):
        scaled = z[known] / numpy.exp(t)
        own = scaled[numpy.arange(known.sum()), truth[known]]
        return (own - (softmax(scaled, axis=1) * scaled).sum(1)).mean()

    best = brentq(slope, *LIMITS, xtol=1e-14, rtol=1e-14)
    search = minimize_scalar(loss, bounds=LIMITS, method="bounded", options={"xatol": 1e-10})
    assert abs(search.x - best) < 1e-6 and loss(best) <= search.fun + 1e-14
    entries.append({
        "name": name, "classes": classes, "pixels": pixels, "scale": scale, "counted": int(known.sum()),
        "truth": [int(t) if k else 255 for t, k in zip(truth, known)], "temperature": float(numpy.exp(best)),
        "logLossBefore": float(loss(0)), "logLoss": float(loss(best))})
    print({k: v for k, v in entries[-1].items() if k != "truth"})
write("temperature", entries)
