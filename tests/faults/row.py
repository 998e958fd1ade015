"""A row of the fault table: what goes wrong, and what is to come of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from embedded.places import HOME, Place
from embedded.scenario import Failure, Scenario, SlackAnswer, SlackAppAnswer, TaskType
from embedded.slack_workspace import Workspace
from mitigation import patience
from tests.faults.outcome import Outcome, Seen, look_at
from tests.faults.plays import Play
from tests.support.aws import WORKS, Fault, Page, Plan, Refusal
from tests.support.functions import Mishap
from tests.support.machine import World
from tests.support.slack import Slack
from tests.support.watched import TASK_IDS, Json, answer, running, started, task

type Looks = Sequence[Json | Failure]
type Describe = Callable[[TaskType], Looks]

BOTH: tuple[TaskType, ...] = ("detect", "audit")


# What botocore itself tries again, twice.
_RETRIED_BY_BOTOCORE = {"ThrottlingException", "Throttling", "ThrottledException"}


def once(fault: Fault) -> list[Fault]:
    """One call of ours fails: botocore gives up on a fault that it retries at the third answer."""
    alone = fault == Page() or (
        isinstance(fault, Refusal) and fault.status < 500 and fault.code not in _RETRIED_BY_BOTOCORE
    )
    return [*([fault] * (1 if alone else 3)), WORKS]


def ended(task_type: TaskType) -> Looks:
    return [answer(task_type)]


def ends(task_type: TaskType) -> Looks:
    """A task that is under way at the first look and has ended by the second."""
    return [running(task_type), answer(task_type)]


@dataclass(frozen=True, slots=True)
class Row:
    """`play` is what happens, or else every task's event; in operations' names {} stands for
    Detect or Audit.

    `answer_lost`: nobody can know whether the message arrived, so it may come again.
    `nothing_due`: nobody is to be told.
    `vanished_before`: before there was such a task, people were told so, and rightly.
    """

    group: str
    name: str
    expected: Outcome
    play: Play | None = None
    describe: Describe = ended
    aws: Mapping[str, Plan[Fault]] = field(default_factory=dict)
    lambdas: Mapping[str, Plan[Mishap]] = field(default_factory=dict)
    slack: Sequence[SlackAnswer] = ()
    slack_timeout: float | None = None
    secret: str | None = None
    app: Mapping[str, Sequence[SlackAppAnswer]] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()  # of a Slack app; none for a webhook
    parameters: Mapping[str, str] = field(default_factory=dict)
    task_ids: Sequence[str] = ()
    place: Place = HOME  # whose task it is
    calls_per_second: float | None = None
    patience_hours: int = 1  # 12 in the product; most rows show as much with one
    answer_lost: bool = False
    nothing_due: bool = False
    vanished_before: bool = False
    types: tuple[TaskType, ...] = BOTH

    @property
    def is_slack_s(self) -> bool:
        """Whether it is about one way to reach Slack, and makes no sense with the other."""
        return bool(self.slack or self.secret or self.app or self.scopes)

    def run(self, task_type: TaskType, slack: Slack) -> Seen:
        kind = task_type.capitalize()
        task_ids = self.task_ids or [TASK_IDS[task_type]]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(patience, "PATIENCE_SECONDS", self.patience_hours * 3600)
            if self.slack_timeout:
                patch.setattr("mitigation.webhook.TIMEOUT_SECONDS", self.slack_timeout)
            with World(
                slack,
                tasks=[self._task(task_type, task_id) for task_id in task_ids],
                slack=self.slack,
                aws={name.format(kind): faults for name, faults in self.aws.items()},
                lambdas=self.lambdas,
                parameters=self.parameters,
                secret=self.secret,
                app=self.app,
                workspace=Workspace(scopes=self.scopes) if self.scopes else None,
                calls_per_second=self.calls_per_second,
            ) as world:
                if self.play:
                    self.play(world, task_type)
                else:
                    world.happens(*(started(task_type, task_id) for task_id in task_ids))
                assert not world.unmet, f"nothing met the faults of {world.unmet}"
                return look_at(
                    world, nothing_due=self.nothing_due, vanished_before=self.vanished_before
                )

    def _task(self, task_type: TaskType, task_id: str) -> Scenario:
        scenario = task(task_type, *self.describe(task_type), task_id=task_id)
        return replace(scenario, place=self.place)
