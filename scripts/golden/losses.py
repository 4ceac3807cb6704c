"""Golden values and gradients of the losses, by PyTorch in double precision.

    python scripts/golden/losses.py    writes Tests/Fixtures/losses.json
"""

import numpy
import torch
import torch.nn.functional as F

from parity_shared import plain, single, uniform, write

IGNORE = 255
entries = []


def binary_labels(name, *shape, ignored=0.1):
    """0, 1 or ignored, from the hash."""
    u = uniform(name, *shape)
    labels = (u > 0.2).astype(numpy.int64)
    labels[u < 2 * ignored - 1] = IGNORE
    return labels


def class_labels(name, classes, *shape, ignored=0.1):
    u = uniform(name, *shape)
    labels = numpy.floor((u + 1) / 2 * classes).astype(numpy.int64)
    labels[uniform(name + "/ignored", *shape) < 2 * ignored - 1] = IGNORE
    return labels


def bce(logits, labels, _):
    keep = labels != IGNORE
    return F.binary_cross_entropy_with_logits(logits[keep], labels[keep].double())


def cross_entropy(logits, labels, option):
    weight = None if option is None else torch.tensor(option, dtype=torch.float64)
    return F.cross_entropy(logits, labels, weight=weight, ignore_index=IGNORE)


def dice(logits, labels, smooth):
    """Sums over the batch per class, mean over the classes that occur in the target."""
    classes = logits.shape[1]
    if labels.dim() == 4:
        probabilities = torch.sigmoid(logits)
        keep = labels != IGNORE
        truth = labels == 1
    else:
        probabilities = torch.softmax(logits, dim=1)
        keep = (labels != IGNORE)[:, None].expand_as(logits)
        truth = torch.stack([labels == k for k in range(classes)], dim=1)
    probabilities = probabilities * keep
    truth = truth.double() * keep
    overlap = (probabilities * truth).sum(dim=(0, 2, 3))
    total = probabilities.sum(dim=(0, 2, 3)) + truth.sum(dim=(0, 2, 3))
    occurs = truth.sum(dim=(0, 2, 3)) > 0
    score = (2 * overlap + smooth) / (total + smooth)
    return (1 - score)[occurs].mean() if occurs.any() else logits.sum() * 0


TERMS = {"bce": bce, "ce": cross_entropy, "dice": dice}


def note(name, kind, terms, shape, labels, scale=3.0):
    """Terms are (name, weight, option); logits are the hash of the case's name times `scale`."""
    values = (single(name, *shape) * scale).astype(numpy.float32)
    logits = torch.tensor(values.astype(numpy.float64), requires_grad=True)
    loss = sum(weight * TERMS[term](logits, torch.tensor(labels), option) for term, weight, option in terms)
    (gradient,) = torch.autograd.grad(loss, [logits])
    entries.append({
        "name": name, "kind": kind, "shape": list(shape), "scale": scale,
        "terms": [
            {"term": term, "weight": weight,
             "classWeights": option if term == "ce" else None,
             "smooth": option if term == "dice" else None}
            for term, weight, option in terms],
        "labels": labels.ravel().tolist(),
        "value": loss.item(), "gradient": plain(gradient),
    })


binary = (2, 3, 5, 4)
several = (2, 4, 5, 3)
pixels = (2, 5, 3)
weights = [0.5, 2.0, 1.25, 0.125]
note("bce", "sigmoid", [("bce", 1, None)], binary, binary_labels("bce/labels", *binary))
note("bce large", "sigmoid", [("bce", 1, None)], binary, binary_labels("bce/labels", *binary), scale=200.0)
note("ce", "softmax", [("ce", 1, None)], several, class_labels("ce/labels", 4, *pixels))
note("ce none ignored", "softmax", [("ce", 1, None)], several, class_labels("ce/labels", 4, *pixels, ignored=0))
note("ce weighted", "softmax", [("ce", 1, weights)], several, class_labels("ce/labels", 4, *pixels))
note("ce large", "softmax", [("ce", 1, weights)], several, class_labels("ce/labels", 4, *pixels), scale=200.0)
note("dice sigmoid", "sigmoid", [("dice", 1, 1.0)], binary, binary_labels("dice/labels", *binary))
note("dice sigmoid, no smoothing", "sigmoid", [("dice", 1, 0.0)], binary, binary_labels("dice/labels", *binary))
note("dice softmax", "softmax", [("dice", 1, 1.0)], several, class_labels("dice/labels", 4, *pixels))
missing = class_labels("dice/labels", 4, *pixels)
missing[missing == 2] = 0
note("dice softmax, a class missing", "softmax", [("dice", 1, 1e-6)], several, missing)
one = (3, 1, 6, 5)
note("bce + dice", "sigmoid", [("bce", 1, None), ("dice", 1, 1.0)], one, binary_labels("one/labels", *one))
note("0.3 ce + 0.7 dice", "softmax", [("ce", 0.3, weights), ("dice", 0.7, 1.0)], several,
     class_labels("sum/labels", 4, *pixels))
write("losses", entries)
