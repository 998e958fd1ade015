"""The Slack message: Block Kit within every limit, tested at each boundary; nobody is pinged."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from embedded.slack_limits import read_payload, texts
from mitigation.causes import Details, RetryBatch
from mitigation.messages import block_kit, sections, slack
from mitigation.messages.block_kit import cut_escaped, escape
from mitigation.place import Place
from mitigation.report import Report
from mitigation.task import Task
from mitigation.watch import StartedBy
from mitigation.words import Clock
from tests.support.block_kit import problems, without_links
from tests.support.details import fold, row
from tests.support.tasks import audit, detect

MORNING = datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)
ARN = "arn:aws:states:eu-west-1:123456789012:execution:WatchTask:detect-quarantine-7"


def payload_of(task: Task, **more: Any) -> dict[str, Any]:
    """The payload, which Slack takes."""
    rendered = slack.render(Report.of(task, **more), Clock()).payload
    payload = read_payload(json.dumps(rendered).encode())
    assert problems(payload) == []
    return payload


def seen(payload: dict[str, Any]) -> str:
    return "\n".join(text["text"] for text in texts(payload["blocks"]))


@pytest.mark.parametrize(
    ("text", "length", "cut"),
    [
        ("a&amp;b", 7, "a&amp;b"),
        ("a&amp;bc", 7, "a&amp;…"),
        ("a&amp;bc", 6, "a…"),
        ("a&amp;bc", 4, "a…"),
        ("a&amp;bc", 3, "a…"),
        ("&lt;&lt;", 5, "&lt;…"),
        ("&lt;&lt;", 4, "…"),
        ("a & b", 5, "a & b"),
    ],
)
def test_escaped_text_is_never_cut_in_the_middle_of_an_escape(
    text: str, length: int, cut: str
) -> None:
    assert cut_escaped(text, length) == cut
    assert len(cut) <= length


def test_text_is_escaped_before_it_is_cut() -> None:
    assert escape("<!channel> & \u202e") == r"&lt;!channel&gt; &amp; \u202e"
    header = payload_of(detect("FAILED", taskId="<" * 128, failed=3))["blocks"][0]
    assert len(header["text"]["text"]) <= 150
    assert header["text"]["text"].endswith("&lt;…: all 3 mitigation actions failed")


@pytest.mark.parametrize("length", range(3_990, 4_010))
def test_a_line_longer_than_a_section_is_broken_and_all_of_it_is_there(length: int) -> None:
    line = ("abc&amp;, " * 1_000)[:length]
    blocks = [*block_kit.texts([line])]
    pieces = [block["text"]["text"] for block in blocks if isinstance(block["text"], dict)]
    assert len(pieces) == 2
    assert all(len(str(piece)) <= 3_000 for piece in pieces)
    assert " ".join(map(str, pieces)) in (line, line.rstrip())


def test_lines_fill_sections_to_the_last_character() -> None:
    [one] = block_kit.texts(["a" * 1_499, "b" * 1_500])
    assert one == block_kit.section(f"{'a' * 1_499}\n{'b' * 1_500}")
    assert len([*block_kit.texts(["a" * 1_500, "b" * 1_500])]) == 2


def test_blocks_that_do_not_fit_are_left_out_and_it_is_said() -> None:
    short, long, rest = map(block_kit.section, ("short", "l" * 9, "rest"))
    assert [*block_kit.fitting([short, long], 14, rest)] == [short, long]
    assert [*block_kit.fitting([long, short], 13, rest)] == [long, rest]
    assert [*block_kit.fitting([long, short], 8, rest)] == [short, rest]


def test_a_message_that_is_too_long_keeps_its_headline_place_links_and_commands() -> None:
    checks = {f"CHECK_{n}_{'X' * 300}": {"totalFindingsCount": 1} for n in range(60)}
    place = Place.of_execution(ARN)
    payload = payload_of(audit(taskStatistics=checks), place=place)
    assert payload["blocks"][0]["type"] == "header"
    for kept in (
        "Account 123456789012, region eu-west-1",
        f"<{place.iot_console}|AWS IoT console>",
        "Too long for Slack, in the e-mail: more small print",
        "*Look again*",
    ):
        assert kept in seen(payload)


def test_an_email_is_spoken_of_only_where_there_is_one() -> None:
    retries = (RetryBatch("C", ("A",), tuple(f"{n:0>128}" for n in range(25))),)
    report = Report.of(audit("FAILED"), details=Details(retries=retries, failed_subjects=25))
    [*_, small] = slack.commands(report, has_email=True)
    assert small == block_kit.context(
        "Too long for Slack, in the e-mail: Retry the 25 failed findings"
    )
    [*_, small] = slack.commands(report, has_email=False)
    assert small == block_kit.context("Too long for Slack: Retry the 25 failed findings")


@pytest.mark.parametrize(
    "name",
    [
        "<!channel>",
        "<!here|x>",
        "<@U012AB3CD>",
        "<#C01>",
        "<https://evil.example|click>",
        "&lt;!here>",
    ],
)
def test_nobody_is_pinged_by_a_name(name: str) -> None:
    task = detect(
        name,
        taskId=name,
        target={"securityProfileName": name, "behaviorName": name, "violationIds": [name]},
        actionsDefinition=[{"name": name, "id": name, "roleArn": name}],
    )
    details = fold(
        row(error_code=name, name=name, message=name, subject_id=name, action_name=name),
        row("SKIPPED", error_code=name, name=name),
    )
    payload = payload_of(task, details=details)
    for line in map(without_links, [payload["text"], seen(payload)]):
        assert "<" not in line
        assert ">" not in line
    for text in texts(payload["blocks"]):
        assert text["type"] == "plain_text" or text["verbatim"] is True


def test_nothing_that_is_linked_is_unfurled() -> None:
    payload = payload_of(detect())
    assert payload["unfurl_links"] is False
    assert payload["unfurl_media"] is False


def test_the_fallback_tells_label_name_and_headline() -> None:
    payload = payload_of(detect("FAILED", executed=8, skipped=1, failed=3))
    assert payload["text"] == "[FAILED] quarantine-7: 3 of 12 mitigation actions failed"


def test_without_its_layout_a_message_is_calm_too_and_leads_to_the_same_pages() -> None:
    place = Place.of_execution(ARN)
    report = Report.of(detect("FAILED", taskId="<!channel>"), place=place)
    payload = read_payload(json.dumps(slack.without_layout(report, "no_blocks").payload).encode())
    text = payload["text"]
    assert text.startswith("[FAILED] &lt;!channel&gt;: the task failed\n_Slack refused the layout")
    assert text.endswith(
        f"<{place.iot_console}|AWS IoT console> · <{place.execution_console}|Execution>"
    )
    assert payload == {"text": text, "unfurl_links": False, "unfurl_media": False}


def test_links_lead_to_the_console_and_to_the_execution_and_are_no_buttons() -> None:
    place = Place.of_execution(ARN)
    payload = payload_of(detect(), place=place)
    assert (
        f"<{place.iot_console}|AWS IoT console> · <{place.execution_console}|Execution>"
    ) in seen(payload).split("\n")
    assert {block["type"] for block in payload["blocks"]} == {"header", "section", "context"}


def test_outside_of_an_execution_there_are_no_links() -> None:
    assert "http" not in seen(payload_of(detect()))


def test_counts_then_target_who_and_when_then_what_failed_come_first() -> None:
    details = fold(row(error_code="Full", name="sensor-17", message="Group is full"))
    task = detect(
        "FAILED",
        executed=1,
        failed=1,
        target={"securityProfileName": "Fleet"},
        taskStartTime="2026-11-22T10:01:07Z",
    )
    by = StartedBy("arn:aws:sts::123456789012:assumed-role/SecOps/ada", None, None)
    text = seen(payload_of(task, details=details, started_by=by, place=Place.of_execution(ARN)))
    assert (
        "\n*1 failed* (50 %) · *1 executed*\n"
        "Security profile Fleet\n"
        "Started by SecOps/ada in 123456789012, eu-west-1\n"
        "2026-11-22 10:01:07 UTC\n"
        '• *Full* (1): `sensor-17` "Group is full"\n'
    ) in text


@pytest.mark.parametrize(
    ("task", "by", "shown"),
    [
        (detect(), None, None),
        (detect(), StartedBy("ada", None, MORNING), "Started by ada\n2026-11-22 10:01:07 UTC"),
        (detect(), StartedBy(None, None, MORNING), "2026-11-22 10:01:07 UTC"),
        (detect(taskEndTime=MORNING.isoformat()), None, "Ended 2026-11-22 10:01:07 UTC"),
        (
            detect(taskStartTime=MORNING.isoformat(), taskEndTime="2026-11-22T10:01:06Z"),
            None,
            "2026-11-22 10:01:07 UTC, ended 10:01:06 UTC",
        ),
    ],
)
def test_of_who_and_when_is_told_what_is_known(
    task: Task, by: StartedBy | None, shown: str | None
) -> None:
    section = sections.brief(Report.of(task, started_by=by), Clock())
    assert (section and "\n".join(section.lines)) == shown


def test_a_bar_is_drawn_only_where_the_whole_is_known() -> None:
    squares = {"🟩", "🟥", "⬜"}
    assert squares & set(seen(payload_of(detect("FAILED", executed=8, failed=3))))
    for unfinished in ("IN_PROGRESS", "CANCELED"):
        text = seen(payload_of(detect(unfinished, executed=8, failed=3)))
        assert not squares & set(text)
        assert "%" not in text
