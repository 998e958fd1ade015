"""What the chats show: Slack's Block Kit within every limit, at each boundary; and Amazon Q's."""

import json
from dataclasses import replace
from typing import Any

import pytest

from embedded.slack_limits import read_payload
from mitigation.causes import RetryBatch
from mitigation.decision import Decision, Look
from mitigation.messages import amazon_q, block_kit, sections, slack, slack_thread
from mitigation.messages.block_kit import Block, section
from mitigation.report import Report
from mitigation.task import Task
from mitigation.watch import StartedBy
from mitigation.wire import parse_time
from mitigation.words import Clock
from tests.support.tasks import PLACE, audit, detect, fold, row

AT = "2026-11-22T10:01:07Z"


def report(*args: Any, **more: Any) -> Report:
    return Report.of(*args, place=PLACE, **more)


# --- Block Kit ---------------------------------------------------------------------------------


def test_escaped_text_is_never_cut_in_the_middle_of_an_escape() -> None:
    assert block_kit.cut_escaped("a&amp;b", 7) == "a&amp;b"
    assert block_kit.cut_escaped("a&amp;bc", 7) == "a&amp;…"
    assert block_kit.cut_escaped("a&amp;bc", 6) == "a…"
    assert block_kit.cut_escaped("a&amp;bc", 3) == "a…"


def test_an_arn_is_code_so_that_no_part_of_it_becomes_an_emoji_and_a_name_can_end_no_code() -> None:
    text = "by arn:aws:iam::1:role/Tell, (arn:aws:sns:eu-west-1:1:t) of `x`"
    shown = "by `arn:aws:iam::1:role/Tell`, (`arn:aws:sns:eu-west-1:1:t`) of ˋxˋ"  # noqa: RUF001  as shown
    assert block_kit.prose(text) == shown
    assert block_kit.code("<a`b>") == "`&lt;aˋb&gt;`"  # noqa: RUF001  as shown


def broken(*lines: str) -> list[str]:
    blocks: Any = block_kit.texts(lines)
    return [each["text"]["text"] for each in blocks]


def test_lines_fill_sections_to_the_last_character() -> None:
    a, b = "a" * 1_499, "b" * 1_500
    assert broken(a, b) == [f"{a}\n{b}"]
    assert broken(f"a{a}", b) == [f"a{a}", b]


def test_a_line_is_broken_at_a_comma_or_where_it_has_to_be() -> None:
    a, b = "a" * 1_500, "b" * 1_500
    assert broken(a + b) == [a + b]
    assert broken(a + b + "b") == [a + b[1:], "bb"]
    assert broken(f"{a}, {b}") == [f"{a},", b]
    assert broken("&amp;" * 601) == ["&amp;" * 599, "&amp;" * 2]  # never within an escape


def test_blocks_that_do_not_fit_are_left_out_and_it_is_said() -> None:
    short, long, rest = map(section, ("short", "l" * 9, "rest"))
    assert [*block_kit.fitting([short, long], 14, rest)] == [short, long]
    assert [*block_kit.fitting([long, short], 13, rest)] == [long, rest]
    assert [*block_kit.fitting([long, short], 8, rest)] == [short, rest]


# --- Slack -------------------------------------------------------------------------------------


def test_without_its_layout_a_message_is_calm_too_and_leads_to_the_same_pages() -> None:
    message = slack.without_layout(report(detect("FAILED", taskId="<!channel>")), "no_blocks")
    assert read_payload(json.dumps(message.payload).encode()) == {
        "text": "[FAILED] &lt;!channel&gt;: the task failed\n"
        "_Slack refused the layout of this message (no_blocks): this is its headline alone._\n"
        f"<{PLACE.iot_console}|AWS IoT console> · <{PLACE.execution_console}|Execution>",
        "unfurl_links": False,
        "unfurl_media": False,
    }


def brief(task: Task, by: StartedBy | None) -> str | None:
    found = sections.brief(Report.of(task, started_by=by), Clock())
    return "\n".join(found.lines) if found else None


def test_of_who_and_when_is_told_what_is_known() -> None:
    ada, nobody = StartedBy("AROA:ada", None, parse_time(AT, "")), StartedBy(None, None, None)
    role = StartedBy("arn:aws:sts::123456789012:assumed-role/Ops/a:b", None, None)
    ended_before = detect(taskStartTime=AT, taskEndTime="2026-11-22T10:01:06Z")
    assert brief(detect(), None) is None
    assert brief(detect(), ada) == "Started by AROA:ada\n2026-11-22 10:01:07 UTC"
    assert brief(detect(), role) == "Started by Ops/a:b"
    assert brief(detect(taskEndTime=AT), nobody) == "Ended 2026-11-22 10:01:07 UTC"
    assert brief(ended_before, None) == "2026-11-22 10:01:07 UTC, ended 10:01:06 UTC"


def test_the_bar_has_a_square_for_every_share() -> None:
    assert slack.bar(8, 3, 12) == "🟥🟥🟥🟩🟩🟩🟩🟩🟩🟩🟩⬜"
    assert slack.bar(1, 99_998, 100_000) == "🟥🟥🟥🟥🟥🟥🟥🟥🟥🟥🟩⬜"
    assert slack.bar(0, 0, 3) == "⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜"


def counts(task: Task) -> list[Block]:
    return [*slack.counts(report(task))]


def test_the_worst_count_has_its_share_and_the_whole_its_bar_where_they_are_known() -> None:
    under_way = detect("IN_PROGRESS", executed=4, failed=1)
    assert counts(under_way) == [section("*1 failed* · *4 executed*")]
    shown = "🟩🟩🟩🟩🟩🟩🟩🟩🟩🟩🟩⬜\n*9 mitigated* (90 %) · *1 canceled*"
    assert counts(audit("CANCELED", total=10, executed=9, canceled=1)) == [section(shown)]
    assert counts(audit(canceled=0)) == []  # few tasks have it: it is not shown alone


def head(**counts: int) -> list[str]:
    """Its text, and its bar where it has one: of 25 actions."""
    target = {"violationIds": ["v1", "v2", "v3", "v4", "v5"]}
    task = detect("IN_PROGRESS", target=target, actionsDefinition=[{"name": "a"}] * 5, **counts)
    payload: Any = slack_thread.running(report(task), Clock()).payload
    texts = [each["text"]["text"] for each in payload["blocks"] if each["type"] == "section"]
    return [payload["text"], *texts]


def test_the_head_of_a_running_task_says_how_far_it_is() -> None:
    running = "[RUNNING] quarantine-7:"
    assert head() == [f"{running} running"]
    bars = [f"{slack.bar(0, 2, 25)}  8 %", f"{slack.bar(25, 0, 25)}  100 %"]
    assert head(failed=2) == [f"{running} 2 of 25 actions, 2 failed", bars[0]]
    assert head(executed=25) == [f"{running} 25 of 25 actions", bars[1]]
    assert head(executed=26) == [f"{running} 26 actions so far"]


@pytest.mark.parametrize(("count", "shown", "more"), [(4, 4, 0), (5, 3, 1)])
def test_the_verdict_shows_four_causes_or_three_and_that_there_are_more(
    count: int, shown: int, more: int
) -> None:
    details = fold(*(row(error_code=f"Error{n}") for n in range(count)))
    message = slack_thread.verdict(report(detect("FAILED"), details=details), Clock())
    text = str(message.payload["blocks"])
    assert (text.count("*Error"), text.count("_More in the thread._")) == (shown, more)
    assert r"• *Error0* (1)\n" in text  # nothing is named


def test_a_long_target_leaves_room_for_what_failed_on_the_first_screen() -> None:
    task = detect("FAILED", target={"securityProfileName": "p" * 3_000})
    [block] = slack.brief(report(task), Clock())
    assert len(str(block)) < slack.BRIEF_LENGTH + 100


@pytest.mark.parametrize("has_email", [True, False])
def test_a_reply_says_where_the_rest_is(has_email: bool) -> None:
    causes = fold(*(row(error_code=f"{n}{'E' * 290}", message="m" * 290) for n in range(8)))
    retry = RetryBatch(None, ("A",), tuple(f"v{n}{'v' * 120}" for n in range(25)))
    details = replace(causes, retries=(retry,), failed_subjects=25, failed_rows=25)
    failed = report(detect("FAILED", failed=25), details=details)
    text = str(slack_thread.rest(failed, Clock(), has_email=has_email).payload["blocks"])
    assert text.count(", in the e-mail") == (2 if has_email else 0)


# --- Amazon Q ----------------------------------------------------------------------------------


def test_a_name_cannot_format_or_mention() -> None:
    details = fold(row(error_code="*E*", name="<@U1>|`x`[a](b)", message="@here #general"))
    told: Any = amazon_q.render(report(detect("FAILED"), details=details), Clock())
    shown = r"**\*E\*** (1): \<\@U1\>\|\`x\`\[a\](b) — \@here \#general"
    assert shown in told["content"]["description"]


def test_it_names_no_task_that_a_command_could_take_for_an_option() -> None:
    told: Any = amazon_q.render(report(detect(taskId="--endpoint-url")), Clock())
    assert "taskId" not in told["metadata"]["additionalContext"]


def test_a_start_is_for_its_own_topic_alone_with_names_as_they_are_but_in_the_subject() -> None:
    running = report(detect("IN_PROGRESS", taskId="ü\n" * 99), look=Look(Decision.WAIT))
    message = amazon_q.start(running, Clock())
    assert message.attributes == {}
    assert "ü" in message.body
    bodies = json.loads(message.body)
    assert list(bodies) == ["default"]
    assert "ü" in bodies["default"]  # once more in what the topic's channel gets
    assert message.subject.isascii()
    assert message.subject.startswith("[RUNNING] ")
    assert message.subject.endswith("...")
    assert len(message.subject) == amazon_q.SUBJECT_LENGTH
