"""member.yaml: what a hub needs of another account, and not a grain more."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from moto.events.models import EventPattern
from samtranslator.yaml_helper import yaml_parse

from tests.support.combinations import BOTH, BOUNDARY, MEMBERS
from tests.support.product import ACTING, PSEUDO_PARAMETERS, ROOT, Product, Resolver, Resources
from tests.template import access, settings
from tests.template.test_acting import given
from tests.template.triggers import LEFT, TAKEN
from tests.template.wiring import functions, of_type, variables

TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "member.yaml").read_text(encoding="utf-8"))
HUB = {
    "HubAccount": PSEUDO_PARAMETERS["AWS::AccountId"],
    "HubRegion": PSEUDO_PARAMETERS["AWS::Region"],
    "HubStack": PSEUDO_PARAMETERS["AWS::StackName"],
}
HERE = {"AWS::AccountId": "210987654321", "AWS::Region": "us-east-1", "AWS::StackName": "member"}
ACCEPTED = {
    "HubAccount": ["123456789012"],
    "HubRegion": ["eu-west-1", "us-gov-west-1"],
    "HubStack": ["mitigation-notifier", "n" * 30],
    "Acts": ["off", "cancel", "cancel-retry", "cancel-retry-undo"],
    "PermissionsBoundaryArn": ["", BOUNDARY],
}
REFUSED = {
    "HubAccount": ["", "*", "12345678901"],
    "HubRegion": ["", "*", "Ireland"],
    "HubStack": ["", "*", "n" * 31, "arn:aws:cloudformation:x"],
    "Acts": ["", "undo", "false"],
    "PermissionsBoundaryArn": ["*", "developers"],
}


def stack(**parameters: str) -> Resources:
    defaults = {"PermissionsBoundaryArn": "", "Acts": "off"} | HUB
    return Resolver(TEMPLATE, defaults | PSEUDO_PARAMETERS | HERE | parameters).resources()


def test_stack_sets_of_an_organization_take_it() -> None:
    assert "Transform" not in TEMPLATE
    types = [resource["Type"] for resource in TEMPLATE["Resources"].values()]
    assert sorted(types) == ["AWS::Events::Rule", *["AWS::IAM::Role"] * 3]


def test_nobody_acts_here_unless_that_is_asked_for() -> None:
    assert TEMPLATE["Parameters"]["Acts"]["Default"] == "off"
    assert set(stack()) == {"TaskStartedRule", "ForwardRole", "ReadRole"}


@pytest.mark.parametrize("level", ACCEPTED["Acts"])
@pytest.mark.parametrize(
    ("heading", "found_in"),
    [("Member roles", access.role_statements), ("Who may use them", access.resource_statements)],
)
def test_roles_are_as_documented(heading: str, found_in: access.Statements, level: str) -> None:
    known = {act: act if act in level else "" for act in ("cancel", "retry", "undo")}
    assert access.documented(heading, known) == set(found_in(stack(Acts=level)))


@pytest.mark.parametrize("level", ACCEPTED["Acts"][1:])
def test_each_level_grants_what_the_hub_has_at_home_for_it(product: Product, level: str) -> None:
    acting = Product.load(ACTING).stack(given(product) | {"SlackActions": level})
    at_home = acting["ActOnTaskRole"]["Properties"]
    role = stack(Acts=level, **PSEUDO_PARAMETERS)["ActRole"]["Properties"]
    region = {"StringEquals": {"aws:RequestedRegion": PSEUDO_PARAMETERS["AWS::Region"]}}
    expected = [
        each | ({"Condition": region} if each["Resource"] == "*" else {})
        for each in statements(at_home)
        if str(each["Action"]).startswith(("iot:", "['iot:"))
    ]
    assert statements(role) == expected


def test_only_who_acts_in_that_hub_may_act_here(product: Product) -> None:
    acting = Product.load(ACTING).stack(given(product, "members"))
    at_home = acting["ActOnTaskRole"]["Properties"]
    variables = acting["ActOnTaskFunction"]["Properties"]["Environment"]["Variables"]
    role = stack(Acts="cancel")["ActRole"]["Properties"]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {
        "StringEquals": {
            "sts:ExternalId": variables["POWERTOOLS_SERVICE_NAME"],
            "aws:PrincipalArn": f"arn:aws:iam::123456789012:role/{at_home['RoleName']}",
        }
    }
    arn = variables["MEMBER_ROLE"].format(account="210987654321", region="us-east-1")
    assert arn == f"arn:aws:iam::210987654321:role/{role['RoleName']}"
    [may] = [each for each in statements(at_home) if each["Action"] == "sts:AssumeRole"]
    assert fnmatchcase(arn, may["Resource"])
    assert not fnmatchcase(arn.replace("-act-", "-member-"), may["Resource"])
    without = Product.load(ACTING).stack(given(product))["ActOnTaskRole"]["Properties"]
    assert "RoleName" not in without


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    [policy] = role["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def test_it_forwards_what_the_hub_takes(product: Product) -> None:
    found = stack()["TaskStartedRule"]["Properties"]
    matcher: Any = EventPattern.load(json.dumps(found["EventPattern"]))
    for what, event in (TAKEN | LEFT).items():
        from_here = event | {"account": "210987654321", "region": "us-east-1"}
        wanted = what in TAKEN or what in {"another account", "another region"}
        assert bool(matcher.matches_event(from_here)) is wanted, what
    [target] = found["Targets"]
    bus = product.stack(BOTH | MEMBERS)["MemberBus"]["Properties"]
    assert target["Arn"] == bus["Policy"]["Statement"][0]["Resource"]
    assert target["Arn"].endswith(f"/{bus['Name']}")
    assert target["RoleArn"] == "ForwardRole.Arn"


def hub_functions(product: Product) -> Iterator[tuple[str, dict[str, str], list[Any]]]:
    """Role, variables and statements of each function that is to read in members."""
    resources = product.stack(BOTH | MEMBERS)
    for name, properties in functions(resources).items():
        role = properties["Role"].removesuffix(".Arn")
        granted = statements(resources[role]["Properties"])
        if any(statement["Action"] == "sts:AssumeRole" for statement in granted):
            yield role, variables(resources, name), granted


def test_the_hub_s_functions_and_no_others_read_here_what_they_read_at_home(
    product: Product,
) -> None:
    properties = stack()["ReadRole"]["Properties"]
    [trust] = properties["AssumeRolePolicyDocument"]["Statement"]
    [granted] = properties["Policies"][0]["PolicyDocument"]["Statement"]
    readers = list(hub_functions(product))
    trusted = trust["Condition"]["ArnLike"]["aws:PrincipalArn"]
    named = {re.sub(r".*:role/notifier-(\w+)-\*", r"\1", arn) for arn in trusted}
    assert named == {role for role, _, _ in readers}
    actions = {action for _, _, at_home in readers for each in at_home for action in each["Action"]}
    assert set(granted["Action"]) == {each for each in actions if each.startswith("iot:")}
    for _, at_hub, _ in readers:
        role = at_hub["MEMBER_ROLE"].format(account="210987654321", region="us-east-1")
        assert role == f"arn:aws:iam::210987654321:role/{properties['RoleName']}"
        known = {"sts:ExternalId": at_hub["POWERTOOLS_SERVICE_NAME"]}
        assert trust["Condition"]["StringEquals"] == known


def test_the_longest_names_fit() -> None:
    """IAM takes 64 characters; what CloudFormation names itself it cuts, and adds 13."""
    region = "ap-southeast-99"
    longest = stack(HubStack="n" * 30, Acts="cancel", HubRegion=region, **{"AWS::Region": region})
    for name in ("ReadRole", "ActRole"):
        assert len(longest[name]["Properties"]["RoleName"]) <= 64
    [trust] = longest["ActRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert len(trust["Condition"]["StringEquals"]["aws:PrincipalArn"].rpartition("/")[2]) <= 64
    [trust] = longest["ReadRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    for arn in trust["Condition"]["ArnLike"]["aws:PrincipalArn"]:
        assert len(arn.rpartition("/")[2].removesuffix("-*")) + 13 <= 64


def test_roles_have_the_boundary() -> None:
    for boundary, expected in (("", None), (BOUNDARY, BOUNDARY)):
        there = stack(PermissionsBoundaryArn=boundary, Acts="cancel")
        roles = of_type(there, "AWS::IAM::Role").values()
        assert [role.get("PermissionsBoundary") for role in roles] == [expected] * 3


def test_parameters_take_what_they_should() -> None:
    parameters = TEMPLATE["Parameters"]
    assert set(parameters) == set(ACCEPTED) == set(REFUSED)
    for name, parameter in parameters.items():
        assert all(settings.takes(parameter, value) for value in ACCEPTED[name]), name
        assert not any(settings.takes(parameter, value) for value in REFUSED[name]), name
        assert "AllowedValues" in parameter or parameter["ConstraintDescription"]
        assert parameter["Description"].endswith(".")
