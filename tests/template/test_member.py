"""member.yaml: what a hub needs of another account, and not a grain more."""

import re
from fnmatch import fnmatchcase

import pytest

from tests.support.combinations import BOUNDARY, EVERYTHING
from tests.support.product import MEMBER, PSEUDO_PARAMETERS, Resolver, Resources, product, variables
from tests.template import access, inputs
from tests.template.wiring import of_type

HOME = inputs.HOME
HUB = {"HubAccount": HOME["account"], "HubRegion": HOME["region"], "HubStack": "notifier"}
HERE = {"AWS::AccountId": "210987654321", "AWS::Region": "us-east-1"}
DEFAULTS = {name: each.get("Default", "") for name, each in MEMBER["Parameters"].items()}


@pytest.fixture(scope="module")
def hub() -> Resources:
    return product().whole(EVERYTHING)


def stack(**given: str) -> Resources:
    return Resolver(MEMBER, PSEUDO_PARAMETERS | HERE | DEFAULTS | HUB | given).resources()


def test_stack_sets_of_an_organization_take_it_and_nobody_acts_unless_that_is_asked_for() -> None:
    assert "Transform" not in MEMBER
    assert set(stack()) == {"TaskStartedRule", "ForwardRole", "ReadRole"}
    assert "PermissionsBoundary" not in str(stack())


@pytest.mark.parametrize("level", ["off", *access.LEVELS])
def test_roles_are_as_documented(level: str) -> None:
    known = {act: act if act in level else "" for act in ("cancel", "retry", "undo")}
    there = stack(Acts=level, PermissionsBoundaryArn=BOUNDARY)
    expected = access.documented(["Member roles", "Who may use them"], known)
    assert set(access.statements(there)) == expected
    roles = of_type(there, "AWS::IAM::Role").values()
    assert {role["PermissionsBoundary"] for role in roles} == {BOUNDARY}


def test_it_forwards_what_the_hub_takes(hub: Resources) -> None:
    rule, bus = stack()["TaskStartedRule"], hub["MemberBus"]["Properties"]
    events = inputs.TAKEN | inputs.LEFT
    assert [what for what in events if inputs.takes(rule, events[what])] == [*inputs.TAKEN]
    [target] = rule["Properties"]["Targets"]
    assert target["RoleArn"] == "ForwardRole.Arn"
    assert target["Arn"] == bus["Policy"]["Statement"][0]["Resource"]
    assert target["Arn"].endswith(f"/{bus['Name']}")


@pytest.mark.parametrize(
    ("function", "role"),
    [("Sweep", "ReadRole"), ("DescribeTask", "ReadRole"), ("ActOnTask", "ActRole")],
)
def test_hub_and_member_know_each_other_by_name(hub: Resources, function: str, role: str) -> None:
    given, at_home = variables(hub, f"{function}Function"), hub[f"{function}Role"]["Properties"]
    here = stack(Acts="cancel")[role]["Properties"]
    arn = given["MEMBER_ROLE"].format(account="210987654321", region="us-east-1")
    assert arn == f"arn:aws:iam::210987654321:role/{here['RoleName']}"
    allowed = at_home["Policies"][0]["PolicyDocument"]["Statement"]
    [granted] = (each["Resource"] for each in allowed if "sts:" in str(each["Action"]))
    assert fnmatchcase(arn, granted)
    [trust] = here["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["StringEquals"]["sts:ExternalId"] == given["POWERTOOLS_SERVICE_NAME"]
    name = at_home.get("RoleName", f"notifier-{function}Role-")
    assert f":role/{name}" in str(trust["Condition"])


def test_the_longest_names_fit() -> None:
    """IAM takes 64 characters; what CloudFormation names itself it cuts, and adds 13."""
    region = "ap-southeast-99"
    there = stack(HubStack="n" * 30, Acts="cancel", HubRegion=region, **{"AWS::Region": region})
    names = re.findall(r"(?:'RoleName': '|:role/)([^']*)", str(there))
    assert len(names) == 2 + 3  # its own, and those at home that it trusts
    assert [name for name in names if len(name.replace("-*", "-" * 13)) > 64] == []
