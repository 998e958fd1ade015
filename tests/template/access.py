"""Who may do what: the templates' policies as sentences, against the tables of docs/security.md."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.support.combinations import (
    ACTS,
    BOUNDARY,
    COMBINATIONS,
    EVERYTHING,
    KEY,
    SECRET_KEY,
)
from tests.support.product import ROOT, Product, Resources
from tests.template.wiring import of_type

DOCUMENT = ROOT / "docs" / "security.md"
LEVELS = ("cancel", "cancel-retry", "cancel-retry-undo")
ALL = COMBINATIONS | {
    **{level: EVERYTHING | {"SlackActions": level} for level in LEVELS},
    "acts with own keys": ACTS | {"SlackSecretKmsKeyArn": SECRET_KEY, "KmsKeyArn": KEY},
    "acts within a boundary": EVERYTHING | {"PermissionsBoundaryArn": BOUNDARY},
}
_POLICY_OF = {
    "AWS::Events::EventBus": "Policy",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
    "AWS::IAM::Role": "AssumeRolePolicyDocument",
}


def all_may_do_what_is_documented(product: Product) -> Iterator[str]:
    """Exactly the actions on exactly the resources of the tables; roles within the boundary."""
    for combination, parameters in ALL.items():
        stack, values = product.whole(parameters), product.parameters(parameters)
        levels = {act: act if act in values["SlackActions"] else "" for act in ("retry", "undo")}
        acts = ("", " of acts") if "SlackActions" in parameters else ("",)
        expected = {
            statement
            for table in ("Roles", "Resource policies")
            for acting in acts
            for statement in documented(table + acting, values | levels)
        }
        found = set(statements(stack))
        for kind, pairs in (("too much", found - expected), ("missing", expected - found)):
            yield from (f"{combination}: {kind}: {': '.join(pair)}" for pair in sorted(pairs))
        boundary = parameters.get("PermissionsBoundaryArn")
        for name, role in of_type(stack, "AWS::IAM::Role").items():
            if (bounded := role.get("PermissionsBoundary")) != boundary:
                yield f"{combination}: {name} has the boundary {bounded}"


def stars_say_why(product: Product) -> Iterator[str]:
    """`"*"` in a role stands only with a comment on its line."""
    roles = product.text.partition("# --- Roles")[2].partition("# --- Alarms")[0]
    for line in roles.splitlines():
        if re.search(r"""["']\*["']""", line) and "# " not in line:  # bare, it is an alias to YAML
            yield f"no reason given: {line.strip()}"


def each_has_its_own_role(product: Product) -> Iterator[str]:
    users: dict[str, str] = {}
    for name, resource in product.whole(EVERYTHING).items():
        properties = resource["Properties"]
        if role := properties.get("Role") or properties.get("RoleArn"):
            if role in users:
                yield f"{role} is used by {users[role]} and {name}"
            users[role] = name


def what_is_off_is_not_there(product: Product) -> Iterator[str]:
    """No door, and no button."""
    for asked, wanted in (({}, set()), (EVERYTHING, {"Acting", "AmazonQChat"})):
        if (found := set(of_type(product.stack(asked), "AWS::CloudFormation::Stack"))) != wanted:
            yield f"with {asked} there are {sorted(found)}"


def statements(stack: Resources) -> Iterator[tuple[str, str]]:
    """What each role may do; and who may use a topic, queue, key, function or role."""
    for name, resource in stack.items():
        kind, properties = resource["Type"], resource["Properties"]
        roles, policies = [name], properties.get("Policies", [])
        if kind == "AWS::IAM::Policy":  # of roles that have to be there before
            roles, policies = properties["Roles"], [properties]
        for statement in (s for policy in policies for s in policy["PolicyDocument"]["Statement"]):
            yield from ((role, _sentence(statement).removeprefix("Allow ")) for role in roles)
        yield from ((name, f"managed {arn}") for arn in properties.get("ManagedPolicyArns", []))
        if kind == "AWS::Lambda::Permission":
            who = f"Allow {properties['Principal']} {properties['Action']}"
            source = properties.get("SourceArn", "any")
            yield name, f"{who} on {properties['FunctionName']} if SourceArn {source}"
        elif kind in _POLICY_OF:
            attached = [*properties.get("Topics", []), *properties.get("Queues", [])]
            if name.endswith("Policy") and attached != [name.removesuffix("Policy")]:
                yield name, f"stands at {attached}"
            for statement in properties[_POLICY_OF[kind]]["Statement"]:
                yield name, _sentence(statement)


def _sentence(statement: dict[str, Any]) -> str:
    odd = set(statement) - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
    if odd:
        return f"unexpected {odd} in {json.dumps(statement)}"
    principal = statement.get("Principal", "")
    who = principal.values() if isinstance(principal, dict) else [principal]
    resources = _listed(statement.get("Resource", []))
    words = [
        statement["Effect"],
        ", ".join(name for names in who for name in _listed(names)),
        ", ".join(_listed(statement["Action"])),
        "on " + ", ".join(resources) if resources else "",
    ]
    for operator, tests in statement.get("Condition", {}).items():
        for key, values in tests.items():
            words.append(f"if {operator} {key} {' or '.join(map(str, _listed(values)))}")
    return " ".join(word for word in words if word)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def documented(heading: str, values: dict[str, str]) -> set[tuple[str, str]]:
    """What the table says there is with these parameters: whose, and the statement.

    `<TopicArn or NotificationTopic>` is the parameter's value, or else what stands after it.
    """

    def fill(match: re.Match[str]) -> str:
        parameter, _, otherwise = match[1].partition(" or ")
        return values[parameter] or otherwise

    return {
        (of, re.sub("<([^>]+)>", fill, statement))
        for of, statement, only_with in table(heading)
        if _applies(only_with, values)
    }


@cache
def table(heading: str) -> list[list[str]]:
    """The rows of the first table under this heading: of, statement and only with."""
    sections = re.split(r"\n#+ ", DOCUMENT.read_text(encoding="utf-8"))
    [section] = (each for each in sections if each.startswith(f"{heading}\n"))
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [
        [cell.strip().replace("`", "") for cell in line.strip("|").split(" | ")]
        for line in lines[2:]
    ]


def _applies(condition: str, values: dict[str, str]) -> bool:
    """A cell such as `KmsKeyArn or no TopicArn`, or with `and`; empty for always."""

    def holds(word: str) -> bool:
        is_on = values[word.removeprefix("no ")] not in {"", "0", "false"}
        return is_on is not word.startswith("no ")

    return not condition or any(
        all(map(holds, words.split(" and "))) for words in condition.split(" or ")
    )
