"""Times steps of one network in one peer framework, as `floe bench` times them in Floe.

    python Benchmarks/peers/peer.py PEER train|predict MODEL CxHxW BATCH [STEPS]

PEER is torch-eager, torch-channels-last, torch-compiled, onnxruntime or openvino (the last two
predict only). MODEL is unet-resnet18, unet-resnet34, unet-resnet50, unetplusplus-resnet34
(segmentation_models.pytorch) or unet:BASE[:LEVELS] (milesial's U-Net). A training step is: zero gradients, forward, BCE with logits,
backward, Adam. Prints one line of JSON: seconds of every step, peak memory, versions.
"""

import json
import os
import resource
import statistics
import sys
import tempfile
import time

THREADS = int(os.environ.get("FLOE_BENCH_THREADS", os.cpu_count()))
os.environ["OMP_NUM_THREADS"] = str(THREADS)

import torch  # noqa: E402
from torch import nn  # noqa: E402

WARM_UP = 3


def double(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class UNet(nn.Module):
    def __init__(self, bands, base, levels):
        super().__init__()
        widths = [base << level for level in range(levels + 1)]
        self.inc = double(bands, base)
        self.down = nn.ModuleList(double(a, b) for a, b in zip(widths, widths[1:]))
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, b // 2, 2, 2) for b in widths[:0:-1])
        self.conv = nn.ModuleList(double(b, b // 2) for b in widths[:0:-1])
        self.outc = nn.Conv2d(base, 1, 1)

    def forward(self, x):
        maps = [self.inc(x)]
        for block in self.down:
            maps.append(block(nn.functional.max_pool2d(maps[-1], 2)))
        x = maps.pop()
        for up, conv in zip(self.up, self.conv):
            x = conv(torch.cat([maps.pop(), up(x)], 1))
        return self.outc(x)


def network(name, bands):
    if name.startswith("unet:"):
        parts = [int(part) for part in name.split(":")[1:]]
        return UNet(bands, parts[0], parts[1] if len(parts) > 1 else 4)
    import segmentation_models_pytorch as smp
    architecture = smp.UnetPlusPlus if name.startswith("unetplusplus-") else smp.Unet
    return architecture(name.split("-", 1)[1], encoder_weights=None, in_channels=bands)


def torch_step(peer, task, model, image):
    target = (torch.rand(image.shape[0], 1, *image.shape[2:]) > 0.5).float()
    if peer == "torch-channels-last":
        model = model.to(memory_format=torch.channels_last)
        image = image.to(memory_format=torch.channels_last)
    model.train(task == "train")
    optimizer = torch.optim.Adam(model.parameters(), 1e-4)
    loss = nn.BCEWithLogitsLoss()
    run = torch.compile(model) if peer == "torch-compiled" else model

    def train():
        optimizer.zero_grad()
        loss(run(image), target).backward()
        optimizer.step()

    def predict():
        with torch.inference_mode():
            run(image)

    return (train if task == "train" else predict), f"PyTorch {torch.__version__}"


def exported(model, image):
    path = os.path.join(tempfile.mkdtemp(prefix="floe-bench-"), "model.onnx")
    torch.onnx.export(model.eval(), (image,), path, input_names=["x"], output_names=["y"], dynamo=False)
    return path


def onnxruntime_step(model, image):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(exported(model, image), options, providers=["CPUExecutionProvider"])
    array = image.numpy()
    return (lambda: session.run(None, {"x": array})), f"ONNX Runtime {onnxruntime.__version__}"


def openvino_step(model, image):
    import openvino
    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": THREADS, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    request = core.compile_model(exported(model, image), "CPU", settings).create_infer_request()
    array = image.numpy()
    return (lambda: request.infer({0: array})), f"OpenVINO {openvino.__version__.split('-')[0]}"


def peak_bytes():
    """Largest resident memory of the process so far."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main():
    peer, task, name, size, batch = sys.argv[1:6]
    steps = int(sys.argv[6]) if len(sys.argv) > 6 else 7
    torch.set_num_threads(THREADS)
    torch.manual_seed(1)
    bands, height, width = map(int, size.split("x"))
    model = network(name, bands)
    image = torch.rand(int(batch), bands, height, width)
    if peer.startswith("torch-"):
        step, version = torch_step(peer, task, model, image)
    else:
        make = {"onnxruntime": onnxruntime_step, "openvino": openvino_step}[peer]
        step, version = make(model, image)
    for _ in range(WARM_UP):
        step()
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({
        "peer": peer, "version": version, "seconds": seconds, "median_s": statistics.median(seconds),
        "min_s": min(seconds), "peak_rss_bytes": peak_bytes()}))


if __name__ == "__main__":
    main()
