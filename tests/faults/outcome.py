"""What people and operators got in a world: messages, letters, executions; and what is missing."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from mitigation.notice import Notice
from mitigation.report import Verdict
from tests.support.aws import Publication
from tests.support.machine import World
from tests.support.results import Execution

USUAL = Verdict.FAILED.label  # how the table's tasks end
PROMISE = "a final message will follow"
_TEXT = re.compile(r"\[(?P<label>[A-Z ]+)\] (?:[\w-]+, [\w-]+: )?(?P<task_id>[\w-]+): ")


@dataclass(frozen=True, slots=True)
class Outcome:
    """For each channel its messages in order, then its letters; and how the executions ended.

    `told` alone is how the task itself ended; any other message is named by its label.
    """

    sns: str
    slack: str
    executions: str = "1 succeeded"
    start_failures: int = 0
    failed_sweeps: int = 0

    def __str__(self) -> str:
        same = self.sns == self.slack
        told = f"both: {self.sns}" if same else f"SNS: {self.sns} · Slack: {self.slack}"
        failures = f" · start failures: {self.start_failures}" if self.start_failures else ""
        sweeps = f" · failed sweeps: {self.failed_sweeps}" if self.failed_sweeps else ""
        return f"{told} · executions: {self.executions}{failures}{sweeps}"


def both(told: str, executions: str = "1 succeeded") -> Outcome:
    return Outcome(told, told, executions)


TOLD = both("told")
REFUSED = both("told UNREADABLE")
UNREADABLE = both("told UNREADABLE so far, told UNREADABLE")
VANISHED = both("told VANISHED")
SNS_DEAD = Outcome("dead letter", "told", "1 failed")
SLACK_DEAD = Outcome("told", "dead letter", "1 failed")
NOT_STARTED = Outcome("nothing", "nothing", "none", start_failures=1)
NOT_SWEPT = Outcome("nothing", "nothing", "none", failed_sweeps=1)
NOTHING = Outcome("nothing", "nothing", "none")


@dataclass(frozen=True, slots=True)
class Seen:
    outcome: Outcome
    lost: int  # final messages that neither arrived nor lie anywhere
    twice: int  # final messages that arrived again
    broken: int  # promises: of a final message that doesn't come, or of no message more


@dataclass(frozen=True, slots=True)
class _Message:
    task_id: str
    label: str
    is_final: bool
    kept: str = ""  # as what, if it did not arrive

    def __str__(self) -> str:
        label = self.label
        if label == Verdict.UNREADABLE.label and not self.is_final:
            label += " so far"
        what = "" if label == USUAL else f" {label}"
        return f"{self.kept or 'told'}{what}"


def look_at(world: World, *, nothing_due: bool, vanished_before: bool = False) -> Seen:
    told = {
        "sns": [_published(publication) for publication in world.network.publications],
        "slack": [_posted(payload) for payload in world.taken],
    }
    if vanished_before:  # that was another matter
        for messages in told.values():
            first = next(m for m in messages if m.label == Verdict.VANISHED.label)
            messages[messages.index(first)] = replace(first, task_id=f"{first.task_id}, before")
    everything, failures = world.executions, len(world.start_failures)
    executions = [each for each in everything if each.error != "InvalidWatch"]
    lost = twice = broken = 0
    for channel, messages in told.items():
        broken += sum(
            before.is_final and before.task_id == after.task_id
            for before, after in combinations(messages, 2)
            if not after.is_final
        )
        messages.extend(_letters(world, channel, everything))
        finals = Counter(message.task_id for message in messages if message.is_final)
        broken += sum(not m.is_final and m.task_id not in finals for m in messages)
        lost += 0 if nothing_due else len(executions) - len(finals)
        arrived = Counter(m.task_id for m in messages if m.is_final and not m.kept)
        twice += sum(count - 1 for count in arrived.values())
    if not (executions or failures or world.failed_sweeps or nothing_due):
        lost += len(told)
    statuses = Counter(execution.status.lower() for execution in everything)
    return Seen(
        Outcome(
            sns=_words(told["sns"]),
            slack=_words(told["slack"]),
            executions=", ".join(f"{n} {status}" for status, n in statuses.items()) or "none",
            start_failures=failures,
            failed_sweeps=world.failed_sweeps,
        ),
        lost,
        twice,
        broken,
    )


def _published(publication: Publication) -> _Message:
    """By the report for machines: the subject may be too short for the task's id."""
    report = json.loads(publication.bodies["default"])
    is_final, notes = report["final"], " ".join(report["notes"])
    assert is_final is (PROMISE not in notes), notes
    return _Message(report["taskId"], Verdict(report["verdict"]).label, is_final)


def _posted(payload: Mapping[str, Any]) -> _Message:
    match = _TEXT.match(payload["text"])
    assert match, payload["text"]
    return _Message(match["task_id"], match["label"], PROMISE not in str(payload))


def _letters(world: World, channel: str, executions: list[Execution]) -> list[_Message]:
    """What could not be told: in the queue, or where even that failed in the history."""
    queued = [_of_letter(letter, "dead letter") for letter in world.dead_letters
              if letter["channel"] == channel]  # fmt: skip
    not_told = [
        json.loads(state["input"])
        for execution in executions
        for state in execution.entered
        if state["name"] == "NotTold"
    ]
    remembered = [_of_letter(letter, "letter in the history") for letter in not_told
                  if letter["channel"] == channel]  # fmt: skip
    return queued or remembered


def _of_letter(letter: dict[str, Any], kept: str) -> _Message:
    """As the replay will read it."""
    report = Notice.parse(letter).report
    return _Message(report.name, report.verdict.label, report.look.decision.is_final, kept)


def _words(messages: Iterable[_Message]) -> str:
    counted = Counter(str(message) for message in messages)
    return ", ".join(f"{n} x {text}" if n > 1 else text for text, n in counted.items()) or "nothing"
