"""The template's parameters, as a person gives them on the command line: NAME=VALUE."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from embedded.process import ROOT


class BadParameter(Exception):  # noqa: N818  reads as what happened
    """One line for the person who gave it."""


def read_parameters(given: Iterable[str]) -> dict[str, str]:
    """The values by name; raises BadParameter for what CloudFormation would not take."""
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    known: Mapping[str, Any] = yaml_parse(template)["Parameters"]
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise BadParameter(f"--parameter {text}: expected NAME=VALUE")
        if name not in known:
            names = ", ".join(sorted(known))
            raise BadParameter(f"--parameter {name}: unknown; expected one of {names}")
        if expected := why_not(known[name], value):
            raise BadParameter(f"--parameter {name}: {expected}, got {value!r}")
        found[name] = value
    return found


def why_not(parameter: Mapping[str, Any], value: str) -> str | None:
    """What CloudFormation would expect in place of this value; None where it takes it."""
    allowed = [str(each) for each in parameter.get("AllowedValues", [])]
    if allowed and value not in allowed:
        return f"expected one of {' | '.join(allowed)}"
    if parameter["Type"] == "Number" and not _is_number(value, parameter):
        bounds = [str(parameter[name]) for name in ("MinValue", "MaxValue") if name in parameter]
        return f"expected a number{' from ' if bounds else ''}{' to '.join(bounds)}"
    longest = parameter.get("MaxLength", len(value))
    if len(value) > longest or not re.fullmatch(parameter.get("AllowedPattern", "(?s:.*)"), value):
        return str(parameter.get("ConstraintDescription", "")).rstrip(".") or "not allowed"
    return None


def _is_number(value: str, parameter: Mapping[str, Any]) -> bool:
    try:
        number = float(value)
    except ValueError:
        return False
    least, most = parameter.get("MinValue", number), parameter.get("MaxValue", number)
    return float(least) <= number <= float(most)
