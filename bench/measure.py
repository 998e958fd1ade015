"""Counts and compares: instructions under valgrind, or CPU time of turns taken."""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median, quantiles
from typing import Any

CHILD = Path(__file__).with_name("child.py")
LIMIT_SECONDS = 300
HASH_SEEDS = ("1", "2")  # the order of sets is all that chance decides in a count
CPU_ROUNDS = 15
_REFS = re.compile(r"I\s+refs:\s+([\d,]+)")


class ChildFailed(Exception):  # noqa: N818  reads as what happened
    """What was to be measured did not run: its own last words."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure without a unit: `low` and `high` are its spread, over `runs` measurements."""

    value: float
    low: float
    high: float
    runs: int

    @classmethod
    def of(cls, ratios: Sequence[float]) -> "Ratio":
        """The median; the spread is the middle half, of few ratios all of them."""
        if len(ratios) < 4:
            return cls(median(ratios), min(ratios), max(ratios), len(ratios))
        low, middle, high = quantiles(ratios, n=4)
        return cls(middle, low, high, len(ratios))


@dataclass(frozen=True, slots=True)
class Child:
    """A run of child.py: what it is asked, with which environment."""

    asked: Mapping[str, Any]
    environment: Mapping[str, str]

    def run(self, *prefix: str, seed: str = "0") -> tuple[dict[str, Any], str]:
        """What it answers, and what it, or `prefix`, said on stderr."""
        done = subprocess.run(
            [*prefix, sys.executable, "-S", CHILD],
            input=json.dumps(self.asked),
            env={**self.environment, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        if done.returncode:
            raise ChildFailed(done.stderr.strip()[-2000:])
        told: dict[str, Any] = json.loads(done.stdout)
        answer = told.get("answer", {})
        if answer.get("delivered") is False or (answer.get("details") or {}).get("error"):
            raise ChildFailed(f"{self.asked['module']} did not get through: {answer}")
        return told, done.stderr


@cache
def valgrind() -> str | None:
    return shutil.which("valgrind")


def unit() -> str:
    return "instructions" if valgrind() else "CPU time"


def compare(
    floor: Child, others: Mapping[str, Child], seeds: Sequence[str] = HASH_SEEDS
) -> dict[str, Ratio]:
    """What each costs over the floor: in instructions where valgrind is there, else in CPU time."""
    for child in (floor, *others.values()):
        child.run()  # so that all bytecode is there, and a mistake shows at once
    return _count(floor, others, seeds) if valgrind() else _time(floor, others)


def _count(floor: Child, others: Mapping[str, Child], seeds: Sequence[str]) -> dict[str, Ratio]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        floors = pool.map(lambda seed: instructions(floor, seed), seeds)
        counted = {
            name: pool.map(lambda seed, child=child: instructions(child, seed), seeds)
            for name, child in others.items()
        }
        least = list(floors)
        return {
            name: Ratio.of([count / of for count, of in zip(counts, least, strict=True)])
            for name, counts in counted.items()
        }


def instructions(child: Child, seed: str) -> int:
    options = ("--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={os.devnull}")
    _, told = child.run(str(valgrind()), *options, seed=seed)
    found = _REFS.search(told)
    if not found:
        raise ChildFailed(f"valgrind counted nothing: {told[-500:]}")
    return int(found[1].replace(",", ""))


def _time(floor: Child, others: Mapping[str, Child]) -> dict[str, Ratio]:
    ratios: dict[str, list[float]] = {name: [] for name in others}
    for _ in range(CPU_ROUNDS):
        for name, child in others.items():
            ratios[name].append(_cpu_seconds(child) / _cpu_seconds(floor))
    return {name: Ratio.of(found) for name, found in ratios.items()}


def _cpu_seconds(child: Child) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child.run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def paired(
    what: Callable[[], object], over: Callable[[], object], seconds: float = 0.4, rounds: int = 21
) -> Ratio:
    """CPU time of one call over that of another, in turns, in this process; about `seconds`."""
    times, others = (_repeats(call, seconds / rounds / 2) for call in (what, over))
    return Ratio.of([_each(what, times) / _each(over, others) for _ in range(rounds)])


def _repeats(call: Callable[[], object], seconds: float) -> int:
    """How often it fits into that time; at least once."""
    times = 1
    while (took := _each(call, times)) * times < seconds / 4 and times < 1_000_000:
        times *= 2
    return max(int(seconds / took), 1)


def _each(call: Callable[[], object], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        call()
    return max(time.process_time() - began, 1e-9) / times
