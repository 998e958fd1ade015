"""A row of the fault table: what goes wrong, and what is to come of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from embedded.places import HOME, Place
from embedded.scenario import Failure, SlackAnswer, SlackAppAnswer, TaskType
from embedded.slack_workspace import Workspace
from mitigation import patience
from tests.faults.outcome import TOLD, Outcome, Seen, look_at
from tests.support.aws import ANSWER_LOST, NO_CONNECTION, WORKS, Fault, Page, Plan, Refusal
from tests.support.functions import Mishap
from tests.support.machine import World
from tests.support.slack import Slack
from tests.support.watched import TASK_IDS, Json, answer, running, started, task

type Looks = Sequence[Json | Failure]
type Describe = Callable[[TaskType], Looks]
type Play = Callable[[World, TaskType], None]

# What botocore itself tries again, twice.
_RETRIED_BY_BOTOCORE = {"ThrottlingException", "Throttling", "ThrottledException"}


DESCRIBE = "Describe{}MitigationActionsTask"
THROTTLED = Refusal("ThrottlingException")
DENIED = Refusal("AccessDeniedException", 403)
NOT_FOUND = Refusal("ResourceNotFoundException", 404)
INVALID = Refusal("InvalidRequestException")
FAILS = Refusal("InternalFailureException", 500)
AWAY = Refusal("ServiceUnavailableException", 503)
PAGE = "a proxy's web page instead of an answer"
# Whatever is asked, of whichever service.
NETWORK: Mapping[str, Fault] = {
    "no connection": NO_CONNECTION,
    "the answer is lost": ANSWER_LOST,
    PAGE: Page(),
    "a proxy's web page with status 502": Page(502),
}


def named(*refusals: Refusal) -> dict[str, Fault]:
    return {refusal.code: refusal for refusal in refusals}


def ended(task_type: TaskType) -> Looks:
    return [answer(task_type)]


def ends(task_type: TaskType) -> Looks:
    """A task that is under way at the first look and has ended by the second."""
    return [running(task_type), answer(task_type)]


@dataclass(frozen=True, eq=False, slots=True)
class Row:
    """`play` is what happens, or else every task's event; in operations' names {} stands for
    Detect or Audit.

    `answer_lost`: nobody can know whether the message arrived, so it may come again.
    """

    group: str
    name: str
    expected: Outcome
    play: Play | None = None
    describe: Describe = ended
    aws: Mapping[str, Plan[Fault]] = field(default_factory=dict)
    lambdas: Mapping[str, Plan[Mishap | None]] = field(default_factory=dict)
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
    types: tuple[TaskType, ...] = ("detect", "audit")

    @property
    def is_slack_s(self) -> bool:
        """Whether it is about one way to reach Slack, and makes no sense with the other."""
        return bool(self.slack or self.secret or self.app or self.scopes)

    def run(self, task_type: TaskType, slack: Slack) -> Seen:
        task_ids = self.task_ids or [TASK_IDS[task_type]]
        tasks = [task(task_type, *self.describe(task_type), task_id=each) for each in task_ids]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(patience, "PATIENCE_SECONDS", self.patience_hours * 3600)
            if self.slack_timeout:
                patch.setattr("mitigation.webhook.TIMEOUT_SECONDS", self.slack_timeout)
            with World(
                slack,
                [replace(each, place=self.place) for each in tasks],
                aws={n.format(task_type.capitalize()): plan for n, plan in self.aws.items()},
                lambdas=self.lambdas,
                slack=self.slack,
                app=self.app,
                workspace=Workspace(scopes=self.scopes) if self.scopes else None,
                calls_per_second=self.calls_per_second,
                parameters=self.parameters,
                secret=self.secret,
            ) as world:
                if self.play:
                    self.play(world, task_type)
                else:
                    world.happens(*(started(task_type, each) for each in task_ids))
                met = {*world.network.faults.met, *world.mishaps.met, *slack.calls}
                unmet = {*world.aws, *self.lambdas, *self.app} - met
                assert not unmet, f"nothing met the faults of {unmet}"
                assert slack.posts or not self.slack
                return look_at(world, self.expected)


def once[F](fault: F) -> list[F | None]:
    """One call of ours fails: botocore gives up on a fault that it retries at the third answer."""
    alone = fault == Page() or isinstance(fault, Mishap)
    if isinstance(fault, Refusal):
        alone = fault.status < 500 and fault.code not in _RETRIED_BY_BOTOCORE
    return [*([fault] * (1 if alone else 3)), WORKS]


def once_and_for_ever(
    row: Callable[..., Row], name: str, faults: Mapping[str, Any], dead: Outcome
) -> Iterator[Row]:
    """Of an operation, or of a function."""
    kind = "lambdas" if "Function" in name else "aws"
    for says, fault in faults.items():
        yield row(f"{says}, once", TOLD, **{kind: {name: once(fault)}})
        yield row(f"{says}, for ever", dead, **{kind: {name: [fault]}})


def event(times: int = 1, task_id: str | None = None, **detail: object) -> Play:
    """CloudTrail tells of the task's start, so many times at once."""
    return lambda world, t: world.happens(*(times * [started(t, task_id, **detail)]))


def passes(seconds: float) -> Play:
    return lambda world, _: world.passes(seconds)


def ticks(world: World, _: TaskType) -> None:
    world.ticks()


def in_turn(*plays: Play) -> Play:
    def play(world: World, task_type: TaskType) -> None:
        for each in plays:
            each(world, task_type)

    return play
