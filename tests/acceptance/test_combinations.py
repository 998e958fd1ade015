"""Each combination of parameters that changes the resources comes up, tells, and goes again.

Each in a new account, with the roles enforced.
"""

import json
from collections.abc import Iterator

import pytest

from embedded.deploy import STACK, delete, deploy
from embedded.engine import Engine
from embedded.play import receive, start_task
from embedded.slack_workspace import TOKEN
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
    """Make what parameters can name; the parameters with the true ARNs."""
    kms, sns, iam = (engine.client(name) for name in ("kms", "sns", "iam"))
    content = TOKEN if "SlackChannelId" in parameters else stacks.WEBHOOK_URL
    secret = engine.client("secretsmanager").create_secret(Name="slack", SecretString=content)
    policy = iam.create_policy(PolicyName="developers", PolicyDocument=json.dumps(ANYTHING))
    made = {
        combinations.SECRET: secret["ARN"],
        combinations.TOPIC: sns.create_topic(Name="findings")["TopicArn"],
        combinations.ALARM_TOPIC: sns.create_topic(Name="on-call")["TopicArn"],
        combinations.KEY: kms.create_key()["KeyMetadata"]["Arn"],
        combinations.SECRET_KEY: kms.create_key()["KeyMetadata"]["Arn"],
        combinations.BOUNDARY: policy["Policy"]["Arn"],
    }
    return {name: made.get(value, value) for name, value in parameters.items()}


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_a_combination_comes_up(combination: str, account: Engine) -> None:
    parameters, task = COMBINATIONS[combination], TASK_IDS[combination]
    given = brought_along(account, parameters)
    before, mails, posts = stacks.everything(account), len(account.mail), len(account.slack.posts)

    made = deploy(account, given).resources

    assert set(made) == set(Product.load().stack(parameters))
    watched = parameters.get("TaskTypes", "detect")
    # Where only one kind is watched, a task of the other kind is started first.
    for kind in sorted(ENDED, key=watched.__eq__) if "TaskTypes" in parameters else [watched]:
        start_task(account, stacks.task(kind, task, ENDED[kind]))
    assert stacks.ended_watches(account, made) == {f"{watched}-{task}": "SUCCEEDED"}
    wants_it = parameters.get("SnsVerdicts") != "problems"  # for all went well
    # An app says the headline in the channel, and the rest in its thread.
    by_app, by_webhook = 2 * ("SlackChannelId" in parameters), "SlackWebhookSecretArn" in parameters
    assert len(account.mail) - mails == ("EmailAddress" in parameters and wants_it)
    assert len(account.slack.posts) - posts == by_app + by_webhook

    delete(account.client("cloudformation"), STACK)

    assert stacks.everything(account) - before == set()


def test_the_roles_are_enforced(account: Engine) -> None:
    """Without this, that all of the above comes up would say nothing about the roles."""
    task, posts = TASK_IDS[FORBIDDEN], len(account.slack.posts)
    made = deploy(account, brought_along(account, combinations.BOTH)).resources
    forbid(account, made["NotifyRole"], "ReadWebhook")
    start_task(account, stacks.task("detect", task, "SUCCESSFUL"))

    assert stacks.ended_watches(account, made) == {f"detect-{task}": "FAILED"}
    [letter] = receive(account.client("sqs"), made["DeadLetterQueue"])
    assert letter["channel"] == "slack"
    assert letter["failure"]["Error"] == "DeliveryRejected"
    assert "AccessDenied" in letter["reason"]["raised"]["errorMessage"]
    assert len(account.slack.posts) == posts


def forbid(engine: Engine, role: str, sid: str) -> None:
    """Take this statement from the role."""
    iam = engine.client("iam")
    [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    kept = [each for each in document["Statement"] if each.get("Sid") != sid]
    assert len(kept) == len(document["Statement"]) - 1
    changed = json.dumps({**document, "Statement": kept})
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=changed)
