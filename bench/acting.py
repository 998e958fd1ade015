"""What acts on many rows take: the real definition and function, from the click to the answer.

On the tests' virtual clock, against the AWS IoT that stands beside them, which refuses what comes
faster than AWS's rate allows, or is more than runs at once.
"""

import tempfile
from collections.abc import Mapping
from contextlib import nullcontext, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from bench.page import table
from embedded.scenario import Scenario
from mitigation.acts.click import Action
from mitigation.decision import MOST_EVENTS
from tests.support import deployment
from tests.support.acting import ADA, BO, Acting
from tests.support.iot import scenario
from tests.support.slack import Slack

ROWS = 10_000
THINGS, CERTIFICATES = (
    scenario("SUCCESSFUL", executed={name: ROWS}) for name in ("Quarantine", "Deactivate")
)
ACTS = {
    f"undo: {ROWS:,} things leave a group": (Action.UNDO, THINGS),
    f"undo: {ROWS:,} certificates are ACTIVE again": (Action.UNDO, CERTIFICATES),
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
    quiet = mock.patch.object(deployment, "every_log_line_to", return_value=nullcontext([]))
    unseen = redirect_stdout(StringIO())
    with quiet, unseen, Slack() as slack, tempfile.TemporaryDirectory() as folder:
        slack.variables = slack.environment(Path(folder))
        return {name: _play(slack, *act) for name, act in acts.items()}


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


def tables() -> tuple[dict[str, str], list[str]]:
    """The table, and the acts that are too much for an execution's history."""
    found = measure(ACTS)
    rows = [
        [name, f"{one.seconds / 60:.1f}", *(f"{n:,}" for n in one[1:])]
        for name, one in found.items()
    ]
    broken = [name for name, one in found.items() if one.events > MOST_EVENTS]
    head = ["act", "minutes", "calls of AWS IoT", "invocations", "events", "largest event"]
    return {"acts": table(head, rows)}, broken
