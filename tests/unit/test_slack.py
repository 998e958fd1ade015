"""The Slack message: Block Kit within every limit, tested at each boundary; nobody is pinged."""

import json
from dataclasses import replace

import pytest

from embedded.slack_limits import read_payload
from mitigation.causes import RetryBatch
from mitigation.messages import block_kit, sections, slack, slack_thread
from mitigation.messages.block_kit import cut_escaped, escape
from mitigation.report import Report
from mitigation.task import Task
from mitigation.watch import StartedBy
from mitigation.wire import parse_time
from mitigation.words import Clock
from tests.support.tasks import PLACE, audit, detect, fold, row


@pytest.mark.parametrize(
    ("text", "length", "cut"),
    [
        ("a&amp;b", 7, "a&amp;b"),
        ("a&amp;bc", 7, "a&amp;…"),
        ("a&amp;bc", 6, "a…"),
        ("a&amp;bc", 3, "a…"),
        ("&lt;&lt;", 4, "…"),
        ("a & b", 5, "a & b"),
    ],
)
def test_escaped_text_is_never_cut_in_the_middle_of_an_escape(
    text: str, length: int, cut: str
) -> None:
    assert cut_escaped(text, length) == cut


def test_an_arn_is_code_so_that_no_part_of_it_becomes_an_emoji_and_a_name_can_end_no_code() -> None:
    text = "by arn:aws:iam::1:role/Tell, (arn:aws:sns:eu-west-1:1:t) of `x`"
    shown = "by `arn:aws:iam::1:role/Tell`, (`arn:aws:sns:eu-west-1:1:t`) of ˋxˋ"  # noqa: RUF001  as shown
    assert block_kit.prose(text) == shown
    assert block_kit.code("<a`b>") == "`&lt;aˋb&gt;`"  # noqa: RUF001  as shown


def test_text_is_escaped_before_it_is_cut_and_a_long_name_gives_way() -> None:
    assert escape("<!channel> & \u202e") == r"&lt;!channel&gt; &amp; \u202e"
    report = Report.of(detect("FAILED", taskId="<" * 128, failed=3))
    header = str(slack.verdict_header(report)["text"]["text"])  # type: ignore[call-overload, index]  # a header's
    assert 146 <= len(header) <= 150
    assert header.endswith("&lt;…: all 3 mitigation actions failed")


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


def test_without_its_layout_a_message_is_calm_too_and_leads_to_the_same_pages() -> None:
    report = Report.of(detect("FAILED", taskId="<!channel>"), place=PLACE)
    payload = read_payload(json.dumps(slack.without_layout(report, "no_blocks").payload).encode())
    assert payload == {
        "text": "[FAILED] &lt;!channel&gt;: the task failed\n"
        "_Slack refused the layout of this message (no_blocks): this is its headline alone._\n"
        f"<{PLACE.iot_console}|AWS IoT console> · <{PLACE.execution_console}|Execution>",
        "unfurl_links": False,
        "unfurl_media": False,
    }


AT = "2026-11-22T10:01:07Z"
BRIEFS: dict[str | None, tuple[Task, StartedBy | None]] = {
    None: (detect(), None),
    "Started by ada\n2026-11-22 10:01:07 UTC": (
        detect(),
        StartedBy("ada", None, parse_time(AT, "")),
    ),
    "Ended 2026-11-22 10:01:07 UTC": (detect(taskEndTime=AT), StartedBy(None, None, None)),
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
        (1, 99_998, 100_000, "🟥🟥🟥🟥🟥🟥🟥🟥🟥🟥🟩⬜"),
        (0, 0, 3, "⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜"),
    ],
)
def test_the_bar_has_a_square_for_every_share(
    executed: int, failed: int, whole: int, bar: str
) -> None:
    assert slack.bar(executed, failed, whole) == bar


COUNTS: dict[str, Task] = {
    "*1 failed* · *4 executed*": detect("IN_PROGRESS", executed=4, failed=1),
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


@pytest.mark.parametrize(
    ("counts", "says", "squares"),
    [
        ({}, "running", None),
        ({"failed": 2}, "2 of 25 actions, 2 failed", ((0, 2, 25), "8 %")),
        ({"executed": 25}, "25 of 25 actions", ((25, 0, 25), "100 %")),
        ({"executed": 26}, "26 actions so far", None),
    ],
)
def test_the_head_of_a_running_task_says_how_far_it_is(
    counts: dict[str, int], says: str, squares: tuple[tuple[int, int, int], str] | None
) -> None:
    target = {"violationIds": ["v1", "v2", "v3", "v4", "v5"]}
    task = detect("IN_PROGRESS", target=target, actionsDefinition=[{"name": "a"}] * 5, **counts)
    head = slack_thread.running(Report.of(task), Clock()).payload
    assert head["text"] == f"[RUNNING] quarantine-7: {says}"
    bars = [block_kit.section(f"{slack.bar(*squares[0])}  {squares[1]}")] if squares else []
    assert [each for each in head["blocks"] if "⬜" in str(each) or "🟩" in str(each)] == bars  # type: ignore[union-attr]  # a list


@pytest.mark.parametrize(("count", "shown", "more"), [(4, 4, 0), (5, 3, 1)])
def test_the_verdict_shows_four_causes_or_three_and_that_there_are_more(
    count: int, shown: int, more: int
) -> None:
    details = fold(*(row(error_code=f"Error{n}") for n in range(count)))
    payload = slack_thread.verdict(Report.of(detect("FAILED"), details=details), Clock()).payload
    text = str(payload["blocks"])
    assert (text.count("*Error"), text.count("_More in the thread._")) == (shown, more)
    assert r"• *Error0* (1)\n" in text  # nothing is named


def test_a_long_target_leaves_room_for_what_failed_on_the_first_screen() -> None:
    task = detect("FAILED", target={"securityProfileName": "p" * 3_000})
    [block] = slack.brief(Report.of(task), Clock())
    assert len(str(block)) < slack.BRIEF_LENGTH + 100


@pytest.mark.parametrize("has_email", [True, False])
def test_a_reply_says_where_the_rest_is(has_email: bool) -> None:
    causes = [row(error_code=f"{n}{'E' * 290}", message="m" * 290) for n in range(8)]
    steps = tuple(f"v{n}{'v' * 120}" for n in range(25))
    retries = (RetryBatch(None, ("A",), steps),)
    details = replace(fold(*causes), retries=retries, failed_subjects=25, failed_rows=25)
    report = Report.of(detect("FAILED", failed=25), details=details, place=PLACE)
    text = str(slack_thread.rest(report, Clock(), has_email=has_email).payload["blocks"])
    assert text.count(", in the e-mail") == (2 if has_email else 0)
