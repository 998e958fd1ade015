"""amazon_q.yaml: what a channel of Amazon Q is told of a task that runs, and can do about it."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import product as every
from typing import Any

from botocore import xform_name

from embedded.iot_model import OPERATIONS
from mitigation.decision import Decision, Look
from mitigation.kind import TaskType
from mitigation.member import Member
from mitigation.messages import amazon_q
from mitigation.place import Place
from mitigation.report import Report
from mitigation.task import parse_task
from mitigation.words import Clock
from tests.support.combinations import BOTH
from tests.support.product import PSEUDO_PARAMETERS, REGION, ROOT, Product, Resolver
from tests.template.access import resource_statements

ACTIONS = {TaskType.DETECT: "CancelDetectAction", TaskType.AUDIT: "CancelAuditAction"}
LONGEST_STACK_NAME, LONGEST_REGION = "s" * 128, "ap-southeast-99"
# CreateCustomAction: characters, or items, at the most.
NAME, COMMAND_LENGTH, LABEL_LENGTH, MOST = re.compile(r"[a-zA-Z0-9_-]{1,64}"), 100, 50, 5
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
EXECUTION = f"arn:aws:states:{REGION}:123456789012:execution:WatchTask:detect-t"
ELSEWHERE = (Member("210987654321", REGION), Member("123456789012", "us-east-1"))


def buttons_are_within_the_limits_of_the_service(product: Product) -> Iterator[str]:
    for name, button in _buttons(product, **{"AWS::Region": LONGEST_REGION}):
        [attachment] = button["Attachments"]
        if not NAME.fullmatch(button["ActionName"]):
            yield f"{name} is called {button['ActionName']}"
        if len(command := button["Definition"]["CommandText"]) > COMMAND_LENGTH:
            yield f"{name}: the command has {len(command)} characters"
        if not 0 < len(attachment["ButtonText"]) <= LABEL_LENGTH:
            yield f"{name} says {attachment['ButtonText']!r}"
        if attachment["NotificationType"] != "Custom":
            yield f"{name} is for notifications of AWS's own"
        if max(len(attachment["Criteria"]), len(attachment["Variables"])) > MOST:
            yield f"{name} has too many criteria or variables"


def no_two_stacks_of_an_account_share_a_button_s_name(product: Product) -> Iterator[str]:
    """Of all its regions: the actions are global."""
    names = [
        button["ActionName"]
        for region, stack in every((REGION, LONGEST_REGION), ("one", "another"))
        for _, button in _buttons(
            product, **{"AWS::Region": region, "AWS::StackId": _stack_id(region, stack)}
        )
    ]
    for name in {name for name in names if names.count(name) > 1}:
        yield f"{name} is taken by the first stack that comes"


def a_button_cancels_the_task_of_its_notification(product: Product) -> Iterator[str]:
    for kind, button in _buttons_by_kind(product):
        call, *options = shlex.split(_filled(button, _start(kind)).removeprefix("iot "))
        operation = f"Cancel{kind.title()}MitigationActionsTask"
        if call != xform_name(operation, "-") or operation not in OPERATIONS:
            yield f"the button for {kind} tasks runs {call}"
        if options != ["--task-id", "t", "--region", REGION]:
            yield f"the button for {kind} tasks acts on {options}"


def a_button_is_shown_where_it_can_act(product: Product) -> Iterator[str]:
    """While a task of its kind runs, in this account and region, whose name is no option."""
    statuses = ("IN_PROGRESS", "FAILED", "CANCELED", "PAUSED", None)
    places = (None, *ELSEWHERE)
    for button_kind, button in _buttons_by_kind(product):
        for kind, status, place, task_id, decision in every(
            TaskType, statuses, places, ("t", "-t", None), Decision
        ):
            notification = _notification(kind, status, place, task_id, decision)
            seen = decision in {Decision.WAIT, Decision.STILL_RUNNING, Decision.GAVE_UP}
            acts = kind is button_kind and (status, place, task_id) == ("IN_PROGRESS", None, "t")
            if _is_shown(button, notification) is not (acts and seen):
                yield f"{button_kind}: wrong for {kind} {status} {place} {task_id} {decision}"


def the_guardrail_of_the_page_is_what_the_buttons_need(product: Product) -> Iterator[str]:
    """No more: in a channel it is all that anybody can do."""
    blocks = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    [statement] = next(json.loads(each)["Statement"] for each in blocks if "iot:Cancel" in each)
    calls = {shlex.split(button["Definition"]["CommandText"])[1] for _, button in _buttons(product)}
    names = {f"iot:{name}" for name in OPERATIONS if xform_name(name, "-") in calls}
    if set(statement["Action"]) != names or len(statement["Action"]) != len(calls):
        yield f"it allows {statement['Action']}, and the buttons call {sorted(calls)}"
    if statement["Condition"] != {"StringEquals": {"aws:RequestedRegion": REGION}}:
        yield f"it holds if {statement['Condition']}"


def the_topic_is_for_whoever_may_use_the_key(product: Product) -> Iterator[str]:
    given = product.stack(BOTH | {"AmazonQ": "true"})["AmazonQChat"]["Properties"]["Parameters"]
    if set(given) != set(product.amazon_q["Parameters"]):
        yield f"it is given {sorted(given)}"
    stack = Resolver(product.amazon_q, PSEUDO_PARAMETERS | given).resources()
    if stack["StartsTopic"]["Properties"].get("KmsMasterKeyId") != "Key.Arn":
        yield "the topic is not encrypted"
    denied = (
        "StartsTopicPolicy",
        "Deny * sns:Publish on StartsTopic if Bool aws:SecureTransport false",
    )
    if [*resource_statements(stack)] != [denied]:
        yield "the topic can be used without TLS, or by others"


def outputs_name_what_is_to_be_attached(product: Product) -> Iterator[str]:
    said = {name: output["Value"] for name, output in product.template["Outputs"].items()}
    for name, output in {
        "AmazonQTopicArn": "StartsTopicArn",
        "AmazonQActionArns": "CustomActionArns",
    }.items():
        if said.get(name) != {"Fn::GetAtt": ["AmazonQChat", f"Outputs.{output}"]} and said.get(
            name
        ) != {"Fn::GetAtt": f"AmazonQChat.Outputs.{output}"}:
            yield f"{name} is {said.get(name)}"
    found = Resolver(product.amazon_q, PSEUDO_PARAMETERS).resolve(product.amazon_q["Outputs"])
    arns = ",".join(f"{name}.CustomActionArn" for name in ACTIONS.values())
    values = {name: output["Value"] for name, output in found.items()}
    if values != {"StartsTopicArn": "StartsTopic", "CustomActionArns": arns}:
        yield f"amazon_q.yaml hands out {values}"


def _stack_id(region: str, stack: str) -> str:
    number = f"{len(stack):08}-da77-11e4-872e-{len(region):012}"
    return f"arn:aws:cloudformation:{region}:123456789012:stack/{LONGEST_STACK_NAME}/{number}"


def _buttons(product: Product, **pseudo: str) -> Iterator[tuple[str, dict[str, Any]]]:
    ours = {
        "AWS::StackId": _stack_id(REGION, "one"),
        "AWS::StackName": LONGEST_STACK_NAME,
        "KeyArn": "key",
    }
    values = PSEUDO_PARAMETERS | ours | pseudo
    for name, resource in Resolver(product.amazon_q, values).resources().items():
        if resource["Type"] == "AWS::Chatbot::CustomAction":
            yield name, resource["Properties"]


def _buttons_by_kind(product: Product) -> Iterator[tuple[TaskType, dict[str, Any]]]:
    buttons = dict(_buttons(product))
    return ((kind, buttons[name]) for kind, name in ACTIONS.items())


def _start(kind: TaskType) -> Any:
    """What is published once."""
    report = _report(kind, "IN_PROGRESS", None, "t", Decision.WAIT)
    return json.loads(json.loads(amazon_q.start(report, Clock()).body)["default"])


def _notification(
    kind: TaskType,
    status: str | None,
    place: Member | None,
    task_id: str | None,
    decision: Decision,
) -> Any:
    return amazon_q.render(_report(kind, status, place, task_id, decision), Clock())


def _report(
    kind: TaskType,
    status: str | None,
    place: Member | None,
    task_id: str | None,
    decision: Decision,
) -> Report:
    summary = {"taskStatus": status, "startTime": datetime(2026, 11, 22, tzinfo=UTC)}
    answer = {"taskSummary": {"taskStatus": status}} if kind is TaskType.DETECT else summary
    return Report.of(
        parse_task(answer, kind, task_id),
        look=Look(decision),
        place=Place.of_execution(EXECUTION, member=place),
    )


def _is_shown(button: Mapping[str, Any], notification: Any) -> bool:
    """As the service decides it."""
    [attachment] = button["Attachments"]
    if not notification["metadata"]["enableCustomActions"]:
        return False
    for criterion in attachment["Criteria"]:
        value = _value(attachment["Variables"][criterion["VariableName"]], notification)
        if not value or value != criterion.get("Value", value):
            return False
    return True


def _filled(button: Mapping[str, Any], notification: Any) -> str:
    [attachment] = button["Attachments"]
    values = {name: _value(path, notification) for name, path in attachment["Variables"].items()}
    return re.sub(
        r"\$(\w+)", lambda match: str(values[match[1]]), button["Definition"]["CommandText"]
    )


def _value(path: str, notification: Any) -> str | None:
    """`event.metadata.additionalContext.NAME`."""
    found: Any = {"event": notification}
    for name in path.split("."):
        found = (found or {}).get(name)
    return found if isinstance(found, str) else None
