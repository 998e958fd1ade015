"""One Publish for every protocol, and the attributes that subscriptions filter by."""

import json

import pytest

from mitigation.messages import amazon_q, email, sms, sns
from mitigation.report import Report
from mitigation.task import Task
from mitigation.words import Clock
from tests.support.tasks import audit, detect

PROFILE = {"securityProfileName": "Flotté", "behaviorName": "Auth"}


@pytest.mark.parametrize("options", [{}, {"for_amazon_q": True}])
def test_each_protocol_gets_its_own_text_and_https_one_where_amazon_q_listens(
    options: dict[str, bool],
) -> None:
    report = Report.of(detect("FAILED", failed=1, target=PROFILE), follows_interim=True)
    message = sns.render(report, Clock(), **options)
    bodies = json.loads(message.body)
    assert json.loads(bodies.pop("default"))["verdict"] == "FAILED"
    if options:
        https = bodies.pop("https")
        assert json.loads(https) == amazon_q.render(report, Clock())
        assert "Flotté" in https
    assert bodies == {"email": email.render(report, Clock()).body, "sms": sms.render(report)}
    assert "Flotté" in message.body  # as it is: an escape takes three times the room
    assert message.attributes["followsInterim"] == "true"
    assert (message.subject, message.attributes) == (email.subject(report), sns.attributes(report))


ATTRIBUTES: list[tuple[Task, dict[str, str]]] = [
    (
        detect("FAILED", executed=1, failed=1, target={"securityProfileName": "Fleet"}),
        {"taskStatus": "FAILED", "verdict": "PARTLY_FAILED", "securityProfileName": "Fleet"},
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
    (detect(None), {"verdict": "UNKNOWN_STATUS"}),
]


@pytest.mark.parametrize(("task", "attributes"), ATTRIBUTES)
def test_what_is_known_can_be_filtered_by(task: Task, attributes: dict[str, str]) -> None:
    always = {"taskType": "detect", "severity": "CRITICAL", "followsInterim": "false"}
    assert sns.attributes(Report.of(task)) == always | attributes


def test_an_attribute_hides_nothing_and_is_bounded() -> None:
    attributes = sns.attributes(Report.of(detect(f"\u202e{'S' * 999}")))
    assert attributes["taskStatus"].startswith(r"\u202eSSS")
    assert len(attributes["taskStatus"]) == sns.ATTRIBUTE_LENGTH
