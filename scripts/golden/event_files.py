"""Event files as TensorBoard's own writer makes them (pip install tensorboard; no TensorFlow).

    python scripts/golden/event_files.py    writes Tests/Fixtures/event-files.json

Each entry: what the event says, its protocol buffer, and the record in the file.
"""

import io

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.record_writer import RecordWriter

from parity_shared import write

WALL_TIME = 1760000000.25
# No picture: whatever bytes stand there are passed through.
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200)) * 2


def scalars(step, values):
    event = Event(wall_time=WALL_TIME, step=step)
    for tag, value in values.items():
        event.summary.value.add(tag=tag, simple_value=value)
    return event


def image(step, tag):
    event = Event(wall_time=WALL_TIME, step=step)
    value = event.summary.value.add(tag=tag)
    value.image.height, value.image.width, value.image.colorspace = 160, 300, 3
    value.image.encoded_image_string = PNG
    return event


def entry(name, event):
    data = event.SerializeToString(deterministic=True)
    file = io.BytesIO()
    RecordWriter(file).write(data)
    return {"name": name, "data": data.hex(), "record": file.getvalue().hex()}


write("event-files", [
    entry("version", Event(wall_time=WALL_TIME, file_version="brain.Event:2")),
    entry("scalars", scalars(300, {"loss/training": 0.1, "validation/dice": 1.0, "training/rate": 0.0,
                                   "loss/validation": -3.4028234e38})),
    entry("large step", scalars(2**40 + 1, {"loss/step": 1e-45})),
    entry("image", image(0, "validation-1 größe_a@0,16/image")),
])
