"""The letter that the real state machine leaves is the one that the replay sends."""

import json

import pytest

from embedded.deploy import STACK, Stack, deploy
from embedded.engine import Engine
from embedded.play import stack_parameters
from embedded.scenario import SlackAnswer
from ops import queue, replay
from tests.support.stacks import until

WEBHOOK_REVOKED = SlackAnswer(404, body="no_service")


@pytest.mark.slow
def test_a_revoked_webhook_s_letter_reaches_slack_once_the_webhook_works(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(queue, "POLL_SECONDS", 0)
    with Engine(slack=[WEBHOOK_REVOKED, SlackAnswer()], speed=500) as engine:
        for name, value in engine.environment().items():
            monkeypatch.setenv(name, value)
        stack = deploy(engine, stack_parameters(engine, slack="webhook"))
        watch_until_it_fails(engine, stack)

        assert replay.main(["--stack-name", STACK, "--dry-run"]) == 0
        assert "AWS IoT does not know this task" in capsys.readouterr().out
        assert len(engine.slack.posts) == 1

        assert replay.main(["--stack-name", STACK, "--channel", "slack"]) == 0
        assert "1 delivered." in capsys.readouterr().out

        assert replay.main(["--stack-name", STACK]) == 0
        assert "queue is empty" in capsys.readouterr().out

        refused, delivered = engine.slack.posts
        assert (refused.status, delivered.status) == (404, 200)
        assert delivered.payload == refused.payload
        assert len(engine.mail) == 1  # the other channel's message is sent no second time


def watch_until_it_fails(engine: Engine, stack: Stack) -> None:
    states = engine.client("stepfunctions")
    arn = states.start_execution(
        stateMachineArn=stack.outputs["StateMachineArn"], input=json.dumps({"taskId": "none"})
    )["executionArn"]
    until(lambda: states.describe_execution(executionArn=arn)["status"] != "RUNNING", "its end")
    assert states.describe_execution(executionArn=arn)["error"] == "NotAllDelivered"
