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
TOTAL_LENGTH = 13_000  # of all texts; a longer message can be refused

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


def link(title: str, url: str) -> str:
    """A link in a text; `url` is of our own making, and holds neither `|` nor `>`."""
    return f"<{escape(url)}|{escape(title)}>"


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


def fitting(blocks: Iterable[Block], length: int, rest: Block) -> Iterator[Block]:
    """The blocks that fit into so many characters, in their order; then `rest`, if some don't."""
    left_out = False
    for block in blocks:
        if (size := sum(map(len, _texts(block)))) <= length:
            length -= size
            yield block
        else:
            left_out = True
    if left_out:
        yield rest


def _texts(value: Json) -> Iterator[str]:
    """Every text that people read in a block."""
    match value:
        case {"text": str(text)}:
            yield text
        case dict():
            for item in value.values():
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)
