"""Every command of every golden message, run by a POSIX shell and the AWS CLI itself."""

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, override

import pytest

from embedded.fake_iot import Call, FakeIot
from embedded.iot_registry import Registry
from embedded.iot_wire import Refused
from embedded.places import HOME, Place
from embedded.scenario import Answer, Scenario, TaskType

ROOT = Path(__file__).parents[2]
AWS = ROOT / ".tools" / "aws" / "bin"
EVENTS, GOLDEN = ROOT / "events", ROOT / "tests" / "golden"
HOSTILE = "detect-hostile-names"  # names that AWS itself would refuse
NAMES = sorted({path.parent.name for path in GOLDEN.glob("*/report.json")} - {HOSTILE})
AT_ONCE = 2

type Rows = list[dict[str, Any]]

pytestmark = pytest.mark.acceptance


class Account(FakeIot):
    """New tasks start, of which only so many run at once: until somebody has waited."""

    running = 0
    region = HOME.region

    @override
    def at(self, place: Place) -> FakeIot:
        assert place.region == self.region
        return self

    @override
    def _start(self, task_type: TaskType, asked: Any) -> Any:
        if asked["taskId"] in {call.parameters["taskId"] for call in started(self)}:
            raise Refused("TaskAlreadyExistsException", f"Task {asked['taskId']} already exists")
        if self.running == AT_ONCE:
            self.running = 0
            raise Refused("LimitExceededException", "Too many tasks run", 410)
        self.running += 1
        return {"taskId": asked["taskId"]}


def started(iot: FakeIot) -> list[Call]:
    return called(iot, "StartDetectMitigationActionsTask", "StartAuditMitigationActionsTask")


def called(iot: FakeIot, *operations: str) -> list[Call]:
    return [call for call in iot.calls if call.operation in operations and not call.error]


@contextmanager
def account(
    task_type: TaskType,
    task_id: str,
    rows: Rows,
    findings: Rows,
    region: str = HOME.region,
    answer: dict[str, Any] | None = None,
) -> Iterator[Account]:
    step = Answer(answer or {"taskSummary": {"taskStatus": "IN_PROGRESS"}})
    scenario = Scenario(task_type, task_id, (step,), tuple(rows), tuple(findings))
    with Account(scenario) as iot:
        iot.region = region
        yield iot


def paste(commands: list[str], iot: FakeIot, folder: Path) -> str:
    """What a POSIX shell prints, which has no complaint; waits are none here."""
    shell = run(commands, iot, folder)
    assert shell.stderr == ""
    assert shell.returncode == 0
    expected = (None, "LimitExceededException", "TaskAlreadyExistsException")
    assert {call.error for call in iot.calls} <= {*expected}
    return shell.stdout


def run(commands: list[str], iot: FakeIot, folder: Path) -> subprocess.CompletedProcess[str]:
    sleep = folder / "sleep"
    sleep.write_text("#!/bin/sh\n", encoding="utf-8")
    sleep.chmod(0o755)
    environment = {
        "PATH": f"{folder}:{AWS}:{os.environ['PATH']}",
        "HOME": str(folder),
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_ENDPOINT_URL_IOT": iot.url,
        "AWS_PAGER": "",
    }
    return subprocess.run(
        ["sh", "-u", "-c", "\n".join(commands)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=folder,
    )


def documents(printed: str) -> Rows:
    """The rows of one JSON document after the other."""
    rows: Rows = []
    decoder, printed = json.JSONDecoder(), printed.strip()
    while printed:
        found, end = decoder.raw_decode(printed)
        rows += found if isinstance(found, list) else found["actionsExecutions"]
        printed = printed[end:].lstrip()
    return rows


def saved(name: str) -> tuple[Rows, Rows]:
    path = EVENTS / "executions" / f"{name}.json"
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return content.get("actionsExecutions", []), content.get("findings", [])


def subject(row: dict[str, Any]) -> str:
    return str(row.get("violationId") or row.get("findingId"))


def retried(iot: FakeIot) -> Counter[tuple[str, str]]:
    """Each subject with each action that it is retried with."""
    found: Counter[tuple[str, str]] = Counter()
    for call in started(iot):
        [ids] = call.parameters["target"].values()
        assert len(ids) <= 25
        by_check = call.parameters.get("auditCheckToActionsMapping", {})
        actions = call.parameters.get("actions") or [a for each in by_check.values() for a in each]
        found.update((each, action) for each in ids for action in actions)
    return found


def undone(title: str, registry: Registry, before: set[str]) -> set[str]:
    """What this undoes of the changes before: all of its kind; the rest is as it was."""
    if match := re.fullmatch("Undo: take the things out of (.+)", title):
        groups = match[1].split(", ")
        ours = {each for each in before if each.partition(" in ")[2] in groups}
    else:
        kept = {
            "Undo: activate the device certificates, whatever deactivated them": (
                registry.certificates
            ),
            "Undo: activate the CA certificates": registry.authorities,
            "Undo: make the former policy versions default": registry.policies,
        }[title]
        ours = before & kept.keys()
    assert {*registry.changes()} == before - ours
    return ours


def waits_for_free_places(iot: FakeIot) -> None:
    names = [call.parameters["taskId"] for call in started(iot)]
    stem = names[0].removesuffix("-1")
    assert names == [f"{stem}-{n}" for n in range(1, len(names) + 1)]
    assert len(names) > AT_ONCE
    assert "LimitExceededException" in {call.error for call in iot.calls}


def starts_nothing_twice(commands: list[str], iot: FakeIot, folder: Path) -> None:
    calls = started(iot)
    assert "TaskAlreadyExists" in paste(commands, iot, folder)
    assert started(iot) == calls


@pytest.mark.parametrize("name", NAMES)
def test_every_command_of_a_golden_message_does_what_its_title_says(
    name: str, tmp_path: Path
) -> None:
    report = json.loads((GOLDEN / name / "report.json").read_text(encoding="utf-8"))
    rows, findings = saved(name)
    saved_answer = EVENTS / "describe" / f"{name}.json"
    answer = json.loads(saved_answer.read_text(encoding="utf-8")) if rows else None
    failed = [row for row in rows if row["status"] == "FAILED"]
    operation = f"{report['taskType'].capitalize()}MitigationActionsTask"
    for step in report["nextSteps"]:
        title, commands = step["title"], step["commands"]
        region = report["region"]
        task = report["taskType"], report["taskId"]
        with account(*task, rows, findings, region, answer) as iot:
            before = {*iot.registry.changes()}
            printed = paste(commands, iot, tmp_path)
            assert iot.calls
            match title:
                case "Look again":
                    assert called(iot, f"Describe{operation}")
                case "Cancel it (this rolls nothing back)":
                    assert called(iot, f"Cancel{operation}")
                case "See every row" | "See every failed row":
                    wanted = failed if "failed" in title else rows
                    assert [subject(row) for row in documents(printed)] == [*map(subject, wanted)]
                case "Check that a deny policy is attached":
                    assert len(called(iot, "ListAttachedPolicies")) == len(commands)
                case "Audit again, to prove that the findings are gone":
                    [call] = called(iot, "StartOnDemandAuditTask")
                    assert call.parameters["targetCheckNames"] == [
                        check["name"] for check in report["checks"]
                    ]
                case _ if title.startswith("Retry") and not rows:  # a notice is saved without them
                    assert retried(iot)
                case _ if title.startswith("Retry"):
                    assert retried(iot) == Counter((subject(r), r["actionName"]) for r in failed)
                    if title.startswith("Retry all"):
                        waits_for_free_places(iot)
                    if title == "Retry all failed violations":  # a paste of findings takes long
                        starts_nothing_twice(commands, iot, tmp_path)
                case _:
                    assert undone(title, iot.registry, before) or not rows


def test_commands_with_hostile_names_reach_aws_and_nothing_else(tmp_path: Path) -> None:
    report = json.loads((GOLDEN / HOSTILE / "report.json").read_text(encoding="utf-8"))
    rows, findings = saved(HOSTILE)
    for step in report["nextSteps"]:
        with account("detect", report["taskId"], rows, findings) as iot:
            shell = run(step["commands"], iot, tmp_path)
        assert iot.calls or not rows
        for line in filter(None, shell.stderr.split("\n")):
            assert "failed to satisfy constraint" in line
    assert [path.name for path in tmp_path.iterdir()] == ["sleep"]
