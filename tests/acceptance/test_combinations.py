"""Each combination of parameters that changes the resources comes up, tells, and goes again.

From the package that `sam build` made, each in a new account, with the roles enforced.
"""

import copy
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from samtranslator.yaml_helper import yaml_parse

from embedded.clicks import APP, SIGNING_SECRET, Click, button, local_url, press
from embedded.deploy import create, delete, deployed
from embedded.engine import Engine
from embedded.play import receive, start_task
from embedded.process import EngineFailed
from embedded.slack_workspace import CHANNEL, TEAM, TOKEN
from tests.acceptance.conftest import CAME_UP
from tests.support import stacks
from tests.support.combinations import (
    ALARM_TOPIC,
    BOUNDARY,
    COMBINATIONS,
    KEY,
    SECRET,
    SECRET_KEY,
    TOPIC,
)
from tests.support.product import OUR_OWN, Product
from tests.support.sam import built_project, sam
from tests.template.settings import REFUSED

pytestmark = pytest.mark.acceptance

STACK = "notifier"
BUCKET = "uploads"
TEMPLATE = "packaged.json"
ENDED = {"detect": "SUCCESSFUL", "audit": "COMPLETED"}
FORBIDDEN = "forbidden"
NAMES = [*COMBINATIONS, FORBIDDEN]
LEVELS = ["cancel", "cancel-retry", "cancel-retry-undo"]
FORBIDDEN_CLICK = "forbidden click"
ANYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@dataclass(frozen=True, slots=True)
class Package:
    """What `sam package` uploaded: the template, and the rest by key."""

    template: dict[str, Any]
    uploads: dict[str, bytes]


@pytest.fixture(scope="module")
def package() -> Package:
    folder = built_project()
    with Engine() as engine:
        s3 = engine.client("s3")
        make_bucket(s3)
        done = sam(
            folder,
            *("package", "--use-json", "--s3-bucket", BUCKET, "--output-template-file", TEMPLATE),
            environment=engine.environment(),
        )
        assert done.returncode == 0, done.stderr
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
        bodies = {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}
        return Package(
            json.loads((folder / TEMPLATE).read_text(encoding="utf-8")),
            {key: own_part(body) if is_zip(body) else body for key, body in bodies.items()},
        )


def is_zip(body: bytes) -> bool:
    return zipfile.is_zipfile(io.BytesIO(body))


def own_part(package: bytes) -> bytes:
    """Without the requirements, which the engine's workers have: that saves them the unpacking."""
    slim = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as whole, zipfile.ZipFile(slim, "w") as part:
        for item in whole.infolist():
            if item.filename.partition("/")[0] in OUR_OWN | {"__pycache__"}:
                part.writestr(item, whole.read(item))
    return slim.getvalue()


@pytest.fixture(scope="module")
def shared_engine() -> Iterator[Engine]:
    tasks = [stacks.task(kind, task_id(name), ENDED[kind]) for kind in ENDED for name in NAMES]
    tasks += [
        stacks.task("detect", task_id(name), "IN_PROGRESS") for name in (*LEVELS, FORBIDDEN_CLICK)
    ]
    with Engine(tasks, auth=True, speed=50, started=False) as engine:
        yield engine


@pytest.fixture
def account(shared_engine: Engine, package: Package) -> "Account":
    """As good as new, with the package in it."""
    connection = HTTPConnection(urlsplit(shared_engine.endpoint).netloc, timeout=30)
    with closing(connection):
        connection.request("POST", "/_ministack/reset")
        assert connection.getresponse().status == HTTPStatus.OK
    return Account(shared_engine, package)


class Account:
    def __init__(self, engine: Engine, package: Package) -> None:
        self.engine = engine
        self._s3 = engine.client("s3")
        self._before = len(engine.mail), len(engine.slack.posts)
        make_bucket(self._s3)
        for key, body in package.uploads.items():
            self._s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        self.template_url = self.upload(package.template)

    def upload(self, template: dict[str, Any], key: str = TEMPLATE) -> str:
        """The template's address."""
        self._s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(template))
        return f"{self.engine.endpoint}/{BUCKET}/{key}"

    @property
    def mails(self) -> int:
        return len(self.engine.mail) - self._before[0]

    @property
    def posts(self) -> int:
        return len(self.engine.slack.posts) - self._before[1]


def task_id(name: str) -> str:
    return "task-" + "".join(letter for letter in name.lower() if letter.isalnum())


def make_bucket(s3: Any) -> None:
    s3.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name}
    )


def brought_along(engine: Engine, parameters: dict[str, str]) -> dict[str, str]:
    """Make what the parameters name; the parameters with the true ARNs."""
    kms = engine.client("kms")
    make: dict[str, Callable[[], str]] = {
        SECRET: lambda: engine.client("secretsmanager").create_secret(
            Name="slack",
            SecretString=TOKEN if "SlackChannelId" in parameters else stacks.WEBHOOK_URL,
        )["ARN"],
        TOPIC: lambda: engine.client("sns").create_topic(Name="findings")["TopicArn"],
        ALARM_TOPIC: lambda: engine.client("sns").create_topic(Name="on-call")["TopicArn"],
        KEY: lambda: kms.create_key()["KeyMetadata"]["Arn"],
        SECRET_KEY: lambda: kms.create_key()["KeyMetadata"]["Arn"],
        BOUNDARY: lambda: engine.client("iam").create_policy(
            PolicyName="developers", PolicyDocument=json.dumps(ANYTHING)
        )["Policy"]["Arn"],
    }
    return {name: make[value]() if value in make else value for name, value in parameters.items()}


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_a_combination_comes_up(
    combination: str, account: Account, pytestconfig: pytest.Config
) -> None:
    engine, parameters, task = account.engine, COMBINATIONS[combination], task_id(combination)
    given = brought_along(engine, parameters)
    before = stacks.everything(engine)

    create(engine.client("cloudformation"), STACK, {"TemplateURL": account.template_url}, given)

    made = deployed(engine.client("cloudformation"), STACK).resources
    assert set(made) == set(Product.load().stack(parameters))
    watched = parameters.get("TaskTypes", "detect")
    # Where only one kind is watched, a task of the other kind is started first.
    for kind in sorted(ENDED, key=watched.__eq__) if "TaskTypes" in parameters else [watched]:
        start_task(engine, stacks.task(kind, task, ENDED[kind]))
    assert stacks.ended_watches(engine, made) == {f"{watched}-{task}": "SUCCEEDED"}
    assert account.mails == ("EmailAddress" in parameters)
    # An app says the headline in the channel, and the rest in its thread.
    by_app, by_webhook = 2 * ("SlackChannelId" in parameters), "SlackWebhookSecretArn" in parameters
    assert account.posts == by_app + by_webhook

    delete(engine.client("cloudformation"), STACK)

    left = stacks.everything(engine) - before
    assert left == set()
    row = (len(made), account.mails, account.posts, len(left))
    pytestconfig.stash[CAME_UP].append((combination, *map(str, row)))


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
    create(engine.client("cloudformation"), STACK, {"TemplateURL": account.upload(template)}, given)
    made = deployed(engine.client("cloudformation"), STACK).resources
    start_task(engine, stacks.task("detect", task, "SUCCESSFUL"))

    assert stacks.ended_watches(engine, made) == {f"detect-{task}": "FAILED"}
    [letter] = receive(engine.client("sqs"), made["DeadLetterQueue"])
    assert letter["channel"] == "slack"
    assert letter["failure"]["Error"] == "DeliveryRejected"
    assert "AccessDenied" in letter["reason"]["raised"]["errorMessage"]
    assert (account.mails, account.posts) == (1, 0)


ACTING = {
    "SweepMinutes": "0",
    "SlackBotTokenSecretArn": TOKEN,
    "SlackChannelId": CHANNEL,
    "SlackActors": "U0ADA,U0BO",
    "SlackApprovals": "cancel,retry,undo",
    "SlackSigningSecretArn": SIGNING_SECRET,
    "SlackAppId": APP,
    "SlackTeamId": TEAM,
    "EmailAddress": "oncall@example.com",
}


@pytest.mark.parametrize("level", LEVELS)
def test_acts_come_up_at_each_level_and_go_again(level: str, account: Account) -> None:
    """A cancel with an approval, from the click to what the thread says."""
    engine = account.engine
    given = with_secrets(engine, ACTING | {"SlackActions": level})
    before = stacks.everything(engine)
    create(engine.client("cloudformation"), STACK, {"TemplateURL": account.template_url}, given)
    made = deployed(engine.client("cloudformation"), STACK).resources
    assert "Acting" in made

    start_task(engine, stacks.task("detect", task_id(level), "IN_PROGRESS"))
    assert click(engine, "U0ADA", "cancel") == HTTPStatus.OK
    assert click(engine, "U0ADA", "approve") == HTTPStatus.OK  # nobody agrees with themselves
    assert click(engine, "U0BO", "approve") == HTTPStatus.OK
    stacks.ended_watches(engine, made)
    said = [message["text"] for message in engine.slack.workspace.messages]
    stacks.until(
        lambda: any("is canceled" in each["text"] for each in engine.slack.workspace.messages),
        f"the cancel to be told: {said}",
    )
    canceled = [c for c in engine.iot.calls if c.operation == "CancelDetectMitigationActionsTask"]
    assert [call.parameters["taskId"] for call in canceled if not call.error][-1] == task_id(level)

    delete(engine.client("cloudformation"), STACK)
    assert stacks.everything(engine) - before == set()


def test_a_door_that_may_not_start_an_execution_answers_with_an_error(
    account: Account, package: Package
) -> None:
    """Without this, that acts come up would say nothing about the roles."""
    template = copy.deepcopy(package.template)
    url = template["Resources"]["Acting"]["Properties"]["TemplateURL"]
    nested = yaml_parse(package.uploads[url.rpartition("/")[2]].decode())
    [policy] = nested["Resources"]["ReceiveClickRole"]["Properties"]["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    policy["PolicyDocument"]["Statement"] = [s for s in statements if s.get("Sid") != "Start"]
    engine = account.engine
    template["Resources"]["Acting"]["Properties"]["TemplateURL"] = account.upload(nested, "nested")
    given = with_secrets(engine, ACTING | {"SlackActions": "cancel"})
    create(engine.client("cloudformation"), STACK, {"TemplateURL": account.upload(template)}, given)
    start_task(engine, stacks.task("detect", task_id(FORBIDDEN_CLICK), "IN_PROGRESS"))
    assert click(engine, "U0ADA", "cancel") >= HTTPStatus.INTERNAL_SERVER_ERROR


def with_secrets(engine: Engine, parameters: dict[str, str]) -> dict[str, str]:
    """The two secrets made, and named by their ARNs."""
    engine.slack.workspace.messages.clear()
    create = engine.client("secretsmanager").create_secret
    made = {
        name: create(Name=name, SecretString=parameters[name])["ARN"]
        for name in ("SlackBotTokenSecretArn", "SlackSigningSecretArn")
    }
    return parameters | made


def click(engine: Engine, user: str, action: str) -> int:
    """What the door answers to a click on the newest such button, once there is one."""
    workspace = engine.slack.workspace
    stacks.until(lambda: button(workspace, action) is not None, f"a button to {action}")
    found = button(workspace, action)
    assert found
    [stack] = engine.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    url = local_url(engine.endpoint, outputs["ClicksUrl"])
    return press(url, Click(0, user, action, {}), *found, time.time())


def test_what_a_parameter_may_not_be_is_refused_at_deploy(account: Account) -> None:
    for name, values in REFUSED.items():
        for value in values:
            with pytest.raises(EngineFailed, match=rf"\(ValidationError\).*{name}"):
                create(
                    account.engine.client("cloudformation"),
                    STACK,
                    {"TemplateURL": account.template_url},
                    {name: value},
                )
