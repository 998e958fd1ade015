"""Acts from Slack, through the door and the machine: what is done, and what people are told."""

import json
from dataclasses import replace
from typing import Any

import pytest

from embedded.places import MEMBER
from embedded.slack_workspace import CHANNEL
from mitigation.member import Member
from tests.support.acting import ADA, BO, EVE, WATCH, Acting
from tests.support.aws import WORKS, Refusal
from tests.support.interpreter import client
from tests.support.iot import scenario
from tests.support.slack import Slack

CANCEL = ["CancelDetectMitigationActionsTask"]
DENIED = Refusal("AccessDeniedException", 403)
THEIRS = Member(*MEMBER)
GRANTS_NONE = "210987654321 (us-east-1) grants no cancel: the parameter Acts of its member.yaml"


def acting(slack: Slack, **more: Any) -> Acting:
    return Acting(slack, [scenario()], **more)


def of_member(slack: Slack, **more: Any) -> Acting:
    """The same task at home and in the member's account."""
    listed = {"members": MEMBER.account} | more
    return Acting(slack, [scenario(), replace(scenario(), place=MEMBER)], **listed)


def test_a_double_click_and_a_replay_act_once(slack: Slack) -> None:
    with acting(slack) as world:
        assert [world.click(ADA, "cancel") for _ in range(5)] == [200] * 5
        world.ends()
        assert world.calls() == CANCEL
        assert len(world.executions) == 1
        [told] = world.said[1:]
        assert "is canceled" in told["text"]
        assert f"<@{ADA}>" in str(told["blocks"])
        assert world.whispers == []


def test_a_stranger_is_refused_and_told_so(slack: Slack) -> None:
    with acting(slack) as world:
        world.clicks(EVE, "cancel")
        assert world.calls() == world.thread == []
        [(user, why)] = world.whispers
        assert user == EVE
        assert "SlackActors" in why


def test_a_button_that_is_not_ours_does_nothing_and_is_answered(slack: Slack) -> None:
    with acting(slack) as world:
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


def test_the_first_answer_counts_and_the_second_is_told_so(slack: Slack) -> None:
    with acting(slack, approvals="cancel", actors=f"{ADA},{BO},{EVE}") as world:
        world.clicks(ADA, "cancel")
        value = world.button("approve")
        world.clicks(BO, "deny")
        world.clicks(EVE, "approve", value=value)
        world.ends()
        assert world.calls() == []
        assert world.whispers == [(EVE, "Nothing was done: this has been answered already.")]
        assert world.thread == [
            f"<@{ADA}> wanted to cancel it. <@{BO}> said no: nothing was done.",
            f"<@{ADA}>: <@{BO}> said no, so nothing was done.",
        ]


def test_nobody_answers_for_30_minutes(slack: Slack) -> None:
    with acting(slack, approvals="cancel") as world:
        world.clicks(ADA, "cancel")
        value = world.button("approve")
        world.passes(31 * 60)
        assert world.thread == [
            f"<@{ADA}> wanted to cancel it. Nobody agreed within 30 minutes: nothing was done.",
            f"<@{ADA}>: nobody agreed within 30 minutes, so nothing was done.",
        ]
        world.clicks(BO, "approve", value=value)
        assert world.calls() == []
        assert "expired" in world.whispers[0][1]


def test_a_member_s_task_is_canceled_there_and_not_here(slack: Slack) -> None:
    busy = {"AssumeRole": [Refusal("Throttling")] * 4 + [WORKS]}
    with of_member(slack, approvals="cancel", aws=busy) as world:
        world.click(ADA, "cancel", value=world.button("cancel", THEIRS))
        world.passes(600)
        assert "quarantine-7 in 210987654321 (us-east-1)" in world.thread[0]
        world.clicks(BO, "approve")
        assert world.calls(place=MEMBER) == CANCEL
        assert world.iot.calls == []


@pytest.mark.parametrize("operation", ["AssumeRole", *CANCEL])
def test_what_a_member_does_not_grant_is_said_in_the_thread(slack: Slack, operation: str) -> None:
    with of_member(slack, aws={operation: [DENIED]}) as world:
        world.clicks(ADA, "cancel", value=world.button("cancel", THEIRS))
        assert world.calls() == world.calls(place=MEMBER) == []
        assert GRANTS_NONE in world.thread[0]
        assert world.executions[0].status == "SUCCEEDED"


def test_nobody_is_asked_to_agree_to_what_a_member_does_not_grant(slack: Slack) -> None:
    with of_member(slack, approvals="cancel", aws={"AssumeRole": [DENIED]}) as world:
        world.clicks(ADA, "cancel", value=world.button("cancel", THEIRS))
        assert world.thread == []
        assert GRANTS_NONE in world.whispers[0][1]


def test_a_refusal_at_home_is_no_member_s(slack: Slack) -> None:
    with of_member(slack, aws={CANCEL[0]: [DENIED, WORKS]}) as world:
        world.click(ADA, "cancel")
        world.ends()
        assert world.calls() == CANCEL


def test_a_member_that_is_not_listed_is_asked_for_nothing(slack: Slack) -> None:
    with of_member(slack, members="310987654321") as world:
        world.clicks(ADA, "cancel", value=world.button("cancel", THEIRS))
        assert "not listed in MemberAccounts" in world.thread[0]
        assert "AssumeRole" not in {call.operation for call in world.network.calls}
        assert world.iot.calls == world.iot.at(MEMBER).calls == []


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
        "task": {"taskSummary": next(world.tasks[0].summaries)},
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
    counts = {"taskStatistics": {"actionsExecuted": 5}}
    done = scenario("SUCCESSFUL", executed={"Quarantine": 3, "Deactivate": 2}, summary=counts)
    with Acting(slack, [done]) as world:
        ended_watch(world)
        world.agreed("undo")
        world.ends()
        head = str(world.said[0]["blocks"])
        assert f"Undone by <@{ADA}>, approved by <@{BO}> at <!date^" in head
        assert "mitigation-undo" in head
