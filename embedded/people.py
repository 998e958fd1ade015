"""People who click while a scenario is played, each at the moment that it says."""

import json
import threading
import time
from collections.abc import Sequence
from typing import Any

from embedded.checked import Json
from embedded.clicks import Click, button, local_url, press
from embedded.clock import FOR_PERSON, FOR_WATCH
from embedded.deploy import Stack
from embedded.engine import Engine

SECONDS = 60.0
POLL_SECONDS = 0.05


class NobodyClicks(Exception):  # noqa: N818  reads as what happened
    """The button that is to be clicked stands nowhere, or what follows does not end."""


class People:
    """Before the look at the task after so many, the clicks that are due then are made.

    The look is held up until all has happened that follows from them, and so are the waits for a
    second person and for the end of the watch: so a scenario plays the same each time, though waits
    take next to no time, and however busy the machine is.
    """

    def __init__(self, engine: Engine, stack: Stack, clicks: Sequence[Click]) -> None:
        self._engine, self._left = engine, list(clicks)
        self._url = local_url(engine.endpoint, stack.outputs.get("ClicksUrl", ""))
        self._looks = 0
        self._clicked = False
        self._playing = threading.Lock()
        self.failed: NobodyClicks | None = None

    def before_look(self) -> None:
        """Somebody looks at the task: the watch, or in the middle of a click's play an act."""
        if self.failed or not self._playing.acquire(blocking=False):
            return
        try:
            due = [click for click in self._left if click.after <= self._looks]
            self._looks += 1
            if due:
                self._play(due)
        finally:
            self._playing.release()

    def finish(self) -> None:
        """The clicks that come after the end; raises NobodyClicks."""
        with self._playing:
            self._end_waits()
            if self._left:
                self._play(list(self._left))
                self._end_waits()

    def _end_waits(self) -> None:
        if self.failed:
            raise self.failed
        if self._clicked:
            self._engine.hold()
            self._settle()

    def acts(self) -> list[Json]:
        """What was asked for, and what came of it, as the log tells."""
        lines = [
            json.loads(line)
            for name, lines in self._engine.logs().items()
            if name.endswith("-act-on-task")
            for line in lines
            if line.startswith("{")
        ]
        # Each worker has a log stream of its own.
        return [act for line in sorted(lines, key=_moment) for act in _act(line)]

    def _play(self, due: list[Click]) -> None:
        self._clicked = True
        self._engine.iot.stands_still = True
        self._engine.hold(FOR_PERSON, FOR_WATCH)
        try:
            for click in due:
                self._left.remove(click)
                self._click(click)
                self._settle("WaitForSecondPerson", "WaitForWatch")
        except NobodyClicks as error:
            self.failed = error
        finally:
            self._engine.iot.stands_still = False

    def _click(self, click: Click) -> None:
        found = button(self._engine.slack.workspace, click.action)
        if found is None:
            raise NobodyClicks(f"no button to {click.action} stands in the channel")
        press(self._url, click, *found, self._engine.run_time())

    def _settle(self, *waiting: str) -> None:
        """Until nothing runs that was clicked, but what has come to one of these waits."""
        states: Any = self._engine.client("stepfunctions")
        machines = states.list_state_machines()["stateMachines"]
        [arn] = [each["stateMachineArn"] for each in machines if "ActOnTask" in each["name"]]
        until = time.monotonic() + SECONDS
        while any(
            _state_of(states, each["executionArn"]) not in waiting
            for each in states.list_executions(stateMachineArn=arn, statusFilter="RUNNING")[
                "executions"
            ]
        ):
            if time.monotonic() > until:
                raise NobodyClicks("what was clicked did not come to an end")
            time.sleep(POLL_SECONDS)


def _state_of(states: Any, execution_arn: str) -> str | None:
    """The state that it entered last."""
    history = states.get_execution_history(executionArn=execution_arn, reverseOrder=True)
    entered = (event.get("stateEnteredEventDetails") for event in history["events"])
    return next((str(found["name"]) for found in entered if found), None)


def _moment(line: Json) -> str:
    return str(line.get("timestamp"))


def _act(line: Json) -> list[Json]:
    if line.get("step") not in ("tell", "refuse"):
        return []
    progress = line.get("progress") or {}
    return [
        {
            "action": line.get("act") or line.get("action"),
            "by": line.get("requester") if line["step"] == "tell" else line.get("user"),
            "approvedBy": line.get("approver") if line["step"] == "tell" else None,
            "result": progress.get("result") or line.get("why") or "nothing was done",
        }
    ]
