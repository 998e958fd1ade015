"""What many tasks cost, and what they do against the quotas of AWS and Slack."""

import heapq
import random
from collections import deque
from collections.abc import Iterable
from math import exp, lgamma, log
from statistics import fmean

from bench import polling as p
from bench.artifact import timeout_seconds
from bench.page import table
from bench.schedules import default_policy
from bench.tasks import DAY, HOUR, draw_mix
from mitigation.decision import OUTAGE_SECONDS
from mitigation.polling import backoff_seconds, fraction_of, wait_seconds
from mitigation.trigger import SWEEP_WINDOW_SECONDS

CALLS_A_SECOND = 10  # AWS IoT, each Describe and List operation of detect
AT_ONCE = 5 + 10  # detect and audit tasks that may run at the same time; adjustable
SDK_ATTEMPTS, SDK_LONGEST = 3, 20  # botocore, retry mode `standard`
DAYS_A_MONTH = 30
# Transitions of a message: Channels, the Map, StillWatching?; for each of two channels Notify,
# Delivered? and Told; for the final one AllDelivered? and Delivered too.
MESSAGE_TRANSITIONS, FINAL_TRANSITIONS = 3 + 2 * 3, 2
# Lambda: StartWatch, and Notify for each of two channels, taken to need 0.5 s at 512 MB each.
OTHER_INVOCATIONS, OTHER_GB_SECONDS = 3, 0.25
PUBLISH, EMAIL = 0.5e-6, 2e-5  # SNS: a request, an e-mail
START_SECONDS = 0.03  # what StartExecution is taken to need


def busiest(mean: float) -> int:
    """What a Poisson count of this mean stays within, but for one second of a day.

    Starts come at random, so everything that follows from them is such a count: how many tasks
    run, and, as no watch looks twice within a second, how many looks a second has.
    """
    count, within = 0, exp(-mean)
    while (1 - within) * DAY > 1:
        count += 1
        within += exp(count * log(mean) - mean - lgamma(count + 1))
    return count


def burst(
    tasks: int = 50, *, starts_a_second: float, jitter: bool, runs: int = 20
) -> tuple[float, ...]:
    """Tasks that start together, over an hour: looks, how many of them were throttled, and how many
    after the first ten seconds, and watches that AWS did not answer for so long that people are
    told; means of several runs.
    """
    counts = (_burst(tasks, starts_a_second, jitter, random.Random(n)) for n in range(runs))
    return tuple(map(fmean, zip(*counts, strict=True)))


def _burst(
    tasks: int, starts_a_second: float, jitter: bool, rng: random.Random
) -> tuple[int, int, int, int]:
    policy = default_policy()
    starts = [n / starts_a_second for n in range(tasks)]
    due = [(start, number, 0) for number, start in enumerate(starts)]
    trouble: dict[int, float] = {}  # since when a watch gets no answer
    told: set[int] = set()
    recent: deque[float] = deque()
    looks = throttled = later = 0
    while due:
        at, number, attempt = heapq.heappop(due)
        age = at - starts[number]
        if at > HOUR:
            continue
        while recent and recent[0] <= at - 1:
            recent.popleft()
        if len(recent) < CALLS_A_SECOND:
            recent.append(at)
            trouble.pop(number, None)
            looks += 1
            chance = fraction_of(f"{number}/{int(age)}") if jitter else 0.0
            heapq.heappush(due, (at + wait_seconds(int(age), policy, None, chance), number, 0))
            continue
        throttled += 1
        later += at > starts[-1] + 10
        if (attempt + 1) % SDK_ATTEMPTS:
            backoff = rng.random() * min(2**attempt, SDK_LONGEST)
            heapq.heappush(due, (at + backoff, number, attempt + 1))
            continue
        lasted = at - trouble.setdefault(number, at)
        told |= {number} if lasted >= OUTAGE_SECONDS else set()
        heapq.heappush(due, (at + backoff_seconds(age, lasted, policy, rng.random()), number, 0))
    return looks, throttled, later, len(told)


def tables(polling: p.Polling) -> tuple[dict[str, str], list[str]]:
    """The tables, and the bursts in which a watch is out of sight."""
    ours, poller = (outcome.dollars / 1000 for outcome in polling.mix[:2])
    seconds = [task.seconds for task in draw_mix(p.MIX_TASKS)]
    mean, overdue = fmean(seconds), fmean(one > HOUR for one in seconds)
    whole, timeout = _task_dollars(ours, overdue), timeout_seconds("sweep")
    bursts = {
        "50 tasks at the same instant": burst(starts_a_second=1e9, jitter=True),
        "without jitter": burst(starts_a_second=1e9, jitter=False),
        "50 tasks, ten a second": burst(starts_a_second=10, jitter=True),
    }
    loads = [
        [
            f"{tasks:,}",
            *(f"${tasks * DAYS_A_MONTH * cost:,.2f}" for cost in (whole, ours, poller)),
            *_counts(tasks / DAY * mean),
            *_counts(tasks / DAY * polling.mix[0].looks),
            f"{1 - exp(-tasks / DAY):.1%}",
        ]
        for tasks in (1, 100, 10_000)
    ]
    costs = ["tasks a day", "a month", "for looking and waiting", "by the 60 s poller"]
    counts = ["run at once", "at most", "looks a second", "at most", "share within a second"]
    sweepable = timeout / START_SECONDS / SWEEP_WINDOW_SECONDS * DAY
    means = {
        "dollars that a task costs": f"{whole:.4f}",
        "hours that it takes, mean": f"{mean / HOUR:.1f}",
        f"tasks a day of which {AT_ONCE} run at once": f"{AT_ONCE * DAY / mean:.0f}",
        f"tasks a day that a sweep gets through in its {timeout} s": f"{sweepable:,.0f}",
    }
    head = ["start", "looks", "throttled", "after ten seconds", "told as out of sight"]
    return {
        "loads": table([*costs, *counts], loads),
        "mix-means": table(["of the mix", ""], means.items()),
        "bursts": table(head, [[name, *(f"{n:.0f}" for n in one)] for name, one in bursts.items()]),
    }, [name for name, (*_, out_of_sight) in bursts.items() if out_of_sight]


def _counts(mean: float) -> Iterable[str]:
    return f"{mean:,.2g}" if mean < 1 else f"{mean:,.1f}", f"{busiest(mean):,}"


def _task_dollars(looks: float, overdue: float) -> float:
    """With what it costs to start the watch and to tell two channels, by e-mail and Slack."""
    messages = 1 + overdue
    transitions = MESSAGE_TRANSITIONS * messages + FINAL_TRANSITIONS
    invocations = 1 + (OTHER_INVOCATIONS - 1) * messages
    lambdas = invocations * (p.REQUEST + OTHER_GB_SECONDS * p.GB_SECOND)
    return looks + transitions * p.TRANSITION + lambdas + messages * (PUBLISH + EMAIL)
