"""Who may do what: policies as sentences, against docs/security.md; and the buttons of Amazon Q."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import product as every
from typing import Any

from botocore import xform_name

from tests.support.combinations import ACTS, BOUNDARY, COMBINATIONS, EVERYTHING, KEY, SECRET_KEY
from tests.support.product import PSEUDO_PARAMETERS, REGION, ROOT, Product, Resolver, Resources
from tests.template.wiring import Checks, of_type

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
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
BUTTONS = {"detect": "CancelDetectAction", "audit": "CancelAuditAction"}
LONGEST_NAME, LONGEST_REGION = "s" * 128, "ap-southeast-99"


def all_may_do_what_is_documented(product: Product) -> Checks:
    """Exactly the actions on exactly the resources of the tables; roles within the boundary."""
    for combination, parameters in ALL.items():
        stack, values = product.whole(parameters), product.parameters(parameters)
        values |= {act: act if act in values["SlackActions"] else "" for act in ("retry", "undo")}
        tables = ["Roles", "Resource policies"]
        if "SlackActions" in parameters:
            tables += ["Roles of acts", "Resource policies of acts"]
        expected, found = documented(tables, values), set(statements(stack))
        yield f"{combination}: too much", found - expected, set()
        yield f"{combination}: missing", expected - found, set()
        boundary = parameters.get("PermissionsBoundaryArn")
        for name, role in of_type(stack, "AWS::IAM::Role").items():
            yield f"{combination}: {name} is bound", role.get("PermissionsBoundary"), boundary


def stars_say_why(product: Product) -> Checks:
    """`"*"` in a role stands only with a comment on its line; bare, it is an alias to YAML."""
    roles = product.text.partition("# --- Roles")[2].partition("# --- Alarms")[0]
    for line in re.findall(r"""^.*["']\*["'].*$""", roles, re.MULTILINE):
        yield f"{line.strip()}: its reason", "# " in line, True


def each_has_its_own_role(product: Product) -> Checks:
    users: dict[str, str] = {}
    for name, resource in product.whole(EVERYTHING).items():
        if role := resource["Properties"].get("Role") or resource["Properties"].get("RoleArn"):
            yield f"{role} is used by", name, users.setdefault(role, name)


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
            yield from ((name, _sentence(s)) for s in properties[_POLICY_OF[kind]]["Statement"])


def _sentence(statement: dict[str, Any]) -> str:
    if odd := statement.keys() - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}:
        return f"unexpected {odd} in {json.dumps(statement)}"
    principal = statement.get("Principal", "")
    who = principal.values() if isinstance(principal, dict) else [principal]
    resources = ", ".join(_listed(statement.get("Resource", [])))
    words = [
        statement["Effect"],
        ", ".join(name for names in who for name in _listed(names)),
        ", ".join(_listed(statement["Action"])),
        resources and f"on {resources}",
    ]
    for operator, tests in statement.get("Condition", {}).items():
        for key, values in tests.items():
            words.append(f"if {operator} {key} {' or '.join(map(str, _listed(values)))}")
    return " ".join(filter(None, words))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def documented(headings: Iterable[str], values: Mapping[str, str]) -> set[tuple[str, str]]:
    """What the tables say there is with these parameters: whose, and the statement.

    `<TopicArn or NotificationTopic>` is the parameter's value, or else what stands after it.
    """
    return {
        (of, re.sub(r"<(\w+)(?: or ([^>]+))?>", lambda each: values[each[1]] or each[2], statement))
        for heading in headings
        for of, statement, only_with in _table(heading)
        if _applies(only_with, values)
    }


@cache
def _table(heading: str) -> list[list[str]]:
    """The rows of the first table under this heading: of, statement and only with."""
    [section] = re.findall(rf"\n#+ {heading}\n(.*?)(?=\n#|$)", PAGE, re.DOTALL)
    _, _, *rows = re.findall(r"^\|(.*)\|$", section, re.MULTILINE)
    return [[cell.strip() for cell in row.replace("`", "").split(" | ")] for row in rows]


def _applies(condition: str, values: Mapping[str, str]) -> bool:
    """A cell such as `KmsKeyArn or no TopicArn`, or with `and`; empty for always."""
    on = {name for name, value in values.items() if value not in {"", "0", "false"}}
    on |= {f"no {name}" for name in values.keys() - on}
    return not condition or any(
        on.issuperset(words.split(" and ")) for words in condition.split(" or ")
    )


def buttons_are_within_the_limits_of_the_service(product: Product) -> Checks:
    """Their names are one's alone in all regions of an account: the actions are global."""
    names = set()
    for region, stack in every((REGION, LONGEST_REGION), ("one", "another")):
        for name, button in _buttons(product, region, stack).items():
            called, command = button["ActionName"], button["Definition"]["CommandText"]
            fits = re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", called) and called not in names
            yield f"{called} fits, and nothing else is called so", bool(fits), True
            yield f"{name}: the command is too long", len(command) > 100, False
            names.add(called)


def a_button_cancels_the_task_of_its_notification_where_it_can(product: Product) -> Checks:
    """While a task of its kind runs, in this account and region, whose name is no option."""
    for kind, name in BUTTONS.items():
        button = _buttons(product)[name]
        [attachment] = button["Attachments"]
        place = f"{PSEUDO_PARAMETERS['AWS::AccountId']}/{REGION}"
        shown = {"kind": kind, "status": "running", "place": place, "taskId": None}
        found = {each["VariableName"]: each.get("Value") for each in attachment["Criteria"]}
        yield f"{name} is shown where", found, shown
        wanted = {variable: f"event.metadata.additionalContext.{variable}" for variable in shown}
        yield f"{name} reads", attachment["Variables"], wanted
        yield f"{name} is for notifications", attachment["NotificationType"], "Custom"
        command = f"iot cancel-{kind}-mitigation-actions-task --task-id $taskId --region {REGION}"
        yield f"{name} runs", button["Definition"]["CommandText"], command


def the_guardrail_of_the_page_is_what_the_buttons_need(product: Product) -> Checks:
    """No more: in a channel it is all that anybody can do."""
    blocks = re.findall(r"```json\n(.*?)```", OPERATIONS, re.DOTALL)
    [statement] = next(json.loads(each)["Statement"] for each in blocks if "iot:Cancel" in each)
    runs = [button["Definition"]["CommandText"] for button in _buttons(product).values()]
    actions = (action.partition(":") for action in statement["Action"])
    allowed = {(service, xform_name(call, "-")) for service, _, call in actions}
    yield "allowed, and called", allowed, {tuple(command.split()[:2]) for command in runs}
    yield "where", statement["Condition"], {"StringEquals": {"aws:RequestedRegion": REGION}}


def outputs_name_what_is_to_be_attached(product: Product) -> Checks:
    inside = Resolver(product.amazon_q, PSEUDO_PARAMETERS).resolve(product.amazon_q["Outputs"])
    arns = ",".join(f"{name}.CustomActionArn" for name in BUTTONS.values())
    yield "the topic", inside["StartsTopicArn"]["Value"], "StartsTopic"
    yield "the buttons", inside["CustomActionArns"]["Value"], arns
    handed_out = {"AmazonQTopicArn": "StartsTopicArn", "AmazonQActionArns": "CustomActionArns"}
    for name, nested in handed_out.items():
        given = {"Fn::GetAtt": ["AmazonQChat", f"Outputs.{nested}"]}
        yield name, product.template["Outputs"][name]["Value"], given


def _buttons(product: Product, region: str = REGION, stack: str = "one") -> dict[str, Any]:
    number = f"{LONGEST_NAME}/{len(stack):08}-da77-11e4-872e-{len(region):012}"
    names = {"AWS::StackId": f"arn:aws:cloudformation:{region}:123456789012:stack/{number}"}
    names |= {"AWS::Region": region, "AWS::StackName": LONGEST_NAME, "KeyArn": "key"}
    values = PSEUDO_PARAMETERS | names
    return of_type(Resolver(product.amazon_q, values).resources(), "AWS::Chatbot::CustomAction")
