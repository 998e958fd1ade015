"""A Slack app's errors, each at every place: before there is a head, at an edit, at the reply."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from embedded.scenario import SlackAppAnswer, TaskType
from embedded.slack_workspace import SCOPES
from tests.faults.outcome import SLACK_DEAD, TOLD, Outcome
from tests.faults.row import Looks, Row
from tests.support.functions import Mishap
from tests.support.watched import answer, running

type Answers = Mapping[str, Sequence[SlackAppAnswer]]

OK = SlackAppAnswer()
POST, EDIT = "chat.postMessage", "chat.update"
A_PERSON_HAS_TO_ACT = {"not_in_channel", "token_revoked"}
NEW_MESSAGE = ("message_not_found", "restricted_action_thread_locked", "invalid_blocks")
ERRORS: Mapping[str, SlackAppAnswer] = {
    "not_in_channel": SlackAppAnswer(error="not_in_channel"),
    "token_revoked": SlackAppAnswer(error="token_revoked"),
    "ratelimited": SlackAppAnswer(error="ratelimited"),
    "rate_limited": SlackAppAnswer(error="rate_limited"),
    "503": SlackAppAnswer(status=503),
    "internal_error": SlackAppAnswer(error="internal_error"),
    "a word that is new": SlackAppAnswer(error="not_today"),
    "the connection is lost before it is done": SlackAppAnswer(drop="before"),
    "the connection is lost after it is done": SlackAppAnswer(drop="after"),
    **{name: SlackAppAnswer(error=name) for name in NEW_MESSAGE},
}


def gets_on(task_type: TaskType) -> Looks:
    """Under way at eight looks, of which each finds more done than the one before."""
    looks = (running(task_type, taskStatistics={"actionsFailed": n}) for n in range(8))
    return [*looks, answer(task_type)]


def row(name: str, expected: Outcome, app: Answers, **more: Any) -> Row:
    made = Row("Slack app", name, expected, app=app, scopes=SCOPES, describe=gets_on)
    return replace(made, types=("detect",), **more)


def rows() -> Iterator[Row]:
    for name, error in ERRORS.items():
        at_once = SLACK_DEAD if name in A_PERSON_HAS_TO_ACT else TOLD
        found = TOLD if error.drop == "after" else SLACK_DEAD  # in the channel's history
        anew = TOLD if error.error in NEW_MESSAGE else SLACK_DEAD
        yield row(f"{name}, before the head", TOLD, {POST: [error, OK]})
        yield row(f"{name}, at an edit while it runs", TOLD, {EDIT: [error, OK]})
        yield row(f"{name}, at each edit", anew, {EDIT: [error]})
        yield row(f"{name}, between the verdict and the reply", at_once, {POST: [OK, error, OK]})
        yield row(f"{name}, at each reply", found, {POST: [OK, error]})
        yield row(f"{name}, at each post", found, {POST: [error]})
    lost = {POST: [OK, SlackAppAnswer(drop="after"), OK]}
    name = "the reply is taken, its answer lost, and nobody may read the history"
    only_writes = {"scopes": ("chat:write",), "answer_lost": True}
    yield row(name, Outcome("told", "2 x told"), lost, **only_writes)
    down = [SlackAppAnswer(status=503), SlackAppAnswer(status=503), OK]
    unread = {**lost, "conversations.replies": down}
    yield row("the reply's answer is lost, and the history is down for a while", TOLD, unread)
    for mishap in (Mishap.EXIT_BEFORE, Mishap.EXIT_AFTER, Mishap.TIMEOUT_AFTER, Mishap.THROTTLED):
        plan = {"ShowProgressFunction": [mishap]}
        yield row(f"showing progress: {words(mishap)}", TOLD, {}, lambdas=plan)
    for mishap in (Mishap.EXIT_AFTER, Mishap.TIMEOUT_AFTER):
        plan = {"NotifyFunction/slack": [mishap, Mishap.NONE]}
        yield row(f"telling the end: {words(mishap)}, and done again", TOLD, {}, lambdas=plan)


def words(mishap: Mishap) -> str:
    return mishap.name.lower().replace("_", " ")
