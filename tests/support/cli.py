"""Reads `aws iot …` commands as a shell and the AWS CLI do: into operations and their members."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from typing import Any

from botocore import xform_name
from botocore.model import Shape

from embedded.iot_model import MODEL

_END = "\nend of command\n"
# What the CLI replaces with the contents of a file, or of a page.
_FETCHED = ("file://", "fileb://", "http://", "https://")

type Options = dict[str, tuple[str, Shape]]


@dataclass(frozen=True, slots=True)
class Call:
    operation: str
    members: dict[str, Any]
    region: str | None


def read(commands: Sequence[str]) -> list[Call]:
    """The calls that these commands make; an exception for one that the CLI would not take."""
    return [_call(words) for words in split(commands)]


def split(commands: Sequence[str]) -> list[list[str]]:
    """The words that a real shell makes of each command."""
    lines = [f"printf '%s\\0' {command} '{_END}'" for command in commands]
    script = ["bash", "-eu", "-c", "\n".join(lines)]
    shell = subprocess.run(script, env={}, capture_output=True, check=False, timeout=30)
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
    operation, options = _operations()[command]
    members: dict[str, Any] = {}
    region = None
    for name, texts in _given(rest):
        match name:
            case "region":
                [region] = texts
            case "cli-input-json":
                members |= json.loads(*texts)
            case "query":
                pass
            case _:
                member, shape = options.get(name) or options[name.removeprefix("no-")]
                members[member] = _value(name, shape, texts)
    return Call(operation, members, region)


def _given(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each option, and the values up to the next one."""
    while words:
        option, *words = words
        assert option.startswith("--"), f"{option!r} is where an option is due"
        texts = [*takewhile(lambda word: not word.startswith("--"), words)]
        for text in texts:
            assert not text.casefold().startswith(_FETCHED), f"{text!r} would be fetched"
        yield option.removeprefix("--"), texts
        words = words[len(texts) :]


def _value(name: str, shape: Shape, texts: list[str]) -> Any:
    if shape.type_name == "boolean":
        assert not texts
        return not name.startswith("no-")
    if shape.type_name == "list" and not texts[0].startswith(("{", "[")):
        return texts
    [text] = texts
    if shape.type_name == "string":
        return text
    if text.startswith(("{", "[")):
        return json.loads(text)
    pairs = (pair.split("=") for pair in texts)  # the CLI's shorthand
    return {member: ids.split(",") for member, ids in pairs}


@cache
def _operations() -> dict[str, tuple[str, Options]]:
    """Operation, and its members by option, by the name of the CLI's command."""
    found = {}
    for operation in MODEL.operation_names:
        shape = MODEL.operation_model(operation).input_shape
        members = getattr(shape, "members", {}).items()
        options = {xform_name(name, "-"): (name, member) for name, member in members}
        found[xform_name(operation, "-")] = (operation, options)
    return found
