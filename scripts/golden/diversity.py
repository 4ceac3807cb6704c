"""How pairs of drawn members differ, by numpy and scikit-learn.

    python scripts/golden/diversity.py    writes Tests/Fixtures/diversity.json

Made with numpy 2.4.6, scikit-learn 1.9.1. Decisions come from the hash that Swift shares. The correlation
is scikit-learn's Matthews coefficient of the two members' being right, Q is 2 x 2 arithmetic, the rest are
means over pixels.
"""

import numpy
from sklearn.metrics import matthews_corrcoef

from parity_shared import uniform, write

# Name, classes, pixels, share of errors that the two members have in common, own errors, ignored.
CASES = [
    ("binary", 2, 400, 0.1, 0.1, 0.1), ("multiclass", 5, 700, 0.2, 0.2, 0.1), ("few", 3, 9, 0.3, 0.3, 0),
    ("opposed", 2, 60, 0, 0.5, 0), ("identical", 4, 80, 0.4, 0, 0.2), ("perfect", 3, 50, 0, 0, 0),
    ("one-perfect", 3, 90, 0, None, 0),
]


def draw(name, classes, pixels):
    return numpy.floor((uniform(name, pixels) + 1) / 2 * classes).astype(int)


def chance(name, pixels, share):
    return uniform(name, pixels) < 2 * share - 1


def decisions(name, classes, pixels, common, own):
    """Two members: the truth, but for errors in common and errors of their own."""
    truth = draw(f"{name}-truth", classes, pixels)
    shared = numpy.where(
        chance(f"{name}-common", pixels, common), draw(f"{name}-other", classes, pixels), truth)
    members = []
    for member in range(2):
        share = (0.0 if member == 0 else 0.3) if own is None else own
        members.append(numpy.where(
            chance(f"{name}-own-{member}", pixels, share), draw(f"{name}-own-other-{member}", classes, pixels),
            shared))
    return truth, members[0], members[1]


def ratio(numerator, denominator):
    return None if denominator == 0 else float(numerator / denominator)


entries = []
for name, classes, pixels, common, own, ignored in CASES:
    truth, first, second = decisions(name, classes, pixels, common, own)
    known = ~chance(f"{name}-ignored", pixels, ignored)
    truth, first, second = truth[known], first[known], second[known]
    one, other = first == truth, second == truth
    a, b, c = (one & other).sum(), (one & ~other).sum(), (~one & other).sum()
    d = (~one & ~other).sum()
    constant = one.all() or other.all() or not one.any() or not other.any()
    entries.append({
        "name": name, "classes": classes, "pixels": pixels, "common": common,
        "own": [0.0, 0.3] if own is None else [own, own], "ignored": ignored,
        "counts": [int(a), int(b), int(c), int((~one & ~other & (first == second)).sum()),
                   int((~one & ~other & (first != second)).sum())],
        "differing": float((first != second).mean()), "disagreement": float((one != other).mean()),
        "doubleFault": float((~one & ~other).mean()), "yulesQ": ratio(a * d - b * c, a * d + b * c),
        "correlation": None if constant else float(matthews_corrcoef(one, other)),
    })
    print(entries[-1])
write("diversity", entries)
