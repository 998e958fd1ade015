"""What SNS refuses of a Publish call, and no engine checks."""

import json
import re
from collections.abc import Mapping

# Amazon SNS API reference, Publish: Subject, Message, MessageStructure.
SUBJECT_LENGTH = 100  # fewer characters than this
MESSAGE_BYTES = 262_144  # with the attributes

# ASCII that begins with a letter, digit or punctuation satisfies every version of the reference.
_SUBJECT = re.compile(r"[!-~][ -~]*")

type Attributes = Mapping[str, Mapping[str, str]]


class PublishRefused(ValueError):  # noqa: N818  named as SNS's answer, not as a fault of ours
    """The message is SNS's own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check_publish(message: str, subject: str, structure: str, attributes: Attributes) -> None:
    """Raise PublishRefused for what SNS answers with 400; empty texts are absent ones."""
    if not message:
        raise _invalid("Empty message")
    if subject and (len(subject) >= SUBJECT_LENGTH or not _SUBJECT.fullmatch(subject)):
        raise _invalid("Subject")
    if _size(message, attributes) > MESSAGE_BYTES:
        raise _invalid("Message too long")
    for name, attribute in attributes.items():
        if not (attribute.get("StringValue") or attribute.get("BinaryValue")):
            raise PublishRefused(
                "InvalidParameterValue",
                f"The message attribute '{name}' must contain non-empty message attribute value "
                f"for message attribute type '{attribute.get('DataType')}'.",
            )
    if structure == "json":
        _check_structure(message)
    elif structure:
        raise _invalid("MessageStructure")


def _check_structure(message: str) -> None:
    try:
        bodies = json.loads(message)
    except ValueError:
        bodies = None
    if not isinstance(bodies, dict):
        raise _invalid("Message Structure - JSON message body failed to parse")
    if "default" not in bodies:
        raise _invalid("Message Structure - No default entry in JSON message body")
    for protocol, body in bodies.items():
        if not isinstance(body, str):
            raise _invalid(f"Message Structure - {protocol} is not a string")


def _size(message: str, attributes: Attributes) -> int:
    texts = [message, *attributes]
    texts += [text for attribute in attributes.values() for text in attribute.values()]
    return sum(len(text.encode()) for text in texts)


def _invalid(what: str) -> PublishRefused:
    return PublishRefused("InvalidParameter", f"Invalid parameter: {what}")
