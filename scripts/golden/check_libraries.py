"""Encoders and networks at their published width, made by the libraries themselves, through Floe.

    KERAS_BACKEND=torch python scripts/golden/check_libraries.py .build/release/floe

Needs torch, torchvision, timm, segmentation_models_pytorch, keras, h5py. Weights are random, running
statistics too, so that nothing hides behind a mean of 0 and a variance of 1. Each library saves or is
saved to HDF5, computes feature maps or logits itself, and Floe computes them from the file.
"""

import pathlib
import subprocess
import sys
import tempfile

import h5py
import keras
import numpy as np
import segmentation_models_pytorch as smp
import timm
import torch
import torchvision

FLOE = pathlib.Path(sys.argv[1]).resolve()
WORST = {}


def error(got, expected):
    return float(np.abs(got.astype(np.float64) - expected).max() / np.abs(expected).max())


def run(*command):
    result = subprocess.run([str(FLOE), *map(str, command)], capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: {result.stderr}")


def randomize(model, seed):
    generator = torch.Generator().manual_seed(seed)
    for name, value in model.state_dict().items():
        if name.endswith("running_mean"):
            value.copy_(torch.randn(value.shape, generator=generator) * 0.1)
        elif name.endswith("running_var"):
            value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
    return model.double().eval()


def save(model, path):
    with h5py.File(path, "w") as file:
        for name, value in model.state_dict().items():
            file[name] = value.float().numpy() if value.is_floating_point() else value.numpy()


def rounded(model):
    with torch.no_grad():
        for value in model.state_dict().values():
            if value.is_floating_point():
                value.copy_(value.float().double())
    return model


def report(label, folder, source, expected, image, member=False):
    np.save(folder / "input.npy", image.astype("f4"))
    name = source
    if member:
        name = folder / "member"
        classes = ",".join(f"class{index}" for index in range(expected["logits"].shape[1]))
        run("zoo", "import", source, "--out", name, "--bands", "r,g,b", "--classes", classes)
    run("encoder", "features", name, folder / "input.npy", "--out", folder / "out.h5")
    with h5py.File(folder / "out.h5") as file:
        worst = max(error(file[key][...], value) for key, value in expected.items())
    print(f"| {label} | {worst:.1e} |", flush=True)
    WORST[label] = worst
    for path in folder.glob("member/*"):
        path.unlink()
    if member:
        name.rmdir()


def torch_features(model, x):
    with torch.no_grad():
        maps = [model.relu(model.bn1(model.conv1(x)))]
        y = model.maxpool(maps[0])
        for stage in (model.layer1, model.layer2, model.layer3, model.layer4):
            y = stage(y)
            maps.append(y)
    return {f"f{i}": m.numpy() for i, m in enumerate(maps, 1)}


def main():
    torch.manual_seed(3)
    image = torch.randn(1, 3, 96, 128).float().double()
    print("| library | largest difference over a map's largest value |\n|---|---|")
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        file = folder / "weights.h5"
        for depth in (18, 34, 50):
            model = rounded(randomize(getattr(torchvision.models, f"resnet{depth}")(weights=None), depth))
            save(model, file)
            report(f"torchvision resnet{depth}", folder, file, torch_features(model, image), image.numpy())
            model = rounded(randomize(timm.create_model(f"resnet{depth}", pretrained=False, features_only=True), depth))
            save(model, file)
            with torch.no_grad():
                maps = {f"f{i}": m.numpy() for i, m in enumerate(model(image), 1)}
            report(f"timm resnet{depth}", folder, file, maps, image.numpy())
            for kind in ("Unet", "UnetPlusPlus"):
                network = getattr(smp, kind)(f"resnet{depth}", encoder_weights=None, classes=3)
                model = rounded(randomize(network, depth))
                save(model, file)
                with torch.no_grad():
                    logits = {"logits": model(image).numpy()}
                    maps = {f"f{i}": m.numpy() for i, m in enumerate(model.encoder(image)[1:], 1)}
                report(f"segmentation_models.pytorch {kind} resnet{depth}, encoder", folder, file, maps, image.numpy())
                report(f"segmentation_models.pytorch {kind} resnet{depth}, whole", folder, file, logits, image.numpy(),
                       member=True)
        x = np.random.default_rng(1).normal(0, 60, (1, 96, 128, 3)).astype("f4")
        for depth, last in ((50, (3, 4, 6, 3)), (101, (3, 4, 23, 3))):
            make = getattr(keras.applications, f"ResNet{depth}")
            model = make(include_top=False, weights=None, input_shape=(96, 128, 3))
            values = np.random.default_rng(depth)
            for layer in model.layers:
                if isinstance(layer, keras.layers.BatchNormalization):
                    size = layer.gamma.shape[0]
                    layer.moving_mean.assign(values.normal(0, 0.1, size))
                    layer.moving_variance.assign(values.uniform(0.5, 1.5, size))
            names = ["conv1_relu"] + [f"conv{stage + 2}_block{count}_out" for stage, count in enumerate(last)]
            maps = keras.Model(model.input, [model.get_layer(name).output for name in names])(x)
            maps = {f"f{i}": np.asarray(keras.ops.convert_to_numpy(m)).transpose(0, 3, 1, 2)
                    for i, m in enumerate(maps, 1)}
            for name in ("weights.weights.h5", "weights.h5", "model.h5"):
                path = folder / f"keras-{name}"
                if name == "model.h5":
                    model.save(path)
                elif name == "weights.h5":
                    from keras.src.legacy.saving import legacy_h5_format
                    with h5py.File(path, "w") as target:
                        legacy_h5_format.save_weights_to_hdf5_group(target, model)
                else:
                    model.save_weights(path)
                report(f"Keras {keras.__version__} ResNet{depth}, {name}", folder, path, maps, x.transpose(0, 3, 1, 2))
                if name == "weights.h5" and depth == 50:
                    round_trip(model, path, folder)
    print(f"\nlargest of all: {max(WORST.values()):.1e}")
    sys.exit(max(WORST.values()) > 1e-4)


def round_trip(model, path, folder):
    """Into Floe, back to Keras' file, and into Keras: the same numbers."""
    before = [np.array(keras.ops.convert_to_numpy(w)) for w in model.weights]
    zoo, back = folder / "zoo", folder / "back.h5"
    run("encoder", "import", path, "--out", zoo)
    run("encoder", "export", zoo, "--dialect", "keras", "--out", back)
    for weight in model.weights:
        weight.assign(np.zeros(weight.shape))
    from keras.src.legacy.saving import legacy_h5_format
    with h5py.File(back) as file:
        legacy_h5_format.load_weights_from_hdf5_group(file, model)
    after = [np.array(keras.ops.convert_to_numpy(w)) for w in model.weights]
    same = all(np.array_equal(a, b) for a, b in zip(before, after))
    print(f"| Keras ResNet50 through Floe and back | {'the same bits' if same else 'DIFFERENT'} |")
    WORST["round trip"] = 0 if same else 1


if __name__ == "__main__":
    main()
