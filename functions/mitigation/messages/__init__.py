"""One renderer a channel: a Report goes in, a message comes out that the provider will take."""

from dataclasses import dataclass

from mitigation.wire import Json


@dataclass(frozen=True, slots=True)
class Email:
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class SnsMessage:
    """For Publish with MessageStructure=json: `body` is the JSON object of texts by protocol."""

    subject: str
    body: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """The JSON that an incoming webhook takes."""

    payload: dict[str, Json]
