"""Functions start, and read what they are given; state machines end, and never unseen."""

import math
import os
import re
import runpy
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from unittest import mock

from aws_lambda_powertools.shared import constants
from botocore.client import BaseClient
from statelint.config import Config
from statelint.linter import Linter

from mitigation.patience import PATIENCE_SECONDS
from tests.support.combinations import BOTH, EVERYTHING, TOPIC
from tests.support.product import REGION, ROOT, STACK, Product, Resources, acting, variables

# What a gate says: what is looked at, what it is, and what it should be.
type Checks = Iterator[tuple[str, object, object]]

FOR_POWERTOOLS = {value for value in vars(constants).values() if isinstance(value, str)}
OF_LAMBDA = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), REGION)
STANDARD_ATTEMPTS = 3  # botocore, in its standard mode
# What a Task may read of its function; the plays show that it is always there.
ANSWERS = {
    "DescribeTaskFunction": "decision waitSeconds progress memory",
    "ShowProgressFunction": "told waitSeconds",
    "NotifyFunction": "delivered waitSeconds waitedSeconds since memory",
    "ActOnTaskFunction": "follows why decision waitSeconds progress wish askedTs",
}
# What no jitter may shorten: a watch outlives a function that fails for half a day.
PATIENT = {"DescribeTask", "Notify"}
LONGEST_DELAY_SECONDS = 300
# What is tried once: the watch goes on without it.
COURTESIES = {"ShowProgress"}
# What our own code defines, and what starting an execution of a name that is used answers.
CODE = "\n".join(path.read_text("utf-8") for path in (ROOT / "functions").rglob("*.py"))
RAISED = {*re.findall(r"^class (\w+)", CODE, re.MULTILINE)}
RAISED |= {"StepFunctions.ExecutionAlreadyExistsException"}


def wrong(checks: Checks) -> Iterator[str]:
    return (f"{of}: {found}, not {wanted}" for of, found, wanted in checks if found != wanted)


def of_type(stack: Resources, type_: str) -> Resources:
    """The properties of each resource of this type."""
    return {name: each["Properties"] for name, each in stack.items() if each["Type"] == type_}


def functions(stack: Resources) -> Resources:
    return of_type(stack, "AWS::Lambda::Function")


@lru_cache
def start(handler: str, given: frozenset[tuple[str, str]]) -> tuple[set[str], float]:
    """What a new sandbox reads of these variables, and the seconds until its slowest call gives up.

    Raises what the handler's module does.
    """
    module, _, function = handler.rpartition(".")
    environment: Any = type(os.environ)
    get, read = environment.__getitem__, set()

    def recorded(self: Any, name: str) -> Any:
        read.add(name)
        return get(self, name)

    with (
        mock.patch.dict("os.environ", OF_LAMBDA | dict(given)),
        mock.patch.object(environment, "__getitem__", recorded),
    ):
        names = runpy.run_path(str(ROOT / "functions" / f"{module}.py"))
    assert callable(names[function])
    clients: list[Any] = [value for value in names.values() if isinstance(value, BaseClient)]
    return read, max(call_seconds(client.meta.config) for client in clients)


def call_seconds(config: Any) -> float:
    attempts = (config.retries or {}).get("total_max_attempts", STANDARD_ATTEMPTS)
    waits: int = 2 ** (attempts - 1) - 1  # at the most: they double from one second on
    return float(attempts * (config.connect_timeout + config.read_timeout) + waits)


def functions_start_and_read_what_they_are_given(product: Product) -> Checks:
    python = "python" + (ROOT / ".python-version").read_text().strip()
    for stack in map(product.whole, (BOTH, EVERYTHING)):
        for name, properties in functions(stack).items():
            given, ends = variables(stack, name), properties["Timeout"]
            try:
                read, call = start(properties["Handler"], frozenset(given.items()))
            except (LookupError, OSError, ValueError) as error:
                yield f"{name} starts", error, None
                continue
            yield f"{name}: what it does not read", given.keys() - read - FOR_POWERTOOLS, set()
            yield f"{name}, {ends} s, ends before a call of its, {call} s", ends <= call, False
            yield f"{name} runs in what the tests run in", properties["Runtime"], python


def files_exist(product: Product) -> Checks:
    for uri in re.findall(r"'(?:CodeUri|DefinitionUri)': '(.*?)'", str(product.template)):
        yield f"{uri} is there", (ROOT / uri).exists(), True


def variables_hold_their_parameters(product: Product) -> Checks:
    """POLL_MIN_SECONDS is PollMinSeconds, and so on."""
    marked = {name: f"<{name}>" for name in product.template["Parameters"]}
    # What is looked up, what is taken apart, and what is on or off.
    marked |= {"SweepMinutes": "5", "TopicArn": TOPIC, "AmazonQ": "true"}
    off = dict.fromkeys(("TopicArn", "SlackBotTokenSecretArn", "SlackChannelId"), "")
    for given in (marked, marked | off | {"AmazonQ": "false", "SlackActions": "off"}):
        stack = product.whole(given)
        known = {
            "TOPIC_ARN": given["TopicArn"] or "NotificationTopic",
            "SLACK_SECRET_ARN": given["SlackBotTokenSecretArn"] or given["SlackWebhookSecretArn"],
            "STARTS": given["SnsVerdicts"] if given is marked else "none",
            "HEADS": given["SlackVerdicts"] if given is marked else "none",
            "AMAZON_Q_TOPIC_ARN": "AmazonQChat.Outputs.StartsTopicArn",
            "POWERTOOLS_SERVICE_NAME": STACK,
            "POWERTOOLS_METRICS_NAMESPACE": "MitigationNotifier",
        }
        for function in functions(stack):
            machine = "ActOnTask" if function == "ReceiveClickFunction" else "WatchTask"
            known["STATE_MACHINE_ARN"] = f"{machine}StateMachine"
            for name, value in variables(stack, function).items():
                parameter = "".join(word.title() for word in name.split("_"))
                yield f"{function}: {name}", value, known.get(name, given.get(parameter, value))


def definitions(product: Product) -> dict[str, dict[str, Any]]:
    return {"WatchTask": product.definition, "ActOnTask": acting().definition}


def states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All states, those inside a Map among them."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def tasks(product: Product) -> list[tuple[str, dict[str, Any]]]:
    found = (each for machine in definitions(product).values() for each in states(machine))
    return [(name, state) for name, state in found if state["Type"] == "Task"]


def the_graphs_are_sound(product: Product) -> Checks:
    """EXPRESS ends after five minutes, may run twice under one name, and can't be looked at."""
    stack = product.whole(EVERYTHING)
    for name, definition in definitions(product).items():
        said = Linter.validate(definition, Config(["URI", "FLOAT"], False, False))
        yield f"what statelint says of {name}", said, []
        # It could not be caught, it would be silence.
        yield f"{name}: its own time-out", definition.get("TimeoutSeconds"), None
        kind = stack[f"{name}StateMachine"]["Properties"].get("StateMachineType", "STANDARD")
        yield f"{name}: its type", kind, "STANDARD"


def substitutions_fit(product: Product) -> Checks:
    """Every `${name}` is given, every given name is used, and each is what it says."""
    own = {"AWSPartition": "aws", "DeadLetterQueueUrl": "DeadLetterQueue", "Channels": "sns,slack"}
    stack = product.whole(EVERYTHING)
    for machine, definition in definitions(product).items():
        given = stack[f"{machine}StateMachine"]["Properties"].get("DefinitionSubstitutions", {})
        used = set(re.findall(r"\$\{(\w+)\}", str(definition)))
        yield f"{machine}: what is given, and what is used", set(given), used
        for name, value in given.items():
            yield f"{machine}: {name}", value, own.get(name, f"{name.removesuffix('Arn')}.Arn")
    [alone] = of_type(product.stack(), "AWS::StepFunctions::StateMachine").values()
    yield "without Slack the channels", alone["DefinitionSubstitutions"].get("Channels"), "sns"


def tasks_fail_safely(product: Product) -> Checks:
    """Every Task has an end, tries again, and catches all; what comes last in a list is for all."""
    for name, state in tasks(product):
        yield f"{name} may hang", "TimeoutSeconds" not in state, False
        for field in ("Catch",) if name in COURTESIES else ("Retry", "Catch"):
            *others, last = state.get(field) or [{"ErrorEquals": []}]
            yield f"{name}: the last {field} is for", last["ErrorEquals"], ["States.ALL"]
            unknown = {error for rule in others for error in rule["ErrorEquals"]} - RAISED
            yield f"{name}: what nothing raises, or comes too early in {field}", unknown, set()
        for rule in state.get("Retry", []):
            if name in PATIENT and rule["ErrorEquals"] == ["States.ALL"]:
                yield f"{name} is tried for {PATIENCE_SECONDS} s", _lasts(rule), True
            elif rule.get("MaxAttempts", 3):
                yield f"{name}: the jitter of a Retry", rule.get("JitterStrategy"), "FULL"


def _lasts(rule: dict[str, Any]) -> bool:
    """Also where each failure takes no time at all."""
    first, rate = rule["IntervalSeconds"], rule["BackoffRate"]
    longest = rule.get("MaxDelaySeconds", math.inf)
    waits = sum(min(first * rate**n, longest) for n in range(rule["MaxAttempts"]))
    chance = "JitterStrategy" in rule
    return longest <= LONGEST_DELAY_SECONDS and waits >= PATIENCE_SECONDS and not chance


def tasks_outlive_their_functions_and_read_their_answers(product: Product) -> Checks:
    """A function's own error says more; a missing path is States.Runtime, which none catches."""
    stack = product.whole(EVERYTHING)
    for name, state in tasks(product):
        if function := re.sub(r"\W|Arn", "", state["Parameters"].get("FunctionName", "")):
            ends = state.get("TimeoutSeconds", 0) <= stack[function]["Properties"]["Timeout"]
            yield f"{name} ends before {function} does", ends, False
            read = set(re.findall(r"\$\.Payload\.(\w+)", str(state.get("ResultSelector"))))
            missing = read - set(ANSWERS[function].split())
            yield f"{name} reads what {function} does not answer", missing, set()
