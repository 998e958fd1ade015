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
from tests.support.block_kit import problems
from tests.support.details import fold, row
from tests.support.tasks import audit, detect

MORNING = datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)
ARN = "arn:aws:states:eu-west-1:123456789012:execution:WatchTask:detect-quarantine-7"
PLACE = Place.of_execution(ARN)
LINKS = f"<{PLACE.iot_console}|AWS IoT console> · <{PLACE.execution_console}|Execution>"


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


def test_an_arn_is_code_so_that_no_part_of_it_becomes_an_emoji_and_a_name_can_end_no_code() -> None:
    text = "by arn:aws:iam::1:role/Tell, (arn:aws:sns:eu-west-1:1:t) of `x`"
    shown = "by `arn:aws:iam::1:role/Tell`, (`arn:aws:sns:eu-west-1:1:t`) of ˋxˋ"  # noqa: RUF001  as shown
    assert block_kit.prose(text) == shown
    assert block_kit.code("<a`b>") == "`&lt;aˋb&gt;`"  # noqa: RUF001  as shown


def test_text_is_escaped_before_it_is_cut_and_a_long_name_gives_way() -> None:
    assert escape("<!channel> & \u202e") == r"&lt;!channel&gt; &amp; \u202e"
    header = payload_of(detect("FAILED", taskId="<" * 128, failed=3))["blocks"][0]["text"]["text"]
    assert 146 <= len(header) <= 150
    assert header.endswith("&lt;…: all 3 mitigation actions failed")


@pytest.mark.parametrize("length", range(3_990, 4_010))
def test_a_line_longer_than_a_section_is_broken_and_all_of_it_is_there(length: int) -> None:
    line = ("abc&amp;, " * 1_000)[:length]
    pieces = [str(block["text"]["text"]) for block in block_kit.texts([line])]  # type: ignore[call-overload, index]  # a section's
    assert len(pieces) == 2
    assert all(len(piece) <= 3_000 for piece in pieces)
    assert " ".join(pieces) in (line, line.rstrip())


@pytest.mark.parametrize(
    "pieces",
    [
        ["a" * 3_000],
        ["a" * 2_999, "aa"],  # without a comma
        [f"{'a' * 2_000},", "b" * 2_000],
        ["&amp;" * 599, "&amp;" * 2],  # never within an escape
    ],
)
def test_a_line_is_broken_at_a_comma_or_where_it_has_to_be(pieces: list[str]) -> None:
    line = "".join(pieces).replace(",", ", ")
    assert [*block_kit.texts([line])] == [*map(block_kit.section, pieces)]


def test_lines_fill_sections_to_the_last_character() -> None:
    [one] = block_kit.texts(["a" * 1_499, "b" * 1_500])
    assert one == block_kit.section(f"{'a' * 1_499}\n{'b' * 1_500}")
    assert len([*block_kit.texts(["a" * 1_500, "b" * 1_500])]) == 2


def test_blocks_that_do_not_fit_are_left_out_and_it_is_said() -> None:
    short, long, rest = map(block_kit.section, ("short", "l" * 9, "rest"))
    assert [*block_kit.fitting([short, long], 14, rest)] == [short, long]
    assert [*block_kit.fitting([long, short], 13, rest)] == [long, rest]
    assert [*block_kit.fitting([long, short], 8, rest)] == [short, rest]


def test_a_message_that_is_too_long_keeps_its_headline_links_and_commands() -> None:
    checks = {f"CHECK_{n}_{'X' * 300}": {"totalFindingsCount": 1} for n in range(60)}
    payload = payload_of(audit(taskStatistics=checks), place=PLACE)
    assert payload["blocks"][0]["type"] == "header"
    text = seen(payload)
    for kept in ("In 123456789012, eu-west-1", LINKS, "*Look again*"):
        assert kept in text
    assert "Too long for Slack, in the e-mail: more small print" in text


def test_an_email_is_spoken_of_only_where_there_is_one() -> None:
    retries = (RetryBatch("C", ("A",), tuple(f"{n:0>128}" for n in range(25))),)
    report = Report.of(audit("FAILED"), details=Details(retries=retries, failed_subjects=25))
    for has_email, where in ((True, ", in the e-mail"), (False, "")):
        [*_, small] = slack.commands(report, has_email=has_email)
        assert small == block_kit.context(
            f"Too long for Slack{where}: Retry the 25 failed findings"
        )


def test_the_fallback_tells_label_name_and_headline() -> None:
    payload = payload_of(detect("FAILED", executed=8, skipped=1, failed=3))
    assert payload["text"] == "[FAILED] quarantine-7: 3 of 12 mitigation actions failed"


def test_without_its_layout_a_message_is_calm_too_and_leads_to_the_same_pages() -> None:
    report = Report.of(detect("FAILED", taskId="<!channel>"), place=PLACE)
    payload = read_payload(json.dumps(slack.without_layout(report, "no_blocks").payload).encode())
    assert payload == {
        "text": "[FAILED] &lt;!channel&gt;: the task failed\n"
        "_Slack refused the layout of this message (no_blocks): this is its headline alone._\n"
        f"{LINKS}",
        "unfurl_links": False,
        "unfurl_media": False,
    }


def test_links_are_no_buttons_and_there_are_none_outside_of_an_execution() -> None:
    payload = payload_of(detect(), place=PLACE)
    assert LINKS in seen(payload).split("\n")
    assert {block["type"] for block in payload["blocks"]} == {"header", "section", "context"}
    assert "http" not in seen(payload_of(detect()))


def test_counts_then_target_who_and_when_then_what_failed_come_first() -> None:
    details = fold(row(error_code="Full", name="sensor-17", message="Group is full"))
    target, start = {"securityProfileName": "Fleet"}, MORNING.isoformat()
    task = detect("FAILED", executed=1, failed=1, target=target, taskStartTime=start)
    by = StartedBy("arn:aws:sts::123456789012:assumed-role/SecOps/ada", None, None)
    assert (
        "\n*1 failed* (50 %) · *1 executed*\n"
        "Security profile Fleet\n"
        "Started by SecOps/ada in 123456789012, eu-west-1\n"
        "2026-11-22 10:01:07 UTC\n"
        '• *Full* (1): `sensor-17` "Group is full"\n'
    ) in seen(payload_of(task, details=details, started_by=by, place=PLACE))


AT = MORNING.isoformat()
BRIEFS: dict[str | None, tuple[Task, StartedBy | None]] = {
    None: (detect(), None),
    "Started by ada\n2026-11-22 10:01:07 UTC": (detect(), StartedBy("ada", None, MORNING)),
    "2026-11-22 10:01:07 UTC": (detect(), StartedBy(None, None, MORNING)),
    "Ended 2026-11-22 10:01:07 UTC": (detect(taskEndTime=AT), None),
    "2026-11-22 10:01:07 UTC, ended 10:01:06 UTC": (
        detect(taskStartTime=AT, taskEndTime="2026-11-22T10:01:06Z"),
        None,
    ),
}


@pytest.mark.parametrize(("shown", "known"), BRIEFS.items())
def test_of_who_and_when_is_told_what_is_known(
    shown: str | None, known: tuple[Task, StartedBy | None]
) -> None:
    section = sections.brief(Report.of(known[0], started_by=known[1]), Clock())
    assert (section and "\n".join(section.lines)) == shown


@pytest.mark.parametrize(
    ("executed", "failed", "whole", "bar"),
    [
        (8, 3, 12, "🟥🟥🟥🟩🟩🟩🟩🟩🟩🟩🟩⬜"),
        (99_999, 1, 100_000, "🟥🟩🟩🟩🟩🟩🟩🟩🟩🟩🟩🟩"),
        (1, 99_998, 100_000, "🟥🟥🟥🟥🟥🟥🟥🟥🟥🟥🟩⬜"),
        (0, 0, 3, "⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜"),
        (1, 1, 3, "🟥🟥🟥🟥🟩🟩🟩🟩⬜⬜⬜⬜"),
    ],
)
def test_the_bar_has_a_square_for_every_share(
    executed: int, failed: int, whole: int, bar: str
) -> None:
    assert slack.bar(executed, failed, whole) == bar


COUNTS: dict[str, Task] = {
    "🟩🟩🟩🟩🟩🟩🟩🟩🟩🟩🟩🟩\n*0 failed* · *3 executed* (100 %)": detect(executed=3, failed=0),
    "⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜\n*0 executed* · *2 skipped* (100 %)": detect(executed=0, skipped=2),
    "*1 failed* · *4 executed*": detect("IN_PROGRESS", executed=4, failed=1),
    "*3 failed* · *8 executed*": detect("CANCELED", executed=8, failed=3),
    "🟩🟩🟩🟩🟩🟩🟩🟩🟩🟩🟩⬜\n*9 mitigated* (90 %) · *1 canceled*": (
        audit("CANCELED", total=10, executed=9, canceled=1)
    ),
    "": audit(canceled=0),  # a count that only few tasks have is not shown alone
}


@pytest.mark.parametrize(("shown", "task"), COUNTS.items())
def test_the_worst_count_has_its_share_and_the_whole_its_bar_where_they_are_known(
    shown: str, task: Task
) -> None:
    blocks = [*slack.counts(Report.of(task))]
    assert blocks == ([block_kit.section(shown)] if shown else [])
