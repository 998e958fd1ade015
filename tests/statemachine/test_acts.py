"""Acts from Slack, through the door and the machine: what is done, and what people are told."""

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from embedded.places import MEMBER
from embedded.scenario import Scenario
from embedded.slack_workspace import CHANNEL
from mitigation.member import Member
from tests.support.acting import ADA, BO, EVE, WATCH, Acting, value_of
from tests.support.aws import WORKS, Refusal
from tests.support.deployment import client
from tests.support.iot import scenario
from tests.support.slack import Slack

CANCEL = ["CancelDetectMitigationActionsTask"]
THEIRS = Member(*MEMBER)
QUARANTINED = scenario(
    "SUCCESSFUL",
    executed={"Quarantine": 3, "Deactivate": 2, "Tell": 1},
    summary={"taskStatistics": {"actionsExecuted": 6}},
)


def asking(slack: Slack, **more: Any) -> Acting:
    return Acting(slack, [scenario()], approvals="cancel,retry,undo", **more)


# --- One person --------------------------------------------------------------------------------


def test_a_named_person_cancels_and_the_thread_says_who(slack: Slack) -> None:
    with Acting(slack, [scenario()]) as world:
        assert world.clicks(ADA, "cancel") == 200
        assert world.calls() == CANCEL
        [told] = world.workspace.thread(world.head)[1:]
        assert "is canceled" in told["text"]
        assert f"<@{ADA}>" in str(told["blocks"])
        assert world.whispers == []


def test_a_stranger_is_refused_and_told_so(slack: Slack) -> None:
    with Acting(slack, [scenario()]) as world:
        world.clicks(EVE, "cancel")
        assert world.calls() == world.thread == []
        [(user, why)] = world.whispers
        assert user == EVE
        assert "SlackActors" in why


def test_a_double_click_and_a_replay_act_once(slack: Slack) -> None:
    with Acting(slack, [scenario()]) as world:
        assert [world.click(ADA, "cancel") for _ in range(5)] == [200] * 5
        world.ends()
        assert world.calls() == CANCEL
        assert len(world.executions) == len(world.thread) == 1


def test_a_button_that_is_not_ours_does_nothing_and_is_answered(slack: Slack) -> None:
    with Acting(slack, [scenario()]) as world:
        changed = world.button("cancel").replace("quarantine-7", "quarantine-8")
        assert world.clicks(ADA, "cancel", value=changed) == 200
        assert world.calls() == world.thread == []
        assert len(world.whispers) == 1


def test_a_retry_that_is_asked_for_twice_starts_nothing_twice(slack: Slack) -> None:
    with Acting(slack, [scenario("FAILED", failed=30)], approvals="") as world:
        world.clicks(ADA, "retry")
        world.passes(120)
        world.clicks(BO, "retry")
        world.ends()
        assert len(world.calls("Start")) == 2
        assert len(world.thread) == 2


def test_a_retry_waits_for_a_free_place(slack: Slack) -> None:
    """Five detect tasks run at once, and each of these takes a minute."""
    with Acting(slack, [scenario("FAILED", failed=300)], approvals="") as world:
        world.clicks(ADA, "retry")
        world.ends()
        assert len(world.calls("Start")) == 12
        assert "300 of 300" in world.thread[0]


def test_a_storm_of_clicks_asks_aws_iot_within_its_rate(slack: Slack) -> None:
    """A hundred clicks a second, half of them by strangers."""
    with Acting(slack, [scenario()]) as world:
        for number in range(300):
            user = (ADA, BO, f"U0EVE{number % 20}", EVE)[number % 4]
            assert world.click(user, "cancel") == 200
            world.passes(0.01)
        world.ends()
        assert world.calls() == CANCEL
        assert sum(call.service == "iot" for call in world.network.calls) <= 8
        assert len(world.thread) == 2
        assert {user for user, _ in world.whispers}.isdisjoint({ADA, BO})


# --- A second person ---------------------------------------------------------------------------


def test_another_person_agrees(slack: Slack) -> None:
    with asking(slack) as world:
        world.clicks(ADA, "cancel")
        assert world.calls() == []
        world.clicks(BO, "approve")
        assert world.calls() == CANCEL
        question, told = world.thread
        assert question == f"<@{ADA}> wanted to cancel it. <@{BO}> agreed."
        assert "is canceled" in told
        world.ends()
        assert [e.status for e in world.executions] == ["SUCCEEDED"] * 3
        assert len(world.thread) == 2
        assert value_of(world.workspace.thread(world.head)[1], "approve") is None


def test_a_second_person_says_no(slack: Slack) -> None:
    with asking(slack) as world:
        world.clicks(ADA, "cancel")
        world.clicks(BO, "deny")
        world.ends()
        assert world.calls() == []
        assert world.thread == [
            f"<@{ADA}> wanted to cancel it. <@{BO}> said no: nothing was done.",
            f"<@{ADA}>: <@{BO}> said no, so nothing was done.",
        ]


def test_the_first_answer_counts_and_the_second_is_told_so(slack: Slack) -> None:
    with asking(slack, actors=f"{ADA},{BO},{EVE}") as world:
        world.clicks(ADA, "cancel")
        value = value_of(world.question, "approve")
        world.clicks(BO, "deny")
        world.clicks(EVE, "approve", value=value)
        assert world.calls() == []
        assert world.whispers == [(EVE, "Nothing was done: this has been answered already.")]


def test_nobody_answers_for_30_minutes(slack: Slack) -> None:
    with asking(slack) as world:
        world.clicks(ADA, "cancel")
        value = value_of(world.question, "approve")
        world.ends()
        assert world.thread == [
            f"<@{ADA}> wanted to cancel it. Nobody agreed within 30 minutes: nothing was done.",
            f"<@{ADA}>: nobody agreed within 30 minutes, so nothing was done.",
        ]
        world.passes(60)
        world.clicks(BO, "approve", value=value)
        assert world.calls() == []
        assert "expired" in world.whispers[0][1]


@pytest.mark.parametrize(
    ("action", "known", "why"),
    [
        ("retry", scenario(), "still runs"),
        ("undo", scenario("SUCCESSFUL", executed={"Tell": 1}), "can't be undone (Tell)"),
    ],
)
def test_what_is_pointless_is_not_asked_about(
    slack: Slack, action: str, known: Scenario, why: str
) -> None:
    with Acting(slack, [known]) as world:
        world.clicks(ADA, action)
        assert world.thread == []
        assert why in world.whispers[0][1]


def test_an_undo_says_first_what_it_would_do_and_then_does_that(slack: Slack) -> None:
    with Acting(slack, [QUARANTINED], approvals="") as world:
        assert len(list(world.iot.registry.changes())) == 5
        world.clicks(ADA, "undo")
        asked = str(world.question)
        assert "undo 5 changes" in asked
        assert "can't be undone: `Tell` (1)" in asked
        assert world.calls() == []
        world.clicks(ADA, "approve")
        world.ends()
        assert list(world.iot.registry.changes()) == []
        assert "5 changes of `quarantine-7` undone" in world.thread[1]
        assert world.workspace.thread(world.head)[2]["subtype"] == "thread_broadcast"


def test_many_rows_take_little_history_and_stay_within_aws_s_rate(slack: Slack) -> None:
    with Acting(slack, [scenario("SUCCESSFUL", executed={"Quarantine": 1_500})]) as world:
        world.agreed("undo")
        world.ends()
        assert list(world.iot.registry.changes()) == []
        longest = max(world.executions, key=lambda each: len(each.history))
        assert len(longest.history) < 120
        assert max(len(str(event)) for event in longest.history) < 20_000
        name = "RemoveThingFromThingGroup"
        moments = [call.at for call in world.network.calls if call.operation == name]
        assert len(moments) == 1_500
        assert all((b - a).total_seconds() >= 0.9 for a, b in pairwise(moments[::10]))


# --- Members -----------------------------------------------------------------------------------


def of_member(slack: Slack, **more: Any) -> Acting:
    """The same task at home and in the member's account."""
    here, listed = scenario(), {"members": MEMBER.account} | more
    return Acting(slack, [here, replace(here, place=MEMBER)], **listed)


def test_a_member_s_task_is_canceled_there_and_not_here(slack: Slack) -> None:
    busy = {"AssumeRole": [Refusal("Throttling")] * 4 + [WORKS]}
    with of_member(slack, approvals="cancel", aws=busy) as world:
        world.click(ADA, "cancel", value=world.button("cancel", THEIRS))
        world.passes(600)
        assert "quarantine-7 in 210987654321 (us-east-1)" in world.thread[0]
        world.clicks(BO, "approve")
        assert world.calls(place=MEMBER) == CANCEL
        assert world.iot.calls == []


GRANTS_NONE = "210987654321 (us-east-1) grants no cancel: the parameter Acts of its member.yaml"


@pytest.mark.parametrize("operation", ["AssumeRole", *CANCEL])
def test_what_a_member_does_not_grant_is_said_in_the_thread(slack: Slack, operation: str) -> None:
    refuses = {operation: [Refusal("AccessDeniedException", 403)]}
    with of_member(slack, aws=refuses) as world:
        world.clicks(ADA, "cancel", value=world.button("cancel", THEIRS))
        assert world.calls() == world.calls(place=MEMBER) == []
        assert GRANTS_NONE in world.thread[0]
        assert world.executions[0].status == "SUCCEEDED"


def test_nobody_is_asked_to_agree_to_what_a_member_does_not_grant(slack: Slack) -> None:
    refuses = {"AssumeRole": [Refusal("AccessDenied", 403)]}
    with of_member(slack, approvals="cancel", aws=refuses) as world:
        world.clicks(ADA, "cancel", value=world.button("cancel", THEIRS))
        assert world.thread == []
        assert GRANTS_NONE in world.whispers[0][1]


def test_a_refusal_at_home_is_no_member_s(slack: Slack) -> None:
    refuses = {"CancelDetectMitigationActionsTask": [Refusal("AccessDeniedException", 403), WORKS]}
    with of_member(slack, aws=refuses) as world:
        world.click(ADA, "cancel")
        world.ends()
        assert world.calls() == CANCEL


def test_a_member_that_is_not_listed_is_asked_for_nothing(slack: Slack) -> None:
    with of_member(slack, members="310987654321") as world:
        world.clicks(ADA, "cancel", value=world.button("cancel", THEIRS))
        assert "not listed in MemberAccounts" in world.thread[0]
        assert "AssumeRole" not in {call.operation for call in world.network.calls}
        assert world.iot.calls == world.iot.at(MEMBER).calls == []


# --- What the task's own message says ----------------------------------------------------------


def ended_watch(world: Acting) -> None:
    """A watch that has ended, and left the task's message as it is."""
    definition = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    machine = client("stepfunctions").create_state_machine(
        name="WatchTask",
        definition=json.dumps(definition),
        roleArn="arn:aws:iam::123456789012:role/watch",
    )
    thread = {"channel": CHANNEL, "ts": world.head, "hasVerdict": True}
    memory = {
        "version": 2,
        "task": world.tasks[0].describe[-1].body,  # type: ignore[union-attr]  # it is an answer
        "channels": {"slack": {"thread": thread}},
    }
    state = {
        "machine": {"version": 2, "channels": ["slack"]},
        "input": {"taskId": "quarantine-7"},
        "look": {"decision": "final/ended", "memory": memory},
    }
    client("stepfunctions").start_execution(
        stateMachineArn=machine["stateMachineArn"], name=WATCH, input=json.dumps(state)
    )
    world.passes(1)


def test_the_task_s_message_says_who_did_it_who_agreed_and_when(slack: Slack) -> None:
    with Acting(slack, [QUARANTINED]) as world:
        ended_watch(world)
        world.agreed("undo")
        world.ends()
        head = str(world.workspace.thread(world.head)[0]["blocks"])
        assert f"Undone by <@{ADA}>, approved by <@{BO}> at <!date^" in head
        assert "mitigation-undo" in head
        assert [e.status for e in world.executions] == ["SUCCEEDED"] * 3
