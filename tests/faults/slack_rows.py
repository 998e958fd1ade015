"""Slack answers with something else than `ok`, late, or not at all."""

from collections.abc import Iterator
from typing import Any

from embedded.scenario import SlackAnswer
from mitigation.delivery import LAYOUT_REFUSALS
from tests.faults.outcome import SLACK_DEAD, TOLD, Outcome
from tests.faults.row import Row
from tests.support.machine import WEBHOOK
from tests.support.slack import GARBAGE, OK, RESET, REVOKED, SLOW, TAKEN_THEN_RESET

HUGE = "x" * 5_000_000
# https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/#handling_errors
REFUSALS = (
    "action_prohibited", "channel_is_archived", "channel_not_found", "invalid_token",
    "no_active_hooks", "no_service", "no_service_id", "no_team", "no_text",
    "posting_to_general_channel_denied", "rollup_error", "team_disabled", "too_many_attachments",
    "user_not_found",
)  # fmt: skip
OTHERS = {
    "401 invalid_token": 401, "403 action_prohibited": 403, "404 no_service": 404, "404": 404,
    "410 channel_is_archived": 410, "413 too large": 413,
}  # fmt: skip
ELSEWHERE = {"Location": "https://hooks.slack.com/services/T0/B0/elsewhere"}


def row(name: str, expected: Outcome, *answers: SlackAnswer, **more: Any) -> Row:
    return Row("Slack", name, expected, slack=answers, **more)


def refused() -> Iterator[Row]:
    """Nobody tries again what will never be taken."""
    for name, status in ({f"400 {text}": 400 for text in REFUSALS} | OTHERS).items():
        yield row(name, SLACK_DEAD, SlackAnswer(status, {}, name[4:]), OK)
    for status in (301, 302, 303, 307, 308):
        moved = SlackAnswer(status, ELSEWHERE, "")
        yield row(f"{status} to another place: not followed", SLACK_DEAD, moved, OK)
    yield row("404 with 5 MB of text", SLACK_DEAD, SlackAnswer(404, {}, HUGE), OK)


def layout_refused() -> Iterator[Row]:
    """What people must know is sent once more, as text alone."""
    for text in sorted(LAYOUT_REFUSALS):
        yield row(f"400 {text}, then ok", TOLD, SlackAnswer(400, {}, text), OK)
    refused, down = SlackAnswer(400, {}, "invalid_blocks"), SlackAnswer(503)
    yield row("400 invalid_blocks, for the text too", SLACK_DEAD, refused)
    yield row("400 invalid_blocks, 404 no_service", SLACK_DEAD, refused, REVOKED)
    yield row("400 invalid_blocks, 503, and both again", TOLD, refused, down, refused, OK)


def other_urls() -> Iterator[Row]:
    """Slack has other addresses that look alike: they would answer, and nobody would be told."""
    for kind in ("workflows", "triggers"):
        url = WEBHOOK.replace("services", kind)
        yield row(f"the secret holds a URL of {kind}", SLACK_DEAD, secret=url)


def limited(after: str = "") -> SlackAnswer:
    return SlackAnswer(429, {"Retry-After": after} if after else {}, "rate_limited")


def unavailable() -> Iterator[Row]:
    """Tried again by waiting, until patience ends."""
    later = limited("30")
    answers = {
        "408": SlackAnswer(408, {}, "timeout"),
        "429 with Retry-After": later,
        "429 without Retry-After": limited(),
        "429 with a date for Retry-After": limited("Sun, 22 Nov 2026 11:00:00 GMT"),
        **{str(s): SlackAnswer(s, {}, "no") for s in (500, 501, 502, 503, 504)},
        "the connection is reset": RESET,
        "something that is not HTTP": GARBAGE,
    }
    for name, answer in answers.items():
        yield row(f"{name}, once", TOLD, answer, OK)
        yield row(f"{name}, for ever", SLACK_DEAD, answer)
    yield row("429, 429, then ok", TOLD, later, later, OK)
    yield row("429 with Retry-After of a week", SLACK_DEAD, limited("604800"))
    yield row("too slow, once", TOLD, SLOW, OK, slack_timeout=0.5)
    yield row("too slow, for ever", SLACK_DEAD, SLOW, slack_timeout=0.05)


def unsure() -> Iterator[Row]:
    """Taken for nothing at all, so that it may be there each time: tried twice at the most."""
    texts = {"but not ok": "maybe", "with nothing": "", "with 5 MB of text": HUGE}
    for name, text in texts.items():
        answer = SlackAnswer(200, {}, text)
        yield row(f"200 {name}, once", TOLD, answer, OK)
        yield row(f"200 {name}, twice", SLACK_DEAD, answer, answer, OK)
    maybe = SlackAnswer(200, {}, "maybe")
    yield row("200 but not ok, 503, then ok", TOLD, maybe, SlackAnswer(503), OK)


def rows() -> Iterator[Row]:
    yield from refused()
    yield from layout_refused()
    yield from other_urls()
    yield from unsure()
    yield from unavailable()
    name, twice = "takes the message, then resets the connection", Outcome("told", "2 x told")
    yield row(name, twice, TAKEN_THEN_RESET, OK, answer_lost=True)
