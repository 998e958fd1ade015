"""One hub and its members, as template.yaml and member.yaml make them, with roles enforced.

The hub's own account and region; another account; another region of the hub's account; and a
stranger, who has a member's stack but is not listed.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from embedded.clicks import Click, button, local_url, press
from embedded.deploy import Stack, deploy, deploy_member
from embedded.engine import Engine
from embedded.places import HOME, Place
from embedded.play import receive, stack_parameters, start_task
from embedded.slack_workspace import CHANNEL, TOKEN
from mitigation.acts.button import Button
from mitigation.acts.click import Action
from mitigation.kind import TaskType
from mitigation.member import Member
from tests.support import stacks

OTHER_ACCOUNT = Place("210987654321", "us-east-1")
OTHER_REGION = Place(HOME.account, "us-east-1")
STRANGER = Place("999999999999", "us-east-1")
OURS = (HOME, OTHER_ACCOUNT, OTHER_REGION)
TASKS = [
    replace(stacks.task(kind, "quarantine-7", "FAILED"), place=place)
    for place in (*OURS, STRANGER)
    for kind in ("detect", "audit")
]
RUNNING = [
    replace(stacks.task("detect", "endless-1", "IN_PROGRESS"), place=place)
    for place in (HOME, OTHER_ACCOUNT)
]
ONE, OTHER = 64 * "1", 64 * "2"  # certificates

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine([*TASKS, *RUNNING], auth=True, started=False, speed=50) as running:
        yield running


@pytest.fixture(scope="module")
def hub(engine: Engine) -> Stack:
    parameters = stack_parameters(engine, slack="app", acts=True) | {
        "SlackApprovals": "undo",
        "SweepMinutes": "60",
        "MemberAccounts": f"{OTHER_ACCOUNT.account},{HOME.account}",
        "MemberRegions": "us-east-1",
    }
    made = deploy(engine, parameters)
    deploy_member(engine, OTHER_ACCOUNT, "cancel")
    deploy_member(engine, OTHER_REGION)
    deploy_member(engine, STRANGER)
    return made


def test_each_task_of_hub_and_members_is_told_once_and_the_stranger_s_never(
    engine: Engine, hub: Stack
) -> None:
    for scenario in TASKS:
        start_task(engine, scenario)
    names = [f"{task.task_type}-{task.task_id}" for task in TASKS[:2]]
    expected = {*names, *("-".join((*place, name)) for place in OURS[1:] for name in names)}
    stacks.until(lambda: set(stacks.watches(engine, hub.resources)) >= expected, "six watches")
    assert stacks.ended_watches(engine, hub.resources) == dict.fromkeys(expected, "SUCCEEDED")
    assert len(engine.mail) == len(expected)
    looks = {place: asked(engine, place, "Describe") for place in (*OURS, STRANGER)}
    assert looks == dict.fromkeys(OURS, ["quarantine-7"] * 2) | {STRANGER: []}


def asked(engine: Engine, place: Place, act: str) -> list[str]:
    """The tasks that AWS IoT was asked about there."""
    calls = [
        call for call in engine.iot.at(place).calls if "MitigationActionsTask" in call.operation
    ]
    return [call.parameters["taskId"] for call in calls if call.operation.startswith(act)]


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


def role(
    engine: Engine, name: str, trusted: Any, *may: tuple[str, str], place: Place = HOME
) -> Any:
    """The ARN of a role that `trusted` can take, and that allows these actions on resources."""
    iam = engine.client("iam", place)
    trust = document({"Action": "sts:AssumeRole", "Principal": trusted})
    granted = document(*({"Action": action, "Resource": resource} for action, resource in may))
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=granted)
    return made


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", **each} for each in statements]})


def test_a_bus_gets_what_the_sender_s_role_may_send(engine: Engine) -> None:
    ours, theirs = engine.client("events"), engine.client("events", OTHER_REGION)
    bus = ours.create_event_bus(Name="probe")["EventBusArn"]
    sqs = engine.client("sqs")
    queue = sqs.create_queue(QueueName="probe")["QueueUrl"]
    arn = f"arn:aws:sqs:{HOME.region}:{HOME.account}:probe"
    ours.put_rule(Name="all", EventBusName="probe", EventPattern='{"source": ["probe"]}')
    ours.put_targets(Rule="all", EventBusName="probe", Targets=[{"Id": "1", "Arn": arn}])
    for name, service, allowed in (
        ("may", "events", bus),
        ("may-not", "events", f"{bus}-2"),
        ("does-not-trust", "lambda", bus),
    ):
        sender = role(
            engine,
            name,
            {"Service": f"{service}.amazonaws.com"},
            ("events:PutEvents", allowed),
            place=OTHER_REGION,
        )
        theirs.put_rule(Name=name, EventPattern=json.dumps({"detail-type": [name]}))
        target = {"Id": "1", "Arn": bus, "RoleArn": sender}
        theirs.put_targets(Rule=name, Targets=[target])
        theirs.put_events(Entries=[{"Source": "probe", "DetailType": name, "Detail": "{}"}])
    [found] = receive(sqs, queue)
    assert (found["detail-type"], found["region"]) == ("may", OTHER_REGION.region)


def test_aws_iot_is_asked_for_what_a_role_s_policy_names_and_for_nothing_else(
    engine: Engine,
) -> None:
    certificate = f"arn:aws:iot:{HOME.region}:{HOME.account}:cert/{ONE}"
    may = [("iot:DescribeCertificate", certificate), ("iot:ListAuditFindings", "*")]
    arn = role(engine, "r", {"AWS": f"arn:aws:iam::{HOME.account}:root"}, *may)
    taken = engine.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")
    iot = engine.client("iot", credentials=taken["Credentials"])
    assert iot.list_audit_findings(taskId="t")["findings"] == []  # which sends a body
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_certificate(certificateId=ONE)
    for ask in (
        lambda: iot.describe_certificate(certificateId=OTHER),
        lambda: iot.update_certificate(certificateId=ONE, newStatus="ACTIVE"),
    ):
        with pytest.raises(iot.exceptions.ClientError, match="AccessDeniedException"):
            ask()
