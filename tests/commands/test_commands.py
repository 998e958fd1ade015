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
from embedded.iot_wire import Refused
from embedded.places import HOME, Place
from embedded.scenario import Answer, Scenario, TaskType
from mitigation.causes import Details
from mitigation.commands import next_steps
from mitigation.kind import TaskType as TaskKind
from mitigation.place import Place as Where
from mitigation.task import Task, parse_task

ROOT = Path(__file__).parents[2]
AWS = ROOT / ".tools" / "aws" / "bin"
EVENTS, GOLDEN = ROOT / "events", ROOT / "tests" / "golden"
HOSTILE = "detect-hostile-names"  # names that AWS itself would refuse
NAMES = sorted({path.parent.name for path in GOLDEN.glob("*/report.json")} - {HOSTILE})
PLACE = Where.of_execution("arn:aws:states:eu-west-1:123456789012:execution:WatchTask:x")
AT_ONCE = 2
EXECUTED = {"SUCCESSFUL", "COMPLETED"}

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


def undone(title: str, iot: FakeIot, report: dict[str, Any], rows: Rows, findings: Rows) -> None:
    """Each row that was executed is undone, and no other."""
    kinds = {a["name"]: a["actionParams"] for a in report["actions"]}
    resources = {
        f["findingId"]: f.get("nonCompliantResource", {}).get("resourceIdentifier", {})
        for f in findings
    }

    def done(member: str) -> Rows:
        return [
            row
            for row in rows
            if row["status"] in EXECUTED and member in kinds.get(row["actionName"], {})
        ]

    if match := re.fullmatch("Undo: take the things out of (.+)", title):
        removed = {
            (call.parameters["thingGroupName"], call.parameters["thingName"])
            for call in called(iot, "RemoveThingFromThingGroup")
        }
        groups = match[1].split(", ")
        named = {row["thingName"] for row in done("addThingsToThingGroupParams")}
        assert removed == {(group, thing) for group in groups for thing in named}
    elif title.startswith("Undo: activate the device certificates"):
        calls = called(iot, "UpdateCertificate")
        assert {call.parameters["newStatus"] for call in calls} == {"ACTIVE"}
        assert {call.parameters["certificateId"] for call in calls} == {
            resources[row["findingId"]]["deviceCertificateId"]
            if "findingId" in row
            else f"{row['thingName'].encode().hex():0<64}"[:64]  # as the fake has it
            for row in done("updateDeviceCertificateParams")
        }
    else:
        assert title == "Undo: make the former policy versions default"
        versions = [call.parameters for call in called(iot, "SetDefaultPolicyVersion")]
        found = [
            resources[row["findingId"]]["policyVersionIdentifier"]
            for row in done("replaceDefaultPolicyVersionParams")
        ]
        assert sorted(map(str, versions)) == sorted({str(version) for version in found})


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
                case _:
                    undone(title, iot, report, rows, findings)


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


def retry_all(task: Task) -> list[str]:
    [step] = [
        step
        for step in next_steps(task, Details(cut=True), PLACE, running=False, readable=True)
        if step.title.startswith("Retry all")
    ]
    return [*step.commands]


def test_all_failed_violations_are_retried_in_batches_and_a_second_paste_starts_nothing(
    tmp_path: Path,
) -> None:
    rows = [
        {
            "violationId": f"v{n:03}",
            "thingName": f"sensor-{n}",
            "actionName": action,
            "status": "SUCCESSFUL" if n % 7 == 0 else "FAILED",
        }
        for n in range(60)
        for action in ("Quarantine", "Tell")[: 1 + n % 2]
    ]
    summary = {"taskStatus": "FAILED", "onlyActiveViolationsIncluded": True}
    task = parse_task({"taskSummary": summary}, TaskKind.DETECT, "big")
    wanted = Counter((subject(r), r["actionName"]) for r in rows if r["status"] == "FAILED")
    with account("detect", "big", rows, []) as iot:
        paste(retry_all(task), iot, tmp_path)
        assert retried(iot) == wanted
        calls = started(iot)
        names = [call.parameters["taskId"] for call in calls]
        assert names == [f"big-retry-{n}" for n in range(1, 6)]  # 51 of one action, 25 of the other
        assert all(call.parameters["includeOnlyActiveViolations"] for call in calls)
        assert "LimitExceededException" in {call.error for call in iot.calls}
        assert "TaskAlreadyExists" in paste(retry_all(task), iot, tmp_path)
        assert started(iot) == calls
