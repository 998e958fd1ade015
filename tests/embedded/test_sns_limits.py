"""The catcher refuses what SNS refuses, at the limit and no earlier."""

import json

import pytest

from embedded.sns_limits import MESSAGE_BYTES, PublishRefused, check_publish

VERDICT = len("verdict" + "String" + "FAILED")


def refused(
    message: str = "hello", subject: str = "", structure: str = "", verdict: str = "-"
) -> str:
    attributes = {"verdict": {"DataType": "String", "StringValue": verdict}}
    try:
        check_publish(message, subject, structure, {} if verdict == "-" else attributes)
    except PublishRefused as error:
        return f"{error.code}: {error}"
    return ""


@pytest.mark.parametrize(
    "subject",
    ["[FAILED] a: 3 of 12", "x" * 99, "~ begins with punctuation", "7 begins with a digit"],
)
def test_a_subject_is_taken(subject: str) -> None:
    assert refused(subject=subject) == ""


@pytest.mark.parametrize(
    "subject", ["x" * 100, "line\nbreak", "tab\tstop", "bell\a", "naïve", " begins with a blank"]
)
def test_a_subject_is_refused(subject: str) -> None:
    assert refused(subject=subject) == "InvalidParameter: Invalid parameter: Subject"


@pytest.mark.parametrize(
    ("message", "verdict"),
    [
        ("x" * MESSAGE_BYTES, "-"),
        ("é" * (MESSAGE_BYTES // 2), "-"),  # bytes count, not characters
        ("x" * (MESSAGE_BYTES - VERDICT), "FAILED"),  # attributes count too
    ],
)
def test_a_message_may_have_256_kib(message: str, verdict: str) -> None:
    assert refused(message, verdict=verdict) == ""
    assert "Message too long" in refused(message + "x", verdict=verdict)


def structured(bodies: object) -> dict[str, str]:
    return {"message": json.dumps(bodies), "structure": "json"}


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"message": ""}, "Empty message"),
        ({"verdict": ""}, "must contain non-empty message attribute value for message attribute"),
        ({"structure": "xml"}, "Invalid parameter: MessageStructure"),
        ({"message": "{", "structure": "json"}, "JSON message body failed to parse"),
        (structured(["default"]), "JSON message body failed to parse"),
        (structured({"email": "mail"}), "No default entry in JSON message body"),
        (structured({"default": "d", "email": 5}), "email is not a string"),
        (structured({"default": "d", "https": {"version": "1.0"}}), "https is not a string"),
    ],
)
def test_what_else_is_wrong_is_refused(asked: dict[str, str], why: str) -> None:
    assert why in refused(**asked)


def test_a_text_for_each_protocol_is_taken() -> None:
    assert refused(**structured({"default": "d", "email": "mail"})) == ""
