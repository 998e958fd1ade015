"""member.yaml: what a hub needs of another account, and not a grain more."""

import re
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.support.combinations import BOUNDARY, EVERYTHING
from tests.support.product import MEMBER, PSEUDO_PARAMETERS, Product, Resolver, Resources, variables
from tests.template import access, settings
from tests.template.triggers import LEFT, TAKEN, takes
from tests.template.wiring import of_type

HERE = {"AWS::AccountId": "210987654321", "AWS::Region": "us-east-1", "AWS::StackName": "member"}
ACCEPTED = {
    "HubAccount": ["123456789012"],
    "HubRegion": ["eu-west-1", "us-gov-west-1"],
    "HubStack": ["mitigation-notifier", "n" * 30],
}
REFUSED = {
    "HubAccount": ["", "*", "12345678901"],
    "HubRegion": ["", "*", "Ireland"],
    "HubStack": ["", "*", "n" * 31, "arn:aws:cloudformation:x"],
    "Acts": ["", "undo", "false"],
    "PermissionsBoundaryArn": ["*", "developers"],
}


@pytest.fixture(scope="module")
def hub() -> Resources:
    return Product.load().whole(EVERYTHING)


def stack(**parameters: str) -> Resources:
    given = {
        "HubAccount": PSEUDO_PARAMETERS["AWS::AccountId"],
        "HubRegion": PSEUDO_PARAMETERS["AWS::Region"],
        "HubStack": PSEUDO_PARAMETERS["AWS::StackName"],
        "PermissionsBoundaryArn": "",
        "Acts": MEMBER["Parameters"]["Acts"]["Default"],
    }
    return Resolver(MEMBER, given | PSEUDO_PARAMETERS | HERE | parameters).resources()


def test_parameters_take_what_they_should() -> None:
    assert list(settings.said_and_bound(MEMBER["Parameters"], ACCEPTED, REFUSED)) == []


def test_stack_sets_of_an_organization_take_it_and_nobody_acts_unless_that_is_asked_for() -> None:
    assert "Transform" not in MEMBER
    assert set(stack()) == {"TaskStartedRule", "ForwardRole", "ReadRole"}
    assert "PermissionsBoundary" not in str(stack())


@pytest.mark.parametrize("level", ["off", *access.LEVELS])
def test_roles_are_as_documented(level: str) -> None:
    known = {act: act if act in level else "" for act in ("cancel", "retry", "undo")}
    there = stack(Acts=level, PermissionsBoundaryArn=BOUNDARY)
    tables = ("Member roles", "Who may use them")
    expected = set.union(*(access.documented(heading, known) for heading in tables))
    assert set(access.statements(there)) == expected
    roles = of_type(there, "AWS::IAM::Role").values()
    assert {role["PermissionsBoundary"] for role in roles} == {BOUNDARY}


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    [policy] = role["Properties"]["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def test_it_forwards_what_the_hub_takes(hub: Resources) -> None:
    rule = stack()["TaskStartedRule"]
    for what, event in (TAKEN | LEFT).items():
        assert takes(rule, event) is (what in TAKEN), what
    [target] = rule["Properties"]["Targets"]
    bus = hub["MemberBus"]["Properties"]
    assert target["Arn"] == bus["Policy"]["Statement"][0]["Resource"]
    assert target["Arn"].endswith(f"/{bus['Name']}")
    assert target["RoleArn"] == "ForwardRole.Arn"


@pytest.mark.parametrize(
    ("function", "role"),
    [("Sweep", "ReadRole"), ("DescribeTask", "ReadRole"), ("ActOnTask", "ActRole")],
)
def test_hub_and_member_know_each_other_by_name(hub: Resources, function: str, role: str) -> None:
    given, at_home = variables(hub, f"{function}Function"), hub[f"{function}Role"]
    here = stack(Acts="cancel")[role]["Properties"]
    arn = given["MEMBER_ROLE"].format(account="210987654321", region="us-east-1")
    assert arn == f"arn:aws:iam::210987654321:role/{here['RoleName']}"
    granted = [each["Resource"] for each in statements(at_home) if "sts:" in str(each["Action"])]
    assert [fnmatchcase(arn, each) for each in granted] == [True]
    [trust] = here["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["StringEquals"]["sts:ExternalId"] == given["POWERTOOLS_SERVICE_NAME"]
    name = at_home["Properties"].get("RoleName", f"notifier-{function}Role-")
    assert f":role/{name}" in str(trust["Condition"])


def test_the_longest_names_fit() -> None:
    """IAM takes 64 characters; what CloudFormation names itself it cuts, and adds 13."""
    region = "ap-southeast-99"
    there = stack(HubStack="n" * 30, Acts="cancel", HubRegion=region, **{"AWS::Region": region})
    roles = of_type(there, "AWS::IAM::Role").values()
    names = [role["RoleName"] for role in roles if "RoleName" in role]
    trusts = str([role["AssumeRolePolicyDocument"] for role in roles])
    trusted = re.findall(r"'arn:[^']*:role/([^']*)'", trusts)
    assert (len(names), len(trusted)) == (2, 3)
    for name in (*names, *(each.replace("-*", "-" * 13) for each in trusted)):
        assert len(name) <= 64, name
