"""The Slack message: calm enough for a phone, and nobody is ever pinged by a name."""

from collections.abc import Iterable, Iterator

from mitigation.causes import Cause
from mitigation.messages import SlackMessage, block_kit, sections
from mitigation.messages.block_kit import Block, code, cut_escaped, escape, prose
from mitigation.messages.sections import Section
from mitigation.report import Report, Severity
from mitigation.wire import Json
from mitigation.words import Clock, duration, listing, plural, share

FALLBACK_LENGTH = 300
COMMANDS_LENGTH = 1_500  # of one step, so that chat stays readable
BAR_LENGTH = 12  # one line on a phone
NAME_LENGTH = 24  # what is left of a task's name at the least, where the headline needs the room

_CALM: dict[str, Json] = {"unfurl_links": False, "unfurl_media": False}
_MARKS = {Severity.INFO: "✅", Severity.WARNING: "⚠️", Severity.CRITICAL: "🚨"}


def render(report: Report, clock: Clock) -> SlackMessage:
    ends = [*_foot(report, clock), *_buttons(report)]
    blocks = [*block_kit.fitting(_body(report, clock), ends), *ends]
    return SlackMessage(
        {
            "text": _fallback(report),
            "blocks": [*blocks],
            **_CALM,
        }
    )


def without_layout(report: Report, refusal: str) -> SlackMessage:
    """The headline, where Slack refuses the blocks with this word of its own."""
    pages = " · ".join(f"<{escape(link)}|{title}>" for title, link in report.place.links())
    note = f"Slack refused the layout of this message ({refusal}): this is its headline alone."
    lines = [_fallback(report), f"_{note}_", pages]
    return SlackMessage({"text": "\n".join(filter(None, lines)), **_CALM})


def _fallback(report: Report) -> str:
    headline = f"[{report.verdict.label}] {report.name}: {report.headline}"
    return cut_escaped(escape(headline), FALLBACK_LENGTH)


def _body(report: Report, clock: Clock) -> Iterator[Block]:
    """Most urgent first: what doesn't fit is left out from the end."""
    yield _header(report)
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


def _header(report: Report) -> Block:
    """The task's name gives way where it does not fit together with what happened."""
    mark, headline = _MARKS[report.verdict.severity], escape(report.headline)
    room = block_kit.HEADER_LENGTH - len(f"{mark} : {headline}")
    name = cut_escaped(escape(report.name), max(room, NAME_LENGTH))
    text = cut_escaped(f"{mark} {name}: {headline}", block_kit.HEADER_LENGTH)
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def _counts(report: Report) -> Iterator[Block]:
    s, kind = report.task.statistics, report.task.kind
    whole = report.task.whole or 0
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
    if not fields:
        return
    if report.took_seconds is not None:
        fields.append(("Took", duration(report.took_seconds)))
    yield {
        "type": "section",
        "fields": [block_kit.mrkdwn(f"*{name}:* {text}") for name, text in fields],
    }
    if whole > 0:
        squares = bar(s.executed or 0, s.failed or 0, whole)
        yield block_kit.context(f"{squares}  {plural(whole, kind.unit)}")


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
        names = listing([code(name) for name in cause.names], more=cause.more)
        reason, message = sections.cause(cause)
        lines.append(f"• *{prose(reason)}* ({cause.count:,}): {names}".rstrip(": "))
        if message:
            lines.append(f'"{prose(message)}"')
    if lines and unlisted:
        lines.append(f"and {plural(unlisted, 'row')} with other errors")
    if lines:
        yield from block_kit.texts([f"*{title}*", *lines])


def _next_steps(report: Report) -> Iterator[Block]:
    """The commands that are wanted at once, as far as they stay short; the e-mail holds all."""
    elsewhere = []
    for step in report.next_steps:
        title, commands = escape(step.title), step.commands
        if sum(map(len, commands)) > COMMANDS_LENGTH:
            commands = commands[:1]
        text = f"*{title}*\n```{'\n'.join(map(escape, commands))}```"
        if not step.in_chat or len(text) > block_kit.SECTION_LENGTH:
            elsewhere.append(title)
            continue
        yield block_kit.section(text)
        if more := len(step.commands) - len(commands):
            elsewhere.append(f"{title}: {plural(more, 'command')} more")
    if elsewhere:
        yield block_kit.context(f"More in the e-mail: {' · '.join(elsewhere)}")


def _foot(report: Report, clock: Clock) -> Iterator[Block]:
    if section := sections.circumstances(report, clock):
        lines = "\n".join(prose(line) for line in section.lines)
        yield block_kit.context(cut_escaped(lines, block_kit.FIELD_LENGTH))


def _buttons(report: Report) -> Iterator[Block]:
    buttons: list[Block] = [
        {"type": "button", "text": {"type": "plain_text", "text": title}, "url": link}
        for title, link in report.place.links()
        if len(link) <= block_kit.BUTTON_URL_LENGTH
    ]
    if buttons:
        yield {"type": "actions", "elements": [*buttons]}


def _lines(section: Section | None, title: str | None = None) -> Iterator[Block]:
    if section:
        heading = title or section.title
        lines = [f"*{heading}*"] if heading else []
        yield from block_kit.texts([*lines, *map(prose, section.lines)])


def _small(section: Section | None) -> Iterator[Block]:
    if section:
        yield from block_kit.texts(map(prose, section.lines), block_kit.context)
