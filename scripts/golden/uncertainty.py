"""Uncertainty of drawn members, and how well it finds errors, by scipy and scikit-learn.

    python scripts/golden/uncertainty.py    writes Tests/Fixtures/uncertainty.json, error_detection.json

Made with numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1. Probabilities and uncertainties come from the hash
that Swift shares. Review curves are scikit-learn's ROC.
"""

import numpy
from scipy.stats import entropy
from sklearn.metrics import roc_auc_score, roc_curve

from parity_shared import plain, uniform, write

PIXELS = 7


def probabilities(name, member, classes, exclusive):
    """`[class, pixel]`, rounded to single precision; of softmax the first pixel is certain."""
    raw = (uniform(f"{name}-{member}", classes, PIXELS) + 1) / 2
    if not exclusive:
        return raw.astype(numpy.float32).astype(numpy.float64)
    raw = raw * raw * raw
    raw[:, 0] = 0
    raw[member % classes, 0] = 1
    total = raw[0]
    for other in raw[1:]:
        total = total + other
    return (raw / total).astype(numpy.float32).astype(numpy.float64)


def entropies(p, exclusive):
    return entropy(p, axis=0)[None] if exclusive else entropy(numpy.stack([p, 1 - p]), axis=0)


entries = []
for name, classes, exclusive, weights in [
        ("softmax", 4, True, [1, 1, 1]), ("sigmoid", 3, False, [1, 1, 1, 1, 1]),
        ("binary-softmax", 2, True, [1, 1]), ("one-class", 1, False, [1, 1]),
        ("weighted", 5, True, [0.5, 2, 0, 1.25]), ("weighted-sigmoid", 2, False, [3, 1]),
        ("single", 3, True, [1])]:
    p = numpy.array([probabilities(name, m, classes, exclusive) for m in range(len(weights))])
    mean = numpy.average(p, axis=0, weights=weights)
    total = entropies(mean, exclusive)
    data = numpy.average([entropies(q, exclusive) for q in p], axis=0, weights=weights)
    entries.append({
        "name": name, "classes": classes, "isExclusive": exclusive, "weights": weights, "mean": plain(mean),
        "total": plain(total), "data": plain(data), "disagreement": plain(total - data),
        "largest": float(numpy.log(classes if exclusive else 2))})
write("uncertainty", entries)


entries = []
for name, pixels, rate, skill, bins in [
        ("skilled", 300, 0.15, 0.8, 12), ("unskilled", 200, 0.3, 0, 8), ("misled", 150, 0.3, -0.6, 10),
        ("all-wrong", 40, 1, 0, 5), ("all-right", 40, 0, 0, 5), ("one-bin", 60, 0.4, 0.5, 1)]:
    wrong = uniform(f"{name}-wrong", pixels) < 2 * rate - 1
    level = (uniform(f"{name}-level", pixels) + 1) / 2
    moved = level + skill * numpy.where(wrong, 0.4, -0.4)
    # In the middle of a bin of the fourth root, so that both sides find the same bin.
    bin = numpy.clip(numpy.floor(moved * bins), 0, bins - 1)
    errors = int(wrong.sum())
    defined = 0 < errors < pixels
    curve = None
    if defined:
        false, true, _ = roc_curve(wrong, bin, drop_intermediate=False)
        reviewed = (false * (pixels - errors) + true * errors) / pixels
        curve = [plain(point, 12) for point in zip(reviewed, true)]
    entries.append({
        "name": name, "pixels": pixels, "rate": rate, "skill": skill, "bins": bins, "errors": errors,
        "auroc": float(roc_auc_score(wrong, bin)) if defined else None, "curve": curve})
    print({k: v for k, v in entries[-1].items() if k != "curve"})
write("error_detection", entries)
