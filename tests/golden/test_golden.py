"""Each saved input has its expected messages; `UPDATE_GOLDEN=1 make test` writes them anew.

`events/describe` holds Describe answers, with their action executions in `events/executions`;
`events/notify` holds inputs of Notify, for the verdicts that come from no single answer. A diff in
a golden file is explained in the commit that brings it.
"""

import json
import os
from pathlib import Path

import pytest

from local.saved import read_saved
from mitigation.decision import Decision, Look, Memory
from mitigation.kind import TaskStatus
from mitigation.messages import amazon_q, data, email, slack, slack_thread, sms, sns
from mitigation.notice import Notice
from mitigation.place import Place
from mitigation.report import Report, Verdict
from mitigation.watch import StartedBy
from mitigation.words import Clock

GOLDEN = Path(__file__).parent
EVENTS = GOLDEN.parents[1] / "events"
DESCRIBE = {path.stem: path for path in sorted((EVENTS / "describe").glob("*.json"))}
NOTIFY = {path.stem: path for path in sorted((EVENTS / "notify").glob("*.json"))}
MACHINE = "arn:aws:states:eu-west-1:123456789012:execution:WatchTask"
ADA = StartedBy("arn:aws:sts::123456789012:assumed-role/SecOps/ada", "203.0.113.7", None)
OVERDUE = Look(Decision.STILL_RUNNING, 60, Memory(age_seconds=3_672))
FIRST = Look(Decision.WAIT, 5, Memory(age_seconds=5))
GIVEN_UP = Look(Decision.GAVE_UP, 0, Memory(age_seconds=604_800))


def report_on_answer(name: str, look: Look | None = None) -> Report:
    rows = EVENTS / "executions" / f"{name}.json"
    task, details = read_saved(DESCRIBE[name], rows if rows.exists() else None)
    if not (look or task.is_terminal):
        look = OVERDUE if task.has_known_status else GIVEN_UP
    place = Place.of_execution(f"{MACHINE}:{task.type}-{task.id}", "production")
    return Report.of(task, look=look, details=details, started_by=ADA, place=place)


def report_on_notice(name: str) -> Report:
    event = json.loads(NOTIFY[name].read_text(encoding="utf-8"))
    aliases = {"210987654321": "fleet-us"} if "member" in name else None
    return Notice.parse(event, account_alias="production", member_aliases=aliases).report


def messages(report: Report) -> dict[str, str]:
    """What every channel is given, by the name of the golden file."""
    mail = email.render(report, Clock())
    told = slack_thread.verdict if report.look.decision.is_final else slack_thread.running
    thread = [told(report, Clock()), slack_thread.rest(report, Clock(), has_email=False)]
    return {
        "email.txt": f"Subject: {mail.subject}\n\n{mail.body}\n",
        "sms.txt": f"{sms.render(report)}\n",
        "slack.json": written(slack.render(report, Clock()).payload),
        "slack-thread.json": written([message.payload for message in thread]),
        "report.json": written(json.loads(data.render(report))),
        "amazon-q.json": written(amazon_q.render(report, Clock())),
        "attributes.json": written(sns.attributes(report)),
    }


def written(content: object, indent: int = 2) -> str:
    return json.dumps(content, indent=indent, ensure_ascii=False) + "\n"


def check(folder: Path, rendered: dict[str, str]) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        folder.mkdir(exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        for name, text in rendered.items():
            (folder / name).write_text(text, encoding="utf-8")
    expected = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*")}
    assert rendered == expected


@pytest.mark.parametrize("name", DESCRIBE)
def test_a_saved_answer_reads_as_expected(name: str) -> None:
    rendered = messages(report_on_answer(name))
    first = report_on_answer(name, FIRST)
    if first.task.status == TaskStatus.IN_PROGRESS:
        start = json.loads(amazon_q.start(first, Clock()).body)["default"]
        rendered["amazon-q-start.json"] = written(json.loads(start))
    check(GOLDEN / name, rendered)


@pytest.mark.parametrize("name", NOTIFY)
def test_a_saved_notice_reads_as_expected(name: str) -> None:
    check(GOLDEN / name, messages(report_on_notice(name)))


def test_every_verdict_and_every_reason_to_tell_people_has_its_golden() -> None:
    reports = [*map(report_on_answer, DESCRIBE), *map(report_on_notice, NOTIFY)]
    assert {report.verdict for report in reports} == {*Verdict}
    assert {report.look.decision for report in reports} == {*Decision} - {Decision.WAIT}


def test_every_golden_folder_and_every_list_of_action_executions_belongs_to_one_input() -> None:
    folders = [path.name for path in GOLDEN.iterdir() if path.is_dir() and path.name[0] != "_"]
    assert sorted(folders) == sorted([*DESCRIBE, *NOTIFY])
    assert {path.stem for path in (EVENTS / "executions").glob("*.json")} <= set(DESCRIBE)
