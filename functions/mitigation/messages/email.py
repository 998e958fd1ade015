"""The e-mail: plain text, because that is all SNS sends."""

from collections.abc import Iterable, Iterator

from mitigation.commands import NextStep
from mitigation.messages import Email, sections
from mitigation.messages.sections import Causes, Section
from mitigation.messages.text import ascii_only, cut, printable
from mitigation.report import Report
from mitigation.wire import clip
from mitigation.words import Clock, listing

SUBJECT_LENGTH = 99  # SNS, Publish: fewer than 100 characters, in ASCII, without line breaks
BODY_SIZE = 40_000  # bytes of UTF-8: leaves the other protocols their share of SNS's 256 KB


def render(report: Report, clock: Clock) -> Email:
    body = "\n".join(_lines(report, clock))
    return Email(subject(report), clip(body, BODY_SIZE, "\n[cut: the message is too long]"))


def subject(report: Report) -> str:
    """`[LABEL] task: headline`; the task's name gives way where both don't fit."""
    label = f"[{report.verdict.label}] {ascii_only(report.place.lead)}"
    headline = f": {ascii_only(report.headline)}"
    room = max(SUBJECT_LENGTH - len(label) - len(headline), 24)
    name = cut(ascii_only(report.name), room, "...")
    return cut(f"{label}{name}{headline}", SUBJECT_LENGTH, "...")


def _lines(report: Report, clock: Clock) -> Iterator[str]:
    if place := sections.place(report):
        yield from (*map(printable, place.lines), "")
    yield from map(printable, sections.opening(report))
    yield from _causes("What failed", sections.failed(report))
    yield from _section(sections.target(report))
    yield from _section(sections.occasion(report, clock, where=not report.place.among_others))
    yield from _section(sections.notes(report))
    yield from _causes("What was skipped", sections.skipped(report))
    yield from _section(sections.checks(report))
    yield from _section(sections.actions(report))
    yield from _section(sections.particulars(report, clock))
    yield from _section(sections.ids(report))
    if links := report.place.links():
        yield ""
        yield from (line for title, link in links for line in (f"{title}:", f"  {link}"))
    yield from _next_steps(report.next_steps, sections.credentials(report))


def _next_steps(steps: Iterable[NextStep], credentials: str | None) -> Iterator[str]:
    """Each with a blank line before it: commands are long, and a phone breaks them."""
    for number, step in enumerate(steps):
        yield ""
        if number == 0:
            yield f"Next, {printable(credentials)}" if credentials else "Next"
        yield f"  {printable(step.title)}:"
        yield from (f"    {line}" for command in step.commands for line in command.split("\n"))


def _section(section: Section | None) -> Iterator[str]:
    if section is None:
        return
    yield ""
    if section.title:
        yield section.title
    indent = "  " if section.title else ""
    yield from (f"{indent}{printable(line)}" for line in section.lines)


def _causes(title: str, causes: Causes | None) -> Iterator[str]:
    if causes is None:
        return
    yield ""
    yield title
    for cause in causes.listed:
        names = listing([printable(name) for name in cause.names], more=cause.more)
        reason, message = sections.cause(cause)
        yield f"  {printable(reason)} ({cause.count:,})" + (f": {names}" if names else "")
        if message:
            yield f'    "{printable(message)}"'
    yield from (f"  {printable(line)}" for line in causes.rest)
