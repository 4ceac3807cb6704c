"""Golden weights after 20 steps of every optimiser, by PyTorch in double precision.

    python scripts/golden/optimizers.py    writes Tests/Fixtures/optimizers.json

The gradient of a step depends on the weights as well, and the rate falls after ten steps.
"""

import numpy
import torch

from parity_shared import plain, single, write

SHAPES = {"kernel": (4, 3, 3, 3), "bias": (5,), "wide": (7, 2, 1, 1)}
STEPS = 20

RULES = [
    ("sgd", torch.optim.SGD, dict(momentum=0.0)),
    ("sgd momentum", torch.optim.SGD, dict(momentum=0.9)),
    ("sgd nesterov", torch.optim.SGD, dict(momentum=0.9, nesterov=True)),
    ("sgd decay", torch.optim.SGD, dict(momentum=0.9, weight_decay=0.05)),
    ("sgd nesterov decay", torch.optim.SGD, dict(momentum=0.8, nesterov=True, weight_decay=0.01)),
    ("adam", torch.optim.Adam, dict(betas=(0.9, 0.999), eps=1e-8)),
    ("adam decay", torch.optim.Adam, dict(betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1)),
    ("adam other", torch.optim.Adam, dict(betas=(0.8, 0.99), eps=1e-3)),
]

entries = []
for name, kind, options in RULES:
    start = 0.01
    weights = [
        torch.tensor((single(key, *shape) * start).astype(numpy.float32).astype(numpy.float64), requires_grad=True)
        for key, shape in SHAPES.items()]
    rate = 0.01
    optimizer = kind(weights, lr=rate, **options)
    for step in range(STEPS):
        if step == 10:
            optimizer.param_groups[0]["lr"] = rate / 4
        for (key, shape), weight in zip(SHAPES.items(), weights):
            noise = torch.tensor(single(f"{key}/{step}", *shape) * 0.1)
            weight.grad = noise + 0.5 * weight.detach()
        optimizer.step()
    remembered = {}
    for slot, key in (("velocity", "momentum_buffer"), ("first", "exp_avg"), ("second", "exp_avg_sq")):
        if optimizer.state[weights[0]].get(key) is not None:
            remembered[slot] = [plain(optimizer.state[weight][key]) for weight in weights]
    entries.append({
        "name": name, "rate": rate, "start": start,
        "momentum": options.get("momentum"), "nesterov": options.get("nesterov", False),
        "weightDecay": options.get("weight_decay", 0.0),
        "betas": list(options.get("betas", [])), "epsilon": options.get("eps"),
        "weights": [plain(weight.detach()) for weight in weights],
        "moments": remembered,
    })
write("optimizers", entries)
