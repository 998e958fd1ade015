"""Slack answers with something else than `ok`, late, or not at all: as a webhook, and as an app."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from embedded.scenario import SlackAnswer, SlackAppAnswer
from embedded.slack_workspace import SCOPES
from mitigation.delivery import LAYOUT_REFUSALS
from tests.faults.fault import once
from tests.faults.outcome import SLACK_DEAD, TOLD, TWICE, Outcome
from tests.faults.row import Row
from tests.support.deployment import WEBHOOK
from tests.support.functions import Mishap
from tests.support.slack import GARBAGE, OK, RESET, REVOKED, SLOW, TAKEN_THEN_RESET
from tests.support.watched import answer, running

HUGE = "x" * 5_000_000
# https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/#handling_errors
REFUSALS = (
    "action_prohibited", "channel_is_archived", "channel_not_found", "invalid_token",
    "no_active_hooks", "no_service", "no_service_id", "no_team", "no_text",
    "posting_to_general_channel_denied", "rollup_error", "team_disabled", "too_many_attachments",
    "user_not_found",
)  # fmt: skip
OTHERS = ("401 invalid_token", "403 action_prohibited", "404 no_service", "404",
          "410 channel_is_archived", "413 too large")  # fmt: skip
ELSEWHERE = {"Location": "https://hooks.slack.com/services/T0/B0/elsewhere"}
POST, EDIT, AN_OK = "chat.postMessage", "chat.update", SlackAppAnswer()
A_PERSON_HAS_TO_ACT = {"not_in_channel", "token_revoked"}
NEW_MESSAGE = ("message_not_found", "restricted_action_thread_locked", "invalid_blocks")


def webhook(name: str, expected: Outcome, *answers: SlackAnswer, **more: Any) -> Row:
    return Row("Slack", name, expected, slack=answers, **more)


def refused() -> Iterator[Row]:
    """Nobody tries again what will never be taken; what people must know goes as text alone."""
    for name in (*(f"400 {text}" for text in REFUSALS), *OTHERS):
        yield webhook(name, SLACK_DEAD, SlackAnswer(int(name[:3]), {}, name[4:]), OK)
    for status in (301, 302, 303, 307, 308):
        moved = SlackAnswer(status, ELSEWHERE, "")
        yield webhook(f"{status} to another place: not followed", SLACK_DEAD, moved, OK)
    yield webhook("404 with 5 MB of text", SLACK_DEAD, SlackAnswer(404, {}, HUGE), OK)
    for text in sorted(LAYOUT_REFUSALS):
        yield webhook(f"400 {text}, then ok", TOLD, SlackAnswer(400, {}, text), OK)
    layout, down = SlackAnswer(400, {}, "invalid_blocks"), SlackAnswer(503)
    yield webhook("400 invalid_blocks, for the text too", SLACK_DEAD, layout)
    yield webhook("400 invalid_blocks, 404 no_service", SLACK_DEAD, layout, REVOKED)
    yield webhook("400 invalid_blocks, 503, and both again", TOLD, layout, down, layout, OK)
    # Slack has other addresses that look alike: they would answer, and nobody would be told.
    for kind in ("workflows", "triggers"):
        url = WEBHOOK.replace("services", kind)
        yield webhook(f"the secret holds a URL of {kind}", SLACK_DEAD, secret=url)


def unsure() -> Iterator[Row]:
    """Taken for nothing at all, so that it may be there each time: tried twice at the most."""
    texts = {"but not ok": "maybe", "with nothing": "", "with 5 MB of text": HUGE}
    for name, text in texts.items():
        taken = SlackAnswer(200, {}, text)
        yield webhook(f"200 {name}, once", TOLD, taken, OK)
        yield webhook(f"200 {name}, twice", SLACK_DEAD, taken, taken, OK)
    maybe = SlackAnswer(200, {}, "maybe")
    yield webhook("200 but not ok, 503, then ok", TOLD, maybe, SlackAnswer(503), OK)


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
        **{str(status): SlackAnswer(status, {}, "no") for status in (500, 501, 502, 503, 504)},
        "the connection is reset": RESET,
        "something that is not HTTP": GARBAGE,
    }
    for name, away in answers.items():
        yield webhook(f"{name}, once", TOLD, away, OK)
        yield webhook(f"{name}, for ever", SLACK_DEAD, away)
    yield webhook("429, 429, then ok", TOLD, later, later, OK)
    yield webhook("429 with Retry-After of a week", SLACK_DEAD, limited("604800"))
    yield webhook("too slow, once", TOLD, SLOW, OK, slack_timeout=0.5)
    yield webhook("too slow, for ever", SLACK_DEAD, SLOW, slack_timeout=0.05)
    name = "takes the message, then resets the connection"
    yield webhook(name, TWICE["slack"], TAKEN_THEN_RESET, OK, answer_lost=True)


def app_rows() -> Iterator[Row]:
    """Each error at every place: before there is a head, at an edit, at the reply.

    The task is under way at eight looks, of which each finds more done than the one before.
    """
    gets_on = [partial(running, taskStatistics={"actionsFailed": n}) for n in range(8)]
    row = partial(Row, "Slack app", describe=[*gets_on, answer], scopes=SCOPES, types=("detect",))

    def at(name: str, expected: Outcome, method: str, *answers: SlackAppAnswer) -> Row:
        return row(name, expected, app={method: answers})

    words = ("not_in_channel", "token_revoked", "ratelimited", "rate_limited")
    errors = {
        **{name: SlackAppAnswer(error=name) for name in words},
        "503": SlackAppAnswer(status=503),
        "internal_error": SlackAppAnswer(error="internal_error"),
        "a word that is new": SlackAppAnswer(error="not_today"),
        "the connection is lost before it is done": SlackAppAnswer(drop="before"),
        "the connection is lost after it is done": SlackAppAnswer(drop="after"),
        **{name: SlackAppAnswer(error=name) for name in NEW_MESSAGE},
    }
    for name, error in errors.items():
        at_once = SLACK_DEAD if name in A_PERSON_HAS_TO_ACT else TOLD
        found = TOLD if error.drop == "after" else SLACK_DEAD  # in the channel's history
        anew = TOLD if name in NEW_MESSAGE else SLACK_DEAD
        reply = f"{name}, between the verdict and the reply"
        yield at(f"{name}, before the head", TOLD, POST, error, AN_OK)
        yield at(f"{name}, at an edit while it runs", TOLD, EDIT, error, AN_OK)
        yield at(f"{name}, at each edit", anew, EDIT, error)
        yield at(reply, at_once, POST, AN_OK, error, AN_OK)
        yield at(f"{name}, at each reply", found, POST, AN_OK, error)
        yield at(f"{name}, at each post", found, POST, error)
    lost = {POST: [AN_OK, SlackAppAnswer(drop="after"), AN_OK]}
    writes = partial(row, scopes=("chat:write",), answer_lost=True)
    name = "the reply is taken, its answer lost, and nobody may read the history"
    yield writes(name, TWICE["slack"], app=lost)
    unread = {**lost, "conversations.replies": [*(2 * [SlackAppAnswer(status=503)]), AN_OK]}
    yield row("the reply's answer is lost, and the history is down for a while", TOLD, app=unread)
    mishaps = {each: each.name.lower().replace("_", " ") for each in Mishap}
    for mishap in (Mishap.EXIT_BEFORE, Mishap.EXIT_AFTER, Mishap.TIMEOUT_AFTER, Mishap.THROTTLED):
        shows = {"ShowProgressFunction": [mishap]}
        yield row(f"showing progress: {mishaps[mishap]}", TOLD, lambdas=shows)
    for mishap in (Mishap.EXIT_AFTER, Mishap.TIMEOUT_AFTER):
        tells = {"NotifyFunction/slack": once(mishap)}
        yield row(f"telling the end: {mishaps[mishap]}, and done again", TOLD, lambdas=tells)


ROWS = [*refused(), *unsure(), *unavailable(), *app_rows()]
