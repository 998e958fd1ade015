"""The functions as Lambda has them: the built folder, and the runtime's boto3 beside it."""

import importlib.util
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import FUNCTIONS, ROOT
from tests.support.product import REGION
from tests.support.stack import Stack

# What the Lambda runtime brings.
RUNTIME = ("boto3", "botocore", "s3transfer", "urllib3", "dateutil", "jmespath", "six.py")
HANDLERS = {
    "start_watch": "StartWatchFunction",
    "sweep": "SweepFunction",
    "describe_task": "DescribeTaskFunction",
    "notify": "NotifyFunction",
}
SLACK_SECRET = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:slack-a1b2c3"


class BuildFailed(Exception):  # noqa: N818  reads as what happened
    """What make said."""


@dataclass(frozen=True, slots=True)
class Artifact:
    package: Path
    runtime: Path

    @property
    def paths(self) -> list[str]:
        return [str(self.package), str(self.runtime)]


def build(folder: Path) -> Artifact:
    """Build into `folder` as `sam build` does: with functions/Makefile."""
    package, runtime = folder / "package", folder / "runtime"
    package.mkdir()
    pip = ROOT / ".tools" / "sam" / "bin"
    done = subprocess.run(
        ["make", "--silent", "-C", FUNCTIONS, "build-Functions", f"ARTIFACTS_DIR={package}"],
        env={**os.environ, "PATH": f"{pip}{os.pathsep}{os.environ.get('PATH', os.defpath)}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildFailed(done.stderr.strip())
    return Artifact(package, link_runtime(runtime))


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


def environment(handler: str, extra: Mapping[str, str]) -> dict[str, str]:
    """What the template gives the function, and Lambda itself."""
    stack = Stack({"SlackWebhookSecretArn": SLACK_SECRET, "TimeZone": "Europe/Berlin"}, {})
    return {
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_NAME": handler,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PATH": os.defpath,
        **stack.environment(HANDLERS[handler]),
        **extra,
    }


def memory_bytes(handler: str) -> int:
    return int(Stack({}, {}).properties(HANDLERS[handler])["MemorySize"]) * 2**20


def timeout_seconds(handler: str) -> int:
    return int(Stack({}, {}).properties(HANDLERS[handler])["Timeout"])
