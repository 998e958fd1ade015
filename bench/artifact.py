"""The functions as Lambda has them: the built folder, and the runtime's boto3 beside it."""

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.loopback import Loopback
from bench.measure import Child
from embedded.slack_workspace import CHANNEL
from tests.support import clicks
from tests.support.product import ACTING, REGION
from tests.support.stack import Stack

# What the Lambda runtime brings.
RUNTIME = ("boto3", "botocore", "s3transfer", "urllib3", "dateutil", "jmespath", "six.py")
# What acting.yaml is given, as far as the door reads it.
DOOR = {
    "ServiceName": "notifier",
    "SlackSigningSecretArn": "signing",
    "SlackAppId": clicks.PLACE.app,
    "SlackTeamId": clicks.PLACE.team,
    "SlackChannelId": clicks.PLACE.channel,
}
SLACK_SECRET = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:slack-a1b2c3"
SLACK_TOKEN = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:slack-app-a1b2c3"
WEBHOOK = {"SlackWebhookSecretArn": SLACK_SECRET}
APP = {"SlackBotTokenSecretArn": SLACK_TOKEN, "SlackChannelId": CHANNEL}


@dataclass(frozen=True, slots=True)
class Artifact:
    package: Path
    runtime: Path


def link_runtime(runtime: Path) -> Path:
    """A folder with nothing but what Lambda brings, as installed here."""
    runtime.mkdir()
    for name in RUNTIME:
        spec = importlib.util.find_spec(name.removesuffix(".py"))
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"{name} is not installed: run make setup")
        found = Path(spec.origin)
        (runtime / name).symlink_to(found if name.endswith(".py") else found.parent)
    return runtime


@dataclass(frozen=True, slots=True)
class Bench:
    """The artifact, and the AWS that it meets."""

    artifact: Artifact
    aws: Loopback

    def child(self, handler: str | None, **asked: Any) -> Child:
        """A handler's process, with what the template gives the function, and Lambda itself.

        `notify app` is that where Slack is an app; None is the floor.
        """
        module, function = _module(handler or ""), _function(handler or "describe_task")
        environment = {
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_LAMBDA_FUNCTION_NAME": function,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "PATH": os.defpath,
            **_stack(handler or "").environment(function),
            **self.aws.environment,
        }
        paths = [str(self.artifact.package), str(self.artifact.runtime)]
        return Child(
            {"paths": paths, **({"module": module} if module else {}), **asked}, environment
        )


def memory_bytes(handler: str) -> int:
    return int(_properties(handler)["MemorySize"]) * 2**20


def timeout_seconds(handler: str) -> int:
    return int(_properties(handler)["Timeout"])


def _properties(handler: str) -> dict[str, Any]:
    return _stack(handler).properties(_function(handler))


def _module(handler: str) -> str:
    return handler.partition(" ")[0]


def _function(handler: str) -> str:
    """Its logical id: one stem everywhere."""
    return _module(handler).title().replace("_", "") + "Function"


def _stack(handler: str) -> Stack:
    if handler == "receive_click":
        return Stack(DOOR, {}, ACTING)
    slack = APP if handler.endswith(" app") else WEBHOOK
    return Stack({**slack, "TimeZone": "Europe/Berlin"}, {})
