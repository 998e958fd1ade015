"""The catcher refuses what SNS refuses, at the limit and no earlier."""

import json

import pytest

from embedded.sns_limits import MESSAGE_BYTES, PublishRefused, check_publish


def refused(message: str = "hello", subject: str = "", structure: str = "", **kinds: str) -> str:
    attributes = {
        name: {"DataType": "String", "StringValue": value} for name, value in kinds.items()
    }
    try:
        check_publish(message, subject, structure, attributes)
    except PublishRefused as error:
        return f"{error.code}: {error}"
    return ""


def test_a_plain_message_is_taken() -> None:
    assert refused(subject="[FAILED] quarantine-7: 3 of 12 failed", verdict="FAILED") == ""


@pytest.mark.parametrize(
    ("subject", "taken"),
    [
        ("x" * 99, True),
        ("x" * 100, False),
        ("line\nbreak", False),
        ("tab\tstop", False),
        ("bell\a", False),
        ("naïve", False),
        (" begins with a blank", False),
        ("~ begins with punctuation", True),
        ("7 begins with a digit", True),
    ],
)
def test_subjects(subject: str, taken: bool) -> None:
    assert refused(subject=subject) == (
        "" if taken else "InvalidParameter: Invalid parameter: Subject"
    )


def test_an_empty_message_is_refused() -> None:
    assert refused(message="") == "InvalidParameter: Invalid parameter: Empty message"


def test_a_message_may_have_256_kib() -> None:
    assert refused(message="x" * MESSAGE_BYTES) == ""
    assert "Message too long" in refused(message="x" * (MESSAGE_BYTES + 1))


def test_characters_count_as_bytes() -> None:
    assert "Message too long" in refused(message="é" * (MESSAGE_BYTES // 2 + 1))


def test_attributes_count_too() -> None:
    rest = MESSAGE_BYTES - len("verdict" + "String" + "FAILED")
    assert refused(message="x" * rest, verdict="FAILED") == ""
    assert "Message too long" in refused(message="x" * (rest + 1), verdict="FAILED")


def test_an_empty_attribute_is_refused() -> None:
    assert refused(verdict="").startswith("InvalidParameterValue: The message attribute 'verdict'")


@pytest.mark.parametrize(
    ("bodies", "why"),
    [
        ({"default": "d", "email": "mail"}, ""),
        ({"email": "mail"}, "No default entry in JSON message body"),
        ({"default": "d", "email": 5}, "email is not a string"),
        ({"default": "d", "https": {"version": "1.0"}}, "https is not a string"),
        (["default"], "JSON message body failed to parse"),
    ],
)
def test_structured_messages(bodies: object, why: str) -> None:
    assert refused(json.dumps(bodies), structure="json").endswith(why)
    assert bool(refused(json.dumps(bodies), structure="json")) == bool(why)


def test_a_structured_message_that_is_no_json_is_refused() -> None:
    assert refused("{", structure="json").endswith("JSON message body failed to parse")


def test_an_unknown_structure_is_refused() -> None:
    assert refused(structure="xml") == "InvalidParameter: Invalid parameter: MessageStructure"
