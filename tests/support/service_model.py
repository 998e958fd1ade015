"""What AWS documents as legal, in botocore's model of the IoT service; and what we do, of reports.

`strict` is our schema that lets nothing else in.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jsonschema
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

from embedded.iot_model import MODEL
from mitigation.kind import TaskType
from tests.support.product import ROOT

_REPORT = (ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8")
DESCRIBE = {kind: f"Describe{kind.capitalize()}MitigationActionsTask" for kind in TaskType}


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    is_object = schema.get("type") == "object" and "properties" in schema
    return schema | ({"additionalProperties": False} if is_object else {})


SCHEMA = json.loads(_REPORT)
strict = jsonschema.Draft202012Validator(json.loads(_REPORT, object_hook=_closed))


def output_shape(operation: str) -> Shape:
    shape: Shape = MODEL.operation_model(operation).output_shape
    return shape


def enum_of(shape_name: str) -> set[str]:
    shape: Any = MODEL.shape_for(shape_name)
    return set(shape.enum)


def members_of(shape_name: str) -> set[str]:
    shape: Any = MODEL.shape_for(shape_name)
    return set(shape.members)


def why_not(operation: str, members: Mapping[str, Any]) -> str:
    """What botocore finds wrong with a request; empty where it is legal."""
    shape = MODEL.operation_model(operation).input_shape
    return str(ParamValidator().validate(dict(members), shape).generate_report())


def largest(shape: Shape, unbounded: int) -> Any:
    """The largest legal value; what AWS gives no bound gets `unbounded` items or 64 characters."""
    match shape:
        case StructureShape():
            return {name: largest(member, unbounded) for name, member in shape.members.items()}
        case ListShape():
            size = shape.metadata.get("max", unbounded)
            return [_nth(largest(shape.member, unbounded), n) for n in range(size)]
        case MapShape():
            key, value = (largest(s, unbounded) for s in (shape.key, shape.value))
            return {_nth(key, n): value for n in range(unbounded)}
        case StringShape() if shape.enum:
            return max(shape.enum, key=len)
        case StringShape():
            plain = "pattern" in shape.metadata or shape.name.endswith("Arn")
            return ("x" if plain else "設") * shape.metadata.get("max", 64)
    values: dict[str, Any] = {"timestamp": datetime.max.replace(tzinfo=UTC), "long": 2**63 - 1}
    return values.get(shape.type_name, True)


def _nth(value: Any, number: int) -> Any:
    """Texts that differ, at the same length."""
    return f"{number}{value}"[: len(value)] if isinstance(value, str) else value
