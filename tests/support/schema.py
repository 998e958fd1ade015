"""The published schema of the JSON report, and a strict one that lets nothing else in."""

import json
from pathlib import Path
from typing import Any

import jsonschema

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "report.schema.json").read_text(encoding="utf-8")
)


def _closed(schema: Any) -> Any:
    match schema:
        case {"type": "object", "properties": _}:
            return {k: _closed(v) for k, v in schema.items()} | {"additionalProperties": False}
        case dict():
            return {k: _closed(v) for k, v in schema.items()}
        case list():
            return [_closed(item) for item in schema]
    return schema


published = jsonschema.Draft202012Validator(SCHEMA)
strict = jsonschema.Draft202012Validator(_closed(SCHEMA))
