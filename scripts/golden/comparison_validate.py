"""Checks what floe compare, ensemble build and ensemble fit wrote against the published schemas with an
independent validator: comparison.json, NAME.out-of-bag.json and ensemble manifests, told apart by their format.

    python scripts/golden/comparison_validate.py FILE...
"""
import json
import pathlib
import sys

import jsonschema

folder = pathlib.Path(__file__).resolve().parents[2] / "manifests" / "schema"
validators = {}
for kind in ["comparison", "out-of-bag", "ensemble"]:
    schema = json.loads((folder / f"{kind}-1.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validators[f"floe.{kind}/1"] = jsonschema.Draft202012Validator(schema)
for path in sys.argv[1:]:
    document = json.loads(pathlib.Path(path).read_text())
    validators[document["format"]].validate(document)
    print("valid", path)
