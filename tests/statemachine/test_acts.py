"""Acts from Slack, through the door and the machine: what is done, and what people are told.

Each is done once, and told once, whatever happens: of tasks of both kinds.
"""

from dataclasses import replace
from typing import Any

import pytest

from embedded.places import MEMBER
from embedded.slack_answers import SlackAppAnswer
from mitigation.member import Member
from tests.support.acting import ADA, BO, EVE, Acting
from tests.support.aws import ANSWER_LOST, KILLED, WORKS, Fault, Refusal
from tests.support.functions import Mishap
from tests.support.iot import scenario
from tests.support.slack import Slack

CANCEL = ["CancelDetectMitigationActionsTask"]
DENIED = Refusal("AccessDeniedException", 403)
THEIRS = Member(*MEMBER)
GRANTS_NONE = "210987654321 (us-east-1) grants no cancel: the parameter Acts of its member.yaml"
APPROVED = {"SlackApprovals": "cancel"}


def acting(slack: Slack, **parameters: str) -> Acting:
    return Acting(slack, [scenario()], parameters=parameters)


def of_member(slack: Slack, *refusals: Fault, at: str = "AssumeRole", **more: str) -> Acting:
    """The same task at home and in the member's account, which refuses some calls."""
    listed = {"MemberAccounts": MEMBER.account, "MemberRegions": MEMBER.region} | more
    tasks, aws = [scenario(), replace(scenario(), place=MEMBER)], {at: refusals or [WORKS]}
    return Acting(slack, tasks, parameters=listed, aws=aws)


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
    with Acting(slack, [scenario("FAILED", failed=30)], parameters={"SlackApprovals": ""}) as world:
        world.clicks(ADA, "retry")
        world.passes(120)
        world.clicks(BO, "retry")
        world.ends()
        assert len(world.calls("Start")) == 2
        assert len(world.thread) == 2


def test_the_first_answer_counts_and_the_second_is_told_so(slack: Slack) -> None:
    with acting(slack, **APPROVED, SlackActors=f"{ADA},{BO},{EVE}") as world:
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
    with acting(slack, **APPROVED) as world:
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
    busy = [Refusal("Throttling")] * 4
    with of_member(slack, *busy, WORKS, **APPROVED) as world:
        world.click(ADA, "cancel", value=world.button("cancel", THEIRS))
        world.passes(600)
        assert "quarantine-7 in 210987654321 (us-east-1)" in world.thread[0]
        world.clicks(BO, "approve")
        assert world.calls(place=MEMBER) == CANCEL
        assert world.iot.calls == []


@pytest.mark.parametrize("operation", ["AssumeRole", *CANCEL])
def test_what_a_member_does_not_grant_is_said_in_the_thread(slack: Slack, operation: str) -> None:
    with of_member(slack, DENIED, at=operation) as world:
        world.clicks(ADA, "cancel", value=world.button("cancel", THEIRS))
        assert world.calls() == world.calls(place=MEMBER) == []
        assert GRANTS_NONE in world.thread[0]
        assert world.executions[0].status == "SUCCEEDED"


def test_nobody_is_asked_to_agree_to_what_a_member_does_not_grant(slack: Slack) -> None:
    with of_member(slack, DENIED, **APPROVED) as world:
        world.clicks(ADA, "cancel", value=world.button("cancel", THEIRS))
        assert world.thread == []
        assert GRANTS_NONE in world.whispers[0][1]


def test_a_refusal_at_home_is_no_member_s(slack: Slack) -> None:
    with of_member(slack, DENIED, WORKS, at=CANCEL[0]) as world:
        world.click(ADA, "cancel")
        world.ends()
        assert world.calls() == CANCEL


def test_a_member_that_is_not_listed_is_asked_for_nothing(slack: Slack) -> None:
    with of_member(slack, MemberAccounts="310987654321") as world:
        world.clicks(ADA, "cancel", value=world.button("cancel", THEIRS))
        assert "not listed in MemberAccounts" in world.thread[0]
        assert "AssumeRole" not in {call.operation for call in world.network.calls}
        assert world.iot.calls == world.iot.at(MEMBER).calls == []


def test_the_task_s_message_says_who_did_it_who_agreed_and_when(slack: Slack) -> None:
    counts = {"taskStatistics": {"actionsExecuted": 5}}
    done = scenario("SUCCESSFUL", executed={"Quarantine": 3, "Deactivate": 2}, summary=counts)
    with Acting(slack, [done]) as world:
        world.starts("detect-quarantine-7", {"taskId": "quarantine-7"})
        world.head = slack.workspace.messages[-2]["ts"]
        world.agreed("undo")
        world.ends()
        head = str(world.said[0]["blocks"])
        assert f"Undone by <@{ADA}>, approved by <@{BO}> at <!date^" in head
        assert "mitigation-undo" in head


THROTTLED: list[Fault] = [Refusal("ThrottlingException")] * 9
QUARANTINED = scenario("SUCCESSFUL", executed={"Quarantine": 3, "Deactivate": 3})
FOUND = {"Quarantine": 2, "Deactivate": 2, "DeactivateCA": 1, "Blank": 1}

# Of the task: how many subjects each started task has, and what is said. Five detect tasks run at
# once, so that the retry of one waits for a free place.
ACTS = {
    "cancel": (scenario(), [], "`quarantine-7` is canceled"),
    "retry": (
        scenario("FAILED", failed=160), [25, 25, 25, 25, 25, 25, 10],
        "160 of 160 failed violations start again in 7 tasks",
    ),
    "undo": (QUARANTINED, [], "6 changes of `quarantine-7` undone"),
    "cancel of an audit's": (scenario(kind="audit"), [], "`audit-46` is canceled"),
    "retry of an audit's": (
        scenario("FAILED", "audit", failed=30), [25, 5],
        "30 of 30 failed findings start again in 2 tasks",
    ),
    "undo of an audit's": (
        scenario("COMPLETED", "audit", executed=FOUND), [], "6 changes of `audit-46` undone"
    ),
}  # fmt: skip


def at_aws(*faults: Fault) -> dict[str, Any]:
    """At whichever operation the act is."""
    names = ["UpdateCertificate", "UpdateCACertificate", "RemoveThingFromThingGroup"]
    for kind in ("Detect", "Audit"):
        names += [f"{verb}{kind}MitigationActionsTask" for verb in ("Cancel", "Start")]
    return {"aws": dict.fromkeys(names, faults)}


def at_step(number: int, mishap: Mishap) -> dict[str, Any]:
    """Two people have clicked by then, and one was asked: 4 acts, 5 tells."""
    return {"lambdas": {"ActOnTaskFunction": [*[None] * number, mishap, None]}}


def at_slack(*answers: SlackAppAnswer) -> dict[str, Any]:
    return {"app": {"chat.postMessage": [*answers, SlackAppAnswer()]}}


FAULTS: dict[str, dict[str, Any]] = {
    "all is well": {},
    "half done, then throttled": at_aws(WORKS, *THROTTLED, WORKS),
    "killed at the first call": at_aws(KILLED, WORKS),
    "killed in the middle": at_aws(WORKS, KILLED, WORKS),
    "the answer is lost": at_aws(ANSWER_LOST, WORKS),
    "killed before": at_step(4, Mishap.EXIT_BEFORE),
    "killed once it was done, so it runs twice": at_step(4, Mishap.EXIT_AFTER),
    "killed once it was told": at_step(5, Mishap.EXIT_AFTER),
    "it never answers": at_step(4, Mishap.SILENCE),
    "the dry run is killed": at_step(1, Mishap.EXIT_AFTER),
    "Slack is down for a while": at_slack(*[SlackAppAnswer(status=503)] * 5),
    "Slack's answer is lost": at_slack(SlackAppAnswer(drop="after")),
}
OF_AUDITS = ("all is well", "killed in the middle", "killed once it was done, so it runs twice")
PLAYS = [(act, name) for act in ACTS for name in FAULTS if "audit" not in act or name in OF_AUDITS]


@pytest.mark.parametrize(("act", "fault"), PLAYS)
def test_it_is_done_once_and_told_once(slack: Slack, act: str, fault: str) -> None:
    known, started, says = ACTS[act]
    everything = {"SlackApprovals": "cancel,retry,undo"}
    with Acting(slack, [known], parameters=everything, **FAULTS[fault]) as world:
        world.agreed(act.split(maxsplit=1)[0])
        world.ends()
        assert len(world.calls("Cancel")) == ("cancel" in act)
        targets = [
            next(iter(call.parameters["target"].values()))
            for call in world.iot.calls
            if call.operation.startswith("Start") and not call.error
        ]
        assert [len(ids) for ids in targets] == started
        assert len(set().union(*targets)) == sum(started)
        assert list(world.iot.registry.changes()) == []
        question, told = world.thread
        assert "agreed" in question
        assert says in told
        assert {each.status for each in world.executions} == {"SUCCEEDED"}
