"""Slack's mrkdwn and Block Kit: texts escaped, then cut, so that every limit of Slack's holds.

Limits: https://docs.slack.dev/reference/block-kit/blocks/ and …/composition-objects/text-object/;
the total is what was seen to be accepted.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from mitigation.messages.text import printable
from mitigation.wire import Json

HEADER_LENGTH = 150
SECTION_LENGTH = 3_000
FIELD_LENGTH = 2_000
MAX_BLOCKS = 50
BUTTON_URL_LENGTH = 3_000
TOTAL_LENGTH = 12_000  # of all texts; over about 13,000 a message can be refused

type Block = dict[str, Json]

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_ARN = re.compile(r"\barn:[^\s,()]+")
_BACKTICK = "ˋ"  # noqa: RUF001  a look-alike on purpose: the real one begins and ends code
_BROKEN_ESCAPE = re.compile(r"&[a-z]{0,3}$")


def escape(text: str) -> str:
    return printable(text).translate(_ESCAPES)


def prose(text: str) -> str:
    """Escaped, with ARNs as code: Slack would make an emoji of the `:aws:` in them."""
    return _ARN.sub(lambda arn: f"`{arn[0]}`", escape(text).replace("`", _BACKTICK))


def code(text: str) -> str:
    return f"`{escape(text).replace('`', _BACKTICK)}`"


def cut_escaped(text: str, length: int) -> str:
    """`cut` for escaped text: never leaves half of an `&amp;`."""
    if len(text) <= length:
        return text
    return _BROKEN_ESCAPE.sub("", text[: length - 1]) + "…"


def section(text: str) -> Block:
    return {"type": "section", "text": mrkdwn(cut_escaped(text, SECTION_LENGTH))}


def context(text: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text)]}


def mrkdwn(text: str) -> Json:
    # verbatim: Slack makes no link and no mention of what merely looks like one
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def texts(lines: Iterable[str], block: Callable[[str], Block] | None = None) -> Iterator[Block]:
    """Lines in as few blocks as they fit in; a line that fits in none is broken at a comma."""
    block = block or section
    text = ""
    for line in lines:
        for piece in _pieces(line):
            if text and len(text) + len(piece) + 1 > SECTION_LENGTH:
                yield block(text)
                text = ""
            text = f"{text}\n{piece}" if text else piece
    if text:
        yield block(text)


def _pieces(line: str) -> Iterator[str]:
    while len(line) > SECTION_LENGTH:
        end = line.rfind(", ", 0, SECTION_LENGTH - 1) + 1 or SECTION_LENGTH - 1
        head = _BROKEN_ESCAPE.sub("", line[:end])
        yield head
        line = line[len(head) :].lstrip()
    yield line


def fitting(blocks: Iterable[Block], ends: list[Block]) -> Iterator[Block]:
    """The blocks that fit together with `ends`, in their order; says so when some don't."""
    room, count = TOTAL_LENGTH - _length(ends), MAX_BLOCKS - len(ends) - 1
    for block in blocks:
        room -= _length([block])
        if count <= 1 or room < 0:
            yield section("The message is too long for Slack: the e-mail holds all of it.")
            return
        count -= 1
        yield block


def _length(blocks: Iterable[Block]) -> int:
    return sum(len(str(block)) for block in blocks)
