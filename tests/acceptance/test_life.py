"""A stack's life with the SAM CLI, as people live it: deployed, used, updated in use, deleted."""

import json
from collections.abc import Mapping

import pytest

from embedded.deploy import deployed
from embedded.engine import Engine
from embedded.play import start_task
from tests.support import stacks
from tests.support.sam import built_project, sam

pytestmark = pytest.mark.acceptance

STACK = "mitigation-notifier"  # samconfig.toml's
FIRST, SECOND = "first-7", "second-8"


def deploy(engine: Engine, parameters: Mapping[str, str]) -> None:
    given = [f"{name}={value}" for name, value in parameters.items()]
    done = sam(
        built_project(),
        *("deploy", "--no-confirm-changeset", "--parameter-overrides", *given),
        environment=engine.environment(),
    )
    assert done.returncode == 0, done.stderr


def told(engine: Engine, task_id: str) -> tuple[list[str], list[str]]:
    """The e-mails, and the posts to Slack, that are about this task."""
    mails = [f"{mail['subject']}\n{mail['body']}" for mail in engine.mail]
    posts = [json.dumps(post.payload) for post in engine.slack.posts if post.status == 200]
    return [m for m in mails if task_id in m], [p for p in posts if task_id in p]


def test_a_stack_is_deployed_used_updated_in_use_and_deleted() -> None:
    tasks = [
        stacks.task("detect", FIRST, "SUCCESSFUL"),
        stacks.task("detect", SECOND, "IN_PROGRESS"),
    ]
    with Engine(tasks, auth=True, started=False) as engine:
        secret = engine.client("secretsmanager").create_secret(
            Name="slack-webhook", SecretString=stacks.WEBHOOK_URL
        )
        parameters = {"EmailAddress": "on-call@example.com", "SlackWebhookSecretArn": secret["ARN"]}
        before = stacks.everything(engine)

        deploy(engine, parameters)
        made = deployed(engine.client("cloudformation"), STACK).resources
        start_task(engine, tasks[0])
        assert stacks.ended_watches(engine, made) == {f"detect-{FIRST}": "SUCCEEDED"}
        assert [len(messages) for messages in told(engine, FIRST)] == [1, 1]

        start_task(engine, tasks[1])
        stacks.until(lambda: looks_at(engine, SECOND) > 0, "the first look at the task")
        deploy(engine, parameters | {"AccountAlias": "plant-7", "PollMaxSeconds": "240"})
        assert stacks.watches(engine, made)[f"detect-{SECOND}"] == "RUNNING"
        assert told(engine, SECOND) == ([], [])
        engine.client("iot").cancel_detect_mitigation_actions_task(taskId=SECOND)
        assert stacks.ended_watches(engine, made)[f"detect-{SECOND}"] == "SUCCEEDED"
        [mail], [post] = told(engine, SECOND)
        for message in (mail, post):
            assert "CANCELED" in message
            assert "plant-7" in message  # the new parameter's value

        done = sam(built_project(), "delete", "--no-prompts", environment=engine.environment())
        assert done.returncode == 0, done.stderr
        assert stacks.everything(engine) - before == set()
        assert uploads(engine) == []


def looks_at(engine: Engine, task_id: str) -> int:
    return sum(
        call.operation.startswith("Describe") and call.parameters.get("taskId") == task_id
        for call in engine.iot.calls
    )


def uploads(engine: Engine) -> list[str]:
    s3 = engine.client("s3")
    return [
        item["Key"]
        for bucket in s3.list_buckets()["Buckets"]
        for item in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
    ]
