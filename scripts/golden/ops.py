"""Golden numbers of single operations, by PyTorch in double precision.

    python scripts/golden/ops.py    writes Tests/Fixtures/ops.json
"""

import numpy
import torch
import torch.nn.functional as F

from parity_shared import plain, single, write

entries = []


def tensor(name, *shape, scale=1.0, shift=0.0):
    values = (single(name, *shape) * scale + shift).astype(numpy.float32)
    return torch.tensor(values.astype(numpy.float64), requires_grad=True)


def note(name, output, *inputs):
    """Output, and the gradient of every input for the output gradient `seed`."""
    seed = torch.tensor(single("seed", *output.shape))
    gradients = torch.autograd.grad(output, inputs, seed)
    entries.append({
        "name": name,
        "shape": list(output.shape),
        "output": plain(output.detach()),
        "gradients": [plain(gradient) for gradient in gradients],
    })


x = tensor("x", 2, 3, 6, 5)
w = tensor("w", 4, 3, 3, 3)
b = tensor("b", 4)
note("convolution padding 1", F.conv2d(x, w, b, padding=1), x, w, b)
note("convolution stride 2 padding 2 dilation 2", F.conv2d(x, w, b, stride=2, padding=2, dilation=2), x, w, b)
t = tensor("t", 3, 4, 2, 2)
note("transposed convolution stride 2", F.conv_transpose2d(x, t, b, stride=2), x, t, b)

scale = tensor("scale", 3, scale=0.5, shift=1.0)
shift = tensor("shift", 3)
mean, variance = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
normal = F.batch_norm(x, mean, variance, scale, shift, training=True, momentum=0.1, eps=1e-5)
note("batch norm", normal, x, scale, shift)
note("batch norm relu", F.relu(F.batch_norm(x, None, None, scale, shift, training=True)), x, scale, shift)
entries.append({"name": "running mean", "shape": [3], "output": plain(mean), "gradients": []})
entries.append({"name": "running variance", "shape": [3], "output": plain(variance), "gradients": []})

note("max pool 2", F.max_pool2d(x, 2), x)
note("max pool 3 stride 2 padding 1", F.max_pool2d(x, 3, stride=2, padding=1), x)
note("average pool 2", F.avg_pool2d(x, 2), x)
note("average pool 3 stride 2 padding 1", F.avg_pool2d(x, 3, stride=2, padding=1), x)
note("nearest to 12x10", F.interpolate(x, size=(12, 10), mode="nearest"), x)
note("nearest to 4x7", F.interpolate(x, size=(4, 7), mode="nearest"), x)
note("bilinear to 12x10", F.interpolate(x, size=(12, 10), mode="bilinear", align_corners=False), x)
note("bilinear to 4x7", F.interpolate(x, size=(4, 7), mode="bilinear", align_corners=False), x)
note("aligned to 12x10", F.interpolate(x, size=(12, 10), mode="bilinear", align_corners=True), x)
note("aligned to 4x7", F.interpolate(x, size=(4, 7), mode="bilinear", align_corners=True), x)
note("sigmoid", torch.sigmoid(x * 4), x)
note("softmax", torch.softmax(x * 4, dim=1), x)
write("ops", entries)
