"""What each way of polling costs and brings, over the same simulated tasks."""

from collections.abc import Iterable
from datetime import timedelta
from math import inf
from statistics import fmean, median, quantiles
from typing import NamedTuple, Self

from bench import schedules as s
from bench.page import table
from mitigation.decision import MOST_EVENTS, PROGRESS_EVENTS, ROUND_EVENTS
from mitigation.polling import JITTER, SHORTEST_SHARE, Policy, wait_seconds
from mitigation.thread import ALL_HEADS, NO_HEADS, Thread, is_due

MIX_TASKS, KNOWN_TASKS = 20_000, 10_000
# List prices of us-east-1, in dollars, without any free tier.
TRANSITION = 25e-6  # Step Functions, Standard
REQUEST = 0.2e-6  # Lambda
GB_SECOND = 13.3334e-6  # Lambda, arm64
LOG_GB = 0.50  # CloudWatch Logs
# A look is taken to need 0.1 s at describe_task's 512 MB, and 1 KB of logs.
LOOK = REQUEST + 0.5 * 0.1 * GB_SECOND + 1e-6 * LOG_GB
TRANSITIONS_A_ROUND = 3  # DescribeTask, TaskEnded? and Wait
# ShowProgress, where Slack is an app; taken to need 0.5 s at 512 MB, as it waits for Slack.
SECRET = 5e-6  # Secrets Manager, a call
EDIT = TRANSITION + REQUEST + 0.5 * 0.5 * GB_SECOND + 1e-6 * LOG_GB + SECRET


class Outcome(NamedTuple):
    """Of many tasks: delays in seconds; the rest is the mean of a task, without what each has."""

    name: str
    looks: float
    transitions: float
    median: float
    mean: float
    p99: float

    @classmethod
    def of(cls, schedule: s.Schedule, drawn: Iterable[s.SimulatedTask]) -> Self:
        ages = [(task, list(schedule.ages(task))) for task in drawn]
        looks = fmean(len(looked) for _, looked in ages)
        delays = [looked[-1] - task.seconds for task, looked in ages]
        transitions = TRANSITIONS_A_ROUND * looks - (not schedule.waits_first)
        p99 = quantiles(delays, n=100)[98]
        return cls(schedule.name, looks, transitions, median(delays), fmean(delays), p99)

    @property
    def dollars(self) -> float:
        """For 1,000 tasks."""
        return 1_000 * _dollars(self.transitions, self.looks)

    def beats(self, other: "Outcome") -> bool:
        return self.dollars < other.dollars and self.mean < other.mean


class Target(NamedTuple):
    """One promise about our defaults: `value` may not be over `limit`; inf is no promise."""

    what: str
    value: float
    limit: float


class Polling(NamedTuple):
    """Ours, then the job poller, then others: on the mix, and on tasks whose total is known."""

    mix: list[Outcome]
    known: dict[str, Outcome]

    @property
    def front(self) -> list[Outcome]:
        """On the mix: those that no other is both cheaper and faster than."""
        return [one for one in self.mix if not any(other.beats(one) for other in self.mix)]

    def targets(self) -> list[Target]:
        ours, its = self.mix[:2]
        found = [
            Target("mix: cost, of the job poller's", ours.dollars / its.dollars, 0.3),
            Target("mix: median delay, of its", ours.median / its.median, 1),
            Target("mix: p99 delay, seconds", ours.p99, 300),
            Target("mix: others both cheaper and faster", ours not in self.front, 0),
        ]
        its = self.known["job poller"]
        for kind in ("steady", "noisy"):
            ours, name = self.known[kind], f"known total, {kind}"
            found += [
                Target(f"{name}: cost, of its", ours.dollars / its.dollars, 0.8),
                Target(f"{name}: median delay, of its", ours.median / its.median, 0.25),
                Target(f"{name}: mean delay, of its", ours.mean / its.mean, 0.6),
                Target(f"{name}: p99 delay, seconds", ours.p99, 300),
            ]
        stalls, plain = self.known["stalling"], self.known["without"]
        return [
            *found,
            Target("stalling: cost, of ours without", stalls.dollars / plain.dollars, 1.05),
            Target("stalling: mean delay, of ours without", stalls.mean / plain.mean, 1.05),
        ]


def broken(targets: Iterable[Target]) -> list[str]:
    return [t.what for t in targets if t.value > t.limit]


def simulate(
    mix_tasks: int = MIX_TASKS, known_tasks: int = KNOWN_TASKS, policy: Policy | None = None
) -> Polling:
    """`policy` instead of the template's defaults."""
    own, mix = s.ours(policy or s.default_policy()), s.draw_mix(mix_tasks)
    unknown = s.draw_known(known_tasks, None)
    known = {"job poller": Outcome.of(s.JOB_POLLER, unknown), "without": Outcome.of(own, unknown)}
    for progress in (s.steady, s.noisy, s.stalling):
        known[progress.__name__] = Outcome.of(own, s.draw_known(known_tasks, progress))
    return Polling([Outcome.of(one, mix) for one in (own, s.JOB_POLLER, *s.OTHERS)], known)


def slack_app(mix_tasks: int = MIX_TASKS) -> list[Target]:
    """What showing progress adds to a watch, on the mix, and to its execution's history."""
    policy, found = s.default_policy(), []
    for progress, limit in ((s.steady, 1.15), (s.ceaseless, inf)):
        looks = edits = 0
        for task in s.draw_mix(mix_tasks, progress):
            due = [is_shown for _, is_shown in s.watch(task, policy, ALL_HEADS)]
            looks, edits = looks + len(due), edits + sum(due)
        name, cost = progress.__name__, _dollars(TRANSITIONS_A_ROUND * looks - mix_tasks, looks)
        found += [
            Target(f"{name}: posts and edits a task", edits / mix_tasks, inf),
            Target(f"{name}: cost, of the webhook's", 1 + edits * EDIT / cost, limit),
        ]
    most = f"most events in {policy.limit_seconds / s.HOUR:g} h"
    return [*found, Target(most, most_events(policy, ALL_HEADS), MOST_EVENTS)]


def most_events(policy: Policy, heads: str = NO_HEADS) -> int:
    """The events of a watch that never sees the end: of a task that seems to be just before it."""
    task, thread = s.SimulatedTask(0, inf, range(policy.limit_seconds)), Thread()
    age = events = 0
    while age < policy.limit_seconds:
        now, seen = s.START + timedelta(seconds=age), task.at(age)
        events += ROUND_EVENTS
        if is_due(seen, thread, heads, troubled=False, now=now):
            events, thread = events + PROGRESS_EVENTS, s.shown(seen, now)
        age += wait_seconds(age, policy, 1 - 1e-9, 0.0)
    return events


def settings() -> str:
    """What the figures depend on: others need a new `make bench`."""
    policy = s.default_policy()
    found = {
        **{name.replace("_", " "): f"{value:,}" for name, value in policy._asdict().items()},
        "jitter": f"{JITTER:.0%}",
        "progress shortens to": f"{SHORTEST_SHARE:.0%}",
        "most events of an execution": f"{most_events(policy):,}",
    }
    return table(["setting", "value"], found.items())


def tables(polling: Polling, app: Iterable[Target]) -> dict[str, str]:
    head = ["schedule", "$ for 1,000", "transitions", "median s", "mean s", "p99 s"]
    mix = sorted(polling.mix, key=lambda outcome: outcome.dollars)
    fronted = [[*_row(one.name, one), "yes" if one in polling.front else ""] for one in mix]
    return {
        "settings": settings(),
        "mix": table([*head, "on the front"], fronted),
        "known": table(head, [_row(name, one) for name, one in polling.known.items()]),
        "promises": _promises("promise", polling.targets()),
        "slack-app": _promises("where Slack is an app", app),
    }


def _promises(head: str, targets: Iterable[Target]) -> str:
    rows = ((one.what, _figure(one.value), _figure(one.limit)) for one in targets)
    return table([head, "measured", "at most"], rows)


def _figure(value: float) -> str:
    return "" if value == inf else f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _dollars(transitions: float, looks: float) -> float:
    return transitions * TRANSITION + looks * LOOK


def _row(name: str, o: Outcome) -> list[str]:
    figures = f"{o.dollars:.2f} {o.transitions:.0f} {o.median:.1f} {o.mean:.1f} {o.p99:.0f}"
    return [name, *figures.split()]
