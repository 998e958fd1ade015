"""The start-failures queue: events that could not start a watch get their second chance."""

import pytest

from ops import replay
from tests.support.fake_stack import STACK, FakeStack, Raises
from tests.support.letters import dead_letter, failure_record
from tests.support.watched import started

STARTS = "StartFailuresQueueUrl"


def run(*arguments: str) -> int:
    return replay.main(["--stack-name", STACK, "--starts", *arguments])


def test_the_event_is_handed_to_start_watch_whoever_left_it_there(stack: FakeStack) -> None:
    stack.put(STARTS, started("detect", "t1"))  # by EventBridge
    stack.put(STARTS, failure_record(started("detect", "t2")))  # by Lambda
    stack.put("DeadLetterQueueUrl", dead_letter())
    assert run() == 0
    expected = [started("detect", "t1"), started("detect", "t2")]
    assert sorted(stack.invoked, key=str) == sorted(expected, key=str)
    assert stack.counts(STARTS) == (0, 0)
    assert stack.counts("DeadLetterQueueUrl") == (1, 0)


def test_an_event_that_still_starts_no_watch_is_kept(
    stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    def start_watch(_event: object) -> None:
        raise Raises("InvalidWatch", "taskId: too long")

    stack.functions["start-watch"] = start_watch
    stack.put(STARTS, started("detect", "bad"))
    assert run() == 1
    out = capsys.readouterr().out
    assert "start of detect task bad" in out
    assert "InvalidWatch: taskId: too long" in out
    assert stack.counts(STARTS) == (1, 0)


def test_a_dry_run_names_the_tasks_and_why_they_failed(
    stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.put(STARTS, failure_record(started("detect", "t1")))
    assert run("--dry-run") == 0
    out = capsys.readouterr().out
    assert "start of detect task t1" in out
    assert "AccessDeniedException" in out
    assert (stack.invoked, stack.counts(STARTS)) == ([], (1, 0))


def test_what_is_no_event_is_kept(stack: FakeStack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.put(STARTS, {"requestContext": {}, "requestPayload": "text"})
    assert run() == 1
    assert "not ours" in capsys.readouterr().out
    assert (stack.invoked, stack.counts(STARTS)) == ([], (1, 0))
