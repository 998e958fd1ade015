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
from embedded.deploy import Stack, create, deploy, deploy_member
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
MEMBERS = [OTHER_ACCOUNT, OTHER_REGION]
TASK_ID = "quarantine-7"
KINDS = ("detect", "audit")


TASKS = [
    replace(stacks.task(kind, TASK_ID, "FAILED"), place=place)
    for place in (HOME, *MEMBERS, STRANGER)
    for kind in KINDS
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
        "MemberAccounts": f"{OTHER_ACCOUNT.account},{HOME.account}",
        "MemberRegions": "us-east-1",
    }
    made = deploy(engine, parameters)
    for place in (*MEMBERS, STRANGER):
        deploy_member(engine, place, "cancel" if place == OTHER_ACCOUNT else "off")
    return made


def name_of(kind: str, place: Place) -> str:
    name = f"{kind}-{TASK_ID}"
    return name if place == HOME else f"{place.account}-{place.region}-{name}"


def test_each_task_of_hub_and_members_is_told_once_and_the_stranger_s_never(
    engine: Engine, hub: Stack
) -> None:
    for scenario in TASKS:
        start_task(engine, scenario)
    expected = {name_of(kind, place) for kind in KINDS for place in (HOME, *MEMBERS)}
    stacks.until(lambda: set(stacks.watches(engine, hub.resources)) >= expected, "six watches")
    assert stacks.ended_watches(engine, hub.resources) == dict.fromkeys(expected, "SUCCEEDED")
    assert len(engine.mail) == len(expected)
    for kind in KINDS:
        for place in (HOME, *MEMBERS):
            assert looks(engine, kind, place) == 1
        assert looks(engine, kind, STRANGER) == 0


def test_a_member_s_task_is_canceled_there_where_the_member_grants_it(
    engine: Engine, hub: Stack
) -> None:
    for scenario in RUNNING:
        start_task(engine, scenario)
    stacks.until(lambda: OTHER_ACCOUNT.account in newest(engine)[1], "the member's button")
    message, value = newest(engine)
    url = local_url(engine.endpoint, hub.outputs["ClicksUrl"])
    nothing = Button(Action.CANCEL, TaskType.DETECT, TASK_ID, None, Member(*OTHER_REGION))
    for clicked, said in (
        (value, "is canceled"),
        (nothing.value(CHANNEL, TOKEN), "123456789012 (us-east-1) grants no cancel"),
    ):
        press(url, Click(0, "U0ADA", "cancel", {}), message, clicked, engine.run_time())
        stacks.until(partial(is_said, engine, said), said)
    canceled = [
        (place, call.parameters["taskId"])
        for place in (HOME, *MEMBERS)
        for call in engine.iot.at(place).calls
        if call.operation.startswith("Cancel")
    ]
    assert canceled == [(OTHER_ACCOUNT, "endless-1")]


def is_said(engine: Engine, text: str) -> bool:
    return any(text in message["text"] for message in engine.slack.workspace.messages)


def newest(engine: Engine) -> tuple[Any, str]:
    """The newest message with a button to cancel, and its value."""
    return button(engine.slack.workspace, "cancel") or ({}, "")


def looks(engine: Engine, kind: str, place: Place) -> int:
    operation = f"Describe{kind.title()}MitigationActionsTask"
    return sum(call.operation == operation for call in engine.iot.at(place).calls)


def test_a_bus_takes_what_its_policy_and_the_sender_s_role_allow(engine: Engine) -> None:
    bus = f"arn:aws:events:{HOME.region}:{HOME.account}:event-bus/probe"
    policy = allowing("events:PutEvents", bus, Principal={"AWS": OTHER_ACCOUNT.account})
    probe = {"Type": "AWS::Events::EventBus", "Properties": {"Name": "probe", "Policy": policy}}
    body = {"TemplateBody": json.dumps({"Resources": {"Bus": probe}})}
    create(engine.client("cloudformation"), "probe", body, {})
    queue = engine.client("sqs").create_queue(QueueName="probe")["QueueUrl"]
    target = {"Id": "1", "Arn": f"arn:aws:sqs:{HOME.region}:{HOME.account}:probe"}
    pattern = json.dumps({"source": ["probe"]})
    ours = engine.client("events")
    ours.put_rule(Name="probe", EventBusName="probe", EventPattern=pattern)
    ours.put_targets(Rule="probe", EventBusName="probe", Targets=[target])
    senders = {
        "may": (OTHER_ACCOUNT, "events.amazonaws.com", bus),
        "may, from our own other region": (OTHER_REGION, "events.amazonaws.com", bus),
        "by a role that may not": (OTHER_ACCOUNT, "events.amazonaws.com", f"{bus}-2"),
        "by a role that does not trust": (OTHER_ACCOUNT, "lambda.amazonaws.com", bus),
        "by an account that is not let in": (STRANGER, "events.amazonaws.com", bus),
    }
    for number, (what, (place, trusted, allowed)) in enumerate(senders.items()):
        iam, events = engine.client("iam", place), engine.client("events", place)
        name = f"r{number}"
        trust = allowing("sts:AssumeRole", Principal={"Service": trusted})
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
        may = json.dumps(allowing("events:PutEvents", allowed))
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=may)
        only = json.dumps({"detail-type": [what]})
        events.put_rule(Name=name, EventPattern=only)
        events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": bus, "RoleArn": role["Arn"]}])
        events.put_events(Entries=[{"Source": "probe", "DetailType": what, "Detail": "{}"}])
    found = {event["detail-type"]: event for event in receive(engine.client("sqs"), queue)}
    assert set(found) == {"may", "may, from our own other region"}
    assert (found["may"]["account"], found["may"]["region"]) == OTHER_ACCOUNT


def allowing(action: str, *resources: str, **more: object) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, **more}
    return {"Statement": [statement | ({"Resource": resources[0]} if resources else {})]}
