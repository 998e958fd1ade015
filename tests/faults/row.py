"""A row of the fault table: what goes wrong, and what is to come of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from unittest import mock

from embedded.places import HOME, Place
from embedded.scenario import Failure, SlackAnswer, SlackAppAnswer, TaskType
from embedded.slack_workspace import Workspace
from mitigation import patience, webhook
from tests.faults.fault import once
from tests.faults.outcome import TOLD, Outcome, Seen, look_at
from tests.support.aws import Fault, Plan
from tests.support.functions import Mishap
from tests.support.machine import World
from tests.support.slack import Slack
from tests.support.watched import TASK_IDS, Json, answer, running, started, task

type Look = Callable[[TaskType], Json | Failure]
type Step = Callable[[World], None]

DESCRIBE = "Describe{}MitigationActionsTask"
ENDED: tuple[Look, ...] = (answer,)
ENDS: tuple[Look, ...] = (running, answer)  # under way at the first look, ended by the second


def event(times: int = 1, task_id: str | None = None, place: Place = HOME, **detail: Any) -> Step:
    """CloudTrail tells of every task's start, or of this one's, so many times at once."""

    def step(world: World) -> None:
        ids = [task_id] if task_id else [each.task_id for each in world.tasks]
        events = (started(world.tasks[0].task_type, each, **detail) for each in ids)
        world.happens(*(times * [each | place._asdict() for each in events]))

    return step


def passes(seconds: float) -> Step:
    return lambda world: world.passes(seconds)


@dataclass(frozen=True, eq=False, slots=True)
class Row:
    """`play` is what happens, `describe` what AWS IoT tells of the task, a look each, the last for
    ever after; in operations' names {} stands for Detect or Audit.

    `answer_lost`: nobody can know whether the message arrived, so it may come again.
    """

    group: str
    name: str
    expected: Outcome
    play: Sequence[Step] = (event(),)
    describe: Sequence[Look] = ENDED
    aws: Mapping[str, Plan[Fault]] = field(default_factory=dict)
    lambdas: Mapping[str, Plan[Mishap | None]] = field(default_factory=dict)
    slack: Sequence[SlackAnswer] = ()
    slack_timeout: float = webhook.TIMEOUT_SECONDS
    secret: str | None = None
    app: Mapping[str, Sequence[SlackAppAnswer]] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()  # of a Slack app; none for a webhook
    parameters: Mapping[str, str] = field(default_factory=dict)
    task_ids: Sequence[str] = ()
    place: Place = HOME  # whose task it is
    calls_per_second: float | None = None
    patience_hours: int = 1  # 12 in the product; most rows show as much with one
    answer_lost: bool = False
    types: tuple[TaskType, ...] = ("detect", "audit")

    def run(self, kind: TaskType, slack: Slack) -> Seen:
        tasks = [
            replace(
                task(kind, *(look(kind) for look in self.describe), task_id=each), place=self.place
            )
            for each in self.task_ids or [TASK_IDS[kind]]
        ]
        with (
            mock.patch.object(patience, "PATIENCE_SECONDS", self.patience_hours * 3600),
            mock.patch.object(webhook, "TIMEOUT_SECONDS", self.slack_timeout),
            World(
                slack,
                tasks,
                aws={name.format(kind.capitalize()): plan for name, plan in self.aws.items()},
                lambdas=self.lambdas,
                slack=self.slack,
                app=self.app,
                workspace=Workspace(scopes=self.scopes) if self.scopes else None,
                calls_per_second=self.calls_per_second,
                parameters=self.parameters,
                secret=self.secret,
            ) as world,
        ):
            for step in self.play:
                step(world)
            met = {*world.network.faults.met, *world.mishaps.met, *slack.calls}
            unmet = {*world.aws, *self.lambdas, *self.app} - met
            assert not unmet, f"nothing met the faults of {unmet}"
            assert slack.posts or not self.slack
            return look_at(world, self.expected)


def once_and_for_ever(
    row: partial[Row], name: str, faults: Mapping[str, Any], dead: Outcome, but: str = ""
) -> Iterator[Row]:
    """Of an operation, or of a function; one of them, perhaps, not for ever."""
    kind = "lambdas" if "Function" in name else "aws"
    for says, fault in faults.items():
        yield row(f"{says}, once", TOLD, **{kind: {name: once(fault)}})
        if says != but:
            yield row(f"{says}, for ever", dead, **{kind: {name: [fault]}})
