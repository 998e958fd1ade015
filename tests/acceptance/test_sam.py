"""The SAM CLI deploys, updates and deletes us, as people go: from a build, from what `make package`
wrote, and in `make smoke`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from embedded.deploy import STACK, deployed
from embedded.engine import Engine
from embedded.play import stack_parameters, start_task
from tests.support import stacks
from tests.support.product import ROOT
from tests.support.sam import BIN, built_project, sam

pytestmark = pytest.mark.acceptance

FIRST, SECOND = "first-7", "second-8"
SMOKE_SECONDS = 300


def test_a_stack_is_deployed_used_updated_in_use_and_deleted() -> None:
    first = stacks.task("detect", FIRST, "SUCCESSFUL")
    second = stacks.task("detect", SECOND, "IN_PROGRESS")
    with Engine([first, second], auth=True, started=False) as engine:
        parameters = stack_parameters(engine)
        del parameters["SweepMinutes"]  # people leave it as it is
        before = stacks.everything(engine)

        deploy(engine, parameters)
        made = deployed(engine.client("cloudformation"), STACK).resources
        start_task(engine, first)
        assert stacks.ended_watches(engine, made) == {f"detect-{FIRST}": "SUCCEEDED"}
        assert [len(messages) for messages in told(engine, FIRST)] == [1, 1]

        start_task(engine, second)
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

        sam(built_project(), "delete", "--no-prompts", environment=engine.environment())
        assert stacks.everything(engine) - before == set()
        s3 = engine.client("s3")
        for bucket in s3.list_buckets()["Buckets"]:
            assert s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []) == []


def deploy(engine: Engine, parameters: Mapping[str, str]) -> None:
    given = [f"{name}={value}" for name, value in parameters.items()]
    options = ("--no-confirm-changeset", "--parameter-overrides", *given)
    sam(built_project(), "deploy", *options, environment=engine.environment())


def told(engine: Engine, task_id: str) -> tuple[list[str], list[str]]:
    """The e-mails, and the posts to Slack, that are about this task."""
    mails = [f"{mail['subject']}\n{mail['body']}" for mail in engine.mail]
    posts = [json.dumps(post.payload) for post in engine.slack.posts if post.status == 200]
    return [m for m in mails if task_id in m], [p for p in posts if task_id in p]


def looks_at(engine: Engine, task_id: str) -> int:
    looks = [call for call in engine.iot.calls if call.operation.startswith("Describe")]
    return sum(look.parameters.get("taskId") == task_id for look in looks)


# --- What `make package` writes deploys as it is, from a folder that holds nothing else ----------


@pytest.fixture(scope="module")
def dist() -> Path:
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    subprocess.run(["make", "package"], cwd=ROOT, check=True, env={**os.environ, "PATH": path})
    return ROOT / "dist"


def test_it_is_our_templates_and_one_zip_and_the_same_for_the_same_code(dist: Path) -> None:
    templates = {f"{name}.json" for name in ("template", "acting", "amazon_q")}
    assert {path.name for path in dist.iterdir()} == {*templates, "member.yaml", "functions.zip"}
    assert (dist / "member.yaml").read_bytes() == (ROOT / "member.yaml").read_bytes()
    for name in templates:
        text = (dist / name).read_text(encoding="utf-8")
        assert set(re.findall(r'"(?:Code|Definition)Uri": ("[^"]*")', text)) <= {'"functions.zip"'}
    first = (dist / "functions.zip").read_bytes()
    subprocess.run(["make", "package"], cwd=ROOT, check=True)
    assert (dist / "functions.zip").read_bytes() == first


def test_it_deploys_and_tells(dist: Path, tmp_path: Path) -> None:
    """`sam deploy` without a build is `aws cloudformation package` and `deploy`."""
    task = stacks.task("detect", "released-7", "FAILED")
    with Engine([task], auth=True, started=False) as engine:
        sam(
            shutil.copytree(dist, tmp_path / "dist"),
            "deploy",
            *("--template-file", "template.json", "--stack-name", "released"),
            *("--capabilities", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND", "--resolve-s3"),
            *("--parameter-overrides", "EmailAddress=on-call@example.com"),
            environment=engine.environment(),
        )
        made = deployed(engine.client("cloudformation"), "released").resources
        start_task(engine, task)
        assert stacks.ended_watches(engine, made) == {"detect-released-7": "SUCCEEDED"}
        assert [mail["subject"] for mail in engine.mail] == ["[FAILED] released-7: the task failed"]


def test_a_smoke_run_deploys_gets_its_message_and_leaves_nothing() -> None:
    """What `make smoke` does in a real account, it does in the embedded one."""
    with Engine(speed=50) as engine:
        before = stacks.everything(engine)
        done = subprocess.run(
            [sys.executable, "-m", "ops.smoke", "--yes"],
            cwd=ROOT,
            env={**os.environ, **engine.environment(), "SAM_CLI_POLL_DELAY": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SMOKE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert report["verdict"] == "VANISHED"
        assert report["taskId"].startswith("smoke-no-such-task-")
        assert "All is deleted" in done.stderr
        assert stacks.everything(engine) - before == set()
        assert engine.client("s3").list_buckets()["Buckets"] == []
        found = engine.client("cloudformation").list_stacks()["StackSummaries"]
        assert {stack["StackStatus"] for stack in found} <= {"DELETE_COMPLETE"}
