"""What many tasks do against AWS's and Slack's rates, simulated with the product's own watch."""

import heapq
import random
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, batched, pairwise
from statistics import fmean

from bench.schedules import Ours, default_policy
from bench.tasks import DAY, SimulatedTask, draw_mix
from mitigation.decision import OUTAGE_SECONDS
from mitigation.polling import backoff_seconds, fraction_of, wait_seconds

CALLS_A_SECOND = 10  # AWS IoT, each Describe and List operation of detect
AT_ONCE = 5 + 10  # detect and audit tasks that may run at the same time; adjustable
SLACK_A_SECOND = 1
# botocore, retry mode `standard`
SDK_ATTEMPTS, SDK_LONGEST = 3, 20


@dataclass(frozen=True, slots=True)
class Load:
    """Of a steady stream of the mix's tasks, at random; `busiest` are counts within a second."""

    tasks_a_day: int
    at_once: float
    most_at_once: int
    looks_a_second: float
    busiest_looks: int
    busiest_ends: int
    ends_within_a_second: float  # the share that ends less than a second after another


@dataclass(frozen=True, slots=True)
class Burst:
    """Tasks that start together, over an hour; means of several runs."""

    name: str
    looks: float
    throttled: float
    throttled_later: float  # after the first ten seconds
    out_of_sight: float  # watches that AWS did not answer for so long that people are told


def stream(tasks_a_day: int, days: int, *, seed: int = 3, cores: int | None = None) -> Load:
    """`days` are observed; before them the longest task of the mix has time to end."""
    rng = random.Random(seed)
    before = 3 * DAY
    gaps = (rng.expovariate(tasks_a_day / DAY) for _ in iter(int, 1))
    starts = []
    for start in accumulate(gaps):
        if start > before + days * DAY:
            break
        starts.append(start - before)
    drawn = zip(starts, draw_mix(len(starts), seed=seed), strict=True)
    work = [(start, task) for start, task in drawn if start + task.seconds > 0]
    if cores == 1:
        parts = [_look_times(work)]
    else:
        with ProcessPoolExecutor(cores) as pool:
            parts = list(pool.map(_look_times, batched(work, 200, strict=False)))
    looks = Counter(int(at) for part in parts for at in part if 0 <= at < days * DAY)
    spans = [(start, start + task.seconds) for start, task in work]
    ends = sorted(end for _, end in spans if 0 <= end < days * DAY)
    close = sum(later - earlier < 1 / SLACK_A_SECOND for earlier, later in pairwise(ends))
    running = list(_running(spans, days * DAY))
    return Load(
        tasks_a_day=tasks_a_day,
        at_once=sum(min(end, days * DAY) - max(start, 0) for start, end in spans if end > 0)
        / (days * DAY),
        most_at_once=max(running),
        looks_a_second=looks.total() / (days * DAY),
        busiest_looks=max(looks.values()),
        busiest_ends=max(Counter(int(end) for end in ends).values()),
        ends_within_a_second=close / len(ends),
    )


def _running(spans: Sequence[tuple[float, float]], until: float) -> Iterator[int]:
    """How many tasks run, after each start and end within the observed time."""
    changes = [(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans]
    count = 0
    for at, change in sorted(changes):
        count += change
        if 0 <= at < until:
            yield count


def _look_times(work: Sequence[tuple[float, SimulatedTask]]) -> list[float]:
    ours = Ours("ours", default_policy())
    return [start + age for start, task in work for age in ours.ages(task)]


def burst(
    name: str, *, tasks: int = 50, starts_a_second: float, jitter: bool, runs: int = 20
) -> Burst:
    wait = _own_wait if jitter else _wait_without_jitter
    counts = [_burst(tasks, starts_a_second, wait, random.Random(seed)) for seed in range(runs)]
    return Burst(name, *(fmean(column) for column in zip(*counts, strict=True)))


type Wait = Callable[[int, float], int]


def _own_wait(number: int, age: float) -> int:
    return wait_seconds(int(age), _POLICY, None, fraction_of(f"{number}/{int(age)}"))


def _wait_without_jitter(_number: int, age: float) -> int:
    return wait_seconds(int(age), _POLICY, None, 0.0)


_POLICY = default_policy()


def _burst(
    tasks: int, starts_a_second: float, wait: Wait, rng: random.Random, until: float = 3600
) -> tuple[int, int, int, int]:
    """Looks, throttled calls, those of them after ten seconds, and outages that people hear of."""
    starts = [n / starts_a_second for n in range(tasks)]
    due = [(start, number, 0) for number, start in enumerate(starts)]
    trouble: dict[int, float] = {}  # since when a watch gets no answer
    told: set[int] = set()
    recent: deque[float] = deque()
    looks = throttled = later = 0
    while due:
        at, number, attempt = heapq.heappop(due)
        if at > until:
            continue
        while recent and recent[0] <= at - 1:
            recent.popleft()
        if len(recent) < CALLS_A_SECOND:
            recent.append(at)
            trouble.pop(number, None)
            looks += 1
            heapq.heappush(due, (at + wait(number, at - starts[number]), number, 0))
            continue
        throttled += 1
        later += at > starts[-1] + 10
        if (attempt + 1) % SDK_ATTEMPTS:
            backoff = rng.random() * min(2**attempt, SDK_LONGEST)
            heapq.heappush(due, (at + backoff, number, attempt + 1))
            continue
        lasted = at - trouble.setdefault(number, at)
        told |= {number} if lasted >= OUTAGE_SECONDS else set()
        backoff = backoff_seconds(at - starts[number], lasted, _POLICY, rng.random())
        heapq.heappush(due, (at + backoff, number, 0))
    return looks, throttled, later, len(told)


def bursts() -> list[Burst]:
    partial_burst = partial(burst, tasks=50)
    return [
        partial_burst("all at once, with jitter", starts_a_second=1e9, jitter=True),
        partial_burst("all at once, without", starts_a_second=1e9, jitter=False),
        partial_burst("ten a second, with jitter", starts_a_second=10, jitter=True),
        partial_burst("ten a second, without", starts_a_second=10, jitter=False),
    ]
