"""The functions as Lambda has them: the built folder, and the runtime's boto3 beside it."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from embedded.slack_workspace import CHANNEL
from tests.support import clicks
from tests.support.product import REGION, Resources, product, variables

CHILD = Path(__file__).with_name("child.py")
LIMIT_SECONDS = 300
_COUNT = ("--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={os.devnull}")
# What the Lambda runtime brings.
RUNTIME = ("boto3", "botocore", "s3transfer", "urllib3", "dateutil", "jmespath", "six.py")
_SECRET = f"arn:aws:secretsmanager:{REGION}:123456789012:secret"
TOKEN = {"SlackBotTokenSecretArn": f"{_SECRET}:slack-app-a1b2c3", "SlackChannelId": CHANNEL}
WEBHOOK = {"SlackWebhookSecretArn": f"{_SECRET}:slack-a1b2c3"}
# Of a deployment with acts, as far as the door reads it.
ACTS = {
    "SlackActions": "cancel",
    "SlackSigningSecretArn": "signing",
    "SlackAppId": clicks.PLACE.app,
    "SlackTeamId": clicks.PLACE.team,
}


class ChildFailed(Exception):  # noqa: N818  named for what happened, so that an except clause reads as a sentence
    """What was to be measured did not run: its own last words."""


class Child(NamedTuple):
    """A run of child.py: what it is asked, with which environment."""

    asked: Mapping[str, Any]
    environment: Mapping[str, str]

    def run(self, *prefix: str) -> tuple[dict[str, Any], str]:
        """What it answers, and what it, or `prefix`, said on stderr."""
        done = subprocess.run(
            [*prefix, sys.executable, "-S", CHILD],
            input=json.dumps(self.asked),
            # The order of sets is all that chance decides in a count.
            env={**self.environment, "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        if done.returncode:
            raise ChildFailed(done.stderr.strip()[-2000:])
        told: dict[str, Any] = json.loads(done.stdout)
        answer = told.get("answer", {})
        details = answer.get("memory", {}).get("details") or {}
        refused = answer.get("statusCode", 200) != 200
        if answer.get("delivered") is False or details.get("error") or refused:
            raise ChildFailed(f"{self.asked['module']} did not get through: {answer}")
        return told, done.stderr


@cache
def valgrind() -> str | None:
    return shutil.which("valgrind")


def compare(floor: Child, others: Mapping[str, Child]) -> dict[str, float]:
    """What each costs over the floor, in instructions."""
    for child in (floor, *others.values()):
        child.run()  # so that all bytecode is there, and a mistake shows at once
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = [*pool.map(instructions, (floor, *others.values()))]
    return dict(zip(others, (count / counts[0] for count in counts[1:]), strict=True))


def instructions(child: Child) -> int:
    """Counted under valgrind: the same on a busy machine and on an idle one."""
    if not (program := valgrind()):
        raise ChildFailed("instructions are counted by valgrind: install it")
    _, told = child.run(program, *_COUNT)
    if not (found := re.search(r"I\s+refs:\s+([\d,]+)", told)):
        raise ChildFailed(f"valgrind counted nothing: {told[-500:]}")
    return int(found[1].replace(",", ""))


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
    aws: Mapping[str, str]  # the environment that leads there

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
            **variables(_stack(handler or "describe_task"), function),
            **self.aws,
        }
        module = {"module": handler.partition(" ")[0]} if handler else {}
        paths = [str(self.package), str(self.runtime)]
        return Child({"paths": paths, **module, **asked}, environment)


def memory_bytes(handler: str) -> int:
    return int(_stack(handler)[_function(handler)]["Properties"]["MemorySize"]) * 2**20


def timeout_seconds(handler: str) -> int:
    return int(_stack(handler)[_function(handler)]["Properties"]["Timeout"])


def _function(handler: str) -> str:
    """Its logical id: one stem everywhere."""
    return handler.partition(" ")[0].title().replace("_", "") + "Function"


def _stack(handler: str) -> Resources:
    """With a webhook, with an app, or with acts."""
    slack = TOKEN if handler.endswith(" app") else WEBHOOK
    given = {**slack, "TimeZone": "Europe/Berlin"}
    return product().whole(TOKEN | ACTS if handler == "receive_click" else given)
