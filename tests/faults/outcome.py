"""What people and operators got in a world: messages, letters, executions; and what is missing."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

from mitigation.notice import Notice
from mitigation.report import Verdict
from tests.support.machine import World

USUAL = Verdict.FAILED.label  # how the table's tasks end
PROMISE = "a final message will follow"
_TEXT = re.compile(r"\[(?P<label>[A-Z ]+)\] (?:[\w-]+, [\w-]+: )?(?P<task_id>[\w-]+): ")


class Outcome(NamedTuple):
    """For each channel its messages in order, then its letters; and how the executions ended.

    `told` alone is how the task itself ended; any other message is named by its label.
    """

    sns: str
    slack: str
    executions: str = "1 succeeded"
    start_failures: int = 0
    failed_sweeps: int = 0

    def __str__(self) -> str:
        each = f"SNS: {self.sns} · Slack: {self.slack}"
        told = f"both: {self.sns}" if self.sns == self.slack else each
        failures = f" · start failures: {self.start_failures}" if self.start_failures else ""
        sweeps = f" · failed sweeps: {self.failed_sweeps}" if self.failed_sweeps else ""
        return f"{told} · executions: {self.executions}{failures}{sweeps}"


def both(told: str, executions: str = "1 succeeded", **more: int) -> Outcome:
    return Outcome(told, told, executions, **more)


TOLD = both("told")
TWICE = {"sns": Outcome("2 x told", "told"), "slack": Outcome("told", "2 x told")}
UNREADABLE = both("told UNREADABLE so far, told UNREADABLE")
SNS_DEAD = Outcome("dead letter", "told", "1 failed")
SLACK_DEAD = Outcome("told", "dead letter", "1 failed")
NOTHING = both("nothing", "none")
NOT_STARTED = both("nothing", "none", start_failures=1)
NOT_SWEPT = both("nothing", "none", failed_sweeps=1)


class Seen(NamedTuple):
    outcome: Outcome
    lost: int  # final messages that neither arrived nor lie anywhere
    twice: int  # final messages that arrived again
    broken: int  # promises: of a final message that doesn't come, or of no message more


class _Message(NamedTuple):
    task_id: str
    label: str
    is_final: bool
    kept: str = ""  # as what, if it did not arrive

    def __str__(self) -> str:
        so_far = " so far" if self.label == Verdict.UNREADABLE.label and not self.is_final else ""
        what = "" if self.label == USUAL else f" {self.label}{so_far}"
        return f"{self.kept or 'told'}{what}"


def look_at(world: World, expected: Outcome) -> Seen:
    """Nothing is lost where nobody is to be told, and no failure to be counted."""
    told = {"sns": [*_published(world)], "slack": [*_posted(world)]}
    watches = sum(each.error != "InvalidWatch" for each in world.executions)
    failures = len(world.letters("StartFailuresQueue"))
    lost = twice = broken = 0
    for channel, messages in told.items():
        for before, after in combinations(messages, 2):
            broken += before.is_final and not after.is_final and before.task_id == after.task_id
        messages.extend(_letters(world, channel))
        finals = {m[:2] for m in messages if m.is_final}
        broken += len({m.task_id for m in messages} - {task_id for task_id, _ in finals})
        # Without a watch a failure has to say so.
        lost += watches - len(finals) if watches else not (failures or world.failed_sweeps)
        arrived = [m[:2] for m in messages if m.is_final and not m.kept]
        twice += len(arrived) - len({*arrived})
    statuses = Counter(execution.status.lower() for execution in world.executions)
    executions = ", ".join(f"{n} {status}" for status, n in statuses.items()) or "none"
    sns, slack = map(_words, told.values())
    outcome = Outcome(sns, slack, executions, failures, world.failed_sweeps)
    return Seen(outcome, 0 if expected.sns == "nothing" else lost, twice, broken)


def _published(world: World) -> Iterator[_Message]:
    """By the report for machines: the subject may be too short for the task's id."""
    for publication in world.network.publications:
        report = json.loads(publication.bodies["default"])
        is_final, notes = report["final"], " ".join(report["notes"])
        assert is_final is (PROMISE not in notes), notes
        yield _Message(report["taskId"], Verdict(report["verdict"]).label, is_final)


def _posted(world: World) -> Iterator[_Message]:
    for payload in world.taken:
        match = _TEXT.match(payload["text"])
        assert match, payload["text"]
        yield _Message(match["task_id"], match["label"], PROMISE not in str(payload))


def _letters(world: World, channel: str) -> list[_Message]:
    """What could not be told: in the queue, or where even that failed in the history."""
    states = [state for execution in world.executions for state in execution.entered]
    not_told = [json.loads(state["input"]) for state in states if state["name"] == "NotTold"]
    kept = {"dead letter": world.letters("DeadLetterQueue"), "letter in the history": not_told}
    found = []
    for name, letters in kept.items():
        mine = [each for each in letters if each["channel"] == channel]
        for report in (Notice.parse(each).report for each in mine):  # as the replay will read it
            is_final = report.look.decision.is_final
            found.append(_Message(report.name, report.verdict.label, is_final, name))
        if found:
            break
    return found


def _words(messages: Iterable[_Message]) -> str:
    counted = Counter(map(str, messages))
    return ", ".join(f"{n} x {text}" if n > 1 else text for text, n in counted.items()) or "nothing"
