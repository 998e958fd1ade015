"""One Publish for every protocol, and the attributes that subscriptions filter by."""

import json

import pytest

from mitigation.messages import email, sms, sns
from mitigation.report import Report
from mitigation.task import Task
from mitigation.words import Clock
from tests.support.tasks import audit, detect

PROFILE = {"securityProfileName": "Fleet", "behaviorName": "Auth"}


def test_each_protocol_gets_its_own_text() -> None:
    report = Report.of(detect("FAILED", failed=1))
    message = sns.render(report, Clock())
    bodies = json.loads(message.body)
    assert set(bodies) == {"default", "email", "sms"}
    assert bodies["email"] == email.render(report, Clock()).body
    assert bodies["sms"] == sms.render(report)
    assert json.loads(bodies["default"])["verdict"] == "FAILED"
    assert message.subject == email.subject(report)


def test_only_amazon_q_changes_what_https_gets() -> None:
    message = sns.render(Report.of(detect()), Clock(), for_amazon_q=True)
    assert json.loads(json.loads(message.body)["https"])["source"] == "custom"


@pytest.mark.parametrize(
    ("task", "attributes"),
    [
        (
            detect("FAILED", executed=1, failed=1, target=PROFILE),
            {
                "taskType": "detect",
                "taskStatus": "FAILED",
                "verdict": "PARTLY_FAILED",
                "severity": "CRITICAL",
                "securityProfileName": "Fleet",
            },
        ),
        (
            audit(executed=3),
            {
                "taskType": "audit",
                "taskStatus": "COMPLETED",
                "verdict": "SUCCEEDED",
                "severity": "INFO",
            },
        ),
        (
            detect(None),
            {"taskType": "detect", "verdict": "UNKNOWN_STATUS", "severity": "CRITICAL"},
        ),
    ],
)
def test_what_is_known_can_be_filtered_by(task: Task, attributes: dict[str, str]) -> None:
    assert sns.attributes(Report.of(task)) == {**attributes, "followsInterim": "false"}


def test_an_attribute_hides_nothing_and_is_bounded() -> None:
    attributes = sns.attributes(Report.of(detect(f"\u202e{'S' * 999}")))
    assert attributes["taskStatus"].startswith(r"\u202eSSS")
    assert len(attributes["taskStatus"]) == sns.ATTRIBUTE_LENGTH
