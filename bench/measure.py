"""Counts instructions, under valgrind: the same on a busy machine and on an idle one."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

CHILD = Path(__file__).with_name("child.py")
LIMIT_SECONDS = 300
HASH_SEEDS = ("1", "2")  # the order of sets is all that chance decides in a count
_COUNT = ("--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={os.devnull}")


class ChildFailed(Exception):  # noqa: N818  reads as what happened
    """What was to be measured did not run: its own last words."""


class Child(NamedTuple):
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
        details = answer.get("memory", {}).get("details") or {}
        refused = answer.get("statusCode", 200) != 200
        if answer.get("delivered") is False or details.get("error") or refused:
            raise ChildFailed(f"{self.asked['module']} did not get through: {answer}")
        return told, done.stderr


@cache
def valgrind() -> str | None:
    return shutil.which("valgrind")


def compare(
    floor: Child, others: Mapping[str, Child], seeds: Sequence[str] = HASH_SEEDS
) -> dict[str, float]:
    """What each costs over the floor, in instructions."""
    for child in (floor, *others.values()):
        child.run()  # so that all bytecode is there, and a mistake shows at once
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counted = {
            name: [pool.submit(instructions, child, seed) for seed in seeds]
            for name, child in {"floor": floor, **others}.items()
        }
        totals = {name: sum(one.result() for one in counts) for name, counts in counted.items()}
    return {name: totals[name] / totals["floor"] for name in others}


def instructions(child: Child, seed: str) -> int:
    if not (program := valgrind()):
        raise ChildFailed("instructions are counted by valgrind: install it")
    _, told = child.run(program, *_COUNT, seed=seed)
    if not (found := re.search(r"I\s+refs:\s+([\d,]+)", told)):
        raise ChildFailed(f"valgrind counted nothing: {told[-500:]}")
    return int(found[1].replace(",", ""))
