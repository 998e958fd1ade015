"""The embedded AWS, as one hub and its members have it, with roles enforced.

From three places nothing arrives: one is not listed, of the others the role that sends the events
may not do so, or does not trust EventBridge.
"""

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from embedded.clicks import Click, button, local_url, press
from embedded.clock import FOR_WATCH, Clock, get_offset, set_offset
from embedded.deploy import Stack, create, deploy, deploy_member
from embedded.engine import Engine
from embedded.mends import check
from embedded.places import HOME, Place
from embedded.play import PlayFailed, await_execution, follow, stack_parameters, start_task
from embedded.process import LOG, EngineFailed
from embedded.slack_workspace import CHANNEL, TOKEN
from mitigation.acts.button import Button
from mitigation.acts.click import Action
from mitigation.kind import TaskType
from mitigation.member import Member
from tests.support import stacks

OTHER_ACCOUNT = Place("210987654321", "us-east-1")
OTHER_REGION = Place(HOME.account, "us-east-1")
OURS = (HOME, OTHER_ACCOUNT, OTHER_REGION)
MAY_NOT, UNTRUSTED, STRANGER = SILENT = [
    Place(f"{number}10987654321", "us-east-1") for number in (3, 4, 9)
]
TASKS = [
    replace(stacks.task(kind, "quarantine-7", "FAILED"), place=place)
    for place in (*SILENT, *OURS)  # in this order: what is wrongly sent is not the last to arrive
    for kind in ("detect", "audit")
]
RUNNING = [
    replace(stacks.task("detect", "endless-1", "IN_PROGRESS"), place=place)
    for place in (HOME, OTHER_ACCOUNT)
]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine([*TASKS, *RUNNING], auth=True, started=False, speed=50) as running:
        yield running


@pytest.fixture(scope="module")
def hub(engine: Engine) -> Stack:
    parameters = stack_parameters(engine, slack="app", acts=True) | {
        "SlackApprovals": "undo",
        "SweepMinutes": "60",
        "MemberAccounts": ",".join(place.account for place in (*OURS[:2], *SILENT[:-1])),
        "MemberRegions": "us-east-1",
    }
    made = deploy(engine, parameters)
    for place in (*OURS[1:], *SILENT):
        deploy_member(engine, place, "cancel" if place == OTHER_ACCOUNT else "off")
    lambda_alone = {"Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    trust = json.dumps({"Statement": [{"Effect": "Allow", **lambda_alone}]})
    for place in (MAY_NOT, UNTRUSTED):
        iam = engine.client("iam", place)
        roles = [each["RoleName"] for each in iam.list_roles()["Roles"]]
        [role] = [name for name in roles if "ForwardRole" in name]
        if place == UNTRUSTED:
            iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust)
        else:
            [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
            iam.delete_role_policy(RoleName=role, PolicyName=policy)
    return made


@pytest.mark.slow
def test_each_task_of_hub_and_members_is_told_once_and_of_nobody_else(
    engine: Engine, hub: Stack
) -> None:
    for scenario in TASKS:
        start_task(engine, scenario)
    names = [f"{task.task_type}-{task.task_id}" for task in TASKS[:2]]
    expected = {*names, *("-".join((*place, name)) for place in OURS[1:] for name in names)}
    stacks.until(lambda: set(stacks.watches(engine, hub.resources)) >= expected, "six watches")
    assert stacks.ended_watches(engine, hub.resources) == dict.fromkeys(expected, "SUCCEEDED")
    assert len(engine.mail) == len(expected)
    assert [asked(engine, place, "Describe") for place in OURS] == [["quarantine-7"] * 2] * 3
    log = (engine.folder / LOG).read_text()
    for place in SILENT:
        assert f"members as arn:aws:iam::{place.account}:role/" in log  # the bus let it not in
        assert asked(engine, place, "Describe") == []


def asked(engine: Engine, place: Place, act: str) -> list[str]:
    """The tasks that AWS IoT was asked about there."""
    calls = [call for call in engine.iot.at(place).calls if call.operation.startswith(act)]
    return [call.parameters["taskId"] for call in calls if "taskId" in call.parameters]


@pytest.mark.slow
def test_a_member_s_task_is_canceled_there_where_the_member_grants_it(
    engine: Engine, hub: Stack
) -> None:
    for scenario in RUNNING:
        start_task(engine, scenario)
    stacks.until(lambda: OTHER_ACCOUNT.account in newest(engine)[1], "the member's button")
    message, value = newest(engine)
    url = local_url(engine.endpoint, hub.outputs["ClicksUrl"])
    nothing = Button(Action.CANCEL, TaskType.DETECT, "quarantine-7", None, Member(*OTHER_REGION))
    for clicked, said in (
        (value, "is canceled"),
        (nothing.value(CHANNEL, TOKEN), "123456789012 (us-east-1) grants no cancel"),
    ):
        press(url, Click(0, "U0ADA", "cancel", {}), message, clicked, engine.run_time())
        stacks.until(partial(is_said, engine, said), said)
    assert [asked(engine, place, "Cancel") for place in OURS] == [[], ["endless-1"], []]


def is_said(engine: Engine, text: str) -> bool:
    return any(text in message["text"] for message in engine.slack.workspace.messages)


def newest(engine: Engine) -> tuple[Any, str]:
    """The newest message with a button to cancel, and its value."""
    return button(engine.slack.workspace, "cancel") or ({}, "")


@pytest.mark.slow
def test_nobody_can_reach_the_engine_from_elsewhere(engine: Engine) -> None:
    port = int(engine.endpoint.rpartition(":")[2])
    with pytest.raises(OSError, match=r"refused|unreachable|requested address"):
        socket.create_connection(("127.0.0.2", port), timeout=5)


@pytest.mark.slow
def test_a_start_that_fails_or_never_comes_is_told_and_so_is_a_watch_that_does_not_end(
    engine: Engine, hub: Stack
) -> None:
    states, sqs = engine.client("stepfunctions"), engine.client("sqs")
    made = states.describe_state_machine(stateMachineArn=hub.outputs["StateMachineArn"])
    wait = {"Type": "Wait", "Seconds": FOR_WATCH, "End": True}
    definition = json.dumps({"StartAt": "Wait", "States": {"Wait": wait}})
    named = {"name": "waits", "roleArn": made["roleArn"]}
    arn = states.create_state_machine(**named, definition=definition)["stateMachineArn"]
    queue = sqs.create_queue(QueueName="StartFailures")["QueueUrl"]
    stack = Stack({"StateMachineArn": arn, "StartFailuresQueueUrl": queue}, {})
    with pytest.raises(PlayFailed, match="no watch was started within 30 s"):
        await_execution(engine, stack, time.monotonic())
    letter = {"responsePayload": {"errorType": "InvalidWatch", "errorMessage": "no taskId"}}
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(letter))
    with pytest.raises(PlayFailed, match="StartWatch failed with InvalidWatch: no taskId"):
        await_execution(engine, stack, time.monotonic())
    execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    with pytest.raises(PlayFailed, match="the watch did not end in time; the last state is "):
        list(follow(engine, execution, time.monotonic()))


@pytest.mark.slow
def test_a_broken_template_is_told_by_its_resource(engine: Engine) -> None:
    bad = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 99999}}
    body = {"TemplateBody": json.dumps({"Resources": {"Bad": bad}})}
    with pytest.raises(EngineFailed, match=r"deploy failed: .*Bad"):
        create(engine.client("cloudformation"), "bad", body, {})


def test_an_engine_that_does_not_start_says_why_and_sees_nothing_of_who_runs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    its_end = "import os; raise SystemExit('a mend moved: ' + ' '.join(os.environ))"
    monkeypatch.setattr("embedded.process.CHILD", ("-c", its_end))
    said = pytest.raises(EngineFailed, match=r"did not start: a mend moved: .*AWS_REGION")
    with said as failed, Engine():
        pass
    assert "AWS_PROFILE" not in str(failed.value)


def test_mends_are_for_one_version_of_ministack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "MENDED_VERSION", "1.5.32")
    with pytest.raises(check.MendFailed, match=r"written for ministack 1\.5\.32, but 1\.5\.33 is"):
        check.expect_version()


def test_waits_at_the_same_time_do_not_add_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_offset(path := tmp_path / "clock", 0.0)
    clock, meanwhile = Clock(500, path), [3600]
    wait = "embedded.clock.time.sleep"
    monkeypatch.setattr(wait, lambda _: meanwhile and clock.sleep(meanwhile.pop()))
    clock.sleep(3600)
    assert get_offset(path) == pytest.approx(3600, abs=1)
