"""Lambda fails: a function ends or takes too long, before or after its work, or never runs. Slack
answers with something else than `ok`, late, or not at all: as a webhook, and as an app.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from embedded.scenario import SlackAnswer, SlackAppAnswer, TaskType
from embedded.slack_workspace import SCOPES
from mitigation.delivery import LAYOUT_REFUSALS
from tests.faults.outcome import NOT_STARTED, SLACK_DEAD, SNS_DEAD, TOLD, Outcome, both
from tests.faults.row import Looks, Row, ends, once, once_and_for_ever
from tests.support.aws import WORKS, Refusal
from tests.support.deployment import WEBHOOK
from tests.support.functions import Mishap
from tests.support.slack import GARBAGE, OK, RESET, REVOKED, SLOW, TAKEN_THEN_RESET
from tests.support.watched import answer, running

BEFORE = {
    "ends before its work": Mishap.EXIT_BEFORE,
    "times out before its work": Mishap.TIMEOUT_BEFORE,
    "is throttled by Lambda": Mishap.THROTTLED,
    "is failed by Lambda": Mishap.LAMBDA_FAILS,
    "never answers": Mishap.SILENCE,
}
AFTER = {"ends after its work": Mishap.EXIT_AFTER, "times out after its work": Mishap.TIMEOUT_AFTER}
TOLD_TWICE = {"sns": Outcome("2 x told", "told"), "slack": Outcome("told", "2 x told")}
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
POST, EDIT, AN_OK = "chat.postMessage", "chat.update", SlackAppAnswer()
A_PERSON_HAS_TO_ACT = {"not_in_channel", "token_revoked"}
NEW_MESSAGE = ("message_not_found", "restricted_action_thread_locked", "invalid_blocks")


def lambda_rows() -> Iterator[Row]:
    row = partial(Row, "DescribeTask function", describe=ends)
    broke_off = both("told UNREADABLE", "1 failed")
    yield from once_and_for_ever(row, "DescribeTaskFunction", BEFORE | AFTER, broke_off)
    notify = {name: partial(Row, f"Notify function, for {name}") for name in TOLD_TWICE}
    for name, mishap in BEFORE.items():
        for channel, dead in {"sns": SNS_DEAD, "slack": SLACK_DEAD}.items():
            function = f"NotifyFunction/{channel}"
            yield from once_and_for_ever(notify[channel], function, {name: mishap}, dead)
    for name, mishap in AFTER.items():
        for channel, twice in TOLD_TWICE.items():
            row = partial(notify[channel], lambdas={f"NotifyFunction/{channel}": once(mishap)})
            yield row(f"{name}, once", twice, answer_lost=True)
    row, function = partial(Row, "StartWatch function"), "StartWatchFunction"
    own = dict([*BEFORE.items()][:2])
    yield from once_and_for_ever(row, function, own, NOT_STARTED)
    for name, mishap in AFTER.items():
        yield row(f"{name}, once", TOLD, lambdas={function: once(mishap)})
    # What can't even be laid into the dead-letter queue stays in the execution's history.
    row = partial(Row, "SQS SendMessage of a dead letter", slack=[REVOKED])
    busy, denied = Refusal("ServiceUnavailable", 503), Refusal("AccessDenied", 403)
    remembered = Outcome("told", "letter in the history", "1 failed")
    yield row("fails once", SLACK_DEAD, aws={"SendMessage": [busy, WORKS]})
    yield row("is denied for ever", remembered, aws={"SendMessage": [denied]})


def webhook(name: str, expected: Outcome, *answers: SlackAnswer, **more: Any) -> Row:
    return Row("Slack", name, expected, slack=answers, **more)


def refused() -> Iterator[Row]:
    """Nobody tries again what will never be taken; what people must know goes as text alone."""
    for name, status in ({f"400 {text}": 400 for text in REFUSALS} | OTHERS).items():
        yield webhook(name, SLACK_DEAD, SlackAnswer(status, {}, name[4:]), OK)
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
        **{str(s): SlackAnswer(s, {}, "no") for s in (500, 501, 502, 503, 504)},
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
    name, twice = "takes the message, then resets the connection", TOLD_TWICE["slack"]
    yield webhook(name, twice, TAKEN_THEN_RESET, OK, answer_lost=True)


def gets_on(task_type: TaskType) -> Looks:
    """Under way at eight looks, of which each finds more done than the one before."""
    looks = (running(task_type, taskStatistics={"actionsFailed": n}) for n in range(8))
    return [*looks, answer(task_type)]


def app_rows() -> Iterator[Row]:
    """Each error at every place: before there is a head, at an edit, at the reply."""

    def row(name: str, expected: Outcome = TOLD, **more: Any) -> Row:
        given: dict[str, Any] = {"scopes": SCOPES, "describe": gets_on, "types": ("detect",)}
        return Row("Slack app", name, expected, **(given | more))

    def at(name: str, expected: Outcome, method: str, *answers: SlackAppAnswer) -> Row:
        return row(name, expected, app={method: answers})

    says = ("not_in_channel", "token_revoked", "ratelimited", "rate_limited")
    errors = {
        **{name: SlackAppAnswer(error=name) for name in says},
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
    lost: dict[str, Sequence[SlackAppAnswer]] = {POST: [AN_OK, SlackAppAnswer(drop="after"), AN_OK]}
    name = "the reply is taken, its answer lost, and nobody may read the history"
    only_writes = ("chat:write",)
    yield row(name, TOLD_TWICE["slack"], app=lost, scopes=only_writes, answer_lost=True)
    unread = {**lost, "conversations.replies": [*(2 * [SlackAppAnswer(status=503)]), AN_OK]}
    yield row("the reply's answer is lost, and the history is down for a while", app=unread)
    for mishap in (Mishap.EXIT_BEFORE, Mishap.EXIT_AFTER, Mishap.TIMEOUT_AFTER, Mishap.THROTTLED):
        plan: dict[str, Any] = {"ShowProgressFunction": [mishap]}
        yield row(f"showing progress: {words(mishap)}", lambdas=plan)
    for mishap in (Mishap.EXIT_AFTER, Mishap.TIMEOUT_AFTER):
        plan = {"NotifyFunction/slack": once(mishap)}
        yield row(f"telling the end: {words(mishap)}, and done again", lambdas=plan)


def words(mishap: Mishap) -> str:
    return mishap.name.lower().replace("_", " ")


def rows() -> Iterator[Row]:
    yield from lambda_rows()
    yield from refused()
    yield from unsure()
    yield from unavailable()
    yield from app_rows()
