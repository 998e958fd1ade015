"""What each way of polling costs and brings, over the same simulated tasks."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import batched
from statistics import fmean, median, quantiles

from bench import tasks
from bench.schedules import (
    FAMILIES,
    JOB_POLLER,
    Ours,
    Schedule,
    Timetable,
    Watched,
    default_policy,
)
from bench.tasks import SimulatedTask
from mitigation.polling import Policy, wait_seconds

MIX_TASKS = 100_000
KNOWN_TASKS = 25_000
# List prices of us-east-1, in dollars, without any free tier.
TRANSITION = 25e-6  # Step Functions, Standard
REQUEST = 0.2e-6  # Lambda
GB_SECOND = 13.3334e-6  # Lambda, arm64
LOG_GB = 0.50  # CloudWatch Logs
# What a look is taken to need; describe_task has 512 MB.
LOOK_GB_SECONDS = 0.5 * 0.1
LOOK_LOG_GB = 1e-6
LOOK = REQUEST + LOOK_GB_SECONDS * GB_SECOND + LOOK_LOG_GB * LOG_GB
# DescribeTask, TaskEnded? and Wait: entered and exited; the task is scheduled, started, succeeded.
TRANSITIONS_A_ROUND, EVENTS_A_ROUND = 3, 9
WAIT_TRANSITIONS, WAIT_EVENTS = 1, 2
EVENT_LIMIT = 25_000  # Step Functions, events in a history
ALMOST_DONE = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of many tasks: delays in seconds; the rest is the mean of a task, without what each has."""

    name: str
    looks: float
    transitions: float
    events: float
    median: float
    mean: float
    p99: float

    @classmethod
    def of(cls, schedule: Schedule, watched: Sequence[Watched]) -> "Outcome":
        looks = fmean(one.looks for one in watched)
        delays = [one.delay for one in watched]
        saved = 0 if schedule.waits_first else 1  # it has looked before the first wait
        return cls(
            name=schedule.name,
            looks=looks,
            transitions=TRANSITIONS_A_ROUND * looks - WAIT_TRANSITIONS * saved,
            events=EVENTS_A_ROUND * looks - WAIT_EVENTS * saved,
            median=median(delays),
            mean=fmean(delays),
            p99=quantiles(delays, n=100)[98],
        )

    @property
    def dollars(self) -> float:
        """For 1,000 tasks."""
        return 1_000 * (self.transitions * TRANSITION + self.looks * LOOK)

    def beats(self, other: "Outcome") -> bool:
        return self.dollars < other.dollars and self.mean < other.mean


@dataclass(frozen=True, slots=True)
class Target:
    """One promise about our defaults: `value` may not be over `limit`."""

    what: str
    value: float
    limit: float

    @property
    def holds(self) -> bool:
        return self.value <= self.limit


@dataclass(frozen=True, slots=True)
class Polling:
    """On the mix: the job poller, ours, and families of others. On tasks with a known total: the
    job poller, ours without and with steady, noisy and stalling progress."""

    mix_poller: Outcome
    mix: Outcome
    families: dict[str, list[Outcome]]
    known_poller: Outcome
    unknown: Outcome
    known: dict[str, Outcome]

    @property
    def front(self) -> list[Outcome]:
        """On the mix: those that no other is both cheaper and faster than."""
        everyone = [self.mix, self.mix_poller, *(o for os_ in self.families.values() for o in os_)]
        return [one for one in everyone if not any(other.beats(one) for other in everyone)]

    def targets(self) -> list[Target]:
        found = [
            Target(
                "mix: cost, of the job poller's", self.mix.dollars / self.mix_poller.dollars, 0.3
            ),
            Target("mix: median delay, of its", self.mix.median / self.mix_poller.median, 1),
            Target("mix: p99 delay, seconds", self.mix.p99, 300),
            Target("mix: others both cheaper and faster", 0 if self.mix in self.front else 1, 0),
        ]
        for kind in ("steady", "noisy"):
            ours, its = self.known[kind], self.known_poller
            found += [
                Target(f"known total, {kind}: cost, of its", ours.dollars / its.dollars, 0.8),
                Target(
                    f"known total, {kind}: median delay, of its", ours.median / its.median, 0.25
                ),
                Target(f"known total, {kind}: mean delay, of its", ours.mean / its.mean, 0.6),
                Target(f"known total, {kind}: p99 delay, seconds", ours.p99, 300),
            ]
        stalls, plain = self.known["stalling"], self.unknown
        return [
            *found,
            Target(
                "stalling: cost, of ours without progress", stalls.dollars / plain.dollars, 1.05
            ),
            Target("stalling: mean delay, of ours without", stalls.mean / plain.mean, 1.05),
        ]


def simulate(
    mix_tasks: int = MIX_TASKS,
    known_tasks: int = KNOWN_TASKS,
    *,
    policy: Policy | None = None,
    evenly: bool = False,
    cores: int | None = None,
) -> Polling:
    """With all cores, or with so many; `policy` instead of the template's defaults."""
    ours = Ours("ours", policy or default_policy())
    mix = tasks.draw_mix(mix_tasks, evenly=evenly)
    nobody_knows = tasks.draw_known(known_tasks, None, evenly=evenly)
    kinds = {"steady": tasks.steady, "noisy": tasks.noisy, "stalling": tasks.stalling}
    return Polling(
        mix_poller=_on_timetable(JOB_POLLER, mix),
        mix=_on_cores(cores, ours, mix),
        families={
            name: [_on_timetable(table, mix) for table in tables]
            for name, tables in FAMILIES.items()
        },
        known_poller=_on_timetable(JOB_POLLER, nobody_knows),
        unknown=_on_cores(cores, ours, nobody_knows),
        known={
            name: _on_cores(cores, ours, tasks.draw_known(known_tasks, progress, evenly=evenly))
            for name, progress in kinds.items()
        },
    )


def most_events(policy: Policy) -> int:
    """The events of a watch that never sees the end: of a task that stalls just before it."""
    age = rounds = 0
    while age < policy.limit_seconds:
        age += wait_seconds(age, policy, ALMOST_DONE, 0.0)
        rounds += 1
    return EVENTS_A_ROUND * rounds


def _on_timetable(timetable: Timetable, drawn: Iterable[SimulatedTask]) -> Outcome:
    return Outcome.of(timetable, [timetable.watch(task) for task in drawn])


def _on_cores(cores: int | None, schedule: Ours, drawn: Sequence[SimulatedTask]) -> Outcome:
    if cores == 1:
        return Outcome.of(schedule, _watch_all(schedule, drawn))
    with ProcessPoolExecutor(cores) as pool:
        parts = pool.map(partial(_watch_all, schedule), batched(drawn, 500, strict=False))
        return Outcome.of(schedule, [one for part in parts for one in part])


def _watch_all(schedule: Ours, drawn: Sequence[SimulatedTask]) -> list[Watched]:
    return [schedule.watch(task) for task in drawn]
