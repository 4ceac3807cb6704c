"""Members written by Floe against PyTorch: train a member for one epoch, read its weights with h5py
into PyTorch, and compare what both say of one image.

    python scripts/golden/parity_members.py .build/release/floe

`floe predict --probabilities` writes float32 probabilities; they are turned back into logits, so
the image is chosen by the training to stay away from certainty. The bound is 1e-4 of the largest
logit.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import tifffile
import torch

import parity

RECIPE = """
data:
  root: {data}
  images:
    - {{files: "*_vis.tiff", bands: [red, green, blue]}}
    - {{files: "*_sar.tiff", bands: [sar]}}
  masks: {{files: "*_ref.tiff", values: {{0: background, 1: ice}}}}
  classes: ice
  size: [96, 96]
  split: {{train: 4, validation: 1, test: 1}}
model: {model}
optimizer: {{rate: 1e-4}}
training: {{epochs: 1, batch: 2}}
bagging: {{members: 1}}
"""


def main():
    floe = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        subprocess.run([floe, "data", "synth", "--out", work / "data", "--count", "6", "-q"], check=True,
                       stdout=subprocess.DEVNULL)
        for model in ["unet:64", "unet:32:4:bilinear", "unet-resnet18", "unet-resnet34", "unet-resnet50"]:
            run = work / model.replace(":", "-")
            recipe = work / "recipe.yaml"
            recipe.write_text(RECIPE.format(data=work / "data", model=model))
            subprocess.run([floe, "train", recipe, "--out", run, "-q"], check=True, stdout=subprocess.DEVNULL)
            member = run / "member-000"
            manifest = json.loads((member / "manifest.json").read_text())
            bands = manifest["input"]["bands"]
            stream = numpy.random.default_rng(1)
            image = numpy.stack([stream.normal(b["mean"], b["deviation"], (96, 96)) for b in bands])
            image = image.astype(numpy.float32)
            tifffile.imwrite(work / "scene.tiff", image, planarconfig="separate", photometric="minisblack")
            subprocess.run([floe, "predict", member / "manifest.json", work / "scene.tiff", "--probabilities",
                            "--out", run / "out", "-q"], check=True, stdout=subprocess.DEVNULL)
            p = tifffile.imread(run / "out" / "scene_probabilities.tiff").astype(numpy.float64)
            floe_logits = numpy.log(p / (1 - p)).reshape(96, 96)

            network = parity.named(model, member / "weights.h5")
            parity.load_weights(member / "weights.h5", network)
            mean = numpy.array([b["mean"] for b in bands]).reshape(-1, 1, 1)
            deviation = numpy.array([b["deviation"] for b in bands]).reshape(-1, 1, 1)
            with torch.no_grad():
                logits = network.double().eval()(torch.tensor(((image - mean) / deviation)[None])).numpy()[0, 0]
            error = numpy.abs(logits - floe_logits).max() / numpy.abs(logits).max()
            print(f"{model}: largest logit {numpy.abs(logits).max():.3f}, largest difference over it {error:.2e}")
            assert error < 1e-4


main()
