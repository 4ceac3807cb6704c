#!/usr/bin/env python3
"""Checks the JSON Schemas of manifests/schema against manifests, good and bad.

    zoo_validate.py                 the committed samples, and what must be refused
    zoo_validate.py MANIFEST...     manifests that Floe wrote
"""
import copy
import json
import pathlib
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "Tests/Fixtures/zoo"


def validator(kind):
    schema = json.loads((ROOT / f"manifests/schema/{kind}-1.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def objects(value, path=()):
    """Every object in a document but those whose keys are free."""
    if isinstance(value, dict):
        if path and path[-1] in ("hyperparameters", "values"):
            return
        if not (path and path[-1] == "classes"):
            yield path
        for key, inner in value.items():
            yield from objects(inner, path + (key,))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from objects(inner, path + (index,))


def at(document, path):
    for key in path:
        document = document[key]
    return document


def refused(check, document, what):
    assert not check.is_valid(document), f"not refused: {what}"


def edit(document, path, value):
    other = copy.deepcopy(document)
    at(other, path[:-1])[path[-1]] = value
    return other


def main():
    checks = {kind: validator(kind) for kind in ("member", "ensemble", "encoder")}
    files = [pathlib.Path(name) for name in sys.argv[1:]]
    if not files:
        files = sorted(FIXTURES.glob("format-*/*/manifest.json"))
        files += sorted((FIXTURES / "schema").glob("*.json"))
    assert files, "no manifests"
    for file in files:
        document = json.loads(file.read_text())
        kind = document["format"].split("/")[0].removeprefix("floe.")
        checks[kind].validate(document)
        print("valid:", file)
        for path in objects(document):
            # Free trees by class name: only their values are checked.
            if len(path) >= 2 and path[-2] == "classes" and isinstance(path[-1], str):
                continue
            other = copy.deepcopy(document)
            at(other, path)["unexpected"] = 1
            refused(checks[kind], other, f"unknown key in {path}")
    member = json.loads((FIXTURES / "format-1/member/manifest.json").read_text())
    for path, value in [
        (("format",), "floe.member/2"), (("weights", "file"), "../weights.h5"),
        (("weights", "file"), "/weights.h5"), (("weights", "file"), "a/../b"),
        (("weights", "sha256"), "AB"), (("weights", "bytes"), 0),
        (("output", "activation"), "sigmoid"), (("output", "threshold"), 0.5),
        (("output", "classes", 0, "color"), [0, 0, 256]), (("bag", "idsFile"), "ids.txt"),
        (("architecture", "configuration", "encoder"), "resnet18"),
        (("architecture", "configuration", "architecture"), "encoder-unet"),
        (("input", "bands", 0, "deviation"), 0),
        (("input", "sizePolicy"), "resize"), (("input", "size"), [64, 64]),
        (("identity", "created"), "yesterday"),
        (("training", "epochs"), 1.5), (("scores", "outOfBag", "reduction"), "mean"),
    ]:
        refused(checks["member"], edit(member, path, value), f"{path} = {value}")
    computed = ("input", "bands", 1, "computed")
    for value in [
        {"from": "a", "filter": "sobel"}, {"from": "a", "filter": "threshold", "at": 3},
        {"from": "a", "filter": "haar", "subband": "diagonal"},
    ]:
        checks["member"].validate(edit(member, computed, value))
        for key, extra in [("at", 3), ("subband", "vertical")]:
            other = {k: v for k, v in value.items() if k != key}
            if key not in value:
                other[key] = extra
            refused(checks["member"], edit(member, computed, other), f"computed {other}")
    for key in ("identity", "architecture", "input", "output", "weights", "scores", "selfTest"):
        other = copy.deepcopy(member)
        del other[key]
        refused(checks["member"], other, f"no {key}")
    dual = json.loads((FIXTURES / "schema/member-dual.json").read_text())
    for path in [
        ("architecture", "configuration", "dual"), ("architecture", "configuration", "imageHead"),
        ("output", "presenceThreshold"), ("selfTest", "presence"),
    ]:
        other = copy.deepcopy(dual)
        del at(other, path[:-1])[path[-1]]
        refused(checks["member"], other, f"no {path}")
    refused(checks["member"], edit(dual, ("architecture", "configuration", "architecture"), "unet"), "a unet of two")
    print("what must be refused is refused")


if __name__ == "__main__":
    main()
