"""Acts from Slack: who may, who has to agree, what is done, and what people are told."""

import json
from dataclasses import replace
from typing import Any

import pytest

from embedded.places import MEMBER
from embedded.scenario import Scenario, parse
from embedded.slack_answers import SlackAppAnswer
from embedded.slack_workspace import CHANNEL
from mitigation.member import Member
from tests.support.acting import ADA, BO, EVE, WATCH, Acting, value_of
from tests.support.aws import WORKS, AnswerLost, Fault, Refusal
from tests.support.deployment import client
from tests.support.functions import Mishap
from tests.support.slack import Slack

CANCEL = ["CancelDetectMitigationActionsTask"]
THEIRS = Member(*MEMBER)
THROTTLED = Refusal("ThrottlingException")


def task(status: str = "IN_PROGRESS", failed: int = 0, **more: Any) -> Scenario:
    summary = {
        "taskId": "quarantine-7",
        "taskStatus": status,
        "taskStartTime": "2026-11-22T10:00:00Z",
        "actionsDefinition": [
            {
                "name": "Quarantine",
                "actionParams": {
                    "addThingsToThingGroupParams": {"thingGroupNames": ["quarantine"]}
                },
            },
            {"name": "Tell", "actionParams": {"publishFindingToSnsParams": {"topicArn": "arn"}}},
        ],
    }
    if status != "IN_PROGRESS":
        summary["taskEndTime"] = "2026-11-22T10:03:00Z"
    rows = [
        {
            "taskId": "quarantine-7",
            "violationId": f"violation-{number}",
            "thingName": f"sensor-{number}",
            "actionName": "Quarantine",
            "status": "FAILED",
        }
        for number in range(failed)
    ]
    return parse(
        {
            "taskId": "quarantine-7",
            "describe": [{"taskSummary": summary}],
            "executions": rows,
            **more,
        }
    )


# --- Who may -----------------------------------------------------------------------------------


def test_a_named_person_cancels_and_the_thread_says_who(slack: Slack) -> None:
    with Acting(slack, [task()]) as world:
        assert world.clicks(ADA, "cancel") == 200
        assert world.calls() == CANCEL
        [told] = world.workspace.thread(world.head)[1:]
        assert "is canceled" in told["text"]
        assert f"<@{ADA}>" in str(told["blocks"])
        assert world.whispers == []


def test_a_stranger_is_refused_and_told_so(slack: Slack) -> None:
    with Acting(slack, [task()]) as world:
        world.clicks(EVE, "cancel")
        assert world.calls() == world.thread == []
        [(user, why)] = world.whispers
        assert user == EVE
        assert "SlackActors" in why


@pytest.mark.parametrize("actors", ["", ",", " , ,"])
def test_an_empty_list_lets_nobody_in(slack: Slack, actors: str) -> None:
    with Acting(slack, [task()], actors=actors) as world:
        world.clicks(ADA, "cancel")
        world.clicks("", "cancel")
        assert world.calls() == []


@pytest.mark.parametrize(
    ("level", "action"), [("cancel", "retry"), ("cancel", "undo"), ("cancel-retry", "undo")]
)
def test_a_level_allows_no_more_than_it_says(slack: Slack, level: str, action: str) -> None:
    with Acting(slack, [task("FAILED", failed=1)], level=level) as world:
        world.clicks(ADA, action)
        assert world.calls() == world.thread == []
        assert f"does not allow to {action}" in world.whispers[0][1]


def test_a_double_click_and_a_replay_act_once(slack: Slack) -> None:
    with Acting(slack, [task()]) as world:
        assert [world.click(ADA, "cancel") for _ in range(5)] == [200] * 5
        world.ends()
        assert world.calls() == CANCEL
        assert len(world.executions) == len(world.thread) == 1


def test_a_later_click_is_answered_anew(slack: Slack) -> None:
    with Acting(slack, [task()]) as world:
        world.clicks(ADA, "cancel")
        world.passes(120)
        world.clicks(BO, "cancel")
        assert world.calls() == CANCEL
        assert "had already ended" in world.thread[1]


ATTACKS = {
    "a changed value": {"value": "quarantine-8"},
    "another task's button, changed": {"swap": ("quarantine-7", "quarantine-8")},
    "another act's button": {"action_of": "undo"},
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_button_that_is_not_ours_does_nothing_and_is_answered(slack: Slack, attack: str) -> None:
    with Acting(slack, [task()]) as world:
        value = world.button("cancel")
        match ATTACKS[attack]:
            case {"value": changed}:
                value = changed
            case {"swap": (old, new)}:
                value = value.replace(old, new)
            case {"action_of": other}:
                value = world.button(other)
        assert world.clicks(ADA, "cancel", value=value) == 200
        assert world.calls() == world.thread == []
        assert len(world.whispers) == 1


# --- Members -----------------------------------------------------------------------------------


def of_member(slack: Slack, *, status: str = "IN_PROGRESS", **more: Any) -> Acting:
    """The same task at home and in the member's account."""
    known = task(status, failed=more.pop("failed", 0))
    listed = {"members": MEMBER.account} | more
    return Acting(slack, [known, replace(known, place=MEMBER)], **listed)


def test_a_member_s_task_is_canceled_there_and_not_here(slack: Slack) -> None:
    with of_member(slack) as world:
        world.clicks(ADA, "cancel", value=world.button("cancel", member=THEIRS))
        assert world.calls(place=MEMBER) == CANCEL
        assert world.iot.calls == []
        assert "is canceled" in world.thread[0]


def test_what_failed_in_a_member_starts_again_there(slack: Slack) -> None:
    with of_member(slack, status="FAILED", failed=2, approvals="") as world:
        world.clicks(ADA, "retry", value=world.button("retry", member=THEIRS))
        assert world.calls(place=MEMBER) == ["StartDetectMitigationActionsTask"]
        assert world.iot.calls == []


def test_a_second_person_is_asked_with_the_member_s_name(slack: Slack) -> None:
    with of_member(slack, approvals="cancel") as world:
        world.clicks(ADA, "cancel", value=world.button("cancel", member=THEIRS))
        assert "quarantine-7 in 210987654321 (us-east-1)" in world.thread[0]
        world.clicks(BO, "approve")
        assert world.calls(place=MEMBER) == CANCEL
        assert world.calls() == []


GRANTS_NONE = "210987654321 (us-east-1) grants no cancel: the parameter Acts of its member.yaml"


@pytest.mark.parametrize("operation", ["AssumeRole", *CANCEL])
def test_what_a_member_does_not_grant_is_said_in_the_thread(slack: Slack, operation: str) -> None:
    refuses = {operation: [Refusal("AccessDeniedException", 403)]}
    with of_member(slack, aws=refuses) as world:
        world.clicks(ADA, "cancel", value=world.button("cancel", member=THEIRS))
        assert world.calls() == world.calls(place=MEMBER) == []
        assert GRANTS_NONE in world.thread[0]
        assert world.executions[0].status == "SUCCEEDED"


def test_nobody_is_asked_to_agree_to_what_a_member_does_not_grant(slack: Slack) -> None:
    refuses = {"AssumeRole": [Refusal("AccessDenied", 403)]}
    with of_member(slack, approvals="cancel", aws=refuses) as world:
        world.clicks(ADA, "cancel", value=world.button("cancel", member=THEIRS))
        assert world.thread == []
        assert GRANTS_NONE in world.whispers[0][1]


def test_sts_that_is_busy_is_asked_again(slack: Slack) -> None:
    with of_member(slack, aws={"AssumeRole": [Refusal("Throttling")] * 4 + [WORKS]}) as world:
        world.click(ADA, "cancel", value=world.button("cancel", member=THEIRS))
        world.ends()
        assert world.calls(place=MEMBER) == CANCEL


def test_a_refusal_at_home_is_no_member_s(slack: Slack) -> None:
    refuses = {"CancelDetectMitigationActionsTask": [Refusal("AccessDeniedException", 403), WORKS]}
    with of_member(slack, aws=refuses) as world:
        world.click(ADA, "cancel")
        world.ends()
        assert world.calls() == CANCEL


def test_a_button_whose_member_was_changed_is_forged(slack: Slack) -> None:
    with of_member(slack, members="210987654321,310987654321") as world:
        value = world.button("cancel", member=THEIRS)
        for changed in (
            value.replace("210987654321", "310987654321"),
            value.replace(',"member":{"account":"210987654321","region":"us-east-1"}', ""),
        ):
            assert changed != value
            world.clicks(ADA, "cancel", value=changed)
        assert len(world.whispers) == 2
        assert world.iot.calls == world.iot.at(MEMBER).calls == []
        assert world.thread == []


def test_a_member_that_is_not_listed_is_asked_for_nothing(slack: Slack) -> None:
    with of_member(slack, members="310987654321") as world:
        world.clicks(ADA, "cancel", value=world.button("cancel", member=THEIRS))
        assert "not listed in MemberAccounts" in world.thread[0]
        assert "AssumeRole" not in {call.operation for call in world.network.calls}
        assert world.iot.calls == world.iot.at(MEMBER).calls == []


def test_whatever_is_not_this_app_team_and_channel_is_refused_at_the_door(slack: Slack) -> None:
    with Acting(slack, [task()]) as world:
        for change in (
            {"api_app_id": "A0OTHER"},
            {"team": {"id": "T0OTHER"}},
            {"channel": {"id": "C0OTHER"}},
        ):
            assert world.click(ADA, "cancel", **change) == 400
        assert world.executions == []


def storm(world: Acting, clicks: int) -> None:
    """A hundred clicks a second, half of them by strangers."""
    for number in range(clicks):
        user = (ADA, BO, f"U0EVE{number % 20}", EVE)[number % 4]
        assert world.click(user, "cancel") == 200
        world.passes(0.01)


def test_a_storm_of_clicks_asks_aws_iot_within_its_rate(slack: Slack) -> None:
    with Acting(slack, [task()]) as world:
        storm(world, 300)
        world.ends()
        assert world.calls() == CANCEL
        moments = [call.at for call in world.network.calls if call.service == "iot"]
        assert len(moments) <= 8
        assert len(world.thread) == 2
        assert {user for user, _ in world.whispers}.isdisjoint({ADA, BO})


# --- A second person ---------------------------------------------------------------------------


def asking(slack: Slack, **more: Any) -> Acting:
    return Acting(slack, [task()], approvals="cancel,retry,undo", **more)


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


def test_the_requester_is_no_second_person(slack: Slack) -> None:
    with asking(slack) as world:
        world.clicks(ADA, "cancel")
        world.clicks(ADA, "approve")
        assert world.calls() == []
        assert "another person" in world.whispers[0][1]


def test_a_stranger_is_no_second_person_either(slack: Slack) -> None:
    with asking(slack) as world:
        world.clicks(ADA, "cancel")
        world.clicks(EVE, "approve")
        world.clicks(EVE, "deny")
        assert world.calls() == []
        assert {user for user, _ in world.whispers} == {EVE}


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


def test_a_wish_of_someone_who_may_no_longer_act_is_dropped(slack: Slack) -> None:
    with asking(slack) as world:
        world.clicks(ADA, "cancel")
        value = value_of(world.question, "approve")
    with asking(slack, actors=BO) as world:
        world.clicks(BO, "approve", value=value)
        assert world.calls() == []


def test_the_approval_of_one_channel_s_question_counts_for_no_other_button(slack: Slack) -> None:
    """The value of a task's button, under Approve; and a question's, under Cancel."""
    with asking(slack) as world:
        world.clicks(BO, "approve", value=world.button("cancel"))
        world.clicks(ADA, "cancel")
        world.clicks(BO, "cancel", value=value_of(world.question, "approve"))
        assert world.calls() == []
        assert len(world.whispers) == 2


def test_what_is_pointless_is_not_asked_about(slack: Slack) -> None:
    for level, state, why in (("cancel", "FAILED", "already ended"), ("retry", None, "still runs")):
        with Acting(slack, [task(state or "IN_PROGRESS")], approvals="cancel,retry") as world:
            world.clicks(ADA, level)
            assert world.thread == []
            assert why in world.whispers[0][1]


# --- What is done, whatever happens ------------------------------------------------------------


def mishaps(number: int, mishap: Mishap) -> dict[str, list[Mishap]]:
    """At one invocation: 0 authorizes, 1 acts, 2 tells."""
    return {"ActOnTaskFunction": [*[Mishap.NONE] * number, mishap, Mishap.NONE]}


FAULTS: dict[str, dict[str, Any]] = {
    "throttled": {"aws": {"CancelDetectMitigationActionsTask": [THROTTLED] * 9 + [WORKS]}},
    "the answer is lost": {"aws": {"CancelDetectMitigationActionsTask": [AnswerLost(), WORKS]}},
    "killed before": {"lambdas": mishaps(1, Mishap.EXIT_BEFORE)},
    "killed once it was done": {"lambdas": mishaps(1, Mishap.EXIT_AFTER)},
    "killed once it was told": {"lambdas": mishaps(2, Mishap.EXIT_AFTER)},
    "it never answers": {"lambdas": mishaps(1, Mishap.SILENCE)},
    "Slack is down for a while": {
        "app": {"chat.postMessage": [SlackAppAnswer(status=503)] * 5 + [SlackAppAnswer()]}
    },
    "Slack's answer is lost": {
        "app": {"chat.postMessage": [SlackAppAnswer(drop="after"), SlackAppAnswer()]}
    },
}


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_done_once_and_told_once(slack: Slack, fault: str) -> None:
    with Acting(slack, [task()], **FAULTS[fault]) as world:
        world.clicks(ADA, "cancel")
        world.ends()
        assert world.calls() == CANCEL
        [told] = world.thread
        assert "is canceled" in told
        assert [e.status for e in world.executions] == ["SUCCEEDED"]


# --- Retry -------------------------------------------------------------------------------------


def agreed(world: Acting, act: str) -> None:
    """Ada asks for it, and Bo agrees."""
    world.clicks(ADA, act)
    world.passes(300)
    world.clicks(BO, "approve")


def starts(world: Acting) -> list[Any]:
    """The ids that were started, each with how many violations it is about."""
    return [
        (call.parameters["taskId"], len(call.parameters["target"]["violationIds"]))
        for call in world.iot.calls
        if call.operation.startswith("Start") and not call.error
    ]


def test_all_that_failed_starts_again_25_at_a_time(slack: Slack) -> None:
    with Acting(slack, [task("FAILED", failed=60)]) as world:
        agreed(world, "retry")
        world.ends()
        assert [count for _, count in starts(world)] == [25, 25, 10]
        assert "60 of 60 failed violations start again in 3 tasks" in world.thread[1]


def test_it_waits_for_a_free_place(slack: Slack) -> None:
    """Five detect tasks run at once, and each of these takes a minute."""
    with Acting(slack, [task("FAILED", failed=300)]) as world:
        agreed(world, "retry")
        world.ends()
        assert len({task_id for task_id, _ in starts(world)}) == 12
        assert sum(count for _, count in starts(world)) == 300
        assert len(world.thread) == 2


def test_it_waits_an_hour_and_then_says_what_did_not_start(slack: Slack) -> None:
    full = Refusal("LimitExceededException", 410, "too many")
    faults: dict[str, list[Fault]] = {"StartDetectMitigationActionsTask": [WORKS, full]}
    with Acting(slack, [task("FAILED", failed=30)], aws=faults) as world:
        agreed(world, "retry")
        began = world.clock.monotonic()
        world.ends()
        assert 3600 <= world.clock.monotonic() - began < 3900
        assert len(starts(world)) == 1
        told = world.workspace.thread(world.head)[2]
        assert "25 of 30" in told["text"]
        assert "LimitExceededException (5)" in str(told["blocks"])


@pytest.mark.parametrize("fault", FAULTS)
def test_each_batch_starts_once_whatever_happens(slack: Slack, fault: str) -> None:
    faults = FAULTS[fault]
    if "aws" in faults:
        faults = {"aws": {"StartDetectMitigationActionsTask": next(iter(faults["aws"].values()))}}
    if "lambdas" in faults:  # a person is asked before
        [(name, plan)] = faults["lambdas"].items()
        faults = {"lambdas": {name: [*[Mishap.NONE] * 3, *plan]}}
    with Acting(slack, [task("FAILED", failed=60)], **faults) as world:
        agreed(world, "retry")
        world.ends()
        assert [count for _, count in starts(world)] == [25, 25, 10]
        assert len(world.thread) == 2
        assert "60 of 60" in world.thread[1]


def test_a_retry_that_is_asked_for_twice_starts_nothing_twice(slack: Slack) -> None:
    with Acting(slack, [task("FAILED", failed=30)], approvals="") as world:
        world.clicks(ADA, "retry")
        world.passes(120)
        world.clicks(BO, "retry")
        world.ends()
        assert len(starts(world)) == 2
        assert len(world.thread) == 2


# --- Undo --------------------------------------------------------------------------------------


def quarantined(things: int = 3, certificates: int = 0) -> Scenario:
    """Things in a group, and some of their certificates INACTIVE."""
    document = json.loads(json.dumps({"actionsDefinition": [
        {"name": "Quarantine", "actionParams":
            {"addThingsToThingGroupParams": {"thingGroupNames": ["quarantine"]}}},
        {"name": "Deactivate", "actionParams":
            {"updateDeviceCertificateParams": {"action": "DEACTIVATE"}}},
        {"name": "Tell", "actionParams": {"publishFindingToSnsParams": {"topicArn": "arn"}}},
    ]}))  # fmt: skip
    rows = [("Quarantine", things), ("Deactivate", certificates), ("Tell", 1)]
    return parse(
        {
            "taskId": "quarantine-7",
            "describe": [
                {
                    "taskSummary": {
                        "taskId": "quarantine-7",
                        "taskStatus": "SUCCESSFUL",
                        "taskStartTime": "2026-11-22T10:00:00Z",
                        "taskEndTime": "2026-11-22T10:03:00Z",
                        "taskStatistics": {"actionsExecuted": things + certificates + 1},
                        **document,
                    }
                }
            ],
            "executions": [
                {
                    "violationId": f"violation-{number}",
                    "thingName": f"sensor-{number}",
                    "actionName": action,
                    "status": "SUCCESSFUL",
                }
                for action, count in rows
                for number in range(count)
            ],
        }
    )


def test_an_undo_says_first_what_it_would_do_and_then_does_that(slack: Slack) -> None:
    with Acting(slack, [quarantined(3, 2)]) as world:
        assert len(list(world.iot.registry.changes())) == 5
        world.clicks(ADA, "undo")
        asked = str(world.question)
        assert "undo 5 changes" in asked
        assert "3 things leave a thing group: `sensor-0 (quarantine)`" in asked
        assert "2 device certificates go back to ACTIVE" in asked
        assert "can't be undone: `Tell` (1)" in asked
        assert world.calls() == []
        world.clicks(BO, "approve")
        world.ends()
        assert list(world.iot.registry.changes()) == []
        assert "5 changes of `quarantine-7` undone" in world.thread[1]
        assert world.workspace.thread(world.head)[2]["subtype"] == "thread_broadcast"


def test_what_somebody_has_changed_since_is_left_alone_and_listed(slack: Slack) -> None:
    with Acting(slack, [quarantined(0, 4)]) as world:
        one, two, three, four = world.iot.registry.certificates.values()
        one["status"] = "REVOKED"
        two["status"] = "ACTIVE"
        three["lastModifiedDate"] += 3600
        agreed(world, "undo")
        world.ends()
        assert [each["status"] for each in (one, two, three, four)] == [
            "REVOKED", "ACTIVE", "INACTIVE", "ACTIVE",
        ]  # fmt: skip
        assert len(world.calls("Update")) == 1
        told = str(world.workspace.thread(world.head)[2]["blocks"])
        assert "1 change of" in told
        for reason in ("it is REVOKED now", "it is ACTIVE now", "changed since the task ended"):
            assert reason in told


def test_what_is_no_longer_there_is_listed_too(slack: Slack) -> None:
    with Acting(slack, [quarantined(2, 1)]) as world:
        world.iot.registry.groups.clear()
        world.iot.registry.attached.clear()
        agreed(world, "undo")
        world.ends()
        assert "0 changes" in world.thread[1]
        assert "no longer there (3)" in str(world.workspace.thread(world.head)[2]["blocks"])


def test_without_approvals_an_undo_is_announced_all_the_same(slack: Slack) -> None:
    with Acting(slack, [quarantined()], approvals="") as world:
        world.clicks(ADA, "undo")
        assert world.calls() == []
        world.clicks(ADA, "approve")
        assert len(world.calls()) == 3


def test_an_undo_with_nothing_to_undo_is_not_asked_about(slack: Slack) -> None:
    with Acting(slack, [quarantined(0)]) as world:
        world.clicks(ADA, "undo")
        assert world.thread == []
        assert "can't be undone (Tell)" in world.whispers[0][1]


def test_other_numbers_than_those_agreed_to_undo_nothing(slack: Slack) -> None:
    """As a list that was not complete yet when a person was asked."""
    with Acting(slack, [quarantined(3)]) as world:
        world.clicks(ADA, "undo")
        scenario = next(iter(world.iot._tasks.values()))
        scenario.scenario = quarantined(4)
        world.clicks(BO, "approve")
        assert world.calls() == []
        assert "not the 3 that were agreed to" in world.thread[1].replace("`", "")


@pytest.mark.parametrize("fault", FAULTS)
def test_an_undo_is_done_and_told_once_whatever_happens(slack: Slack, fault: str) -> None:
    faults = FAULTS[fault]
    if "aws" in faults:
        plan = next(iter(faults["aws"].values()))
        faults = {"aws": {"UpdateCertificate": plan, "RemoveThingFromThingGroup": plan}}
    if "lambdas" in faults:
        [(name, plan)] = faults["lambdas"].items()
        faults = {"lambdas": {name: [*[Mishap.NONE] * 3, *plan]}}
    with Acting(slack, [quarantined(3, 3)], **faults) as world:
        agreed(world, "undo")
        world.ends()
        assert list(world.iot.registry.changes()) == []
        assert "6 changes of `quarantine-7` undone" in world.thread[1]
        assert len(world.thread) == 2
        updated = {
            call.parameters["certificateId"]
            for call in world.iot.calls
            if call.operation == "UpdateCertificate"
        }
        assert len(updated) == 3


def test_many_rows_take_little_history_and_stay_within_aws_s_rate(slack: Slack) -> None:
    with Acting(slack, [quarantined(1_500)]) as world:
        agreed(world, "undo")
        world.ends()
        assert list(world.iot.registry.changes()) == []
        longest = max(world.executions, key=lambda each: len(each.history))
        assert len(longest.history) < 120
        assert max(len(str(event)) for event in longest.history) < 20_000
        name = "RemoveThingFromThingGroup"
        moments = [call.at for call in world.network.calls if call.operation == name]
        assert len(moments) == 1_500
        assert all(
            (b - a).total_seconds() >= 0.9 for a, b in zip(moments, moments[10:], strict=False)
        )


# --- What the task's own message says ----------------------------------------------------------


def ended_watch(world: Acting) -> None:
    """A watch that has ended, and left the task's message as it is."""
    machine = client("stepfunctions").create_state_machine(
        name="WatchTask",
        definition=json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}),
        roleArn="arn:aws:iam::123456789012:role/watch",
    )
    [watched] = world.tasks
    thread = {"channel": CHANNEL, "ts": world.head, "hasVerdict": True}
    state = {
        "machine": {"version": 2, "channels": ["slack"]},
        "input": {"taskId": "quarantine-7"},
        "look": {
            "decision": "final/ended",
            "memory": {
                "version": 2,
                "task": watched.describe[-1].body,  # type: ignore[union-attr]  # it is an answer
                "channels": {"slack": {"thread": thread}},
            },
        },
    }
    client("stepfunctions").start_execution(
        stateMachineArn=machine["stateMachineArn"], name=WATCH, input=json.dumps(state)
    )
    world.passes(1)


def test_the_task_s_message_says_who_did_it_who_agreed_and_when(slack: Slack) -> None:
    with Acting(slack, [quarantined()]) as world:
        ended_watch(world)
        agreed(world, "undo")
        world.ends()
        head = str(world.workspace.thread(world.head)[0]["blocks"])
        assert f"Undone by <@{ADA}>, approved by <@{BO}> at <!date^" in head
        assert "mitigation-undo" in head
        assert [e.status for e in world.executions] == ["SUCCEEDED"] * 3


def test_another_message_than_the_task_s_own_is_left_as_it_is(slack: Slack) -> None:
    with Acting(slack, [quarantined()]) as world:
        head, world.head = world.head, "1.1"
        ended_watch(world)
        world.head = head
        agreed(world, "undo")
        world.ends()
        assert "blocks" not in world.workspace.thread(world.head)[0]
        assert [e.status for e in world.executions] == ["SUCCEEDED"] * 3
