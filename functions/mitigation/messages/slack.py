"""The Slack message: Block Kit within every limit, and nobody is ever pinged by a name.

Limits: https://docs.slack.dev/reference/block-kit/blocks/ and …/composition-objects/text-object/;
the total is what was seen to be accepted. Text is escaped before it is cut.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from mitigation.causes import Cause
from mitigation.messages import SlackMessage, sections
from mitigation.messages.sections import Section
from mitigation.messages.text import printable
from mitigation.report import Report, Severity
from mitigation.wire import Json
from mitigation.words import Clock, duration, listing, plural, share

HEADER_LENGTH = 150
SECTION_LENGTH = 3_000
FIELD_LENGTH = 2_000
MAX_BLOCKS = 50
BUTTON_URL_LENGTH = 3_000
TOTAL_LENGTH = 12_000  # of all texts; over about 13,000 a message can be refused
FALLBACK_LENGTH = 300
COMMANDS_LENGTH = 1_500  # of one step, so that chat stays readable
BAR_LENGTH = 12  # one line on a phone


type Block = dict[str, Json]

_MARKS = {Severity.INFO: "✅", Severity.WARNING: "⚠️", Severity.CRITICAL: "🚨"}
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_ARN = re.compile(r"\barn:[^\s,()]+")
_BACKTICK = "ˋ"  # noqa: RUF001  a look-alike on purpose: the real one begins and ends code
_BROKEN_ESCAPE = re.compile(r"&[a-z]{0,3}$")


def render(report: Report, clock: Clock) -> SlackMessage:
    headline = f"[{report.verdict.label}] {report.name}: {report.headline}"
    ends = [*_foot(report, clock), *_buttons(report)]
    room = TOTAL_LENGTH - _length(ends)
    blocks = [*_fitting(_body(report, clock), room, MAX_BLOCKS - len(ends) - 1), *ends]
    return SlackMessage(
        {
            "text": cut_escaped(escape(headline), FALLBACK_LENGTH),
            "blocks": [*blocks],
            "unfurl_links": False,
            "unfurl_media": False,
        }
    )


def escape(text: str) -> str:
    return printable(text).translate(_ESCAPES)


def prose(text: str) -> str:
    """Escaped, with ARNs as code: Slack would make an emoji of the `:aws:` in them."""
    return _ARN.sub(lambda arn: f"`{arn[0]}`", escape(text).replace("`", _BACKTICK))


def cut_escaped(text: str, length: int) -> str:
    """`cut` for escaped text: never leaves half of an `&amp;`."""
    if len(text) <= length:
        return text
    return _BROKEN_ESCAPE.sub("", text[: length - 1]) + "…"


def _body(report: Report, clock: Clock) -> Iterator[Block]:
    """Most urgent first: what doesn't fit is left out from the end."""
    mark = _MARKS[report.verdict.severity]
    headline = f"{mark} {escape(report.name)}: {escape(report.headline)}"
    yield {
        "type": "header",
        "text": {
            "type": "plain_text",
            "text": cut_escaped(headline, HEADER_LENGTH),
            "emoji": True,
        },
    }
    yield from _counts(report)
    if details := report.details:
        failed = sections.unlisted(details.failed, details.failed_rows)
        yield from _causes("What failed", details.failed, failed)
    yield from _lines(sections.target(report, clock), "Target")
    yield from _lines(sections.notes(report))
    yield from _next_steps(report)
    if details:
        skipped = sections.unlisted(details.skipped, details.skipped_rows)
        yield from _causes("What was skipped", details.skipped, skipped)
    yield from _lines(sections.checks(report))
    yield from _lines(sections.actions(report))
    yield from _small(sections.ids(report))


def _counts(report: Report) -> Iterator[Block]:
    s, kind = report.task.statistics, report.task.kind
    if not s.known:
        return
    whole = max(s.total or 0, s.done)
    named = (
        ("Failed", s.failed),
        (kind.executed.capitalize(), s.executed),
        ("Skipped", s.skipped),
        ("Canceled", s.canceled or None),  # a detect task has no such count, most have none
    )
    fields = [
        (name, f"{n:,}" + (f" ({share(n, whole)})" if 0 < n <= whole else ""))
        for name, n in named
        if n is not None
    ]
    if report.took_seconds is not None:
        fields.append(("Took", duration(report.took_seconds)))
    yield {"type": "section", "fields": [_mrkdwn(f"*{name}:* {text}") for name, text in fields]}
    if whole > 0:
        squares = bar(s.executed or 0, s.failed or 0, whole)
        yield _context(f"{squares}  {plural(whole, kind.unit)}")


def bar(executed: int, failed: int, whole: int) -> str:
    """The shares as squares: red failed, green executed, white the rest; one square at least."""
    counts = {"🟥": failed, "🟩": executed, "⬜": whole - failed - executed}
    squares = {
        square: max(round(BAR_LENGTH * count / whole), 1) if count > 0 else 0
        for square, count in counts.items()
    }
    longest = max(squares, key=lambda square: squares[square])
    squares[longest] += BAR_LENGTH - sum(squares.values())
    return "".join(square * count for square, count in squares.items())


def _causes(title: str, causes: Iterable[Cause], unlisted: int) -> Iterator[Block]:
    lines = []
    for cause in causes:
        names = listing([_code(name) for name in cause.names], more=cause.more)
        reason, message = sections.cause(cause)
        lines.append(f"• *{prose(reason)}* ({cause.count:,}): {names}".rstrip(": "))
        if message:
            lines.append(f'"{prose(message)}"')
    if lines and unlisted:
        lines.append(f"and {plural(unlisted, 'row')} with other errors")
    if lines:
        yield from _texts([f"*{title}*", *lines])


def _next_steps(report: Report) -> Iterator[Block]:
    """The commands that are wanted at once, as far as they stay short; the e-mail holds all."""
    elsewhere = []
    for step in report.next_steps:
        title, commands = escape(step.title), step.commands
        if sum(map(len, commands)) > COMMANDS_LENGTH:
            commands = commands[:1]
        text = f"*{title}*\n```{'\n'.join(map(escape, commands))}```"
        if not step.in_chat or len(text) > SECTION_LENGTH:
            elsewhere.append(title)
            continue
        yield _section(text)
        if more := len(step.commands) - len(commands):
            elsewhere.append(f"{title}: {plural(more, 'command')} more")
    if elsewhere:
        yield _context(f"More in the e-mail: {' · '.join(elsewhere)}")


def _foot(report: Report, clock: Clock) -> Iterator[Block]:
    if section := sections.circumstances(report, clock):
        lines = "\n".join(prose(line) for line in section.lines)
        yield _context(cut_escaped(lines, FIELD_LENGTH))


def _buttons(report: Report) -> Iterator[Block]:
    buttons: list[Json] = [
        {"type": "button", "text": {"type": "plain_text", "text": title}, "url": link}
        for title, link in report.place.links()
        if len(link) <= BUTTON_URL_LENGTH
    ]
    if buttons:
        yield {"type": "actions", "elements": buttons}


def _lines(section: Section | None, title: str | None = None) -> Iterator[Block]:
    if section:
        heading = title or section.title
        lines = [f"*{heading}*"] if heading else []
        yield from _texts([*lines, *map(prose, section.lines)])


def _small(section: Section | None) -> Iterator[Block]:
    if section:
        yield from _texts(map(prose, section.lines), _context)


def _texts(lines: Iterable[str], block: Callable[[str], Block] | None = None) -> Iterator[Block]:
    """Lines in as few blocks as they fit in; a line that fits in none is broken at a comma."""
    block = block or _section
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


def _fitting(blocks: Iterable[Block], room: int, count: int) -> Iterator[Block]:
    """The blocks that fit, most urgent first; says so when some don't."""
    for block in blocks:
        room -= _length([block])
        if count <= 1 or room < 0:
            yield _section("The message is too long for Slack: the e-mail holds all of it.")
            return
        count -= 1
        yield block


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(cut_escaped(text, SECTION_LENGTH))}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(text)]}


def _mrkdwn(text: str) -> Json:
    # verbatim: Slack makes no link and no mention of what merely looks like one
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _code(text: str) -> str:
    return f"`{escape(text).replace('`', _BACKTICK)}`"


def _length(blocks: Iterable[Block]) -> int:
    return sum(len(str(block)) for block in blocks)
