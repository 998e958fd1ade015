"""People click at the look that they name, once, and the play goes on when all has come to rest."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from embedded import people
from embedded.clicks import Click
from embedded.clock import FOR_PERSON, FOR_WATCH
from embedded.deploy import Stack
from embedded.people import NobodyClicks, People
from embedded.slack_workspace import Workspace

BUTTON = {"action_id": "mitigation-cancel", "value": "v"}


class Engine:
    """Its executions are, look by look, in `states`; the last of them for ever after."""

    endpoint = "http://127.0.0.1:9"

    def __init__(self, *states: list[str]) -> None:
        self.states = list(states or [[]])
        self.held: list[tuple[int, ...]] = []
        self.iot = SimpleNamespace(stands_still=False)
        messages: list[Any] = [{"ts": "1.000001", "blocks": [{"elements": [BUTTON]}]}]
        self.slack = SimpleNamespace(workspace=Workspace(messages=messages))

    def hold(self, *seconds: int) -> None:
        self.held.append(seconds)

    def run_time(self) -> float:
        return 0.0

    def client(self, _service: str) -> Any:
        return self

    def list_state_machines(self) -> Any:
        return {"stateMachines": [{"name": "a-ActOnTask", "stateMachineArn": "arn"}]}

    def list_executions(self, **_asked: str) -> Any:
        now = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"executions": [{"executionArn": state} for state in now]}

    def get_execution_history(self, **asked: Any) -> Any:
        return {"events": [{}, {"stateEnteredEventDetails": {"name": asked["executionArn"]}}]}


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[People, list[bool]]]:
    """Somebody cancels; whether the tasks stood still is told for each time that they did."""
    monkeypatch.setattr(people, "POLL_SECONDS", 0.001)

    def start(engine: Any, *clicks: tuple[int, str]) -> tuple[People, list[bool]]:
        pressed: list[bool] = []
        due = [Click(after, "U0ADA", action, {}) for after, action in clicks or [(0, "cancel")]]
        played = People(engine, Stack({}, {}), due)

        def press(*_: object) -> None:
            pressed.append(engine.iot.stands_still)
            played.before_look()  # the act looks at the task, too

        monkeypatch.setattr(people, "press", press)
        return played, pressed

    return start


def test_a_click_is_made_once_at_its_look_and_the_task_stands_still_for_it(play: Any) -> None:
    engine = Engine()
    played, pressed = play(engine, (1, "cancel"))
    pressed_by_look = []
    for _ in range(3):
        played.before_look()
        pressed_by_look.append(len(pressed))
    assert pressed_by_look == [0, 1, 1]
    assert (pressed, engine.iot.stands_still) == ([True], False)


def test_the_look_goes_on_when_all_that_runs_waits_for_people(play: Any) -> None:
    engine = Engine(["Authorize"], ["WaitForWatch", "Act"], ["WaitForSecondPerson", "WaitForWatch"])
    played, _ = play(engine)
    played.before_look()
    assert len(engine.states) == 1
    assert engine.held == [(FOR_PERSON, FOR_WATCH)]
    engine.states = [["WaitForWatch"], []]
    played.finish()
    assert (engine.held[1:], engine.states) == ([()], [[]])


def test_a_click_after_the_end_is_made_when_the_waits_are_over(play: Any) -> None:
    engine = Engine()
    played, pressed = play(engine, (9, "cancel"))
    played.before_look()
    assert pressed == []
    played.finish()
    assert (pressed, engine.held) == ([True], [(FOR_PERSON, FOR_WATCH), ()])


def test_a_button_that_stands_nowhere_is_told_at_the_end(play: Any) -> None:
    played, pressed = play(Engine(), (0, "undo"), (1, "cancel"))
    played.before_look()
    played.before_look()
    with pytest.raises(NobodyClicks, match="no button to undo stands in the channel"):
        played.finish()
    assert pressed == []


def test_an_act_that_does_not_end_is_told(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "SECONDS", 0.01)
    played, _ = play(Engine(["Act"]))
    played.before_look()
    with pytest.raises(NobodyClicks, match="what was clicked did not come to an end"):
        played.finish()
