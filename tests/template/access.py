"""Who may do what: the template's policies as sentences, against the tables of docs/security.md."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from tests.support.combinations import COMBINATIONS
from tests.support.product import ROOT, Product, Resources
from tests.template.wiring import of_type

DOCUMENT = ROOT / "docs" / "security.md"
type Statements = Callable[[Resources], Iterator[tuple[str, str]]]
_POLICY_OF = {
    "AWS::Events::EventBus": "Policy",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
    "AWS::IAM::Role": "AssumeRolePolicyDocument",
}


def roles_are_as_documented(product: Product) -> Iterator[str]:
    """Every role has exactly the actions on exactly the resources of the table."""
    yield from _compared(product, "Roles", role_statements)


def resource_policies_are_as_documented(product: Product) -> Iterator[str]:
    """Who may use a topic, queue, key, function or role from outside it."""
    yield from _compared(product, "Resource policies", resource_statements)


def stars_say_why(product: Product) -> Iterator[str]:
    """`"*"` in a role stands only with a comment on its line."""
    roles = product.text.partition("# --- Roles")[2].partition("# --- Alarms")[0]
    for line in roles.splitlines():
        if re.search(r"""["']\*["']""", line) and "# " not in line:  # bare, it is an alias to YAML
            yield f"no reason given: {line.strip()}"


def roles_have_the_boundary(product: Product) -> Iterator[str]:
    for combination, parameters in COMBINATIONS.items():
        expected = parameters.get("PermissionsBoundaryArn")
        for name, role in of_type(product.stack(parameters), "AWS::IAM::Role").items():
            if (found := role.get("PermissionsBoundary")) != expected:
                yield f"{combination}: {name} has the boundary {found}"


def each_has_its_own_role(product: Product) -> Iterator[str]:
    users: dict[str, list[str]] = {}
    for name, resource in product.stack().items():
        properties = resource["Properties"]
        role = properties.get("Role") or properties.get("RoleArn")
        if role:
            users.setdefault(role, []).append(name)
    for role, names in users.items():
        stem = re.sub("Role.Arn$", "", role)
        if [re.sub("(Function|StateMachine)$", "", name) for name in names] != [stem]:
            yield f"{role} is used by {', '.join(names)}"


def transport_is_encrypted(product: Product) -> Iterator[str]:
    """Every topic and queue of ours refuses what comes without TLS."""
    stack = product.stack()
    sentences = {sentence for _, sentence in resource_statements(stack)}
    for name, resource in stack.items():
        action = {"AWS::SNS::Topic": "sns:Publish", "AWS::SQS::Queue": "sqs:*"}.get(
            resource["Type"]
        )
        target = name if action == "sns:Publish" else f"{name}.Arn"
        deny = f"Deny * {action} on {target} if Bool aws:SecureTransport false"
        if action and deny not in sentences:
            yield f"{name} can be used without TLS"


def role_statements(stack: Resources) -> Iterator[tuple[str, str]]:
    for name, resource in stack.items():
        properties = resource["Properties"]
        roles, policies = [name], properties.get("Policies", [])
        if resource["Type"] == "AWS::IAM::Policy":  # of roles that have to be there before
            roles, policies = properties["Roles"], [properties]
        elif resource["Type"] != "AWS::IAM::Role":
            continue
        for arn in properties.get("ManagedPolicyArns", []):
            yield name, f"managed policy {arn}"
        for statement in (s for policy in policies for s in policy["PolicyDocument"]["Statement"]):
            yield from ((role, _sentence(statement).removeprefix("Allow ")) for role in roles)


def resource_statements(stack: Resources) -> Iterator[tuple[str, str]]:
    for name, resource in stack.items():
        properties = resource["Properties"]
        if resource["Type"] == "AWS::Lambda::Permission":
            who = f"Allow {properties['Principal']} {properties['Action']}"
            source = properties.get("SourceArn", "any")
            yield name, f"{who} on {properties['FunctionName']} if SourceArn {source}"
        elif policy := _POLICY_OF.get(resource["Type"]):
            attached = {*properties.get("Topics", []), *properties.get("Queues", [])}
            if attached not in (set(), {name.removesuffix("Policy")}):
                yield name, f"stands at {attached}"
            if not attached and name.endswith("Policy"):
                yield name, "stands nowhere"
            for statement in properties[policy]["Statement"]:
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


def _compared(product: Product, heading: str, found_in: Statements) -> Iterator[str]:
    for combination, parameters in COMBINATIONS.items():
        expected = documented(heading, product.parameters(parameters))
        found = set(found_in(product.stack(parameters)))
        for kind, pairs in (("too much", found - expected), ("missing", expected - found)):
            for name, sentence in sorted(pairs):
                yield f"{combination}: {kind}: {name}: {sentence}"


def documented(heading: str, values: dict[str, str]) -> set[tuple[str, str]]:
    """What the table says there is with these parameters: whose, and the statement."""
    return {
        (row["of"], _filled(row["statement"], values))
        for row in table(heading)
        if _applies(row["only with"], values)
    }


@cache
def table(heading: str) -> list[dict[str, str]]:
    """The rows of the first table under this heading, in lower-case columns, without backticks."""
    sections = re.split(r"\n#+ ", DOCUMENT.read_text(encoding="utf-8"))
    [section] = (each for each in sections if each.startswith(f"{heading}\n"))
    lines = [line for line in section.splitlines() if line.startswith("|")]
    cells = [[cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in lines]
    columns = [cell.lower() for cell in cells[0]]
    return [
        dict(zip(columns, (cell.replace("`", "") for cell in row), strict=True))
        for row in cells[2:]
    ]


def _applies(condition: str, values: dict[str, str]) -> bool:
    """A cell such as `KmsKeyArn or no TopicArn`, or with `and`; empty for always."""
    return not condition or any(
        all(
            (values[word.removeprefix("no ")] not in {"", "0", "false"})
            is not word.startswith("no ")
            for word in words.split(" and ")
        )
        for words in condition.split(" or ")
    )


def _filled(statement: str, values: dict[str, str]) -> str:
    """`<TopicArn or NotificationTopic>`: the parameter's value, or else what stands after it."""

    def fill(match: re.Match[str]) -> str:
        parameter, _, otherwise = match[1].partition(" or ")
        return values[parameter] or otherwise

    return re.sub("<([^>]+)>", fill, statement)
