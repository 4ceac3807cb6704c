"""Golden numbers for SegmentationMetrics from scikit-learn and scipy.

Run as: python3 scripts/golden/metrics.py > Tests/SegmentationMetricsTests/MetricsGolden.swift
and format the result with swift format.
Made with scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6.

The inputs are not committed: both sides draw them from the same counter-based generator (a port of
RandomStream below), in the order of Tests/SegmentationMetricsTests/GoldenCases.swift.
"""

import math
import warnings

import numpy as np
from scipy import stats
from sklearn import metrics as sk

warnings.filterwarnings("ignore")
MASK = 0xFFFFFFFF


def philox(counter, key):
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK, (p0 >> 32) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return c0, c1, c2, c3


class RandomStream:
    def __init__(self, seed, purpose=99):
        words = philox((purpose, 0, 0, 0), (seed & MASK, seed >> 32))
        self.key, self.high, self.counter, self.pending = words[:2], words[2:], 0, None

    def next(self):
        if self.pending is not None:
            value, self.pending = self.pending, None
            return value
        w = philox((self.counter & MASK, self.counter >> 32) + self.high, self.key)
        self.counter += 1
        self.pending = w[2] << 32 | w[3]
        return w[0] << 32 | w[1]

    def uniform(self):
        return (self.next() >> 11) * 2.0**-53

    def index(self, bound):
        product = self.next() * bound
        if product % 2**64 < bound:
            while product % 2**64 < 2**64 % bound:
                product = self.next() * bound
        return product >> 64


CLASSES = 5
PRESENT = [
    ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4]), ([0, 1, 3], [0, 1, 2]), ([0, 2], [0, 2]), ([1], [1]),
    ([0, 4], [3]), ([0], [0, 1]),
]
SIZES = [(31, 17), (8, 9), (16, 16), (5, 7), (12, 3), (20, 20)]
METRICS = ["iou", "dice", "precision", "recall", "specificity", "pixelAccuracy"]
POLICIES = {"one": 1.0, "skip": math.nan, "zero": 0.0}


def maps(image):
    stream = RandomStream(image)
    of_truth, of_prediction = PRESENT[image]
    truth, prediction = [], []
    for _ in range(SIZES[image][0] * SIZES[image][1]):
        label = of_truth[stream.index(len(of_truth))]
        guess = of_prediction[stream.index(len(of_prediction))]
        right = stream.uniform() < 0.6 and label in of_prediction
        prediction.append(label if right else guess)
        truth.append(255 if stream.uniform() < 0.1 else label)
    truth, prediction = np.array(truth), np.array(prediction)
    return truth[truth != 255], prediction[truth != 255]


def binary_score(metric, truth, prediction, policy):
    """One class against the rest; truth and prediction are boolean."""
    if metric == "specificity":
        return binary_score("recall", ~truth, ~prediction, policy)
    if metric == "pixelAccuracy":
        return sk.accuracy_score(truth, prediction)
    if not truth.any() and not prediction.any():
        return POLICIES[policy]
    function = {"iou": sk.jaccard_score, "dice": sk.f1_score, "precision": sk.precision_score,
                "recall": sk.recall_score}[metric]
    return function(truth, prediction, zero_division=0)


def class_scores(metric, truth, prediction, policy):
    return [binary_score(metric, truth == k, prediction == k, policy) for k in range(CLASSES)]


def masks():
    stream = RandomStream(100)
    truth, prediction = np.zeros((3, 211), int), np.zeros((3, 211), int)
    for k in range(3):
        for i in range(211):
            is_true = k < 2 and stream.uniform() < 0.4
            is_predicted = k < 2 and stream.uniform() < (0.7 if is_true else 0.2)
            prediction[k, i] = is_predicted
            truth[k, i] = 255 if stream.uniform() < 0.05 else is_true
    return truth, prediction, np.array([stream.uniform() < 0.1 for _ in range(211)])


def probabilities():
    stream = RandomStream(200)
    labels, values = [], []
    for _ in range(19 * 13):
        labels.append(255 if stream.uniform() < 0.1 else stream.index(3))
        certain = stream.uniform() < 0.05
        raw = [stream.uniform() for _ in range(4)]
        raw = [0, 1, 0, 0] if certain else [v * v * v for v in raw]
        total = raw[0] + raw[1] + raw[2] + raw[3]
        values.append([np.float32(v / total) for v in raw])
    labels, values = np.array(labels), np.array(values).astype(np.float64)
    return labels[labels != 255], values[labels != 255]


def calibration_error(hit, probability, bins=15):
    total = 0.0
    edges = np.arange(bins + 1) / bins
    where = np.clip(np.digitize(probability, edges) - 1, 0, bins - 1)
    for b in range(bins):
        chosen = where == b
        if chosen.any():
            total += chosen.mean() * abs(hit[chosen].mean() - probability[chosen].mean())
    return total


def binary_calibration(hit, probability):
    eps = 2.0**-23
    loss = sk.log_loss(hit, np.clip(probability, eps, 1 - eps), labels=[False, True])
    return [loss, float(np.mean((probability - hit) ** 2)), calibration_error(hit, probability)]


def calibration():
    labels, p = probabilities()
    rows = [binary_calibration(labels == k, p[:, k]) for k in range(4)]
    # scikit-learn's own Brier score, where it is defined, agrees.
    assert abs(rows[1][1] - sk.brier_score_loss(labels == 1, p[:, 1])) < 1e-12
    rows.append(binary_calibration(labels != 0, 1 - p[:, 0]))
    eps = 2.0**-23
    of_truth = np.clip(p[np.arange(len(labels)), labels], eps, 1 - eps)
    brier = sk.brier_score_loss(labels, p / p.sum(1, keepdims=True), labels=[0, 1, 2, 3])
    exact = float(np.mean(((p - np.eye(4)[labels]) ** 2).sum(1)))
    assert abs(brier - exact) < 1e-6
    rows.append([float(-np.log(of_truth).mean()), exact,
                 calibration_error(p.argmax(1) == labels, p.max(1))])
    return rows


def differences(count, ties):
    stream = RandomStream(300 + count)
    return np.array([(stream.index(9) - 3) / 8 if ties else (stream.uniform() - 0.35) * 0.125
                     for _ in range(count)])


def wilcoxon(values):
    kept = values[values != 0]
    if len(kept) == 0:
        return [0.0, 1.0]
    tied = len(set(np.abs(kept))) < len(kept)
    if len(kept) > 25:
        method = "asymptotic"
    elif not tied:
        method = "exact"
    elif len(kept) <= 16:
        method = stats.PermutationMethod(n_resamples=1 << 17)
    else:
        return None
    result = stats.wilcoxon(kept, zero_method="wilcox", correction=True, method=method)
    return [float(result.statistic), float(result.pvalue)]


def bootstrap(values, groups, repetitions, seed, confidence):
    names = list(dict.fromkeys(groups))
    units = [values[np.array(groups) == g] for g in names]
    stream = RandomStream(seed, purpose=9)
    n = len(units)
    means = [np.concatenate([units[stream.index(n)] for _ in range(n)]).mean()
             for _ in range(repetitions)]
    level = stats.norm.cdf(math.sqrt(n / (n - 1)) * stats.t.ppf((1 - confidence) / 2, n - 1))
    low, high = np.quantile(means, [level, 1 - level])
    return [values.mean(), low, high]


def number(value):
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    return "nil" if math.isnan(value) else repr(float(value))


def array(rows):
    if isinstance(rows, (list, tuple, np.ndarray)):
        return "[" + ", ".join(array(row) for row in rows) + "]"
    return number(rows)


def emit(name, kind, rows, comment):
    print(f"    /// {comment}\n    static let {name}: {kind} = [")
    for row in rows:
        print(f"        {array(row)},")
    print("    ]")


def mean(values):
    values = np.array(values, float)
    return float(np.nanmean(values)) if np.isfinite(values).any() else math.nan


drawn = [maps(i) for i in range(len(SIZES))]
every = tuple(np.concatenate(part) for part in zip(*drawn))
print("// Written by scripts/golden/metrics.py; not edited by hand.\n")
print("enum MetricsGolden {")
emit("confusion", "[[Int]]",
     [sk.confusion_matrix(t, p, labels=range(CLASSES)).ravel() for t, p in drawn],
     "Per image: true class by predicted class.")
for policy in POLICIES:
    rows = [class_scores(m, t, p, policy) for t, p in drawn for m in METRICS]
    emit(f"scores{policy.title()}", "[[Double?]]", rows, "Per image and metric: the classes.")
summaries = []
for policy in POLICIES:
    for metric in METRICS[:5]:
        per_image = np.array([class_scores(metric, t, p, policy) for t, p in drawn])
        pooled = class_scores(metric, *every, policy)
        for first in (0, 1):
            summaries.append([mean([mean(row[first:]) for row in per_image]),
                              mean(pooled[first:]), int(np.isnan(per_image[:, first:]).sum())])
emit("summaries", "[[Double?]]", summaries,
     "Per policy, metric and first class of the mean (0, 1): per image, pooled, skipped.")
emit("accuracy", "[Double]",
     [sk.accuracy_score(t, p) for t, p in drawn] + [sk.accuracy_score(*every)],
     "Of all classes together: per image, then pooled.")
truth, prediction, ignore = masks()
rows = []
for k in range(3):
    kept = (truth[k] != 255) & ~ignore
    tn, fp, fn, tp = sk.confusion_matrix(truth[k][kept], prediction[k][kept], labels=[0, 1]).ravel()
    rows.append([tp, fp, fn, tn])
emit("masks", "[[Int]]", rows, "Per overlapping class: TP, FP, FN, TN.")
emit("calibration", "[[Double]]", calibration(),
     "Classes 0 to 3, foreground, categorical: log loss, Brier, calibration error.")
cases = [(n, ties) for ties in (False, True) for n in (1, 3, 6, 10, 25, 26, 60)]
rows = [(n, ties, wilcoxon(differences(n, ties))) for n, ties in cases]
emit("wilcoxon", "[[Double]]", [[n, int(ties)] + w for n, ties, w in rows if w],
     "Number of differences, with ties or not, statistic, p.")
rows = []
for n, count, confidence in [
        (2, 2, 0.95), (5, 5, 0.95), (12, 12, 0.9), (30, 30, 0.95), (30, 7, 0.95)]:
    groups = [i * 11 % count for i in range(n)]
    rows.append([n, count, confidence]
                + bootstrap(differences(n, False), groups, 2000 if n < 30 else 500, n, confidence))
emit("bootstrap", "[[Double]]", rows, "Images, groups, confidence, mean, lower, upper.")
emit("student", "[[Double]]",
     [[df, c, stats.t.ppf((1 + c) / 2, df)] for df in (1, 2, 3, 4, 9, 28, 101, 1000)
      for c in (0.5, 0.95, 0.999)],
     "Degrees of freedom, central probability, quantile.")
print("}")
