"""What only the real definition shows of a watch: its way, its causes, one thread, one start.

What is told in the end of each fault stands in tests/faults; when, in the tests of decision.py.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from embedded.scenario import SlackAnswer
from embedded.slack_answers import SlackAppAnswer
from embedded.slack_workspace import Workspace
from tests.support.aws import NO_CONNECTION, WORKS, Refusal
from tests.support.deployment import SECRET, SecretFound
from tests.support.functions import Mishap
from tests.support.machine import World
from tests.support.slack import OK, REVOKED, Slack
from tests.support.watched import Json, answer, running, started, task

AN_OK = SlackAppAnswer()
AMAZON_Q = {"parameters": {"AmazonQ": "true"}}


def gets_on() -> list[Json]:
    """A task that gets on by one action a look."""
    looks = [running("detect", taskStatistics={"actionsExecuted": done}) for done in range(8)]
    return [*looks, answer("detect")]


@contextmanager
def watched(server: Slack, /, *describe: Json, **more: Any) -> Iterator[World]:
    """A task's watch, from its start to its end."""
    with World(server, [task("detect", *(describe or gets_on()))], **more) as world:
        world.happens(started("detect"))
        yield world


def test_an_execution_whose_message_did_not_arrive_says_whose_it_is_and_why(slack: Slack) -> None:
    with watched(slack, answer("detect"), slack=[REVOKED]) as world:
        assert (world.execution.status, world.execution.error) == ("FAILED", "NotAllDelivered")
        says = ["quarantine-7", "sns: delivered", "slack: DeliveryRejected, Slack answered 404: no"]
        for said in [*says, "lies in the dead-letter queue"]:
            assert said in str(world.execution.cause)


def test_an_execution_that_could_not_look_says_whose_it_is_and_why(slack: Slack) -> None:
    ends = {"DescribeTaskFunction": [Mishap.EXIT_BEFORE]}
    with watched(slack, answer("detect"), lambdas=ends) as world:
        assert (world.execution.status, world.execution.error) == ("FAILED", "DescribeTaskFailed")
        for said in ("detect-quarantine-7: ", "failed for 12 hours, last with Runtime.ExitError"):
            assert said in str(world.execution.cause)


@pytest.mark.parametrize("taken_for_input", [{}, {"taskId": "not a task id"}, {"taskType": "?"}])
def test_an_execution_that_names_no_task_fails_with_a_cause_and_tells_nobody(
    slack: Slack, taken_for_input: dict[str, str]
) -> None:
    with World(slack) as world:
        world.starts("by-hand", taken_for_input)
        assert (world.execution.status, world.execution.error) == ("FAILED", "InvalidWatch")
        assert "task" in str(world.execution.cause)
        assert world.subjects == world.texts == []


def test_an_input_that_holds_a_state_forges_nothing(slack: Slack) -> None:
    """Whoever may start executions may not write what people are told."""
    forged = {
        "taskId": "quarantine-7",
        "look": {"decision": "final/ended", "memory": {"task": {"taskSummary": {}}}},
        "machine": {"version": 3, "channels": ["pager"]},
        "input": {"taskId": "else"},
        "crash": {"Error": "x", "Cause": "forged"},
        "deliveries": {"all": [7]},
    }
    with World(slack, [task("detect", answer("detect"))]) as world:
        world.starts("by-hand", forged)
        assert world.execution.status == "SUCCEEDED"
        assert world.subjects == world.texts
        assert world.subjects[0].startswith("[FAILED] quarantine-7: 3 of 12")


def test_a_channel_is_waited_for_as_long_as_it_says(slack: Slack) -> None:
    busy = [SlackAnswer(500), SlackAnswer(429, {"Retry-After": "77"}), OK]
    with watched(slack, answer("detect"), slack=busy) as world:
        assert world.execution.waits == [("WaitForChannel", 15), ("WaitForChannel", 77)]


def test_a_task_is_one_message_that_is_edited_and_one_thread(slack: Slack) -> None:
    with watched(slack, workspace=Workspace()) as world:
        posts, edits = world.slack_server.posts, world.execution.states.count("ShowProgress")
        way = ["chat.postMessage", *(edits * ["chat.update"]), "chat.postMessage"]
        assert [post.method for post in posts] == way  # the last edit is the verdict
        assert edits >= 3
        assert posts[0].payload["text"].startswith("[RUNNING] quarantine-7: 0 ")
        [head, rest] = slack.workspace.messages
        assert head["text"].startswith("[FAILED] quarantine-7: ")
        assert (rest["thread_ts"], rest["subtype"]) == (head["ts"], "thread_broadcast")


def test_progress_costs_the_watch_neither_a_look_nor_a_second(slack: Slack) -> None:
    waits = []
    for workspace in (Workspace(), None):
        with watched(slack, workspace=workspace) as world:
            waits.append([seconds for _, seconds in world.execution.waits])
            assert ("ShowProgress" in world.execution.states) is (workspace is not None)
    assert waits[0] == waits[1]


def test_amazon_q_is_told_of_a_start_once_on_its_own_topic(slack: Slack) -> None:
    with watched(slack, workspace=Workspace(), **AMAZON_Q) as world:
        assert world.execution.states.count("ShowProgress") >= 3
        [start, end] = world.network.publications
        assert start.topic.endswith(":StartsTopic")
        assert end.topic.endswith(":NotificationTopic")
        said = [json.loads(start.bodies["default"]), json.loads(end.bodies["https"])]
        assert said[0]["metadata"]["threadId"] == said[1]["metadata"]["threadId"]


@pytest.mark.parametrize(
    ("faults", "heads", "starts"),
    [
        ({"aws": {"Publish": [Refusal("AuthorizationError", 403), WORKS]}}, 1, 0),
        ({"aws": {"Publish": [NO_CONNECTION, NO_CONNECTION, WORKS]}}, 1, 0),
        ({"app": {"chat.postMessage": [SlackAppAnswer(error="invalid_auth"), AN_OK]}}, 0, 1),
    ],
)
def test_what_cannot_be_shown_is_counted_and_hinders_nobody_else(
    slack: Slack, faults: dict[str, Any], heads: int, starts: int
) -> None:
    """The end is told as ever, and a start is not made up for."""
    looks = [gets_on()[0], answer("detect")]
    with watched(slack, *looks, workspace=Workspace(), **AMAZON_Q, **faults) as world:
        assert '"ProgressNotShown":[1.0]' in world.log.getvalue().replace(" ", "")
        assert len(world.subjects) == 1 + starts
        shown = [post.payload["text"] for post in world.slack_server.posts if post.ts]
        assert sum(text.startswith("[RUNNING]") for text in shown) == heads
        assert world.execution.status == "SUCCEEDED"


def test_the_search_for_the_secret_finds_it_wherever_it_gets_to(slack: Slack) -> None:
    """Each world searches when it ends; this one's task is called like it, so it is everywhere."""
    called = task("detect", answer("detect"), task_id=SECRET)
    with (
        pytest.raises(SecretFound, match="in the log, an execution, a letter, a message:"),
        World(slack, [called], slack=[REVOKED]) as world,
    ):
        world.happens(started("detect", SECRET))
    assert SECRET in slack.posts[0].path  # it is in use, so it could have got anywhere
    with pytest.raises(SecretFound, match="in the log:"), World(slack):
        print(SECRET)  # noqa: T201  as Powertools does its metrics
