"""One message and one thread a task, through the real definition and functions."""

from typing import Any

import pytest

from embedded.slack_answers import SlackAppAnswer
from embedded.slack_workspace import CHANNEL, Workspace
from tests.support.functions import Mishap
from tests.support.machine import World
from tests.support.slack import Slack
from tests.support.watched import Json, answer, running, started, task

SILENT = ("chat:write",)  # no history scope


def looks(count: int = 8, failed: int = 0) -> list[Json]:
    """A task that gets on by one action a look."""
    names = ("actionsExecuted", "actionsSkipped", "actionsFailed")
    return [
        running("detect", taskStatistics=dict(zip(names, (n, 0, failed), strict=True)))
        for n in range(count)
    ]


def app(slack: Slack, *describe: Json, **more: Any) -> World:
    more.setdefault("workspace", Workspace())
    return World(slack, [task("detect", *(describe or (*looks(), answer("detect"))))], **more)


def messages(world: World) -> list[Json]:
    assert world.workspace
    return world.workspace.messages


def test_a_task_is_one_message_that_is_edited_and_one_thread(slack: Slack) -> None:
    with app(slack) as world:
        world.happens(started("detect"))
        posts = world.slack_server.posts
        edits = len(posts) - 2
        assert [post.method for post in posts] == [
            "chat.postMessage",
            *(edits * ["chat.update"]),
            "chat.postMessage",
        ]
        assert edits == world.execution.states.count("ShowProgress")  # one each, and the verdict
        assert edits >= 3
        assert posts[0].payload["text"].startswith("[RUNNING] quarantine-7: 0 ")
        [head, rest] = messages(world)
        assert head["text"].startswith("[FAILED] quarantine-7: ")
        assert rest["thread_ts"] == head["ts"]
        assert rest["subtype"] == "thread_broadcast"
        assert isinstance(head["ts"], str)


def test_progress_costs_the_watch_neither_a_look_nor_a_second(slack: Slack) -> None:
    seen = []
    for workspace in (Workspace(), None):
        with app(slack, workspace=workspace) as world:
            world.happens(started("detect"))
            execution = world.execution
            seen.append((execution.states.count("DescribeTask"), [s for _, s in execution.waits]))
            assert ("ShowProgress" in execution.states) is (workspace is not None)
    assert seen[0] == seen[1]


def test_a_channel_for_problems_gets_no_head_before_there_is_one(slack: Slack) -> None:
    problems = {"SlackVerdicts": "problems"}
    fine = answer("detect", taskStatus="SUCCESSFUL", taskStatistics={"actionsExecuted": 9})
    with app(slack, *looks(), fine, parameters=problems) as world:
        world.happens(started("detect"))
        assert messages(world) == []
    with app(slack, *looks(), *looks(failed=1), fine, parameters=problems) as world:
        world.happens(started("detect"))
        assert world.slack_server.posts[0].payload["text"].endswith(", 1 failed")
        assert len(messages(world)) == 2


@pytest.mark.parametrize("mishap", [Mishap.EXIT_BEFORE, Mishap.TIMEOUT_AFTER, Mishap.THROTTLED])
def test_a_function_that_cannot_show_progress_costs_nothing(slack: Slack, mishap: Mishap) -> None:
    with app(slack, lambdas={"ShowProgressFunction": [mishap]}) as world:
        world.happens(started("detect"))
        assert world.execution.status == "SUCCEEDED"
        assert world.texts == world.subjects
        assert messages(world)[0]["text"].startswith("[FAILED]")


def test_slack_that_cannot_show_progress_costs_nothing_but_is_counted(slack: Slack) -> None:
    down = {"chat.postMessage": [SlackAppAnswer(error="invalid_auth")] * 2 + [SlackAppAnswer()]}
    with app(slack, app=down) as world:
        world.happens(started("detect"))
        assert world.execution.status == "SUCCEEDED"
        assert '"ProgressNotShown":[1.0]' in world.log.getvalue().replace(" ", "")


@pytest.mark.parametrize(("scopes", "told"), [(Workspace().scopes, 1), (SILENT, 2)])
def test_after_a_lost_answer_the_history_tells_whether_it_stands_there(
    slack: Slack, scopes: tuple[str, ...], told: int
) -> None:
    lost = {"chat.postMessage": [SlackAppAnswer(), SlackAppAnswer(drop="after"), SlackAppAnswer()]}
    with app(slack, app=lost, workspace=Workspace(scopes=scopes)) as world:
        world.happens(started("detect"))
        assert world.texts == told * world.subjects
        assert world.execution.status == "SUCCEEDED"


def test_who_is_in_the_wrong_channel_reads_what_to_do(slack: Slack) -> None:
    with app(slack, answer("detect"), workspace=Workspace(is_member=False)) as world:
        world.happens(started("detect"))
        assert world.execution.cause is not None
        assert "Slack answered not_in_channel: invite the app into the channel" in (
            world.execution.cause
        )
        assert [letter["channel"] for letter in world.dead_letters] == ["slack"]


def test_the_functions_keep_the_channel_and_the_ts_in_the_state_alone(slack: Slack) -> None:
    with app(
        slack, app={"chat.postMessage": [SlackAppAnswer(), SlackAppAnswer(error="is_archived")]}
    ) as world:
        world.happens(started("detect"))
        [letter] = world.dead_letters
        [memory] = letter["watch"]["look"]["memory"]["channels"].values()
        assert memory["thread"]["channel"] == CHANNEL
        assert memory["thread"]["ts"] == messages(world)[0]["ts"]
