"""The Slack message: calm enough for a phone, and nobody is ever pinged by a name.

Three parts, each a list of blocks that can also stand alone: the first screen says what happened,
how bad, to what, where and by whom; the small print is looked up later; the commands come last.
"""

from collections.abc import Iterator

from mitigation.messages import SlackMessage, block_kit, sections
from mitigation.messages.block_kit import Block, code, cut_escaped, escape, prose
from mitigation.messages.sections import Causes, Section
from mitigation.report import Report, Severity
from mitigation.wire import Json
from mitigation.words import Clock, listing, share

FALLBACK_LENGTH = 300
BAR_LENGTH = 12  # one line on a phone
NAME_LENGTH = 24  # what is left of a task's name at the least, where the headline needs the room

# Characters: together they stay below block_kit.TOTAL_LENGTH, whatever the names hold.
CAUSES_LENGTH = 3_000
BRIEF_LENGTH = 1_500
NOTES_LENGTH = 2_000
SMALL_PRINT_LENGTH = 2_500
COMMANDS_LENGTH = 3_000

CALM: dict[str, Json] = {"unfurl_links": False, "unfurl_media": False}
_MARKS = {Severity.INFO: "✅", Severity.WARNING: "⚠️", Severity.CRITICAL: "🚨"}


def render(report: Report, clock: Clock, *, has_email: bool = True) -> SlackMessage:
    """`has_email`: whether the same report goes out by e-mail, where nothing is left out."""
    return SlackMessage(
        {
            "text": fallback(report),
            "blocks": [
                *first_screen(report, clock, has_email=has_email),
                *small_print(report, clock, has_email=has_email),
                *commands(report, has_email=has_email),
            ],
            **CALM,
        }
    )


def without_layout(report: Report, refusal: str) -> SlackMessage:
    """The headline, where Slack refuses the blocks with this word of its own."""
    note = f"Slack refused the layout of this message ({refusal}): this is its headline alone."
    lines = [fallback(report), f"_{note}_", links(report)]
    return SlackMessage({"text": "\n".join(filter(None, lines)), **CALM})


def fallback(report: Report) -> str:
    """What the lock screen shows."""
    headline = f"[{report.verdict.label}] {report.place.lead}{report.name}: {report.headline}"
    return cut_escaped(escape(headline), FALLBACK_LENGTH)


def first_screen(report: Report, clock: Clock, *, has_email: bool) -> list[Block]:
    """All that a person needs in the first minute: about twelve lines of a phone."""
    return [
        verdict_header(report),
        *counts(report),
        *brief(report, clock),
        *failed(report, has_email=has_email),
        *text(sections.notes(report), NOTES_LENGTH),
    ]


def brief(report: Report, clock: Clock) -> Iterator[Block]:
    """Above what failed, which can be long: so it stays on the first screen."""
    return small(sections.brief(report, clock), BRIEF_LENGTH)


def failed(report: Report, *, has_email: bool) -> list[Block]:
    blocks = block_kit.texts(causes(sections.failed(report)))
    rest = _left_out("more of what failed", has_email=has_email)
    return [*block_kit.fitting(blocks, CAUSES_LENGTH, rest)]


def small_print(report: Report, clock: Clock, *, has_email: bool) -> list[Block]:
    """What is looked up later: links, what was skipped, checks, actions, ids."""
    skipped = [*causes(sections.skipped(report))]
    blocks = [
        *block_kit.texts(filter(None, [links(report)]), block_kit.context),
        *block_kit.texts(["*What was skipped*", *skipped] if skipped else [], block_kit.context),
        *small(sections.checks(report)),
        *small(sections.actions(report)),
        *small(sections.particulars(report, clock, where=True)),
        *small(sections.ids(report)),
    ]
    rest = _left_out("more small print", has_email=has_email)
    return [*block_kit.fitting(blocks, SMALL_PRINT_LENGTH, rest)]


def commands(report: Report, *, has_email: bool) -> list[Block]:
    """The commands that are short enough for chat; of the others the titles."""
    blocks: list[Block] = []
    left_out = []
    room = COMMANDS_LENGTH
    for step in report.next_steps:
        lines = "\n".join(step.commands).split("\n")  # each by itself: a newline is no hidden one
        text = f"*{escape(step.title)}*\n```{'\n'.join(map(escape, lines))}```"
        if len(text) > room:
            left_out.append(step.title)
        else:
            room -= len(text)
            blocks.append(block_kit.section(text))
    if blocks and (credentials := sections.credentials(report)):
        blocks.insert(0, block_kit.context(prose(f"Commands: {credentials}")))
    return [*blocks, _left_out(" · ".join(left_out), has_email=has_email)] if left_out else blocks


def _left_out(what: str, *, has_email: bool) -> Block:
    where = ", in the e-mail" if has_email else ""
    return block_kit.context(escape(f"Too long for Slack{where}: {what}"))


def verdict_header(report: Report) -> Block:
    return header(_MARKS[report.verdict.severity], report, report.headline)


def header(mark: str, report: Report, what: str) -> Block:
    """The task's name gives way where it does not fit together with what happened."""
    what = escape(what)
    mark = f"{mark} {escape(report.place.lead)}".rstrip()
    room = block_kit.HEADER_LENGTH - len(f"{mark} : {what}")
    name = cut_escaped(escape(report.name), max(room, NAME_LENGTH))
    text = cut_escaped(f"{mark} {name}: {what}", block_kit.HEADER_LENGTH)
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def counts(report: Report) -> Iterator[Block]:
    """The bar, where the whole is known, and the counts beneath it, in one line on a phone."""
    s, kind = report.task.statistics, report.task.kind
    whole = report.task.whole or 0
    named = (
        (s.failed, "failed"),
        (s.executed, kind.executed),
        (s.skipped, "skipped"),
        (s.canceled or None, "canceled"),  # a detect task has no such count, most have none
    )
    worst = next((word for n, word in named if n), None)
    parts = [
        f"*{n:,} {word}*" + (f" ({share(n, whole)})" if word == worst and whole else "")
        for n, word in named
        if n is not None
    ]
    if parts:
        lines = [bar(s.executed or 0, s.failed or 0, whole)] if whole > 0 else []
        yield block_kit.section("\n".join([*lines, " · ".join(parts)]))


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


def causes(found: Causes | None) -> Iterator[str]:
    for cause in found.listed if found else ():
        names = listing([code(name) for name in cause.names], more=cause.more)
        reason, message = sections.cause(cause)
        told = f"• *{prose(reason)}* ({cause.count:,})" + (f": {names}" if names else "")
        yield f'{told} "{prose(message)}"' if message else told
    yield from map(prose, found.rest if found else ())


def links(report: Report) -> str:
    """As text: a link button of an app without interactivity shows a warning when clicked."""
    return " · ".join(block_kit.link(title, url) for title, url in report.place.links())


def text(section: Section | None, length: int) -> Iterator[Block]:
    if section:
        text = "\n".join(map(prose, section.lines))
        yield block_kit.section(cut_escaped(text, length))


def small(section: Section | None, length: int | None = None) -> Iterator[Block]:
    if section:
        heading = [f"*{section.title}*"] if section.title else []
        lines = [*heading, *map(prose, section.lines)]
        if length:
            lines = [cut_escaped("\n".join(lines), length)]
        yield from block_kit.texts(lines, block_kit.context)
