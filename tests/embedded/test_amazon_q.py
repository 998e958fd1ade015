"""A stack with Amazon Q: its nested stack comes up, and what it is told is for it alone."""

import time
from datetime import UTC, datetime

from embedded.deploy import STACK, delete, deploy
from embedded.engine import Engine
from embedded.play import await_execution, follow, start_task
from embedded.scenario import parse


def test_it_comes_up_with_its_buttons_announces_a_task_once_and_goes_again() -> None:
    now = datetime.now(UTC)
    summary = {"taskId": "quarantine-7", "taskStartTime": now.isoformat()}
    ended = {"taskStatus": "SUCCESSFUL", "taskEndTime": now.isoformat()}
    answers = [{"taskSummary": {**summary, "taskStatus": "IN_PROGRESS"}}] * 3
    task = parse(
        {"taskId": "quarantine-7", "describe": [*answers, {"taskSummary": summary | ended}]}
    )
    with Engine([task], speed=500, started=False) as engine:
        given = {"EmailAddress": "a@example.com", "AmazonQ": "true", "SweepMinutes": "0"}
        stack = deploy(engine, given)
        start_task(engine, task)
        deadline = time.monotonic() + 60
        arn = await_execution(engine, stack, deadline)
        states = [event.state for event in follow(engine, arn, deadline)]
        assert states.count("ShowProgress") == 2  # entered and left
        assert [each["topicArn"] for each in engine.sns] == [
            stack.outputs["AmazonQTopicArn"],
            stack.outputs["TopicArn"],
        ]
        assert len(engine.mail) == 1
        names = [arn.rpartition("/")[2] for arn in stack.outputs["AmazonQActionArns"].split(",")]
        assert [name.split("-")[2] for name in names] == ["detect", "audit"]
        delete(engine.client("cloudformation"), STACK)
        assert engine.client("sns").list_topics()["Topics"] == []
