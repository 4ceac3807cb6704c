"""Golden values and gradients of the losses, by PyTorch in double precision, and distances by SciPy.

    python scripts/golden/losses.py    writes Tests/Fixtures/losses.json, distances.json
"""

import math

import numpy
import torch
import torch.nn.functional as F
from scipy.ndimage import distance_transform_edt
from torchvision.ops import sigmoid_focal_loss

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


def ignoring(labels, classes):
    """Pixels of these classes, or their planes, are ignored."""
    labels = labels.clone()
    for k in classes:
        if labels.dim() == 4:
            labels[:, k] = IGNORE
        else:
            labels[labels == k] = IGNORE
    return labels


def planes(logits, labels):
    """Probabilities, truth and what counts, all [batch, classes, height, width]."""
    if labels.dim() == 4:
        return torch.sigmoid(logits), (labels == 1).double(), (labels != IGNORE).double()
    classes = logits.shape[1]
    truth = torch.stack([labels == k for k in range(classes)], dim=1).double()
    return torch.softmax(logits, dim=1), truth, (labels != IGNORE)[:, None].expand_as(logits).double()


def weighted_labels(values, keep, class_weights):
    """The weighted mean over labels of sigmoid planes."""
    weight = torch.ones(values.shape[1]) if class_weights is None else torch.tensor(class_weights)
    weight = weight.double()[None, :, None, None] * keep
    return (values * weight).sum() / weight.sum()


def bce(logits, labels, class_weights=None, label_smoothing=0.0):
    keep = (labels != IGNORE).double()
    truth = (labels == 1).double() * (1 - label_smoothing) + label_smoothing / 2
    values = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    return weighted_labels(values, keep, class_weights)


def cross_entropy(logits, labels, class_weights=None, label_smoothing=0.0):
    weight = None if class_weights is None else torch.tensor(class_weights, dtype=torch.float64)
    return F.cross_entropy(
        logits, labels, weight=weight, ignore_index=IGNORE, label_smoothing=label_smoothing)


def focal(logits, labels, gamma, alpha=None, class_weights=None):
    """Lin et al. 2017."""
    if labels.dim() == 4:
        truth, keep = (labels == 1).double(), (labels != IGNORE).double()
        values = sigmoid_focal_loss(logits, truth, alpha=-1 if alpha is None else alpha, gamma=gamma)
        return weighted_labels(values, keep, class_weights)
    keep = labels != IGNORE
    log_p = torch.log_softmax(logits, dim=1).permute(0, 2, 3, 1)[keep]
    log_p = log_p.gather(1, labels[keep][:, None])[:, 0]
    weight = torch.ones_like(log_p)
    if class_weights is not None:
        weight = torch.tensor(class_weights, dtype=torch.float64)[labels[keep]]
    return (weight * (1 - log_p.exp()) ** gamma * -log_p).sum() / weight.sum()


def over_classes(logits, labels, loss, class_weights):
    """The weighted mean over the classes that occur of a loss of TP, FP and FN over the batch."""
    p, truth, keep = planes(logits, labels)
    axes = (0, 2, 3)
    tp = (p * truth * keep).sum(dim=axes)
    fp = (p * (1 - truth) * keep).sum(dim=axes)
    fn = ((1 - p) * truth * keep).sum(dim=axes)
    weight = torch.ones(len(tp)) if class_weights is None else torch.tensor(class_weights)
    weight = weight.double() * ((truth * keep).sum(dim=axes) > 0)
    return (loss(tp, fp, fn) * weight).sum() / weight.sum() if weight.any() else logits.sum() * 0


def dice(logits, labels, smooth, class_weights=None):
    return over_classes(
        logits, labels, lambda tp, fp, fn: 1 - (2 * tp + smooth) / (2 * tp + fp + fn + smooth), class_weights)


def tversky(logits, labels, alpha, beta, smooth, gamma=None, class_weights=None):
    """Salehi et al. 2017; with gamma Abraham and Khan 2019."""
    def loss(tp, fp, fn):
        rest = 1 - (tp + smooth) / (tp + alpha * fp + beta * fn + smooth)
        return rest if gamma is None else rest ** (1 / gamma)
    return over_classes(logits, labels, loss, class_weights)


def lovasz_gradient(truth):
    """Algorithm 1 of Berman et al. 2018: of labels sorted by error."""
    union = truth.sum() + (1 - truth).cumsum(0)
    jaccard = 1 - (truth.sum() - truth.cumsum(0)) / union
    return torch.cat([jaccard[:1], jaccard[1:] - jaccard[:-1]])


def lovasz(logits, labels):
    losses = []
    if labels.dim() == 4:
        for image in range(logits.shape[0]):
            for k in range(logits.shape[1]):
                keep = labels[image, k] != IGNORE
                if not keep.any():
                    continue
                truth = labels[image, k][keep].double()
                errors, order = (1 - logits[image, k][keep] * (2 * truth - 1)).sort(descending=True)
                losses.append(F.relu(errors) @ lovasz_gradient(truth[order]))
    else:
        keep = labels != IGNORE
        p = torch.softmax(logits, dim=1).permute(0, 2, 3, 1)[keep]
        for k in range(logits.shape[1]):
            truth = (labels[keep] == k).double()
            if truth.any():
                errors, order = (truth - p[:, k]).abs().sort(descending=True)
                losses.append(errors @ lovasz_gradient(truth[order]))
    return torch.stack(losses).mean()


def boundary(logits, labels):
    """Kervadec et al. 2019, with distances to pixels of known truth only."""
    p, truth, keep = planes(logits, labels)
    total, count = 0, 0
    for image in range(p.shape[0]):
        for k in range(p.shape[1]):
            known = keep[image, k].numpy() > 0
            inside = (truth[image, k].numpy() > 0) & known
            outside = known & ~inside
            if not inside.any() or not outside.any():
                continue
            distance = distance_transform_edt(~inside) * outside - (distance_transform_edt(~outside) - 1) * inside
            total = total + (p[image, k] * torch.tensor(distance)).sum()
            count += known.sum()
    return total / count


def class_limit(logits, labels, limit, share):
    p, _, keep = planes(logits, labels)
    losses = []
    for image in range(p.shape[0]):
        peaks = []
        for k in range(p.shape[1]):
            own = p[image, k][keep[image, k] > 0]
            if len(own):
                peaks.append(own.topk(max(1, math.ceil(share * len(own)))).values.mean())
        if peaks:
            losses.append(F.relu(sum(peaks) - limit))
    return torch.stack(losses).mean()


def low_pass(logits, labels):
    p, _, keep = planes(logits, labels)
    box = torch.ones(1, 1, 3, 3, dtype=torch.float64)

    def sums(x):
        return F.conv2d(x.reshape(-1, 1, *x.shape[2:]), box, padding=1).reshape(x.shape)
    neighbours = sums(keep)
    mean = sums(p * keep) / torch.where(neighbours > 0, neighbours, 1.0)
    return ((p - mean).abs() * keep).sum() / keep.sum()


TERMS = {"bce": bce, "ce": cross_entropy, "focal": focal, "dice": dice, "tversky": tversky, "lovasz": lovasz,
         "boundary": boundary, "class-limit": class_limit, "low-pass": low_pass}


def swift(name):
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)


def note(name, kind, terms, shape, labels, scale=3.0):
    """Terms are (name, weight, options); logits are the hash of the case's name times `scale`."""
    values = (single(name, *shape) * scale).astype(numpy.float32)
    logits = torch.tensor(values.astype(numpy.float64), requires_grad=True)
    loss = 0
    for term, weight, options in terms:
        options = dict(options)
        own = ignoring(torch.tensor(labels), options.pop("ignored_classes", []))
        loss = loss + weight * TERMS[term](logits, own, **options)
    (gradient,) = torch.autograd.grad(loss, [logits])
    entries.append({
        "name": name, "kind": kind, "shape": list(shape), "scale": scale,
        "terms": [
            {"term": term, "weight": weight} | {swift(key): value for key, value in options.items()}
            for term, weight, options in terms],
        "labels": labels.ravel().tolist(),
        "value": loss.item(), "gradient": plain(gradient, digits=7),
    })


def distances():
    """Distance transforms by SciPy, as squared whole numbers."""
    result = []
    for name, height, width, part in [
            ("sparse", 13, 17, 0.97), ("dense", 9, 21, 0.3), ("row", 1, 30, 0.8), ("column", 25, 1, 0.8),
            ("one", 19, 11, 0.99)]:
        mask = uniform("distances/" + name, height, width) / 2 + 0.5 >= part
        if not mask.any():
            mask[height // 3, width // 2] = True
        squares = numpy.rint(distance_transform_edt(~mask) ** 2).astype(int)
        result.append({"name": name, "height": height, "width": width,
                       "set": mask.astype(int).ravel().tolist(), "squares": squares.ravel().tolist()})
    return result


binary = (2, 3, 5, 4)
several = (2, 4, 5, 3)
pixels = (2, 5, 3)
weights = [0.5, 2.0, 1.25, 0.125]
note("bce", "sigmoid", [("bce", 1, {})], binary, binary_labels("bce/labels", *binary))
note("bce large", "sigmoid", [("bce", 1, {})], binary, binary_labels("bce/labels", *binary), scale=200.0)
note("ce", "softmax", [("ce", 1, {})], several, class_labels("ce/labels", 4, *pixels))
note("ce none ignored", "softmax", [("ce", 1, {})], several, class_labels("ce/labels", 4, *pixels, ignored=0))
note("ce weighted", "softmax", [("ce", 1, {"class_weights": weights})], several, class_labels("ce/labels", 4, *pixels))
note("ce large", "softmax", [("ce", 1, {"class_weights": weights})], several, class_labels("ce/labels", 4, *pixels), scale=200.0)
note("dice sigmoid", "sigmoid", [("dice", 1, {"smooth": 1.0})], binary, binary_labels("dice/labels", *binary))
note("dice sigmoid, no smoothing", "sigmoid", [("dice", 1, {"smooth": 0.0})], binary, binary_labels("dice/labels", *binary))
note("dice softmax", "softmax", [("dice", 1, {"smooth": 1.0})], several, class_labels("dice/labels", 4, *pixels))
missing = class_labels("dice/labels", 4, *pixels)
missing[missing == 2] = 0
note("dice softmax, a class missing", "softmax", [("dice", 1, {"smooth": 1e-6})], several, missing)
one = (3, 1, 6, 5)
note("bce + dice", "sigmoid", [("bce", 1, {}), ("dice", 1, {"smooth": 1.0})], one, binary_labels("one/labels", *one))
note("0.3 ce + 0.7 dice", "softmax", [("ce", 0.3, {"class_weights": weights}), ("dice", 0.7, {"smooth": 1.0})], several,
     class_labels("sum/labels", 4, *pixels))

# The terms that follow, on planes of which one is empty and on labels of which one class is missing.
planes_of_three = (2, 3, 6, 5)
labels_of_planes = binary_labels("terms/planes", *planes_of_three)
labels_of_planes[:, 1][labels_of_planes[:, 1] == 1] = 0
labels_of_planes[1, 2] = IGNORE
labels_of_four = class_labels("terms/labels", 4, 2, 6, 5)
labels_of_four[labels_of_four == 2] = 0
three = [0.5, 2.0, 1.25]


def both(name, term, options, sigmoid=None, softmax=None):
    """A term for planes and for labels, with options of their own besides."""
    note(name + " sigmoid", "sigmoid", [(term, 0.75, options | (sigmoid or {}))], planes_of_three, labels_of_planes)
    note(name + " softmax", "softmax", [(term, 0.75, options | (softmax or {}))], (2, 4, 6, 5), labels_of_four)


note("bce weighted", "sigmoid", [("bce", 1, {"class_weights": three})], planes_of_three, labels_of_planes)
note("bce smoothed", "sigmoid", [("bce", 1, {"label_smoothing": 0.2, "class_weights": three})], planes_of_three,
     labels_of_planes)
note("ce smoothed", "softmax", [("ce", 1, {"label_smoothing": 0.1})], several, class_labels("ce/labels", 4, *pixels))
note("ce smoothed and weighted", "softmax", [("ce", 1, {"label_smoothing": 0.3, "class_weights": weights})], several,
     class_labels("ce/labels", 4, *pixels))
note("ce without a class", "softmax", [("ce", 1, {"ignored_classes": [0]})], several,
     class_labels("ce/labels", 4, *pixels))
note("bce without a class", "sigmoid", [("bce", 1, {"ignored_classes": [0]})], planes_of_three, labels_of_planes)
both("dice weighted", "dice", {"smooth": 0.5}, {"class_weights": three}, {"class_weights": weights})
both("focal", "focal", {"gamma": 2.0}, {"alpha": 0.25})
both("focal half", "focal", {"gamma": 0.5}, {"class_weights": three}, {"class_weights": weights})
both("focal zero", "focal", {"gamma": 0.0})
both("tversky", "tversky", {"alpha": 0.3, "beta": 0.7, "smooth": 1.0})
both("tversky focal", "tversky", {"alpha": 0.3, "beta": 0.7, "smooth": 0.0, "gamma": 1.5},
     {"class_weights": three}, {"class_weights": weights})
both("lovasz", "lovasz", {})
both("lovasz without a class", "lovasz", {"ignored_classes": [0]})
both("boundary", "boundary", {})
both("class-limit", "class-limit", {"limit": 0.5, "share": 0.1})
both("class-limit of one pixel", "class-limit", {"limit": 1.0, "share": 0.01})
both("low-pass", "low-pass", {})
note("sum", "softmax", [("ce", 0.5, {"ignored_classes": [0]}), ("focal", 1, {"gamma": 2.0}), ("boundary", 0.1, {}),
                        ("class-limit", 0.2, {"limit": 1.0, "share": 0.2}), ("low-pass", 0.3, {})],
     (1, 4, 7, 4), class_labels("sum of five/labels", 4, 1, 7, 4))
write("losses", entries)
write("distances", distances())
