"""Each combination of parameters that changes the resources comes up, tells, and goes again.

From the package that `sam build` made, each in a new account, with the roles enforced.
"""

import copy
import json
from collections.abc import Callable, Iterator

import pytest

from embedded.engine import Engine
from embedded.play import receive, start_task
from embedded.process import EngineFailed
from embedded.slack_workspace import TOKEN
from tests.acceptance.account import Account, Package, task_id
from tests.support import combinations, stacks
from tests.support.combinations import COMBINATIONS
from tests.support.product import Product
from tests.template.settings import REFUSED

pytestmark = pytest.mark.acceptance

ENDED = {"detect": "SUCCESSFUL", "audit": "COMPLETED"}
FORBIDDEN = "forbidden"
ANYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    names = [*COMBINATIONS, FORBIDDEN]
    tasks = [stacks.task(kind, task_id(name), ENDED[kind]) for kind in ENDED for name in names]
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
    engine, parameters, task = account.engine, COMBINATIONS[combination], task_id(combination)
    given = brought_along(engine, parameters)
    before = stacks.everything(engine)

    made = account.create(given)

    assert set(made) == set(Product.load().stack(parameters))
    watched = parameters.get("TaskTypes", "detect")
    # Where only one kind is watched, a task of the other kind is started first.
    for kind in sorted(ENDED, key=watched.__eq__) if "TaskTypes" in parameters else [watched]:
        start_task(engine, stacks.task(kind, task, ENDED[kind]))
    assert stacks.ended_watches(engine, made) == {f"{watched}-{task}": "SUCCEEDED"}
    wants_it = parameters.get("SnsVerdicts") != "problems"  # for all went well
    assert account.mails == ("EmailAddress" in parameters and wants_it)
    # An app says the headline in the channel, and the rest in its thread.
    by_app, by_webhook = 2 * ("SlackChannelId" in parameters), "SlackWebhookSecretArn" in parameters
    assert account.posts == by_app + by_webhook

    account.delete()

    assert stacks.everything(engine) - before == set()


def test_the_roles_are_enforced(account: Account, package: Package) -> None:
    """Without this, that all of the above comes up would say nothing about the roles."""
    template = copy.deepcopy(package.template)
    [policy] = template["Resources"]["NotifyRole"]["Properties"]["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    policy["PolicyDocument"]["Statement"] = [
        each for each in statements if "ReadWebhook" not in json.dumps(each)
    ]
    engine, task = account.engine, task_id(FORBIDDEN)
    given = brought_along(engine, COMBINATIONS["e-mail and Slack"])
    made = account.create(given, account.upload(template))
    start_task(engine, stacks.task("detect", task, "SUCCESSFUL"))

    assert stacks.ended_watches(engine, made) == {f"detect-{task}": "FAILED"}
    [letter] = receive(engine.client("sqs"), made["DeadLetterQueue"])
    assert letter["channel"] == "slack"
    assert letter["failure"]["Error"] == "DeliveryRejected"
    assert "AccessDenied" in letter["reason"]["raised"]["errorMessage"]
    assert (account.mails, account.posts) == (1, 0)


def test_what_a_parameter_may_not_be_is_refused_at_deploy(account: Account) -> None:
    for name, values in REFUSED.items():
        for value in values:
            with pytest.raises(EngineFailed, match=rf"\(ValidationError\).*{name}"):
                account.create({name: value})
