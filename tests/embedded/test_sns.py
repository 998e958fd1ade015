"""SNS as it is played here refuses what SNS refuses, at the limit and no earlier."""

import json

import pytest

from embedded.sns_limits import MESSAGE_BYTES, PublishRefused, check_publish

VERDICT = {"verdict": {"DataType": "String", "StringValue": "FAILED"}}
EMPTY = {"verdict": {"DataType": "String", "StringValue": ""}}


@pytest.mark.parametrize("subject", ["[FAILED] a: 3 of 12", "x" * 99, "~ begins with a tilde"])
def test_a_subject_is_taken(subject: str) -> None:
    check_publish("hello", subject, "", VERDICT)


@pytest.mark.parametrize("subject", ["x" * 100, "line\nbreak", "bell\a", "naïve", " blank"])
def test_a_subject_is_refused(subject: str) -> None:
    with pytest.raises(PublishRefused, match="Invalid parameter: Subject"):
        check_publish("hello", subject, "", {})


@pytest.mark.parametrize(
    ("message", "attributes"),
    [
        ("é" * (MESSAGE_BYTES // 2), {}),  # bytes count, not characters
        ("x" * (MESSAGE_BYTES - len("verdict" + "String" + "FAILED")), VERDICT),
    ],
)
def test_a_message_may_have_256_kib_with_its_attributes(
    message: str, attributes: dict[str, dict[str, str]]
) -> None:
    check_publish(message, "", "", attributes)
    with pytest.raises(PublishRefused, match="Message too long"):
        check_publish(message + "x", "", "", attributes)


@pytest.mark.parametrize(
    ("message", "structure", "why"),
    [
        ("", "", "Empty message"),
        ("hello", "xml", "Invalid parameter: MessageStructure"),
        ("{", "json", "JSON message body failed to parse"),
        (json.dumps({"email": "mail"}), "json", "No default entry in JSON message body"),
        (json.dumps({"default": "d", "https": {"a": 1}}), "json", "https is not a string"),
    ],
)
def test_what_else_is_wrong_is_refused(message: str, structure: str, why: str) -> None:
    with pytest.raises(PublishRefused, match=why):
        check_publish(message, "", structure, {})


def test_an_attribute_without_a_value_is_refused() -> None:
    with pytest.raises(PublishRefused, match="must contain non-empty message attribute value"):
        check_publish("hello", "", "", EMPTY)
