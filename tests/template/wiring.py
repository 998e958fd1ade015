"""That what the template names exists: handlers, files, variables, targets, resources."""

import ast
from collections.abc import Iterator
from contextlib import suppress
from itertools import combinations

from aws_lambda_powertools.shared import constants

from tests.support.combinations import COMBINATIONS, TOPIC
from tests.support.product import PSEUDO_PARAMETERS, ROOT, Product, Resources
from tests.template.probing import Crashed, Probed, probe

OWN_TOPIC = {"NotificationTopic", "NotificationTopicPolicy"}
OWN_ALARMS = {"AlarmTopic", "AlarmTopicPolicy", "AlarmEmailSubscription"}
SLACK_ALARMS = {"SlackRejectedAlarm", "SlackLayoutRefusedAlarm"}
# What each combination takes from, or changes in, the full stack.
LEFT_OUT: dict[str, set[str]] = {
    "a topic alone": {"EmailSubscription", *OWN_TOPIC, *OWN_ALARMS, *SLACK_ALARMS},
    "no Slack": SLACK_ALARMS,
    "no e-mail": {"EmailSubscription", *OWN_ALARMS},
    "own topic": OWN_TOPIC,
    "own alarm topic": OWN_ALARMS,
    "own key": {"Key"},
    "own topic and key": {*OWN_TOPIC, "Key"},
    "sweep off": {
        "NoSweepAlarm", "SweepErrorsAlarm", "SweepFunction", "SweepFunctionEventInvokeConfig",
        "SweepLogGroup", "SweepPermission", "SweepRole", "SweepRule",
    },
}  # fmt: skip
# What there is with members alone.
MEMBERS = {
    "MemberBus": "AWS::Events::EventBus",
    "MemberTaskStartedRule": "AWS::Events::Rule",
    "MemberTaskStartedPermission": "AWS::Lambda::Permission",
}
# What there is where progress is shown: in a Slack app, or in Amazon Q.
PROGRESS = {
    "ShowProgressFunction": "AWS::Lambda::Function",
    "ShowProgressRole": "AWS::IAM::Role",
    "ShowProgressLogGroup": "AWS::Logs::LogGroup",
}
AMAZON_Q = {"AmazonQChat": "AWS::CloudFormation::Stack"}
# All but the alarms, whose names nothing refers to.
FULL = {
    "AWS::CloudWatch::Dashboard": "Dashboard",
    "AWS::Events::Rule": "TaskStartedRule SweepRule",
    "AWS::IAM::Role": "StartWatchRole SweepRole DescribeTaskRole NotifyRole WatchTaskRole",
    "AWS::KMS::Key": "Key",
    "AWS::Lambda::EventInvokeConfig":
        "StartWatchFunctionEventInvokeConfig SweepFunctionEventInvokeConfig",
    "AWS::Lambda::Function":
        "StartWatchFunction SweepFunction DescribeTaskFunction NotifyFunction",
    "AWS::Lambda::Permission": "TaskStartedPermission SweepPermission",
    "AWS::Logs::LogGroup":
        "StartWatchLogGroup SweepLogGroup DescribeTaskLogGroup NotifyLogGroup WatchTaskLogGroup",
    "AWS::Logs::QueryDefinition": "EndedTasksQuery",
    "AWS::SNS::Subscription": "EmailSubscription AlarmEmailSubscription",
    "AWS::SNS::Topic": "NotificationTopic AlarmTopic",
    "AWS::SNS::TopicPolicy": "NotificationTopicPolicy AlarmTopicPolicy",
    "AWS::SQS::Queue": "DeadLetterQueue StartFailuresQueue",
    "AWS::SQS::QueuePolicy": "DeadLetterQueuePolicy StartFailuresQueuePolicy",
    "AWS::StepFunctions::StateMachine": "WatchTaskStateMachine",
}  # fmt: skip
FOR_POWERTOOLS = {value for value in vars(constants).values() if isinstance(value, str)}


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
    if product.template["Globals"]["Function"].get("CodeUri") != "functions/":
        yield "the functions' code is not functions/"


def environments_fit(product: Product) -> Iterator[str]:
    """A handler reads no variable that the template doesn't set, and the other way round."""
    for combination, parameters in COMBINATIONS.items():
        stack = product.stack(parameters)
        for name in functions(stack):
            given = variables(stack, name)
            try:
                read = probed(stack, name).read
            except Crashed as crash:
                yield f"{combination}: {name} does not start: {crash}"
                continue
            for variable in sorted(read - set(given)):
                yield f"{combination}: {name} reads {variable}, which is not set"
            for variable in sorted(set(given) - read - FOR_POWERTOOLS):
                yield f"{combination}: {name} does not read {variable}"


def resources_follow_parameters(product: Product) -> Iterator[str]:
    full = {(name, type_) for type_, names in FULL.items() for name in names.split()}
    for combination, parameters in COMBINATIONS.items():
        left_out = LEFT_OUT.get(combination, set())
        expected = {(name, type_) for name, type_ in full if name not in left_out}
        expected |= set(MEMBERS.items()) if "MemberAccounts" in parameters else set()
        expected |= set(AMAZON_Q.items()) if "AmazonQ" in parameters else set()
        shows_progress = {"SlackChannelId", "AmazonQ"} & set(parameters)
        expected |= set(PROGRESS.items()) if shows_progress else set()
        stack = product.stack(parameters)
        for name in left_out & set(stack):
            yield f"{combination}: {name} should not be there"
        found = {(name, each["Type"]) for name, each in stack.items()}
        others = {pair for pair in found if pair[1] != "AWS::CloudWatch::Alarm"}
        for name, type_ in sorted(expected ^ others):
            is_missing = (name, type_) in expected
            yield f"{combination}: {name}, {type_}, should {'' if is_missing else 'not '}be there"


def subscriptions_are_made(product: Product) -> Iterator[str]:
    """The address gets the messages, or else the queue does; and alarms that go nowhere else."""
    for combination, parameters in COMBINATIONS.items():
        topics: list[tuple[str, str | None]] = [
            (parameters.get("TopicArn", "NotificationTopic"), "DeadLetterQueue.Arn")
        ]
        if "AlarmTopicArn" not in parameters:
            topics.append(("AlarmTopic", None))
        address = parameters.get("EmailAddress")
        expected = [(address, *topic) for topic in topics] if address else []
        found = [
            (
                each.get("Endpoint"),
                each.get("TopicArn"),
                each.get("RedrivePolicy", {}).get("deadLetterTargetArn"),
            )
            for each in of_type(product.stack(parameters), "AWS::SNS::Subscription").values()
            if each.get("Protocol") == "email"
        ]
        if found != expected:
            yield f"{combination}: subscribed are {found}"


def somebody_is_told_and_somebody_hears(product: Product) -> Iterator[str]:
    """CloudFormation refuses a stack that tells nobody, or whose alarms nobody hears."""
    told = {"EmailAddress", "SlackWebhookSecretArn", "SlackBotTokenSecretArn", "TopicArn"}
    heard = {"EmailAddress", "AlarmTopicArn"}
    for size in range(len(told | heard) + 1):
        for names in combinations(sorted(told | heard), size):
            missing = [line for line in (told, heard) if not line & set(names)]
            given = dict.fromkeys(names, "given")
            if "SlackBotTokenSecretArn" in names:
                if "SlackWebhookSecretArn" in names:
                    continue
                given["SlackChannelId"] = "given"
            refusals = product.refusals(given)
            if len(refusals) != len(missing):
                yield f"with {', '.join(names) or 'nothing'} it is said: {refusals}"
            for wanted, refusal in zip(missing, refusals, strict=False):
                if not all(name in refusal for name in wanted):
                    yield f"{refusal!r} does not say what to give: {', '.join(sorted(wanted))}"


def variables_hold_their_parameters(product: Product) -> Iterator[str]:
    """POLL_MIN_SECONDS is PollMinSeconds, and so on."""
    marked = {name: f"<{name}>" for name in product.template["Parameters"]}
    marked |= {"SweepMinutes": "5", "TopicArn": TOPIC}  # what is looked up, and what is taken apart
    marked |= {"AmazonQ": "true"}
    without = dict.fromkeys(("TopicArn", "SlackBotTokenSecretArn", "SlackChannelId"), "")
    without |= {"AmazonQ": "false"}
    for own_topic in (True, False):
        marked |= {} if own_topic else without
        stack = product.stack(marked)
        known = {
            "STATE_MACHINE_ARN": "WatchTaskStateMachine",
            "TOPIC_ARN": marked["TopicArn"] if own_topic else "NotificationTopic",
            "SLACK_SECRET_ARN": marked["SlackBotTokenSecretArn"] or marked["SlackWebhookSecretArn"],
            "STARTS": marked["SnsVerdicts"] if marked["AmazonQ"] == "true" else "none",
            "HEADS": marked["SlackVerdicts"] if marked["SlackChannelId"] else "none",
            "AMAZON_Q_TOPIC_ARN": "AmazonQChat.Outputs.StartsTopicArn",
            "POWERTOOLS_SERVICE_NAME": PSEUDO_PARAMETERS["AWS::StackName"],
        }
        for function in functions(stack):
            for name, value in variables(stack, function).items():
                parameter = "".join(word.title() for word in name.split("_"))
                expected = known.get(name, marked.get(parameter, value))
                if value != expected:
                    yield f"{function}: {name} is {value}"


def slack_is_a_webhook_or_an_app(product: Product) -> Iterator[str]:
    """Never both, nor half an app."""
    names = ("SlackWebhookSecretArn", "SlackBotTokenSecretArn", "SlackChannelId")
    for size in range(len(names) + 1):
        for given in combinations(names, size):
            whole = set(given) in ({*()}, {names[0]}, {*names[1:]})
            values = {"EmailAddress": "given", **{name: f"<{name}>" for name in given}}
            refusals = product.refusals(values)
            if bool(refusals) is whole:
                yield f"with {', '.join(given) or 'no Slack'} it is said: {refusals}"


def of_type(stack: Resources, type_: str) -> Resources:
    """The properties of each resource of this type."""
    return {name: each["Properties"] for name, each in stack.items() if each["Type"] == type_}


def functions(stack: Resources) -> Resources:
    return of_type(stack, "AWS::Lambda::Function")


def variables(stack: Resources, function: str) -> dict[str, str]:
    given = stack[function]["Properties"]["Environment"]["Variables"]
    return {name: str(value) for name, value in given.items()}


def probed(stack: Resources, function: str) -> Probed:
    """What it reads, emits and answers; raises Crashed where it does not start."""
    handler = stack[function]["Properties"]["Handler"]
    return probe(handler.partition(".")[0], variables(stack, function))


def all_probed(stack: Resources) -> Iterator[tuple[str, Probed]]:
    """Of each function that starts: of others it is another gate's business to tell."""
    for name in functions(stack):
        with suppress(Crashed):
            yield name, probed(stack, name)
