"""Reads a run's event files with TensorBoard's own reader and compares them with metrics.csv.

    python scripts/golden/check_event_files.py RUN    needs: pip install tensorboard pillow

Exits with 1 where a curve is not the column of the table as single precision, or where a picture is no
PNG of the size that it says.
"""

import collections
import csv
import io
import pathlib
import sys

import numpy
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import IMAGES, SCALARS, EventAccumulator

CURVES = {
    "training_loss": "loss/training",
    "validation_loss": "loss/validation",
    "validation_dice": "validation/dice",
    "validation_iou": "validation/iou",
    "validation_accuracy": "validation/accuracy",
    "rate": "training/rate",
    "seconds": "training/seconds",
}

run = pathlib.Path(sys.argv[1])
members = collections.defaultdict(list)
with open(run / "metrics.csv", newline="") as file:
    for row in csv.DictReader(file):
        members[int(row["member"])].append(row)

problems = []
for member, rows in sorted(members.items()):
    folder = run / "tensorboard" / f"member-{member:03}"
    reader = EventAccumulator(str(folder), size_guidance={SCALARS: 0, IMAGES: 0})
    reader.Reload()
    tags = reader.Tags()
    points = 0
    for column, tag in CURVES.items():
        expected = [(int(row["epoch"]), float(numpy.float32(row[column]))) for row in rows if row[column]]
        found = [(point.step, point.value) for point in reader.Scalars(tag)] if tag in tags["scalars"] else []
        points += len(found)
        if found != expected:
            problems.append(f"{folder}: {tag} is not the column {column}: {found} {expected}")
    steps = [point.step for point in reader.Scalars("loss/step")] if "loss/step" in tags["scalars"] else []
    if steps != sorted(set(steps)):
        problems.append(f"{folder}: steps of loss/step are not in order: {steps}")
    pictures = 0
    for tag in tags["images"]:
        seen = reader.Images(tag)
        pictures += len(seen)
        if len({image.step for image in seen}) != len(seen):
            problems.append(f"{folder}: {tag} twice at a step")
        for image in seen:
            decoded = Image.open(io.BytesIO(image.encoded_image_string))
            decoded.load()
            if (decoded.format, decoded.mode, decoded.size) != ("PNG", "RGB", (image.width, image.height)):
                problems.append(f"{folder}: {tag} is {decoded.format} {decoded.mode} {decoded.size}")
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"member {member}: {len(rows)} epochs, {points} points of {len(CURVES)} curves, {len(steps)} steps, "
          f"{pictures} pictures of {len(tags['images'])} tags, {size} bytes")
    print("  " + " ".join(tags["scalars"] + tags["images"]))

for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(1 if problems or not members else 0)
