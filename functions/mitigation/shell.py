"""AWS CLI commands as text that pastes and runs in any POSIX shell, whatever the names in it hold.

Names that are more than plain words go through `--cli-input-json` in ASCII: so neither the shell
nor the CLI (which reads `file://…` values from disk) nor a terminal finds anything to act on. What
a loop reads at run time comes from the CLI as JSON for the next call, or is an id, and is quoted.
"""

import json
import re
import shlex
from collections.abc import Mapping
from typing import NamedTuple

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:/-]*")
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_FILE = re.compile(r"(file|fileb|https?)://", re.IGNORECASE)


class Loop(NamedTuple):
    """`source` prints a line for each round, which `reads` into variables; `body` is run in it."""

    source: str
    reads: str
    body: str

    def __str__(self) -> str:
        body = "\n".join(f"  {line}" for line in self.body.split("\n"))
        return f"{self.source} |\nwhile read -r {self.reads}; do\n{body}\ndone"


def is_id(text: str | None) -> bool:
    """Whether it can stand in a query, and in a loop, as it is."""
    return bool(text and _ID.fullmatch(text))


def unique(source: str) -> str:
    return f"{source} | sort -u"


def lines(texts: tuple[str, ...] | list[str]) -> str:
    """Prints each of these ids on a line."""
    return f"printf '%s\\n' {' '.join(texts)}"


class Cli(NamedTuple):
    """`aws iot` in this region; None: in the one that whoever pastes it has configured."""

    region: str | None = None

    def call(self, operation: str, members: Mapping[str, object], extra: str = "") -> str:
        """The command for the members of the request, by their names in the API."""
        words = ["aws", "iot", operation]
        if self.region:
            words += ["--region", shlex.quote(self.region)]
        texts = [value for value in members.values() if isinstance(value, str)]
        if all(map(_is_plain, texts)):
            for name, value in members.items():
                words += _option(name, value)
        else:
            words += ["--cli-input-json", _quote(dict(members))]
        return " ".join([*words, extra] if extra else words)

    def query(
        self, operation: str, members: Mapping[str, object], query: str, extra: str = ""
    ) -> str:
        """Prints a line for each of what the query finds; it holds ids and single quotes only."""
        shown = f'--output text --query "{query}"'
        return self.call(operation, members, f"{extra} {shown}".lstrip())


def _is_plain(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and not _FILE.match(text)


def _option(name: str, value: object) -> list[str]:
    option = "-" + re.sub(r"[A-Z]", lambda match: f"-{match[0].lower()}", f"-{name}")
    match value:
        case bool():
            return [option if value else option.replace("--", "--no-", 1)]
        case str():
            return [option, value]
        case tuple() if all(map(is_id, value)):
            return [option, *value]
        case dict() if all(is_id(text) for texts in value.values() for text in texts):
            pairs = [f"{key}={','.join(texts)}" for key, texts in value.items()]
            return [option, *pairs]
    return [option, _quote(value)]


def _quote(value: object) -> str:
    """JSON as one word of a shell, without the backticks that would end a code block in chat."""
    return shlex.quote(json.dumps(value).replace("`", r"\u0060"))
