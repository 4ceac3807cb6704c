"""Golden learning rates of 50 epochs by every scheduler, and averages of weights, by PyTorch.

    python scripts/golden/schedules.py    writes Tests/Fixtures/schedules.json and averages.json
"""

import warnings

import numpy
import torch
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel

from parity_shared import single, uniform, write

EPOCHS = 50
RATE = 0.02
warnings.filterwarnings("ignore")


def optimizer():
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE)


def rates(make, warm_up=0, start=1 / 3, scores=None):
    """The rate that every epoch is trained with."""
    sgd = optimizer()
    if warm_up:
        rise = lr_scheduler.LinearLR(sgd, start_factor=start, total_iters=warm_up)
        scheduler = lr_scheduler.SequentialLR(sgd, [rise, make(sgd, EPOCHS - warm_up)], milestones=[warm_up])
    else:
        scheduler = make(sgd, EPOCHS)
    result = []
    for epoch in range(EPOCHS):
        result.append(sgd.param_groups[0]["lr"])
        sgd.step()
        if scores is None:
            scheduler.step()
        else:
            scheduler.step(scores[epoch])
    return result


entries = []


def entry(name, options, make, scores=None, **more):
    entries.append({
        "name": name, "rate": RATE, **options, **more,
        "scores": scores, "rates": rates(make, scores=scores, **{
            key: value for key, value in (("warm_up", more.get("warmUp", 0)), ("start", more.get("warmUpStart", 1 / 3)))})})


PURE = [
    ("step", dict(every=7, factor=0.5), lambda o, n: lr_scheduler.StepLR(o, 7, 0.5)),
    ("cosine", dict(minimum=0.0), lambda o, n: lr_scheduler.CosineAnnealingLR(o, n)),
    ("cosine", dict(minimum=0.003), lambda o, n: lr_scheduler.CosineAnnealingLR(o, n, 0.003)),
    ("warm-restarts", dict(period=6, growth=1, minimum=0.0),
     lambda o, n: lr_scheduler.CosineAnnealingWarmRestarts(o, 6, 1)),
    ("warm-restarts", dict(period=3, growth=2, minimum=0.001),
     lambda o, n: lr_scheduler.CosineAnnealingWarmRestarts(o, 3, 2, 0.001)),
    ("polynomial", dict(power=1.0), lambda o, n: lr_scheduler.PolynomialLR(o, n, 1.0)),
    ("polynomial", dict(power=0.9), lambda o, n: lr_scheduler.PolynomialLR(o, n, 0.9)),
    ("constant", {}, lambda o, n: lr_scheduler.ConstantLR(o, 1.0, n)),
]
for name, options, make in PURE:
    entry(name, options, make)
    entry(name, options, make, warmUp=5, warmUpStart=0.1)

falling = [float(1 / (1 + epoch)) if epoch < 9 else float(0.1 + 0.02 * noise)
           for epoch, noise in enumerate(uniform("plateau", EPOCHS))]
rising = [1 - 0.8 * score for score in falling]
crawling = [1 - 1e-5 * epoch for epoch in range(EPOCHS)]
for scores, mode, options in [
    (falling, "min", dict(factor=0.5, patience=3, threshold=1e-4, minimum=0.0)),
    (falling, "min", dict(factor=0.1, patience=0, threshold=0.1, minimum=0.0005)),
    (rising, "max", dict(factor=0.3, patience=2, threshold=1e-3, minimum=0.0)),
    (crawling, "min", dict(factor=0.1, patience=4, threshold=1e-4, minimum=0.0)),
    ([float("nan")] * 4 + rising[4:], "max", dict(factor=0.5, patience=2, threshold=1e-4, minimum=0.0)),
]:
    def make(o, n, mode=mode, options=options):
        return lr_scheduler.ReduceLROnPlateau(
            o, mode, factor=options["factor"], patience=options["patience"],
            threshold=options["threshold"], min_lr=options["minimum"])
    entry("plateau", options, make, scores=scores, mode=mode)
    # JSON has no NaN.
    entries[-1]["scores"] = [None if numpy.isnan(score) else score for score in scores]
write("schedules", entries)


class Leaf(torch.nn.Module):
    """A parameter and a running statistic."""

    def __init__(self, weight, mean):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(weight))
        self.register_buffer("mean", torch.tensor(mean))


averages = []
for decay in (0.999, 0.7, 0.2):
    network = Leaf(single("start", 6, 4), single("mean", 6))
    steps = 0

    def towards(average, current, _):
        kept = min(decay, (1 + steps) / (10 + steps))
        return kept * average + (1 - kept) * current

    average = AveragedModel(network, avg_fn=towards, use_buffers=True)
    # PyTorch's first update is a copy; Floe's average starts as the network does.
    average.update_parameters(network)
    for step in range(30):
        with torch.no_grad():
            network.weight.copy_(torch.tensor(single(f"weight/{step}", 6, 4)))
            network.mean.copy_(torch.tensor(single(f"mean/{step}", 6)))
        average.update_parameters(network)
        steps += 1
    averages.append({
        "decay": decay, "weight": average.module.weight.detach().ravel().tolist(),
        "mean": average.module.mean.ravel().tolist()})
write("averages", averages)
