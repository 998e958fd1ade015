"""Reads `aws iot …` commands as a shell and the AWS CLI do: into operations and their members."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore import xform_name
from botocore.model import Shape

from embedded.iot_model import MODEL

_END = "\nend of command\n"
# What the CLI replaces with the contents of a file, or of a page.
_FETCHED = ("file://", "fileb://", "http://", "https://")


@dataclass(frozen=True, slots=True)
class Call:
    operation: str
    members: dict[str, Any]
    region: str | None


def read(commands: Sequence[str]) -> list[Call]:
    """The calls that these commands make; AssertionError for one that the CLI would not take."""
    return [_call(words) for words in split(commands)]


def split(commands: Sequence[str]) -> list[list[str]]:
    """The words that a real shell makes of each command."""
    lines = [f"printf '%s\\0' {command} '{_END}'" for command in commands]
    shell = subprocess.run(
        ["bash", "-eu", "-c", "\n".join(lines)],
        env={},
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert shell.returncode == 0, shell.stderr.decode()
    found: list[list[str]] = [[]]
    for word in shell.stdout.decode().split("\0")[:-1]:
        if word == _END:
            found.append([])
        else:
            found[-1].append(word)
    return found[:-1]


def _call(words: list[str]) -> Call:
    aws, service, command, *rest = words
    assert (aws, service) == ("aws", "iot")
    operation, shapes = _operations()[command]
    members: dict[str, Any] = {}
    region = None
    while rest:
        option = rest.pop(0)
        assert option.startswith("--"), f"{option!r} is where an option is due"
        name = option.removeprefix("--")
        if name in ("region", "cli-input-json", "query"):
            value = rest.pop(0)
            if name == "region":
                region = value
            elif name == "cli-input-json":
                members |= json.loads(value)
        else:
            member, value = _read(name, shapes, rest)
            members[member] = value
    return Call(operation, members, region)


def _read(name: str, shapes: dict[str, tuple[str, Shape]], rest: list[str]) -> tuple[str, Any]:
    """An option for a member of the request. A boolean is two options: `--x` and `--no-x`."""
    if (positive := name.removeprefix("no-")) != name and positive in shapes:
        member, shape = shapes[positive]
        assert shape.type_name == "boolean"
        return member, False
    member, shape = shapes[name]
    if shape.type_name == "boolean":
        return member, True
    texts = [rest.pop(0)]
    while shape.type_name == "list" and rest and not rest[0].startswith("--"):
        texts.append(rest.pop(0))
    for text in texts:
        assert not text.startswith("--"), f"{text!r} reads as an option"
        assert not text.casefold().startswith(_FETCHED), f"{text!r} would be fetched"
    return member, _value(shape, texts)


def _value(shape: Shape, texts: list[str]) -> Any:
    if shape.type_name == "string":
        return texts[0]
    if texts[0].startswith(("{", "[")):
        return json.loads(texts[0])
    if shape.type_name == "list":
        return texts
    pairs = (text.split("=") for text in texts)  # the CLI's shorthand
    return {name: ids.split(",") for name, ids in pairs}


@cache
def _operations() -> dict[str, tuple[str, dict[str, tuple[str, Shape]]]]:
    """Operation, and its members by option, by the name of the CLI's command."""
    found = {}
    for operation in MODEL.operation_names:
        shape = MODEL.operation_model(operation).input_shape
        options = {
            xform_name(name, "-"): (name, member)
            for name, member in getattr(shape, "members", {}).items()
        }
        found[xform_name(operation, "-")] = (operation, options)
    return found
