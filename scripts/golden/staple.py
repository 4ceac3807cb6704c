"""STAPLE of drawn decisions by ITK, binary and of several classes.

    python scripts/golden/staple.py    writes Tests/Fixtures/staple.json

Made with SimpleITK 2.5.7 (`pip install SimpleITK`), numpy 2.4.6. Decisions come from the hash that Swift
shares. ITK's binary filter gives probabilities, sensitivity and specificity; its filter of several labels
gives confusion matrices. A plain numpy form, pixel by pixel, gives the probabilities of several classes;
it is held to both filters first.
"""

import numpy
import SimpleITK as sitk

from parity_shared import plain, uniform, write

# Name, classes, height, width, share of wrong decisions of each member, prior of class 1 or none.
CASES = [
    ("three", 2, 19, 23, [0.05, 0.15, 0.3], None), ("five", 2, 30, 31, [0.02, 0.1, 0.1, 0.2, 0.45], None),
    ("prior", 2, 16, 18, [0.1, 0.2, 0.25], 0.2), ("two", 2, 12, 15, [0.1, 0.3], None),
    ("adverse", 2, 20, 20, [0.1, 0.1, 0.15, 0.9], None), ("classes", 4, 40, 41, [0.05, 0.15, 0.3, 0.2], None),
    ("many", 3, 25, 25, [0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.4], None),
]
EARLY = 5


def decisions(name, classes, height, width, errors):
    """The truth in blocks of 5 x 4 pixels, and each member's answer."""
    noise = uniform(f"{name}-truth", -(-height // 5), -(-width // 4))
    blocks = noise.repeat(5, axis=0).repeat(4, axis=1)[:height, :width]
    truth = numpy.floor((blocks + 1) / 2 * classes).astype(int)
    answers = []
    for member, share in enumerate(errors):
        wrong = uniform(f"{name}-wrong-{member}", height, width) < 2 * share - 1
        other = numpy.floor((uniform(f"{name}-other-{member}", height, width) + 1) / 2 * (classes - 1))
        answers.append(numpy.where(wrong, (truth + 1 + other.astype(int)) % classes, truth))
    return numpy.array(answers)


def staple(votes, classes, prior, iterations):
    """Warfield's iterations over all pixels, in products, from the shares of votes as ITK begins."""
    members = len(votes)
    weights = numpy.array([(votes == k).mean(0) for k in range(classes)])
    for _ in range(iterations):
        sums = weights.reshape(classes, -1).sum(1)
        rates = numpy.array([[[(weights[k] * (votes[j] == d)).sum() / sums[k] for d in range(classes)]
                              for k in range(classes)] for j in range(members)])
        weights = numpy.array([prior[k] * numpy.prod([rates[j, k][votes[j]] for j in range(members)], axis=0)
                               for k in range(classes)])
        weights = weights / weights.sum(0)
    return rates, weights


def images(votes):
    return [sitk.GetImageFromArray(v.astype(numpy.uint8)) for v in votes]


entries = []
for name, classes, height, width, errors, given in CASES:
    votes = decisions(name, classes, height, width, errors)
    shares = numpy.array([(votes == k).mean() for k in range(classes)])
    prior = shares if given is None else numpy.array([1 - given, given])
    early, rates_and_weights = staple(votes, classes, prior, EARLY), staple(votes, classes, prior, 3000)
    rates, weights = rates_and_weights
    if classes == 2:
        for limit in (EARLY, 100000):
            itk = sitk.STAPLEImageFilter()
            itk.SetForegroundValue(1)
            itk.SetConfidenceWeight(prior[1] / shares[1])
            itk.SetMaximumIterations(limit)
            found = sitk.GetArrayFromImage(itk.Execute(images(votes)))
            # Stopped by itself, it has made one iteration more than it says.
            made = min(itk.GetElapsedIterations() + 1, limit)
            own, probabilities = staple(votes, classes, prior, made)
            print(name, made, numpy.abs(found - probabilities[1]).max())
            assert numpy.abs(found - probabilities[1]).max() < 1e-11
            assert numpy.abs(numpy.array(itk.GetSensitivity()) - own[:, 1, 1]).max() < 1e-11
            assert numpy.abs(numpy.array(itk.GetSpecificity()) - own[:, 0, 0]).max() < 1e-11
    else:
        itk = sitk.MultiLabelSTAPLEImageFilter()
        itk.SetTerminationUpdateThreshold(0)
        itk.SetMaximumNumberOfIterations(3000)
        itk.SetPriorProbabilities([float(p) for p in prior])
        labels = sitk.GetArrayFromImage(itk.Execute(images(votes)))
        assert (labels == weights.argmax(0)).all()
        for j in range(len(votes)):
            # ITK: rows are decisions (one more for undecided), columns true classes.
            matrix = numpy.array(itk.GetConfusionMatrix(j)).reshape(-1, classes)[:classes].T
            print(name, j, numpy.abs(matrix - rates[j]).max())
            assert numpy.abs(matrix - rates[j]).max() < 1e-11
    # Some pixels will do.
    entries.append({
        "name": name, "classes": classes, "height": height, "width": width, "errors": errors,
        "prior": None if given is None else [1 - given, given], "shares": plain(shares, 15),
        "early": plain(early[0], 12), "earlyProbabilities": plain(early[1].reshape(classes, -1)[:, ::31], 8),
        "rates": plain(rates, 12), "probabilities": plain(weights.reshape(classes, -1)[:, ::31], 8)})
write("staple", entries)
