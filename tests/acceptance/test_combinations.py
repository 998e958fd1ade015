"""Each combination of parameters that changes the resources comes up, tells, and goes again.

Each in a new account, with the roles enforced.
"""

import json
from collections.abc import Callable, Iterator

import pytest

from embedded.deploy import STACK, delete, deploy
from embedded.engine import Engine
from embedded.play import receive, start_task
from embedded.slack_workspace import TOKEN
from tests.acceptance.conftest import Account
from tests.support import combinations, stacks
from tests.support.combinations import COMBINATIONS
from tests.support.product import Product

pytestmark = pytest.mark.acceptance

ENDED = {"detect": "SUCCESSFUL", "audit": "COMPLETED"}
FORBIDDEN = "forbidden"
TASK_IDS = {
    name: "task-" + "".join(filter(str.isalnum, name)) for name in (*COMBINATIONS, FORBIDDEN)
}
ANYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    tasks = [stacks.task(kind, one, ENDED[kind]) for kind in ENDED for one in TASK_IDS.values()]
    with Engine(tasks, auth=True, speed=50, started=False) as running:
        yield running


def brought_along(engine: Engine, parameters: dict[str, str]) -> dict[str, str]:
    """Make what the parameters name; the parameters with the true ARNs."""
    kms, sns = engine.client("kms"), engine.client("sns")
    make: dict[str, Callable[[], str]] = {
        combinations.SECRET: lambda: engine.client("secretsmanager").create_secret(
            Name="slack",
            SecretString=TOKEN if "SlackChannelId" in parameters else stacks.WEBHOOK_URL,
        )["ARN"],
        combinations.TOPIC: lambda: sns.create_topic(Name="findings")["TopicArn"],
        combinations.ALARM_TOPIC: lambda: sns.create_topic(Name="on-call")["TopicArn"],
        combinations.KEY: lambda: kms.create_key()["KeyMetadata"]["Arn"],
        combinations.SECRET_KEY: lambda: kms.create_key()["KeyMetadata"]["Arn"],
        combinations.BOUNDARY: lambda: engine.client("iam").create_policy(
            PolicyName="developers", PolicyDocument=json.dumps(ANYTHING)
        )["Policy"]["Arn"],
    }
    return {name: make[value]() if value in make else value for name, value in parameters.items()}


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_a_combination_comes_up(combination: str, account: Account) -> None:
    engine, parameters, task = account.engine, COMBINATIONS[combination], TASK_IDS[combination]
    given = brought_along(engine, parameters)
    before = stacks.everything(engine)

    made = deploy(engine, given).resources

    assert set(made) == set(Product.load().stack(parameters))
    watched = parameters.get("TaskTypes", "detect")
    # Where only one kind is watched, a task of the other kind is started first.
    for kind in sorted(ENDED, key=watched.__eq__) if "TaskTypes" in parameters else [watched]:
        start_task(engine, stacks.task(kind, task, ENDED[kind]))
    assert stacks.ended_watches(engine, made) == {f"{watched}-{task}": "SUCCEEDED"}
    wants_it = parameters.get("SnsVerdicts") != "problems"  # for all went well
    # An app says the headline in the channel, and the rest in its thread.
    by_app, by_webhook = 2 * ("SlackChannelId" in parameters), "SlackWebhookSecretArn" in parameters
    assert account.told == ("EmailAddress" in parameters and wants_it, by_app + by_webhook)

    delete(engine.client("cloudformation"), STACK)

    assert stacks.everything(engine) - before == set()


def test_the_roles_are_enforced(account: Account) -> None:
    """Without this, that all of the above comes up would say nothing about the roles."""
    engine, task = account.engine, TASK_IDS[FORBIDDEN]
    made = deploy(engine, brought_along(engine, combinations.BOTH)).resources
    account.forbid("NotifyFunction", "ReadWebhook")
    start_task(engine, stacks.task("detect", task, "SUCCESSFUL"))

    assert stacks.ended_watches(engine, made) == {f"detect-{task}": "FAILED"}
    [letter] = receive(engine.client("sqs"), made["DeadLetterQueue"])
    assert letter["channel"] == "slack"
    assert letter["failure"]["Error"] == "DeliveryRejected"
    assert "AccessDenied" in letter["reason"]["raised"]["errorMessage"]
    assert account.told == (1, 0)
