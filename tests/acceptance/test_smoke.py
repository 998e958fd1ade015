"""`make smoke` from start to end: what it does in a real account, it does in the embedded one."""

import json
import os
import subprocess
import sys

import pytest

from embedded.engine import Engine
from embedded.process import ROOT

LIMIT_SECONDS = 300


@pytest.mark.acceptance
def test_a_smoke_run_deploys_gets_its_message_and_leaves_nothing() -> None:
    with Engine(speed=50) as engine:
        done = subprocess.run(
            [sys.executable, "-m", "ops.smoke", "--yes"],
            cwd=ROOT,
            env={**os.environ, **engine.environment(), "SAM_CLI_POLL_DELAY": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )

        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert report["verdict"] == "VANISHED"
        assert report["taskId"].startswith("smoke-no-such-task-")
        assert "All is deleted" in done.stderr
        stacks = engine.client("cloudformation").list_stacks()["StackSummaries"]
        assert {stack["StackStatus"] for stack in stacks} <= {"DELETE_COMPLETE"}
        assert engine.client("s3").list_buckets()["Buckets"] == []
        assert engine.client("sqs").list_queues().get("QueueUrls", []) == []
        topics = engine.client("sns")
        assert topics.list_topics()["Topics"] == []
        assert topics.list_subscriptions()["Subscriptions"] == []
        assert engine.logs() == {}
