"""The functions: they start, read what they are given, and outlive their own calls."""

import os
import re
import runpy
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from unittest import mock

from aws_lambda_powertools.shared import constants
from botocore.client import BaseClient

from tests.support.combinations import BOTH, EVERYTHING, TOPIC
from tests.support.product import PSEUDO_PARAMETERS, REGION, ROOT, Product, Resources, variables

FOR_POWERTOOLS = {value for value in vars(constants).values() if isinstance(value, str)}
OF_LAMBDA = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), REGION)
STANDARD_ATTEMPTS = 3  # botocore, in its standard mode


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


def functions_start_and_read_what_they_are_given(product: Product) -> Iterator[str]:
    for parameters in (BOTH, EVERYTHING):
        stack = product.whole(parameters)
        for name, properties in functions(stack).items():
            given = variables(stack, name)
            try:
                read, call = start(properties["Handler"], frozenset(given.items()))
            except (LookupError, OSError, ValueError) as error:
                yield f"{name} does not start: {error!r}"
                continue
            for variable in sorted(set(given) - read - FOR_POWERTOOLS):
                yield f"{name} does not read {variable}"
            ends = properties["Timeout"]
            if ends <= call:
                yield f"{name} ends after {ends} s, a call of its after {call} s"
            if properties["Runtime"] != "python" + (ROOT / ".python-version").read_text().strip():
                yield f"{name}: {properties['Runtime']} is not the Python that the tests run on"


def files_exist(product: Product) -> Iterator[str]:
    for uri in re.findall(r"'(?:CodeUri|DefinitionUri)': '(.*?)'", str(product.template)):
        if not (ROOT / uri).exists():
            yield f"there is no {uri}"


def variables_hold_their_parameters(product: Product) -> Iterator[str]:
    """POLL_MIN_SECONDS is PollMinSeconds, and so on."""
    marked = {name: f"<{name}>" for name in product.template["Parameters"]}
    # What is looked up, what is taken apart, and what is on or off.
    marked |= {"SweepMinutes": "5", "TopicArn": TOPIC, "AmazonQ": "true"}
    without = dict.fromkeys(("TopicArn", "SlackBotTokenSecretArn", "SlackChannelId"), "")
    without |= {"AmazonQ": "false", "SlackActions": "off"}
    for own_topic in (True, False):
        marked |= {} if own_topic else without
        stack = product.whole(marked)
        known = {
            "TOPIC_ARN": marked["TopicArn"] if own_topic else "NotificationTopic",
            "SLACK_SECRET_ARN": marked["SlackBotTokenSecretArn"] or marked["SlackWebhookSecretArn"],
            "STARTS": marked["SnsVerdicts"] if own_topic else "none",
            "HEADS": marked["SlackVerdicts"] if own_topic else "none",
            "AMAZON_Q_TOPIC_ARN": "AmazonQChat.Outputs.StartsTopicArn",
            "POWERTOOLS_SERVICE_NAME": PSEUDO_PARAMETERS["AWS::StackName"],
            "POWERTOOLS_METRICS_NAMESPACE": "MitigationNotifier",
        }
        for function in functions(stack):
            machine = "ActOnTask" if function == "ReceiveClickFunction" else "WatchTask"
            known["STATE_MACHINE_ARN"] = f"{machine}StateMachine"
            for name, value in variables(stack, function).items():
                parameter = "".join(word.title() for word in name.split("_"))
                expected = known.get(name, marked.get(parameter, value))
                if value != expected:
                    yield f"{function}: {name} is {value}"


def of_type(stack: Resources, type_: str) -> Resources:
    """The properties of each resource of this type."""
    return {name: each["Properties"] for name, each in stack.items() if each["Type"] == type_}


def functions(stack: Resources) -> Resources:
    return of_type(stack, "AWS::Lambda::Function")
