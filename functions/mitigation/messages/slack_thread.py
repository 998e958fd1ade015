"""What a Slack app shows of a task: its one message, edited in place, and the reply at its end."""

from collections.abc import Iterator

from mitigation.messages import SlackMessage, block_kit, sections, slack
from mitigation.messages.block_kit import Block, cut_escaped, escape
from mitigation.report import Report
from mitigation.thread import estimate_end
from mitigation.words import Clock, plural, share

HEAD_CAUSES = 3  # lines about what failed, so that the links stay on a phone's first screen


def running(report: Report, clock: Clock) -> SlackMessage:
    """How far it is, when it may end, what it is about, who started it when."""
    done, failed = _done(report), report.task.statistics.failed
    blocks = [
        slack.header("⚠️" if failed else "⏳", report, done),
        *_bar(report),
        block_kit.context(_estimate(report, clock)),
        *slack.brief(report, clock),
        *_links(report),
    ]
    text = f"[RUNNING] {report.name}: {done}"
    return _message(cut_escaped(escape(text), slack.FALLBACK_LENGTH), blocks)


def verdict(report: Report, clock: Clock) -> SlackMessage:
    """What happened, how bad it is, what failed, to what, by whom; the reply holds the rest."""
    causes = [*slack.causes(sections.failed(report))]
    if len(causes) > HEAD_CAUSES + 1:
        causes = [*causes[:HEAD_CAUSES], "_More in the thread._"]
    blocks = [
        slack.verdict_header(report),
        *slack.counts(report),
        *slack.brief(report, clock),
        *block_kit.texts(causes),
        *_links(report),
    ]
    return _message(slack.fallback(report), blocks)


def rest(report: Report, clock: Clock, *, has_email: bool) -> SlackMessage:
    """Everything else; of a problem what failed first, for the channel sees this alone."""
    blocks = [
        *([slack.verdict_header(report)] if report.verdict.is_problem else []),
        *slack.failed(report, has_email=has_email),
        *slack.text(sections.notes(report), slack.NOTES_LENGTH),
        *slack.commands(report, has_email=has_email),
        *slack.small_print(report, clock, has_email=has_email),
    ]
    return _message(slack.fallback(report), blocks)


def _message(text: str, blocks: list[Block]) -> SlackMessage:
    return SlackMessage({"text": text, "blocks": [*blocks], **slack.CALM})


def _done(report: Report) -> str:
    """`7 of 25 actions, 1 failed`; without `of` where AWS tells no whole."""
    task = report.task
    s, unit, total = task.statistics, task.kind.unit, task.expected_total
    if not s.known:
        return "running"
    if total and s.done <= total:
        done = f"{s.done:,} of {plural(total, unit)}"
    else:
        done = f"{plural(s.done, unit)} so far"
    return f"{done}, {s.failed:,} failed" if s.failed else done


def _bar(report: Report) -> Iterator[Block]:
    """Only where the whole is known does it mean anything."""
    s, total = report.task.statistics, report.task.expected_total
    if total and s.known and s.done <= total:
        squares = slack.bar(s.executed or 0, s.failed or 0, total)
        yield block_kit.section(f"{squares}  {share(s.done, total)}")


def _estimate(report: Report, clock: Clock) -> str:
    """In each reader's own zone, by Slack; where Slack can't, in the stack's."""
    end = estimate_end(report.task, report.look.memory.age_seconds)
    if end is None:
        return "No estimate of the end yet"
    form = "{date_short_pretty} at {time}"
    return f"At this pace it ends <!date^{int(end.timestamp())}^{form}|{clock.show(end)}>"


def _links(report: Report) -> Iterator[Block]:
    yield from block_kit.texts(filter(None, [slack.links(report)]), block_kit.context)
