"""A Slack app's errors, each at every place: before there is a head, at an edit, at the reply."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from embedded.scenario import SlackAppAnswer, TaskType
from embedded.slack_workspace import SCOPES
from tests.faults.outcome import Outcome
from tests.faults.row import SLACK_DEAD, TOLD, Looks, Row
from tests.support.functions import Mishap
from tests.support.watched import answer, running

type Answers = Mapping[str, Sequence[SlackAppAnswer]]

OK = SlackAppAnswer()
POST, EDIT = "chat.postMessage", "chat.update"
# By what becomes of it; `dies`: once is enough, as a person has to act.
ERRORS: Mapping[str, tuple[SlackAppAnswer, bool]] = {
    "not_in_channel": (SlackAppAnswer(error="not_in_channel"), True),
    "token_revoked": (SlackAppAnswer(error="token_revoked"), True),
    "ratelimited": (SlackAppAnswer(error="ratelimited"), False),
    "rate_limited": (SlackAppAnswer(error="rate_limited"), False),
    "503": (SlackAppAnswer(status=503), False),
    "internal_error": (SlackAppAnswer(error="internal_error"), False),
    "a word that is new": (SlackAppAnswer(error="not_today"), False),
    "the connection is lost before it is done": (SlackAppAnswer(drop="before"), False),
    "the connection is lost after it is done": (SlackAppAnswer(drop="after"), False),
    "message_not_found": (SlackAppAnswer(error="message_not_found"), False),
    "restricted_action_thread_locked": (
        SlackAppAnswer(error="restricted_action_thread_locked"),
        False,
    ),
    "invalid_blocks": (SlackAppAnswer(error="invalid_blocks"), False),
}

NEW_MESSAGE = {"message_not_found", "restricted_action_thread_locked", "invalid_blocks"}


def gets_on(task_type: TaskType) -> Looks:
    """Under way at eight looks, of which each finds more done than the one before."""
    looks = (running(task_type, taskStatistics={"actionsFailed": n}) for n in range(8))
    return [*looks, answer(task_type)]


def row(name: str, expected: Outcome, app: Answers, **more: Any) -> Row:
    made = Row("Slack app", name, expected, app=app, scopes=SCOPES, describe=gets_on)
    return replace(made, types=("detect",), **more)


def rows() -> Iterator[Row]:
    for name, (error, dies) in ERRORS.items():
        at_once = SLACK_DEAD if dies else TOLD
        found = TOLD if error.drop == "after" else SLACK_DEAD  # in the channel's history
        anew = TOLD if error.error in NEW_MESSAGE else SLACK_DEAD
        yield row(f"{name}, before the head", TOLD, {POST: [error, OK]})
        yield row(f"{name}, at an edit while it runs", TOLD, {EDIT: [error, OK]})
        yield row(f"{name}, at each edit", anew, {EDIT: [error]})
        yield row(f"{name}, between the verdict and the reply", at_once, {POST: [OK, error, OK]})
        yield row(f"{name}, at each reply", found, {POST: [OK, error]})
        yield row(f"{name}, at each post", found, {POST: [error]})
    lost = {POST: [OK, SlackAppAnswer(drop="after"), OK]}
    yield row(
        "the reply is taken, its answer lost, and nobody may read the history",
        Outcome("told", "2 x told"),
        lost,
        scopes=("chat:write",),
        answer_lost=True,
    )
    down = [SlackAppAnswer(status=503), SlackAppAnswer(status=503), OK]
    unread = {**lost, "conversations.replies": down}
    yield row("the reply's answer is lost, and the history is down for a while", TOLD, unread)
    for mishap in (Mishap.EXIT_BEFORE, Mishap.EXIT_AFTER, Mishap.TIMEOUT_AFTER, Mishap.THROTTLED):
        words = mishap.name.lower().replace("_", " ")
        yield row(
            f"showing progress: {words}", TOLD, {}, lambdas={"ShowProgressFunction": [mishap]}
        )
    for mishap in (Mishap.EXIT_AFTER, Mishap.TIMEOUT_AFTER):
        words = mishap.name.lower().replace("_", " ")
        plan = {"NotifyFunction/slack": [mishap, Mishap.NONE]}
        yield row(f"telling the end: {words}, and done again", TOLD, {}, lambdas=plan)
