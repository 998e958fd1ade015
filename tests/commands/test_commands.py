"""Every command of every golden message, run by a POSIX shell and the AWS CLI itself."""

import json
import os
import re
import subprocess
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any, override

import pytest

from embedded.fake_iot import Call, FakeIot
from embedded.iot_registry import Registry
from embedded.iot_wire import Refused
from embedded.places import Place
from embedded.scenario import Answer, Scenario, TaskType

ROOT = Path(__file__).parents[2]
AWS = ROOT / ".tools" / "aws" / "bin"
EVENTS, GOLDEN = ROOT / "events", ROOT / "tests" / "golden"
HOSTILE = "detect-hostile-names"  # names that AWS itself would refuse
NAMES = sorted({path.parent.name for path in GOLDEN.glob("*/report.json")} - {HOSTILE})
AT_ONCE, FULL = 2, "LimitExceededException"
RUNNING = {"taskSummary": {"taskStatus": "IN_PROGRESS"}}

type Rows = list[dict[str, Any]]

pytestmark = pytest.mark.acceptance


class Account(FakeIot):
    """Of a message; its new tasks start, but only so many at once: until somebody has waited."""

    def __init__(self, name: str) -> None:
        self.report: dict[str, Any] = saved(GOLDEN / name / "report.json")
        found = saved(EVENTS / "executions" / f"{name}.json")
        self.rows: Rows = found.get("actionsExecutions", [])
        self.findings: Rows = found.get("findings", [])
        answer = saved(EVENTS / "describe" / f"{name}.json") if self.rows else {}
        task, step = (self.report["taskType"], self.report["taskId"]), Answer(answer or RUNNING)
        super().__init__(Scenario(*task, (step,), tuple(self.rows), tuple(self.findings)))
        self.running = 0

    @override
    def at(self, place: Place) -> FakeIot:
        assert place.region == self.report["region"]
        return self

    @override
    def _start(self, task_type: TaskType, asked: Any) -> Any:
        if asked["taskId"] in {call.parameters["taskId"] for call in self.started}:
            raise Refused("TaskAlreadyExistsException", f"Task {asked['taskId']} already exists")
        if self.running == AT_ONCE:
            self.running = 0
            raise Refused(FULL, "Too many tasks run", 410)
        self.running += 1
        return {"taskId": asked["taskId"]}

    def called(self, *operations: str) -> list[Call]:
        return [call for call in self.calls if call.operation in operations and not call.error]

    @property
    def started(self) -> list[Call]:
        return self.called("StartDetectMitigationActionsTask", "StartAuditMitigationActionsTask")

    @property
    def retried(self) -> Counter[tuple[str, str]]:
        """Each subject with each action that it is retried with."""
        found: Counter[tuple[str, str]] = Counter()
        for call in self.started:
            [ids] = call.parameters["target"].values()
            assert len(ids) <= 25
            by_check = call.parameters.get("auditCheckToActionsMapping", {})
            actions = call.parameters.get("actions") or [*chain(*by_check.values())]
            found.update((each, action) for each in ids for action in actions)
        return found


def saved(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def paste(commands: list[str], iot: FakeIot, folder: Path, complaint: str = "^$") -> str:
    """What a POSIX shell prints, where waits are none; what it complains of is the rest."""
    sleep = folder / "sleep"
    sleep.write_text("#!/bin/sh\n", encoding="utf-8")
    sleep.chmod(0o755)
    keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "x")
    place = {"PATH": f"{folder}:{AWS}:{os.environ['PATH']}", "HOME": str(folder)}
    shell = subprocess.run(
        ["sh", "-u", "-c", "\n".join(commands)],
        env={**keys, **place, "AWS_ENDPOINT_URL_IOT": iot.url, "AWS_PAGER": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=folder,
    )
    assert all(re.search(complaint, line) for line in shell.stderr.split("\n")), shell.stderr
    return shell.stdout


def subjects(rows: Rows | str) -> list[str]:
    """What each row is about, of JSON too."""
    text = rows if isinstance(rows, str) else json.dumps(rows)
    return re.findall(r'"(?:violation|finding)Id": "([^"]+)"', text)


def undone(title: str, registry: Registry, before: set[str]) -> set[str]:
    """What this undoes of the changes before: all of its kind; the rest is as it was."""
    kept = {
        "activate the device certificates, whatever deactivated them": registry.certificates,
        "activate the CA certificates": registry.authorities,
        "make the former policy versions default": registry.policies,
    }
    if (undo := title.removeprefix("Undo: ")) in kept:
        ours = before & kept[undo].keys()
    else:
        groups = undo.removeprefix("take the things out of ").split(", ")
        ours = {each for each in before if each.partition(" in ")[2] in groups}
    assert {*registry.changes()} == before - ours
    return ours


@pytest.mark.parametrize("name", NAMES)
def test_every_command_of_a_golden_message_does_what_its_title_says(
    name: str, tmp_path: Path
) -> None:
    for step in Account(name).report["nextSteps"]:
        title, commands = step["title"], step["commands"]
        with Account(name) as iot:
            before = {*iot.registry.changes()}
            printed = paste(commands, iot, tmp_path)
            assert {call.error for call in iot.calls} <= {None, FULL}
            assert iot.calls
            failed = [row for row in iot.rows if row["status"] == "FAILED"]
            operation = f"{iot.report['taskType'].capitalize()}MitigationActionsTask"
            match title:
                case "Look again":
                    assert iot.called(f"Describe{operation}")
                case "Cancel it (this rolls nothing back)":
                    assert iot.called(f"Cancel{operation}")
                case "See every row" | "See every failed row":
                    wanted = failed if "failed" in title else iot.rows
                    assert subjects(printed) == subjects(wanted)
                case "Check that a deny policy is attached":
                    assert len(iot.called("ListAttachedPolicies")) == len(commands)
                case "Audit again, to prove that the findings are gone":
                    [call] = iot.called("StartOnDemandAuditTask")
                    checks = [check["name"] for check in iot.report["checks"]]
                    assert call.parameters["targetCheckNames"] == checks
                case _ if title.startswith("Retry") and not iot.rows:  # a notice is saved without
                    assert iot.retried
                case _ if title.startswith("Retry"):
                    actions = [row["actionName"] for row in failed]
                    assert iot.retried == Counter(zip(subjects(failed), actions, strict=True))
                    if title.startswith("Retry all"):
                        names = [call.parameters["taskId"] for call in iot.started]
                        stem, count = names[0].removesuffix("-1"), len(names)
                        assert names == [f"{stem}-{n}" for n in range(1, count + 1)]
                        assert count > AT_ONCE  # so it has waited for free places
                    if title == "Retry all failed violations":  # a paste of findings takes long
                        assert "TaskAlreadyExists" in paste(commands, iot, tmp_path)
                        assert len(iot.started) == count  # nothing is started twice
                case _:
                    assert undone(title, iot.registry, before) or not iot.rows


def test_commands_with_hostile_names_reach_aws_and_nothing_else(tmp_path: Path) -> None:
    for step in Account(HOSTILE).report["nextSteps"]:
        with Account(HOSTILE) as iot:
            paste(step["commands"], iot, tmp_path, "^$|failed to satisfy constraint")
            assert iot.calls or not iot.rows
    assert [path.name for path in tmp_path.iterdir()] == ["sleep"]
