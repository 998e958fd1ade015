"""The head of a task that runs: how far it is."""

import pytest

from mitigation.messages import slack, slack_thread
from mitigation.messages.block_kit import section
from mitigation.words import Clock
from tests.support.tasks import detect, report


@pytest.mark.parametrize(
    ("counts", "says", "squares"),
    [
        ({}, "running", None),
        ({"failed": 2}, "2 of 25 actions, 2 failed", ((0, 2, 25), "8 %")),
        ({"executed": 25}, "25 of 25 actions", ((25, 0, 25), "100 %")),
        ({"executed": 26}, "26 actions so far", None),
    ],
)
def test_a_head_says_how_far_the_task_is(
    counts: dict[str, int], says: str, squares: tuple[tuple[int, int, int], str] | None
) -> None:
    target = {"violationIds": [f"v{number}" for number in range(25)]}
    known = detect("IN_PROGRESS", target=target, actionsDefinition=[{"name": "a"}], **counts)
    head = slack_thread.running(report(known), Clock()).payload
    assert head["text"] == f"[RUNNING] quarantine-7: {says}"
    bars = [section(f"{slack.bar(*squares[0])}  {squares[1]}")] if squares else []
    assert [each for each in head["blocks"] if "⬜" in str(each) or "🟩" in str(each)] == bars  # type: ignore[union-attr]  # a list
