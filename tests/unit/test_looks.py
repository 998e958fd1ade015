"""How messages look: what is told once, what gives way, what stays calm."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from embedded.slack_limits import texts
from mitigation.causes import Row, Tally
from mitigation.kind import TaskType
from mitigation.messages import amazon_q, email, slack
from mitigation.place import Place
from mitigation.report import Report
from mitigation.task import parse_task
from mitigation.words import Clock

PLACE = Place.of_execution("arn:aws:states:eu-west-1:123456789012:execution:W:detect-t")
SNS = {"publishFindingToSnsParams": {"topicArn": "arn:aws:sns:eu-west-1:123456789012:findings"}}
GROUP = {"addThingsToThingGroupParams": {"thingGroupNames": ["quarantine"]}}


def report_of(*rows: Row, **summary: Any) -> Report:
    task = parse_task({"taskSummary": {"taskId": "t", **summary}}, TaskType.DETECT)
    tally = Tally()
    tally.add(rows)
    return Report.of(task, details=tally.details() if rows else None, place=PLACE)


def failed_row(violation_id: str, error_code: str | None = "Denied", message: str = "no") -> Row:
    return Row("FAILED", violation_id, f"thing-{violation_id}", "Tell", None, error_code, message)


def blocks_of(report: Report) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = json.loads(
        json.dumps(slack.render(report, Clock()).payload["blocks"])
    )
    return blocks


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", "from 2026-11-22 08:00 to 10:00 UTC"),
        ("Africa/Abidjan", "from 2026-11-22 08:00 to 10:00 UTC"),
        ("Europe/Berlin", "from 2026-11-22 09:00 to 11:00 CET (08:00 to 10:00 UTC)"),
        ("America/Sao_Paulo", "from 2026-11-22 05:00 to 07:00 UTC-03 (08:00 to 10:00 UTC)"),
        (
            "Pacific/Kiritimati",
            "from 2026-11-22 22:00 to 2026-11-23 00:00 UTC+14 (08:00 to 10:00 UTC)",
        ),
        (
            "Pacific/Pago_Pago",
            "from 2026-11-21 21:00 to 23:00 SST (2026-11-22 08:00 to 10:00 UTC)",
        ),
    ],
)
def test_a_range_names_dates_and_zones_once(zone: str, expected: str) -> None:
    start, end = (datetime(2026, 11, 22, hour, tzinfo=UTC) for hour in (8, 10))
    assert Clock(ZoneInfo(zone)).range(start, end) == expected


def test_a_range_over_the_end_of_summer_time_names_both_zones() -> None:
    start, end = datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)
    assert Clock(ZoneInfo("Europe/Berlin")).range(start, end) == (
        "from 2026-10-24 14:00 CEST to 2026-10-25 13:00 CET (12:00 to 2026-10-25 12:00 UTC)"
    )


def test_a_moment_at_the_end_of_the_calendar_is_shown_in_utc() -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert Clock(ZoneInfo("Asia/Tokyo")).show(last) == "9999-12-31 23:59:59 UTC"


def test_what_happened_is_not_told_twice_in_the_first_lines() -> None:
    canceled = report_of(
        taskStatus="CANCELED",
        taskStatistics={"actionsExecuted": 4, "actionsSkipped": 1, "actionsFailed": 0},
    )
    assert email.render(canceled, Clock()).body.split("\n")[:2] == [
        "CANCELED after 4 mitigation actions; nothing is rolled back",
        "4 actions executed, 0 failed, 1 skipped",
    ]
    both = report_of(
        taskStatus="CANCELED",
        taskStatistics={"actionsExecuted": 4, "actionsSkipped": 0, "actionsFailed": 1},
    )
    body = email.render(both, Clock()).body
    assert body.split("\n")[:2] == [
        "FAILED: canceled; 1 of 5 mitigation actions failed",
        "1 action failed, 4 executed, 0 skipped",
    ]
    assert "\nCanceling rolls nothing back.\n" in body
    failed = report_of(taskStatus="FAILED", taskStatistics={"actionsFailed": 2})
    assert email.render(failed, Clock()).body.split("\n")[0] == "FAILED: all 2 actions failed"


@pytest.mark.parametrize(
    ("executed", "failed", "whole", "expected"),
    [
        (8, 3, 12, "🟥🟥🟥🟩🟩🟩🟩🟩🟩🟩🟩⬜"),
        (99_999, 1, 100_000, "🟥🟩🟩🟩🟩🟩🟩🟩🟩🟩🟩🟩"),
        (1, 99_998, 100_000, "🟥🟥🟥🟥🟥🟥🟥🟥🟥🟥🟩⬜"),
        (0, 0, 3, "⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜"),
        (1, 1, 3, "🟥🟥🟥🟥🟩🟩🟩🟩⬜⬜⬜⬜"),
    ],
)
def test_the_bar_has_a_square_for_every_share(
    executed: int, failed: int, whole: int, expected: str
) -> None:
    assert slack.bar(executed, failed, whole) == expected


def test_a_long_name_gives_way_to_what_happened() -> None:
    report = report_of(taskId="x" * 128, taskStatus="FAILED", taskStatistics={"actionsFailed": 25})
    header = blocks_of(report)[0]["text"]["text"]
    assert len(header) <= 150
    assert header.endswith("x…: all 25 mitigation actions failed")


def test_the_first_screen_is_followed_by_small_print_and_the_commands_come_last() -> None:
    report = report_of(
        failed_row("v1"),
        taskStatus="FAILED",
        taskStatistics={"actionsExecuted": 1, "actionsFailed": 1},
        target={"securityProfileName": "Fleet"},
        actionsDefinition=[{"name": "Quarantine", "id": "a-1", "actionParams": GROUP}],
    )
    order = [
        "1 of 2 mitigation actions failed",
        "🟥🟥🟥🟥🟥🟥🟩🟩🟩🟩🟩🟩\n*1 failed* (50 %) · *1 executed* (50 %)",
        "*Denied* (1): `thing-v1`",
        "Security profile Fleet",
        "Account 123456789012, region eu-west-1",
        "A thing group enforces nothing by itself",
        "|Execution>",
        "1. Quarantine: adds the things",
        "Quarantine: a-1",
        *(f"*{step.title}*" for step in report.next_steps),
    ]
    text = "\n".join(text["text"] for text in texts(blocks_of(report)))
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert len(report.next_steps) == 4
    shown = text.replace("&amp;", "&").replace("&gt;", ">")
    for step in report.next_steps:
        assert "\n".join(step.commands) in shown


def test_arns_are_code_in_slack_so_that_no_part_of_them_becomes_an_emoji() -> None:
    report = report_of(
        taskStatus="SUCCESSFUL",
        actionsDefinition=[
            {"name": "Tell", "roleArn": "arn:aws:iam::1:role/Tell", "actionParams": SNS}
        ],
    )
    payload = json.dumps([block for block in blocks_of(report) if "|Execution>" not in str(block)])
    assert payload.count("arn:") == 2
    assert payload.count("`arn:aws:sns:eu-west-1:123456789012:findings`") == 1
    assert payload.count("`arn:aws:iam::1:role/Tell`") == 1


def test_a_name_cannot_end_the_code_block_of_a_command() -> None:
    report = report_of(
        taskStatus="SUCCESSFUL",
        taskStatistics={"actionsExecuted": 1},
        actionsDefinition=[
            {
                "name": "Q",
                "actionParams": {"addThingsToThingGroupParams": {"thingGroupNames": ["a```b"]}},
            }
        ],
    )
    commands = [command for step in report.next_steps for command in step.commands]
    assert any(r"a\u0060\u0060\u0060b" in command for command in commands)
    assert "`" not in "".join(commands)


def test_a_cause_without_a_code_is_known_by_its_message() -> None:
    report = report_of(
        failed_row("v1", None, "It is gone"),
        taskStatus="FAILED",
        taskStatistics={"actionsFailed": 1},
    )
    body = email.render(report, Clock()).body
    assert "\n  It is gone (1): thing-v1\n" in body
    assert '"It is gone"' not in body


def test_a_count_that_only_few_tasks_have_is_not_shown_alone() -> None:
    checks = {"A_CHECK": {"canceledFindingsCount": 0}}
    task = parse_task({"taskStatus": "COMPLETED", "taskStatistics": checks}, TaskType.AUDIT, "t")
    assert all(block.get("fields") != [] for block in blocks_of(Report.of(task, place=PLACE)))


def test_ids_come_late_in_the_email_and_account_and_region_on_every_channel() -> None:
    report = report_of(taskStatus="SUCCESSFUL", target={"violationIds": ["v-1", "v-2"]})
    body = email.render(report, Clock()).body
    assert body.index("\n2 violations\n") < body.index("v-1, v-2") < body.index("\nNext\n")
    notification = amazon_q.render(report, Clock())
    for text in (body, str(blocks_of(report)), str(notification)):
        assert "Account 123456789012, region eu-west-1" in text
