"""What SNS sends: mail, one SMS, JSON for programs; nothing hidden, nothing too long.

The goldens show whole messages; here is what lies at their edges.
"""

import json
from typing import Any

import pytest

from mitigation.kind import TaskType
from mitigation.messages import amazon_q, data, email, sms, sns
from mitigation.messages.text import ascii_only, cut, printable
from mitigation.report import Report, Severity, Verdict
from mitigation.task import Task
from mitigation.words import Clock
from tests.support.product import product
from tests.support.service_model import SCHEMA, members_of, strict
from tests.support.tasks import PLACE, audit, detect, fold, row

AT = "2026-11-22T10:01:07Z"


def test_what_hides_or_breaks_lines_is_shown_as_its_escape() -> None:
    plain = "Gerät 設備 جهاز e\u0301 😀 a\u00a0b"
    shown = {plain: plain, "a\r\tb": r"a\r\tb", "\x85": r"\x85", "\ud800": r"\ud800"}
    shown["\u202egnp.exe \u2029 \ue000"] = r"\u202egnp.exe \u2029 \ue000"
    assert {text: printable(text) for text in shown} == shown


def test_cut_text_says_so() -> None:
    cuts = {("abc", 3): "abc", ("abcd", 3): "ab…", ("", 0): "", ("abc", 0): "…"}
    assert {each: cut(*each) for each in cuts} == cuts
    assert cut("abcd", 3, "...") == "..."


def test_ascii_keeps_what_has_an_ascii_shape() -> None:
    shapes = {"ﬁne": "fine", "設備": "??", "a\nb": r"a\nb", "naïve café": "naive cafe", "😀": "?"}
    assert {text: ascii_only(text) for text in shapes} == shapes


def sms_of(task: Task, **more: Any) -> str:
    return sms.render(Report.of(task, **more))


def test_the_name_that_sns_puts_before_an_sms_is_that_of_the_topic() -> None:
    topic = product().template["Resources"]["NotificationTopic"]["Properties"]
    assert topic["DisplayName"] == sms.DISPLAY_NAME
    assert 160 - len("MITIGATION> ") == sms.TEXT_LENGTH


def test_a_long_name_gives_way_to_what_happened() -> None:
    text = sms_of(detect("FAILED", taskId="x" * 128, executed=8, failed=3))
    assert text == f"FAILED {'x' * 37}...: 3 of 11 mitigation actions failed"
    subject = email.subject(Report.of(detect("FAILED", taskId="ﷺ\n" * 128, executed=8, failed=3)))
    assert (len(subject), subject.isascii(), subject.isprintable()) == (99, True, True)
    assert subject.startswith("[FAILED] ")
    assert subject.endswith("...: 3 of 11 mitigation actions failed")


@pytest.mark.parametrize("name", ["`", "^{}\\[]~|" * 16])
def test_a_name_that_takes_two_places_a_letter_fits_into_one_segment(name: str) -> None:
    text = sms_of(detect(name, taskId=name), details=fold(row(error_code=name, name=name)))
    assert len(text) + sum(text.count(double) for double in "^{}\\[]~|") <= 148
    assert "`" not in text


def test_a_text_of_exactly_one_segment_is_kept_and_a_longer_one_is_cut() -> None:
    room = 148 - len("UNKNOWN STATUS t: status  is unknown")
    whole, short = (sms_of(detect("S" * length, taskId="t")) for length in (room, room + 1))
    assert whole.endswith("S is unknown")
    assert short.endswith("...")
    assert len(whole) == len(short) == 148


def body_of(task: Task, **more: Any) -> str:
    return email.render(Report.of(task, **more), Clock()).body


def test_a_headline_longer_than_a_subject_is_cut_after_the_name() -> None:
    subject = email.subject(Report.of(detect("S" * 200)))
    assert len(subject) == 99
    assert subject.startswith("[UNKNOWN STATUS] quarantine-7: status SSS")
    assert subject.endswith("...")


OPENINGS = {
    "CANCELED after 4 mitigation actions; nothing is rolled back\n"
    "4 actions executed, 0 failed, 1 skipped": detect("CANCELED", executed=4, skipped=1, failed=0),
    "FAILED: the task failed\nAll 2 actions executed": detect("FAILED", executed=2, failed=0),
    "SUCCEEDED; AWS gave no counts\n\n": detect(),
    "SUCCEEDED; AWS gave no counts\nAll 2 actions skipped": detect(skipped=2),
}


@pytest.mark.parametrize(("opening", "task"), OPENINGS.items())
def test_what_happened_is_not_told_twice_in_the_first_lines(opening: str, task: Task) -> None:
    assert body_of(task, place=PLACE).startswith(opening)


def test_when_is_told_as_far_as_aws_tells_it() -> None:
    times = {"taskStartTime": "2026-11-22T10:01:07Z", "taskEndTime": "2026-11-22T10:01:06Z"}
    body = body_of(detect(**times))
    assert "\nStarted 2026-11-22 10:01:07 UTC, ended 10:01:06 UTC\n" in body
    assert "\n  Ended 2026-11-22 10:01:06 UTC\n" in body


def test_a_cause_is_one_line_of_what_is_known() -> None:
    body = body_of(detect("FAILED"), details=fold(row(message="It is gone", name="sensor-7")))
    assert "\nWhat failed\n  It is gone (1): sensor-7\n\n" in body
    body = body_of(detect("FAILED"), details=fold(row(name="x\nNext\n  rm -rf /")))
    assert "\nWhat failed\n  no reason given (1): x\\nNext\\n  rm -rf /\n\n" in body


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (detect("FAILED", failed=12), "  Full (3)\n  9 more failed; AWS did not list them (yet)"),
        (detect("FAILED", failed=4), "1 more failed; AWS did not list it (yet)"),
        (detect("FAILED", skipped=2), "What was skipped\n  2 more skipped; AWS did not list"),
        (audit("FAILED", failed=2), "2 more could not be mitigated; AWS did not list them (yet)"),
    ],
)
def test_what_aws_has_counted_and_not_listed_is_said(task: Task, said: str) -> None:
    assert said in body_of(task, details=fold(*[row(error_code="Full")] * 3))


@pytest.mark.parametrize(
    ("error", "rows", "said"),
    [
        (None, 2, "Only the first 2 rows were read; there are more."),
        ("Throttled: slower", 0, "The details could not be read: Throttled: slower"),
        ("Throttled", 2, "The details could not be read after 2 rows: Throttled"),
    ],
)
def test_details_that_are_not_all_there_say_so(error: str | None, rows: int, said: str) -> None:
    details = fold(*[row()] * rows, cut=not error, error=error)
    assert said in body_of(detect("FAILED"), details=details)


def test_of_many_ids_and_actions_the_first_are_told_and_the_others_counted() -> None:
    names, ids = [{"name": f"A{n}"} for n in range(22)], [f"v{n}" for n in range(52)]
    body = body_of(detect(target={"violationIds": ids}, actionsDefinition=names[:1]))
    assert f"\nIds\n  Violations: {', '.join(ids[:50])} and 2 more\n\n" in body  # none of an action
    told = "\n  20. A19: parameters not told by AWS\n"
    assert f"{told}\n" in body_of(detect(actionsDefinition=names[:20]))
    assert f"{told}  and 2 more lines\n\n" in body_of(detect(actionsDefinition=names))


def test_a_body_that_is_too_long_is_cut_and_says_so() -> None:
    body = body_of(audit(taskStatistics={f"{n}{'設' * 900}": {} for n in range(50)}))
    assert len(body.encode()) <= email.BODY_SIZE
    assert body.endswith("\n[cut: the message is too long]")


def test_each_protocol_gets_its_own_text_and_https_one_where_amazon_q_listens() -> None:
    profile = {"securityProfileName": "Flotté", "behaviorName": "Auth"}
    report = Report.of(detect("FAILED", failed=1, target=profile), follows_interim=True)
    message = sns.render(report, Clock())
    bodies = json.loads(message.body)
    assert json.loads(bodies.pop("default"))["verdict"] == "FAILED"
    assert bodies == {"email": email.render(report, Clock()).body, "sms": sms.render(report)}
    assert (message.subject, message.attributes) == (email.subject(report), sns.attributes(report))
    assert message.attributes["followsInterim"] == "true"
    https = json.loads(sns.render(report, Clock(), for_amazon_q=True).body)["https"]
    assert json.loads(https) == amazon_q.render(report, Clock())
    for body in (message.body, https):
        assert "Flotté" in body  # as it is: an escape takes three times the room


def test_an_attribute_hides_nothing_and_is_bounded() -> None:
    attributes = sns.attributes(Report.of(detect(f"\u202e{'S' * 999}")))
    assert attributes["taskStatus"].startswith(r"\u202eSSS")
    assert len(attributes["taskStatus"]) == sns.ATTRIBUTE_LENGTH


def content_of(task: Task) -> dict[str, Any]:
    text = data.render(Report.of(task, place=PLACE))
    assert len(text) <= data.LENGTH
    content: dict[str, Any] = json.loads(text)
    assert text == json.dumps(content, separators=(",", ":"))
    strict.validate(content)
    return content


def test_the_schema_knows_our_values() -> None:
    members = SCHEMA["properties"]
    assert members["version"]["const"] == data.VERSION
    assert members["taskType"]["enum"] == [*TaskType]
    assert members["verdict"]["enum"] == [*Verdict]
    assert members["severity"]["enum"] == [*Severity]
    params = SCHEMA["$defs"]["actionParams"]["properties"]
    assert set(params) == members_of("MitigationActionParams")


def test_a_check_without_counts_has_none() -> None:
    [check] = content_of(audit(auditCheckToActionsMapping={"C": ["A"]}))["checks"]
    assert check == {"name": "C", "counts": None, "actions": ["A"], "reasonCodes": []}


def test_a_report_that_is_too_long_leaves_out_the_least_urgent_and_names_it() -> None:
    groups = {"thingGroupNames": [f"{n:03}{'é' * 50}" for n in range(80)]}
    definition = {"actionParams": {"addThingsToThingGroupParams": groups}}
    content = content_of(detect(executed=1, actionsDefinition=[definition]))
    assert (content["cut"], content["nextSteps"]) == (["nextSteps"], [])
    content = content_of(detect(target={"violationIds": ["設" * 128] * 400}))
    assert content["cut"][-1] == "target"
    assert content["target"] is None
    content = json.loads(data.render(Report.of(detect("S" * data.LENGTH))))
    assert content["cut"][-1] == "notes"
