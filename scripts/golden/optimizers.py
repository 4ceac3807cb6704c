"""Golden weights after 30 steps of every optimiser, by PyTorch (Lion: lion_pytorch) in double precision.

    python scripts/golden/optimizers.py    writes Tests/Fixtures/optimizers.json

The gradient of a step depends on the weights as well, and the rate falls after ten steps. The last
entries clip their gradients, or leave parameters of one axis without weight decay.
"""

import lion_pytorch
import numpy
import torch

from parity_shared import plain, single, write

SHAPES = {"kernel": (2, 3, 2, 2), "bias": (5,), "wide": (7, 2, 1, 1)}
STEPS = 30
ADAM = dict(betas=(0.9, 0.999), eps=1e-8)
LION = dict(betas=(0.9, 0.99))

RULES = [
    ("sgd", torch.optim.SGD, dict(momentum=0.0)),
    ("sgd momentum", torch.optim.SGD, dict(momentum=0.9)),
    ("sgd nesterov", torch.optim.SGD, dict(momentum=0.9, nesterov=True)),
    ("sgd decay", torch.optim.SGD, dict(momentum=0.9, weight_decay=0.05)),
    ("sgd nesterov decay", torch.optim.SGD, dict(momentum=0.8, nesterov=True, weight_decay=0.01)),
    ("adam", torch.optim.Adam, ADAM),
    ("adam decay", torch.optim.Adam, dict(weight_decay=0.1, **ADAM)),
    ("adam other", torch.optim.Adam, dict(betas=(0.8, 0.99), eps=1e-3)),
    ("adamw", torch.optim.AdamW, dict(weight_decay=0.0, **ADAM)),
    ("adamw decay", torch.optim.AdamW, dict(weight_decay=0.5, **ADAM)),
    ("adamw other", torch.optim.AdamW, dict(betas=(0.8, 0.99), eps=1e-3, weight_decay=0.1)),
    # The variance is known well enough from step 6 on with 0.999, and never with 0.6.
    ("radam", torch.optim.RAdam, ADAM),
    ("radam decay", torch.optim.RAdam, dict(weight_decay=0.1, **ADAM)),
    ("radam other", torch.optim.RAdam, dict(betas=(0.8, 0.95), eps=1e-3, weight_decay=0.01)),
    ("radam never", torch.optim.RAdam, dict(betas=(0.9, 0.6), eps=1e-8)),
    ("lion", lion_pytorch.Lion, LION),
    ("lion decay", lion_pytorch.Lion, dict(weight_decay=0.5, **LION)),
    ("lion other", lion_pytorch.Lion, dict(betas=(0.95, 0.98), weight_decay=0.1)),
]
# Name, rule, options, largest norm, largest value, whether biases decay.
MORE = [
    ("adam norm", torch.optim.Adam, ADAM, 0.2, None, True),
    ("sgd norm", torch.optim.SGD, dict(momentum=0.9), 0.4, None, True),
    ("sgd value", torch.optim.SGD, dict(momentum=0.9), None, 0.05, True),
    ("sgd norm value", torch.optim.SGD, dict(momentum=0.9), 0.4, 0.03, True),
    ("adamw norms stay", torch.optim.AdamW, dict(weight_decay=0.5, **ADAM), None, None, False),
    ("lion norms stay", lion_pytorch.Lion, dict(weight_decay=0.5, **LION), None, None, False),
]
SLOTS = {"velocity": "momentum_buffer", "first": "exp_avg", "second": "exp_avg_sq"}

entries = []
for name, kind, options, norm, value, decays_norms in [(*rule, None, None, True) for rule in RULES] + MORE:
    start = 0.01
    weights = [
        torch.tensor((single(key, *shape) * start).astype(numpy.float32).astype(numpy.float64), requires_grad=True)
        for key, shape in SHAPES.items()]
    rate = 0.01
    groups = [dict(params=[weight]) for weight in weights]
    if not decays_norms:
        groups[1]["weight_decay"] = 0.0
    optimizer = kind(groups, lr=rate, **options)
    for step in range(STEPS):
        if step == 10:
            for group in optimizer.param_groups:
                group["lr"] = rate / 4
        for (key, shape), weight in zip(SHAPES.items(), weights):
            noise = torch.tensor(single(f"{key}/{step}", *shape) * 0.1)
            weight.grad = noise + 0.5 * weight.detach()
        if norm is not None:
            torch.nn.utils.clip_grad_norm_(weights, norm)
        if value is not None:
            torch.nn.utils.clip_grad_value_(weights, value)
        optimizer.step()
    remembered = {}
    for slot, key in SLOTS.items():
        if optimizer.state[weights[0]].get(key) is not None:
            slot = "momentum" if kind is lion_pytorch.Lion else slot
            remembered[slot] = [plain(optimizer.state[weight][key]) for weight in weights]
    entries.append({
        "name": name, "rule": kind.__name__.lower(), "rate": rate, "start": start,
        "momentum": options.get("momentum"), "nesterov": options.get("nesterov", False),
        "weightDecay": options.get("weight_decay", 0.0),
        "betas": list(options.get("betas", [])), "epsilon": options.get("eps"),
        "clipNorm": norm, "clipValue": value, "decaysNorms": decays_norms,
        "weights": [plain(weight.detach()) for weight in weights],
        "moments": remembered,
    })
write("optimizers", entries)
