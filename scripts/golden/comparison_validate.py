"""Checks comparison.json files against the published schema with an independent validator.

    python scripts/golden/comparison_validate.py FILE...
"""
import json
import pathlib
import sys

import jsonschema

folder = pathlib.Path(__file__).resolve().parents[2] / "manifests" / "schema"
schema = json.loads((folder / "comparison-1.schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
for path in sys.argv[1:]:
    jsonschema.Draft202012Validator(schema).validate(json.loads(pathlib.Path(path).read_text()))
    print("valid", path)
