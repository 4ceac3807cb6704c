"""Calibration of drawn probabilities by scikit-learn and torchmetrics.

    python scripts/golden/calibration.py    writes Tests/Fixtures/calibration.json

Made with numpy 2.4.6, scikit-learn 1.9.1, torch 2.15.0, torchmetrics 1.9.0 (`pip install torchmetrics
lightning-utilities`). Truths and probabilities come from the hash that Swift shares; probabilities are rounded
to single precision and computed with in double. Reliability is scikit-learn's calibration_curve, calibration
errors torchmetrics', log loss and Brier scores scikit-learn's. The last class is in no truth, some pixels are
ignored, and in one case nearly all.
"""

import numpy
import torch
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss
from torchmetrics.functional.classification.calibration_error import _ce_compute

from parity_shared import uniform, write

EPS = 2.0**-23
# Name, classes, pixels, bins, share of ignored pixels.
CASES = [("usual", 4, 900, 15, 0.1), ("ten-bins", 3, 700, 10, 0), ("two", 2, 300, 20, 0.4),
         ("few", 5, 8, 15, 0.3), ("single", 3, 40, 15, 0.95)]


def draw(name, classes, pixels):
    """Truths of all classes but the last, probabilities `[pixel, class]` that lean towards them."""
    truth = numpy.floor((uniform(f"{name}-truth", pixels) + 1) / 2 * (classes - 1)).astype(int)
    raw = (uniform(f"{name}-probabilities", pixels, classes) + 1) / 2
    raw = raw * raw * raw
    raw[numpy.arange(pixels), truth] += 0.25
    total = raw[:, 0]
    for k in range(1, classes):
        total = total + raw[:, k]
    return truth, (raw / total[:, None]).astype(numpy.float32).astype(numpy.float64)


def reliability(hit, probability, bins):
    """Mean frequency and mean probability of the bins that are not empty."""
    return [list(map(float, values)) for values in calibration_curve(hit, probability, n_bins=bins)]


def calibration_error(hit, probability, bins):
    """What binary_calibration_error and multiclass_calibration_error call, but in double precision."""
    return float(_ce_compute(torch.tensor(probability), torch.tensor(hit, dtype=torch.float64), bins, norm="l1"))


def binary(hit, p, bins):
    clipped = numpy.clip(p, EPS, 1 - EPS)
    return {
        "logLoss": float(log_loss(hit, clipped, labels=[0, 1])),
        "brier": float(brier_score_loss(hit, p, labels=[0, 1], pos_label=1)),
        "calibrationError": calibration_error(hit, p, bins),
        "reliability": reliability(hit, p, bins) if hit.any() and not hit.all() else None}


entries = []
for name, classes, pixels, bins, ignored in CASES:
    truth, p = draw(name, classes, pixels)
    known = uniform(f"{name}-ignored", pixels) >= 2 * ignored - 1
    t, q = truth[known], p[known]
    perClass = [binary((t == k).astype(int), q[:, k], bins) for k in range(classes)]
    top = (q.argmax(1) == t).astype(int)
    own = q[numpy.arange(len(t)), t]
    entries.append({
        "name": name, "classes": classes, "pixels": pixels, "bins": bins, "ignored": ignored,
        "counted": int(known.sum()), "perClass": perClass,
        "foreground": binary((t != 0).astype(int), 1 - q[:, 0], bins),
        "categorical": {
            # Rows sum to 1 but for rounding to single precision, which scikit-learn would divide out.
            "logLoss": float(-numpy.log(numpy.clip(own, EPS, 1 - EPS)).mean()),
            "brier": float(((q - numpy.eye(classes)[t]) ** 2).sum(1).mean()),
            "calibrationError": calibration_error(top, q.max(1), bins),
            "reliability": reliability(top, q.max(1), bins) if top.any() and not top.all() else None}})
    with_sklearn = log_loss(t, q / q.sum(1, keepdims=True), labels=range(classes))
    assert abs(with_sklearn - entries[-1]["categorical"]["logLoss"]) < 1e-6
    print(name, int(known.sum()), entries[-1]["categorical"])
write("calibration", entries)
