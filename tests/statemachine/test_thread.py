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


def methods(world: World) -> list[str]:
    return [post.method for post in world.slack_server.posts]


def messages(world: World) -> list[Json]:
    assert world.workspace
    return world.workspace.messages


def test_a_task_is_one_message_that_is_edited_and_one_thread(slack: Slack) -> None:
    with app(slack) as world:
        world.happens(started("detect"))
        posts = world.slack_server.posts
        edits = len(posts) - 2
        assert methods(world) == [
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


def test_a_task_that_has_ended_before_the_first_look_notifies_once(slack: Slack) -> None:
    """Its head is new, so people are notified by that: the reply stays in the thread."""
    with app(slack, answer("detect")) as world:
        world.happens(started("detect"))
        [head, rest] = messages(world)
        assert rest["thread_ts"] == head["ts"]
        assert "subtype" not in rest


def test_good_news_is_an_edit_and_a_quiet_reply(slack: Slack) -> None:
    fine = answer("detect", taskStatus="SUCCESSFUL", taskStatistics={"actionsExecuted": 9})
    with app(slack, *looks(), fine) as world:
        world.happens(started("detect"))
        [head, rest] = messages(world)
        assert head["text"].startswith("[SUCCEEDED]")
        assert "subtype" not in rest


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


def test_what_is_told_in_between_is_a_reply_that_the_channel_sees(slack: Slack) -> None:
    with app(slack, *(70 * looks(1)), answer("detect")) as world:
        world.happens(started("detect"))
        [head, between, rest] = messages(world)
        assert between["text"].startswith("[STILL RUNNING]")
        assert {between["thread_ts"], rest["thread_ts"]} == {head["ts"]}
        assert between["subtype"] == "thread_broadcast"
        assert head["text"].startswith("[FAILED]")


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


def test_a_head_that_was_deleted_is_replaced_by_a_whole_message(slack: Slack) -> None:
    with app(slack, app={"chat.update": [SlackAppAnswer(error="message_not_found")]}) as world:
        world.happens(started("detect"))
        [head, whole] = messages(world)
        assert head["text"].startswith("[RUNNING]")
        assert whole["text"].startswith("[FAILED]")
        assert "thread_ts" not in whole


def test_a_retry_goes_on_after_the_half_that_is_done(slack: Slack) -> None:
    """The verdict stands, the reply is refused for now: the head is not edited again."""
    late = [SlackAppAnswer(), SlackAppAnswer(status=503), SlackAppAnswer()]
    with app(slack, app={"chat.postMessage": late}) as world:
        world.happens(started("detect"))
        assert methods(world)[-3:] == ["chat.update", "chat.postMessage", "chat.postMessage"]
        assert len(messages(world)) == 2


@pytest.mark.parametrize(("scopes", "told"), [(Workspace().scopes, 1), (SILENT, 2)])
def test_after_a_lost_answer_the_history_tells_whether_it_stands_there(
    slack: Slack, scopes: tuple[str, ...], told: int
) -> None:
    lost = {"chat.postMessage": [SlackAppAnswer(), SlackAppAnswer(drop="after"), SlackAppAnswer()]}
    with app(slack, app=lost, workspace=Workspace(scopes=scopes)) as world:
        world.happens(started("detect"))
        assert world.texts == told * world.subjects
        assert world.execution.status == "SUCCEEDED"


def test_a_head_whose_answer_was_lost_is_found_again(slack: Slack) -> None:
    with app(
        slack, app={"chat.postMessage": [SlackAppAnswer(drop="after"), SlackAppAnswer()]}
    ) as world:
        world.happens(started("detect"))
        assert [m.get("thread_ts") for m in messages(world)] == [None, messages(world)[0]["ts"]]


def test_in_doubt_nothing_is_posted_until_the_history_can_be_read(slack: Slack) -> None:
    down = SlackAppAnswer(status=503)
    answers = {
        "chat.postMessage": [SlackAppAnswer(), SlackAppAnswer(drop="after"), SlackAppAnswer()],
        "conversations.replies": [down, down, down, SlackAppAnswer()],
    }
    with app(slack, app=answers) as world:
        world.happens(started("detect"))
        assert world.texts == world.subjects


def test_where_the_layout_is_refused_its_text_is_sent(slack: Slack) -> None:
    refused = SlackAppAnswer(error="invalid_blocks")
    with app(
        slack, answer("detect"), app={"chat.postMessage": [refused, SlackAppAnswer()]}
    ) as world:
        world.happens(started("detect"))
        head = messages(world)[0]
        assert head["blocks"] == []
        assert "Slack refused the layout of this message (invalid_blocks)" in head["text"]
        assert len(messages(world)) == 2


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
