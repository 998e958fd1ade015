"""The published schema of the JSON report, and a strict one that lets nothing else in."""

import json
from typing import Any

import jsonschema

from tests.support.product import ROOT

_TEXT = (ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8")


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    is_object = schema.get("type") == "object" and "properties" in schema
    return schema | ({"additionalProperties": False} if is_object else {})


SCHEMA = json.loads(_TEXT)
strict = jsonschema.Draft202012Validator(json.loads(_TEXT, object_hook=_closed))
