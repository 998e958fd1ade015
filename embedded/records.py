"""What the engine's process saw, told to the launcher through one file of JSON lines.

A file needs no protocol and no thread, and knows no race: a line is written before the call that
it records is answered, so whoever sees the answer also finds the line.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Recorder:
    """Appends to the file; one `write` a line, so threads don't mix."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def add(self, kind: str, record: Mapping[str, Any]) -> None:
        os.write(self._file, json.dumps({"kind": kind, **record}).encode() + b"\n")


def read(path: Path, kind: str) -> list[dict[str, Any]]:
    """The records of one kind, oldest first, without their `kind`."""
    if not path.exists():
        return []
    found = []
    for line in path.read_bytes().splitlines():
        record = json.loads(line)
        if record.pop("kind") == kind:
            found.append(record)
    return found
