"""member.yaml: what a hub needs of another account, and not a grain more."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventPattern
from samtranslator.yaml_helper import yaml_parse

from tests.support.combinations import BOTH, BOUNDARY, MEMBERS
from tests.support.product import PSEUDO_PARAMETERS, ROOT, Product, Resolver, Resources
from tests.template import access, settings
from tests.template.triggers import LEFT, TAKEN

PATH = ROOT / "member.yaml"
TEMPLATE: dict[str, Any] = json.loads(json.dumps(yaml_parse(PATH.read_text(encoding="utf-8"))))
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
    "PermissionsBoundaryArn": ["", BOUNDARY],
}
REFUSED = {
    "HubAccount": ["", "*", "12345678901"],
    "HubRegion": ["", "*", "Ireland"],
    "HubStack": ["", "*", "n" * 31, "arn:aws:cloudformation:x"],
    "PermissionsBoundaryArn": ["*", "developers"],
}


def stack(**parameters: str) -> Resources:
    values = {"PermissionsBoundaryArn": ""} | HUB | PSEUDO_PARAMETERS | HERE | parameters
    return Resolver(TEMPLATE, values).resources()


def test_it_is_clean_to_cfn_lint() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--include-checks", "I", "--", PATH],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_stack_sets_of_an_organization_take_it() -> None:
    assert "Transform" not in TEMPLATE
    types = [resource["Type"] for resource in TEMPLATE["Resources"].values()]
    assert sorted(types) == ["AWS::Events::Rule", "AWS::IAM::Role", "AWS::IAM::Role"]


@pytest.mark.parametrize(
    ("heading", "found_in"),
    [("Member roles", access.role_statements), ("Who may use them", access.resource_statements)],
)
def test_roles_are_as_documented(heading: str, found_in: access.Statements) -> None:
    rows = [(row["of"], row["statement"]) for row in access.table(heading)]
    assert sorted(rows) == sorted(found_in(stack()))


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
    for resource in resources.values():
        if resource["Type"] != "AWS::Lambda::Function":
            continue
        role = resource["Properties"]["Role"].removesuffix(".Arn")
        [policy] = resources[role]["Properties"]["Policies"]
        statements = policy["PolicyDocument"]["Statement"]
        if any(statement["Action"] == "sts:AssumeRole" for statement in statements):
            yield role, resource["Properties"]["Environment"]["Variables"], statements


def test_the_hub_s_functions_and_no_others_read_here_what_they_read_at_home(
    product: Product,
) -> None:
    properties = stack()["ReadRole"]["Properties"]
    [trust] = properties["AssumeRolePolicyDocument"]["Statement"]
    [granted] = properties["Policies"][0]["PolicyDocument"]["Statement"]
    functions = list(hub_functions(product))
    trusted = trust["Condition"]["ArnLike"]["aws:PrincipalArn"]
    named = {re.sub(r".*:role/notifier-(\w+)-\*", r"\1", arn) for arn in trusted}
    assert named == {role for role, _, _ in functions}
    read = {
        action
        for _, _, statements in functions
        for statement in statements
        for action in statement["Action"]
        if action.startswith("iot:")
    }
    assert set(granted["Action"]) == read
    for _, variables, _ in functions:
        role = variables["MEMBER_ROLE"].format(account="210987654321", region="us-east-1")
        assert role == f"arn:aws:iam::210987654321:role/{properties['RoleName']}"
        assert trust["Condition"]["StringEquals"] == {
            "sts:ExternalId": variables["POWERTOOLS_SERVICE_NAME"]
        }


def test_the_longest_names_fit() -> None:
    """IAM takes 64 characters; what CloudFormation names itself it cuts, and adds 13."""
    longest = stack(HubStack="n" * 30, **{"AWS::Region": "ap-southeast-99"})
    assert len(longest["ReadRole"]["Properties"]["RoleName"]) <= 64
    [trust] = longest["ReadRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    for arn in trust["Condition"]["ArnLike"]["aws:PrincipalArn"]:
        assert len(arn.rpartition("/")[2].removesuffix("-*")) + 13 <= 64


def test_roles_have_the_boundary() -> None:
    for given, expected in (("", None), (BOUNDARY, BOUNDARY)):
        roles = [
            r["Properties"]
            for r in stack(PermissionsBoundaryArn=given).values()
            if "Role" in r["Type"]
        ]
        assert [role.get("PermissionsBoundary") for role in roles] == [expected] * 2


def test_parameters_take_what_they_should() -> None:
    parameters = TEMPLATE["Parameters"]
    assert set(parameters) == set(ACCEPTED) == set(REFUSED)
    for name, parameter in parameters.items():
        assert all(settings.takes(parameter, value) for value in ACCEPTED[name]), name
        assert not any(settings.takes(parameter, value) for value in REFUSED[name]), name
        assert parameter["ConstraintDescription"]
        assert parameter["Description"].endswith(".")
