"""Slack answers with something else than `ok`, late, or not at all."""

from collections.abc import Iterator

from embedded.scenario import SlackAnswer
from mitigation.delivery import LAYOUT_REFUSALS
from tests.faults.outcome import Outcome
from tests.faults.row import SLACK_DEAD, TOLD, Row
from tests.support.machine import WEBHOOK
from tests.support.slack import GARBAGE, OK, RESET, REVOKED, SLOW, TAKEN_THEN_RESET

HUGE = "x" * 5_000_000
# https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/#handling_errors
REFUSALS = (
    "action_prohibited",
    "channel_is_archived",
    "channel_not_found",
    "invalid_token",
    "no_active_hooks",
    "no_service",
    "no_service_id",
    "no_team",
    "no_text",
    "posting_to_general_channel_denied",
    "rollup_error",
    "team_disabled",
    "too_many_attachments",
    "user_not_found",
)


def row(
    name: str,
    expected: Outcome,
    *answers: SlackAnswer,
    timeout: float | None = None,
    answer_lost: bool = False,
) -> Row:
    return Row(
        "Slack",
        name,
        expected,
        slack=answers,
        slack_timeout=timeout,
        answer_lost=answer_lost,
    )


def refused() -> Iterator[Row]:
    """Nobody tries again what will never be taken."""
    for text in REFUSALS:
        yield row(f"400 {text}", SLACK_DEAD, SlackAnswer(400, {}, text), OK)
    for status, text in (
        (401, "invalid_token"),
        (403, "action_prohibited"),
        (404, "no_service"),
        (404, ""),
        (410, "channel_is_archived"),
        (413, "too large"),
    ):
        yield row(f"{status} {text}".strip(), SLACK_DEAD, SlackAnswer(status, {}, text), OK)
    for status in (301, 302, 303, 307, 308):
        elsewhere = {"Location": "https://hooks.slack.com/services/T0/B0/elsewhere"}
        moved = SlackAnswer(status, elsewhere, "")
        yield row(f"{status} to another place: not followed", SLACK_DEAD, moved, OK)
    huge = SlackAnswer(404, {}, HUGE)
    yield row("404 with 5 MB of text", SLACK_DEAD, huge, OK)


def layout_refused() -> Iterator[Row]:
    """What people must know is sent once more, as text alone."""
    for text in sorted(LAYOUT_REFUSALS):
        yield row(f"400 {text}, then ok", TOLD, SlackAnswer(400, {}, text), OK)
    refused = SlackAnswer(400, {}, "invalid_blocks")
    yield row("400 invalid_blocks, for the text too", SLACK_DEAD, refused)
    yield row("400 invalid_blocks, 404 no_service", SLACK_DEAD, refused, REVOKED)
    down = SlackAnswer(503)
    yield row("400 invalid_blocks, 503, and both again", TOLD, refused, down, refused, OK)


def other_urls() -> Iterator[Row]:
    """Slack has other addresses that look alike: they would answer, and nobody would be told."""
    for kind in ("workflows", "triggers"):
        url = WEBHOOK.replace("services", kind)
        yield Row("Slack", f"the secret holds a URL of {kind}", SLACK_DEAD, secret=url)


def unavailable() -> Iterator[Row]:
    """Tried again by waiting, until patience ends."""
    answers = {
        "408": SlackAnswer(408, {}, "timeout"),
        "429 with Retry-After": SlackAnswer(429, {"Retry-After": "30"}, "rate_limited"),
        "429 without Retry-After": SlackAnswer(429, {}, "rate_limited"),
        "429 with a date for Retry-After": SlackAnswer(
            429, {"Retry-After": "Sun, 22 Nov 2026 11:00:00 GMT"}, "rate_limited"
        ),
        **{str(s): SlackAnswer(s, {}, "no") for s in (500, 501, 502, 503, 504)},
        "the connection is reset": RESET,
        "something that is not HTTP": GARBAGE,
    }
    for name, answer in answers.items():
        yield row(f"{name}, once", TOLD, answer, OK)
        yield row(f"{name}, for ever", SLACK_DEAD, answer)
    yield row("429, 429, then ok", TOLD, *(2 * [answers["429 with Retry-After"]]), OK)
    yield row(
        "429 with Retry-After of a week",
        SLACK_DEAD,
        SlackAnswer(429, {"Retry-After": "604800"}, "rate_limited"),
    )
    yield row("too slow, once", TOLD, SLOW, OK, timeout=0.5)
    yield row("too slow, for ever", SLACK_DEAD, SLOW, timeout=0.05)


def unsure() -> Iterator[Row]:
    """Taken for nothing at all, so that it may be there each time: tried twice at the most."""
    answers = {
        "200 but not ok": SlackAnswer(200, {}, "maybe"),
        "200 with nothing": SlackAnswer(200, {}, ""),
        "200 with 5 MB of text": SlackAnswer(200, {}, HUGE),
    }
    for name, answer in answers.items():
        yield row(f"{name}, once", TOLD, answer, OK)
        yield row(f"{name}, twice", SLACK_DEAD, answer, answer, OK)
    maybe = answers["200 but not ok"]
    yield row("200 but not ok, 503, then ok", TOLD, maybe, SlackAnswer(503), OK)


def rows() -> Iterator[Row]:
    yield from refused()
    yield from layout_refused()
    yield from other_urls()
    yield from unsure()
    yield from unavailable()
    yield row(
        "takes the message, then resets the connection",
        Outcome("told", "2 x told"),
        TAKEN_THEN_RESET,
        OK,
        answer_lost=True,
    )
