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
_SECRET = f"arn:aws:secretsmanager:{REGION}:123456789012:secret"
TOKEN = {"SlackBotTokenSecretArn": f"{_SECRET}:slack-app-a1b2c3", "SlackChannelId": CHANNEL}
WEBHOOK = {"SlackWebhookSecretArn": f"{_SECRET}:slack-a1b2c3"}
# What acting.yaml is given, as far as its functions read it.
ACTS = dict.fromkeys(("MemberAccounts", "MemberRegions", "MemberAliases", "AccountAlias"), "") | {
    "ServiceName": "notifier",
    "SlackActions": "cancel-retry-undo",
    "SlackApprovals": "retry,undo",
    "SlackActors": "U0ADA,U0BO",
    "SlackSigningSecretArn": "signing",
    "SlackAppId": clicks.PLACE.app,
    "SlackTeamId": clicks.PLACE.team,
    "WatchTaskName": "WatchTask",
    "TimeZone": "UTC",
    **TOKEN,
    "SlackChannelId": clicks.PLACE.channel,
}
ACTS_FUNCTIONS = ("receive_click", "act_on_task")


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
    """What `sam build` made, the runtime beside it, and the AWS that the functions meet."""

    package: Path
    runtime: Path
    aws: Loopback

    def child(self, handler: str | None, **asked: Any) -> Child:
        """A handler's process, with what the template gives the function, and Lambda itself.

        `notify app` is that where Slack is an app; None is the floor.
        """
        function = _function(handler or "describe_task")
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
        module = {"module": handler.partition(" ")[0]} if handler else {}
        paths = [str(self.package), str(self.runtime)]
        return Child({"paths": paths, **module, **asked}, environment)


def memory_bytes(handler: str) -> int:
    return int(_stack(handler).properties(_function(handler))["MemorySize"]) * 2**20


def timeout_seconds(handler: str) -> int:
    return int(_stack(handler).properties(_function(handler))["Timeout"])


def _function(handler: str) -> str:
    """Its logical id: one stem everywhere."""
    return handler.partition(" ")[0].title().replace("_", "") + "Function"


def _stack(handler: str) -> Stack:
    if handler in ACTS_FUNCTIONS:
        return Stack(ACTS, {}, ACTING)
    slack = TOKEN if handler.endswith(" app") else WEBHOOK
    return Stack({**slack, "TimeZone": "Europe/Berlin"}, {})
