"""What acts on many rows take: the real definition and function, from the click to the answer.

On the tests' virtual clock, against the AWS IoT that stands beside them, which refuses what comes
faster than AWS's rate allows, or is more than runs at once.
"""

import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from moto import mock_aws

from bench.artifact import Bench
from bench.functions import work
from bench.inputs import Json
from bench.loopback import Tasks
from bench.page import table
from embedded.scenario import Scenario
from embedded.slack_workspace import TOKEN
from mitigation.acts.button import Button
from mitigation.acts.click import Action, Click
from mitigation.decision import MOST_EVENTS
from mitigation.kind import TaskType
from tests.support import acting, clicks
from tests.support.acting import ADA, BO, Acting
from tests.support.iot import scenario
from tests.support.slack import Slack

ROWS, TASK = 10_000, "quarantine-7"
THINGS = f"undo: {ROWS:,} things leave a group"
ACTS: dict[str, tuple[Action, Scenario]] = {
    THINGS: (Action.UNDO, scenario("SUCCESSFUL", executed={"Quarantine": ROWS})),
    f"undo: {ROWS:,} certificates are ACTIVE again": (
        Action.UNDO,
        scenario("SUCCESSFUL", executed={"Deactivate": ROWS}),
    ),
    "retry: 100 violations, in batches of 25": (Action.RETRY, scenario("FAILED", failed=100)),
}


class Took(NamedTuple):
    """From the second person's agreement to the last call; of the execution that did it."""

    seconds: float
    calls: int
    invocations: int
    events: int
    largest: int  # event, in characters


def measure(acts: Mapping[str, tuple[Action, Scenario]]) -> dict[str, Took]:
    config: Any = {"stepfunctions": {"execute_state_machine": True}}
    quiet = mock.patch.object(acting, "every_log_line_to", _to_nobody)
    with mock_aws(config=config), quiet, Slack() as slack, tempfile.TemporaryDirectory() as folder:
        slack.variables = slack.environment(Path(folder))
        return {name: _play(slack, *act) for name, act in acts.items()}


def _to_nobody(_log: object) -> AbstractContextManager[object]:
    return redirect_stdout(StringIO())


def _play(slack: Slack, action: Action, task: Scenario) -> Took:
    with Acting(slack, [task]) as world:
        world.clicks(ADA, action)
        agreed, calls = world.clock.now, len(world.iot.calls)
        world.clicks(BO, "approve")
        world.ends()
        longest = max(world.executions, key=lambda each: len(each.history))
        last = max(call.at for call in world.network.calls if call.service == "iot")
        return Took(
            (last - agreed).total_seconds(),
            len(world.iot.calls) - calls,
            longest.states.count("Act"),
            len(longest.history),
            max(len(str(event)) for event in longest.history),
        )


def undone() -> Tasks:
    """The task that act_on_task is asked about, by its id."""
    _, task = ACTS[THINGS]
    return {TASK: ({"taskSummary": next(task.summaries)}, task.executions)}


def first_invocation() -> Json:
    """Of that undo, as the state machine asks for it: it reads every row, then undoes some."""
    channel = clicks.PLACE.channel
    value = Button(Action.UNDO, TaskType.DETECT, TASK, changes=ROWS).value(channel, TOKEN)
    click = Click(Action.APPROVE, value, BO, channel, "1.1", None, "1.1")
    execution = {"id": "arn:click-1", "startedAt": "2026-11-22T10:12:00.000Z"}
    return {"step": "act", "execution": execution, "state": {"click": click.to_input()}}


def tables(bench: Bench) -> tuple[dict[str, str], list[str]]:
    """The tables, and the acts that are too much for an execution's history, or for the memory."""
    found, first = measure(ACTS), work(bench, "act_on_task", first_invocation())
    rows = [
        [name, f"{one.seconds / 60:.1f}", *(f"{n:,}" for n in one[1:])]
        for name, one in found.items()
    ]
    broken = [name for name, one in found.items() if one.events > MOST_EVENTS]
    broken += ["the memory of an undo"] if first.memory > 1 else []
    head = ["act", "minutes", "calls of AWS IoT", "invocations", "events", "largest event"]
    share = [["the first invocation of an undo: of its memory", f"{first.memory:.0%}"]]
    return {"acts": table(head, rows), "acts-memory": table(["act_on_task", ""], share)}, broken
