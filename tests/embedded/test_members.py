"""One hub and its members, as template.yaml and member.yaml make them, with roles enforced.

The hub's own account and region; another account; another region of the hub's account; and a
stranger, who has a member's stack but is not listed.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from embedded.deploy import STACK, Stack, deploy, deploy_member
from embedded.engine import Engine
from embedded.places import HOME, Place
from embedded.play import receive, start_task
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


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(TASKS, auth=True, started=False, speed=50) as running:
        yield running


@pytest.fixture(scope="module")
def hub(engine: Engine) -> Stack:
    parameters = {
        "EmailAddress": "on-call@example.com",
        "SweepMinutes": "60",
        "MemberAccounts": f"{OTHER_ACCOUNT.account},{HOME.account}",
        "MemberRegions": "us-east-1",
    }
    made = deploy(engine, parameters)
    for place in (*MEMBERS, STRANGER):
        deploy_member(engine, place)
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


def looks(engine: Engine, kind: str, place: Place) -> int:
    operation = f"Describe{kind.title()}MitigationActionsTask"
    return sum(call.operation == operation for call in engine.iot.at(place).calls)


def test_the_read_role_is_for_two_functions_of_the_hub_alone(engine: Engine, hub: Stack) -> None:
    role = f"arn:aws:iam::{OTHER_ACCOUNT.account}:role/{STACK}-member-{OTHER_ACCOUNT.region}"
    strangers = role.replace(OTHER_ACCOUNT.account, STRANGER.account)
    may = {
        name: assumes(engine, hub.resources[name], role, STACK)
        for name in ("StartWatchRole", "DescribeTaskRole", "SweepRole", "NotifyRole")
    }
    assert [name for name, able in may.items() if able] == ["DescribeTaskRole", "SweepRole"]
    assert not assumes(engine, hub.resources["DescribeTaskRole"], role, "another-hub")
    assert not assumes(engine, hub.resources["DescribeTaskRole"], strangers, STACK)


def assumes(engine: Engine, by: str, role: str, external_id: str) -> bool:
    own = f"arn:aws:iam::{HOME.account}:role/{by}"
    given = engine.client("sts").assume_role(RoleArn=own, RoleSessionName="test")["Credentials"]
    sts = engine.client("sts", credentials=given)
    try:
        sts.assume_role(RoleArn=role, RoleSessionName="test", ExternalId=external_id)
    except sts.exceptions.ClientError:
        return False
    return True


def test_a_bus_takes_what_its_policy_and_the_sender_s_role_allow(engine: Engine) -> None:
    bus = f"arn:aws:events:{HOME.region}:{HOME.account}:event-bus/probe"
    policy = allowing("events:PutEvents", bus, Principal={"AWS": OTHER_ACCOUNT.account})
    make(engine, HOME, "Bus", "AWS::Events::EventBus", Name="probe", Policy=policy)
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
        iam, events, name = (
            engine.client("iam", place),
            engine.client("events", place),
            f"r{number}",
        )
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


def make(engine: Engine, place: Place, name: str, type_: str, **properties: object) -> None:
    template = {"Resources": {name: {"Type": type_, "Properties": properties}}}
    cloudformation = engine.client("cloudformation", place)
    cloudformation.create_stack(StackName=f"probe-{name}", TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=f"probe-{name}")
