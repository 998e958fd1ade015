"""That a task runs, told once, to Amazon Q alone, through the real definition and functions."""

import json
from typing import Any

import pytest

from embedded.slack_answers import SlackAppAnswer
from embedded.slack_workspace import Workspace
from tests.support.aws import WORKS, NoConnection, Publication, Refusal
from tests.support.functions import Mishap
from tests.support.machine import World
from tests.support.slack import Slack
from tests.support.watched import Json, answer, running, started, task

COUNTED = '"ProgressNotShown":[1.0]'


def counts(executed: int, failed: int = 0) -> Json:
    names = ("actionsExecuted", "actionsSkipped", "actionsFailed")
    return running("detect", taskStatistics=dict(zip(names, (executed, 0, failed), strict=True)))


def watched(slack: Slack, *describe: Json, **more: Any) -> World:
    looks = describe or (counts(0), counts(1), counts(2), answer("detect"))
    parameters = {"AmazonQ": "true", **more.pop("parameters", {})}
    return World(slack, [task("detect", *looks)], parameters=parameters, **more)


def starts(world: World) -> list[Publication]:
    return [each for each in world.network.publications if each.topic.endswith(":starts")]


def test_it_is_told_once_and_on_its_own_topic(slack: Slack) -> None:
    with watched(slack) as world:
        world.happens(started("detect"))
        [start] = starts(world)
        assert world.subjects == [start.subject, world.subjects[-1]]
        assert world.execution.states.count("ShowProgress") == 1
        said, ended = (
            json.loads(text)
            for text in (start.bodies["default"], world.network.publications[-1].bodies["https"])
        )
        assert said["metadata"]["threadId"] == ended["metadata"]["threadId"]
        assert [each["metadata"]["additionalContext"]["status"] for each in (said, ended)] == [
            "running",
            "ended",
        ]
        assert world.execution.status == "SUCCEEDED"


def test_where_amazon_q_is_off_nothing_is_told_before_the_end(slack: Slack) -> None:
    with watched(slack, parameters={"AmazonQ": "false"}) as world:
        world.happens(started("detect"))
        assert len(world.subjects) == 1
        assert "ShowProgress" not in world.execution.states


def test_a_task_that_has_ended_by_the_first_look_never_ran_for_a_chat(slack: Slack) -> None:
    with watched(slack, answer("detect")) as world:
        world.happens(started("detect"))
        assert not starts(world)


def test_of_problems_alone_it_is_told_once_something_failed(slack: Slack) -> None:
    problems = {"SnsVerdicts": "problems"}
    with watched(slack, counts(1), counts(1, 1), answer("detect"), parameters=problems) as world:
        world.happens(started("detect"))
        [start] = starts(world)
        assert "1 action failed" in start.bodies["default"]


@pytest.mark.parametrize(
    "faults", [[Refusal("AuthorizationError", 403)], [NoConnection(), NoConnection()]]
)
def test_a_topic_that_fails_costs_nothing_but_is_counted(
    slack: Slack, faults: list[Refusal | NoConnection]
) -> None:
    """The end is told as ever, and the start is not made up for."""
    with watched(slack, aws={"Publish": [*faults, WORKS]}) as world:
        world.happens(started("detect"))
        assert not starts(world)
        assert len(world.subjects) == 1
        assert world.execution.status == "SUCCEEDED"
        assert COUNTED in world.log.getvalue().replace(" ", "")


@pytest.mark.parametrize("mishap", [Mishap.EXIT_BEFORE, Mishap.TIMEOUT_BEFORE, Mishap.THROTTLED])
def test_a_function_that_fails_costs_nothing(slack: Slack, mishap: Mishap) -> None:
    with watched(slack, lambdas={"ShowProgressFunction": [mishap]}) as world:
        world.happens(started("detect"))
        assert not starts(world)
        assert len(world.subjects) == 1
        assert world.execution.status == "SUCCEEDED"


def test_what_slack_is_shown_again_and_again_amazon_q_is_told_once(slack: Slack) -> None:
    looks = [counts(n) for n in range(8)]
    with watched(slack, *looks, answer("detect"), workspace=Workspace()) as world:
        world.happens(started("detect"))
        assert world.execution.states.count("ShowProgress") >= 3
        assert len(starts(world)) == 1


def test_neither_slack_nor_amazon_q_hinders_the_other(slack: Slack) -> None:
    refused = {"chat.postMessage": [SlackAppAnswer(error="invalid_auth"), SlackAppAnswer()]}
    with watched(slack, workspace=Workspace(), app=refused) as world:
        world.happens(started("detect"))
        assert len(starts(world)) == 1
    gone = {"Publish": [Refusal("NotFound", 404), WORKS]}
    with watched(slack, workspace=Workspace(), aws=gone) as world:
        world.happens(started("detect"))
        assert not starts(world)
        assert world.slack_server.posts[0].payload["text"].startswith("[RUNNING]")


def test_a_channel_for_problems_is_not_shown_what_amazon_q_is(slack: Slack) -> None:
    fine = answer("detect", taskStatus="SUCCESSFUL", taskStatistics={"actionsExecuted": 9})
    problems = {"SlackVerdicts": "problems"}
    with watched(slack, counts(1), fine, workspace=Workspace(), parameters=problems) as world:
        world.happens(started("detect"))
        assert len(starts(world)) == 1
        assert not world.slack_server.posts
