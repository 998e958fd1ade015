"""That what the template names exists: handlers, files, variables, targets, resources."""

import ast
from collections.abc import Iterator

from aws_lambda_powertools.shared import constants

from tests.support.combinations import BOTH, COMBINATIONS
from tests.support.product import ROOT, Product, Resources
from tests.template.probing import Crashed, probe

# What each combination takes from, or changes in, the full stack.
LEFT_OUT: dict[str, set[str]] = {
    "neither": {"EmailSubscription", "AlarmEmailSubscription", "SlackRejectedAlarm"},
    "no Slack": {"SlackRejectedAlarm"},
    "no e-mail": {"EmailSubscription", "AlarmEmailSubscription"},
    "own topic": {"NotificationTopic", "NotificationTopicPolicy"},
    "own key": {"Key"},
    "own topic and key": {"NotificationTopic", "NotificationTopicPolicy", "Key"},
    "sweep off": {"SweepRule", "SweepPermission"},
}
TYPES = {
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Events::Rule",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::StepFunctions::StateMachine",
}
FOR_POWERTOOLS = {value for value in vars(constants).values() if isinstance(value, str)}
STARTS = {"StartDetectMitigationActionsTask", "StartAuditMitigationActionsTask"}


def handlers_exist(product: Product) -> Iterator[str]:
    for name, properties in functions(product.stack()).items():
        module, _, function = properties["Handler"].rpartition(".")
        path = ROOT / "functions" / f"{module}.py"
        defined = ast.parse(path.read_text(encoding="utf-8")).body if path.is_file() else []
        if not any(isinstance(n, ast.FunctionDef) and n.name == function for n in defined):
            yield f"{name}: there is no {properties['Handler']}"
        if properties["Runtime"] != "python" + (ROOT / ".python-version").read_text().strip():
            yield f"{name}: {properties['Runtime']} is not the Python that the tests run on"


def files_exist(product: Product) -> Iterator[str]:
    resources = product.template["Resources"].values()
    for properties in [
        product.template["Globals"]["Function"],
        *(resource.get("Properties", {}) for resource in resources),
    ]:
        for key in ("CodeUri", "DefinitionUri"):
            if key in properties and not (ROOT / properties[key]).exists():
                yield f"{key}: there is no {properties[key]}"


def environments_fit(product: Product) -> Iterator[str]:
    """A handler reads no variable that the template doesn't set, and the other way round."""
    for combination, parameters in COMBINATIONS.items():
        stack = product.stack(parameters)
        for name, properties in functions(stack).items():
            given = variables(stack, name)
            try:
                probed = probe(properties["Handler"].partition(".")[0], given)
            except Crashed as crash:
                yield f"{combination}: {name} does not start: {crash}"
                continue
            for variable in sorted(probed.read - set(given)):
                yield f"{combination}: {name} reads {variable}, which is not set"
            for variable in sorted(set(given) - probed.read - FOR_POWERTOOLS):
                yield f"{combination}: {name} does not read {variable}"


def resources_follow_parameters(product: Product) -> Iterator[str]:
    full = set(product.stack(BOTH))
    for combination, parameters in COMBINATIONS.items():
        expected = full - LEFT_OUT.get(combination, set())
        for name in sorted(expected ^ set(product.stack(parameters))):
            yield f"{combination}: {name} should {'' if name in expected else 'not '}be there"
    if types := {r["Type"] for r in product.stack(BOTH).values()} ^ TYPES:
        yield f"resource types that nobody asked for, or that are gone: {sorted(types)}"


def starts_are_seen(product: Product) -> Iterator[str]:
    """CloudTrail's events and the schedule reach StartWatch, and what can't reach it is kept."""
    for combination, parameters in COMBINATIONS.items():
        stack = product.stack(parameters)
        pattern = stack["TaskStartedRule"]["Properties"]["EventPattern"]
        kind = parameters.get("TaskTypes", "").title()
        expected = {name for name in STARTS if kind in name}
        if set(pattern["detail"]["eventName"]) != expected:
            yield f"{combination}: listens to {pattern['detail']['eventName']}"
        for name, rule in stack.items():
            if rule["Type"] != "AWS::Events::Rule":
                continue
            targets = rule["Properties"]["Targets"]
            if [target["Arn"] for target in targets] != ["StartWatchFunction.Arn"]:
                yield f"{combination}: {name} does not start StartWatch"
            if not all(target.get("DeadLetterConfig") for target in targets):
                yield f"{combination}: {name} loses what it can't deliver"
            if not any(permits(permission, name) for permission in stack.values()):
                yield f"{combination}: {name} may not invoke StartWatch"


def permits(permission: dict[str, object], rule: str) -> bool:
    return permission["Type"] == "AWS::Lambda::Permission" and permission["Properties"] == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": "StartWatchFunction",
        "Principal": "events.amazonaws.com",
        "SourceArn": f"{rule}.Arn",
    }


def functions(stack: Resources) -> Resources:
    """The properties of each function."""
    return {
        name: resource["Properties"]
        for name, resource in stack.items()
        if resource["Type"] == "AWS::Lambda::Function"
    }


def variables(stack: Resources, function: str) -> dict[str, str]:
    given = stack[function]["Properties"]["Environment"]["Variables"]
    return {name: str(value) for name, value in given.items()}
