"""What Slack answers in a scenario: to posts through a webhook, and to calls of its Web API."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from embedded.checked import BadScenario, Json, as_items, as_object, as_status, as_text, short
from embedded.slack_workspace import METHODS


@dataclass(frozen=True, slots=True)
class SlackAnswer:
    """What Slack answers to one post."""

    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    body: str = "ok"


@dataclass(frozen=True, slots=True)
class SlackAppAnswer:
    """What Slack answers to one call of an API method: what it would itself, or an error word.

    `drop`: the connection is lost, before or after Slack has done what it was asked for.
    """

    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    error: str | None = None
    drop: Literal["before", "after"] | None = None

    @property
    def refuses(self) -> bool:
        return self.error is not None or self.status != 200


def read_webhook_answers(root: Json) -> tuple[SlackAnswer, ...]:
    answers = tuple(_webhook_answer(*item) for item in as_items(root.get("slack", [{}]), "slack"))
    if not answers:
        raise BadScenario("slack: expected at least one answer, got none (leave it out for `ok`)")
    return answers


def read_app_answers(root: Json) -> Mapping[str, tuple[SlackAppAnswer, ...]]:
    """By API method."""
    found = {}
    for name, value in as_object(root.get("slackApp", {}), "slackApp", METHODS).items():
        where = f"slackApp.{name}"
        found[name] = tuple(_app_answer(*item) for item in as_items(value, where))
        if not found[name]:
            raise BadScenario(f"{where}: expected at least one answer, got none")
    return found


def _webhook_answer(value: object, where: str) -> SlackAnswer:
    answer = as_object(value, where, ("status", "headers", "body"))
    status, headers = _status(answer, where), _headers(answer, where)
    return SlackAnswer(
        status,
        headers,
        as_text(answer.get("body", "ok" if status == 200 else ""), f"{where}.body"),
    )


def _app_answer(value: object, where: str) -> SlackAppAnswer:
    answer = as_object(value, where, ("status", "headers", "error", "drop"))
    drop = answer.get("drop")
    if drop not in (None, "before", "after"):
        raise BadScenario(f'{where}.drop: expected "before" or "after", got {short(drop)}')
    error = answer.get("error")
    return SlackAppAnswer(
        _status(answer, where),
        _headers(answer, where),
        None if error is None else as_text(error, f"{where}.error"),
        drop,
    )


def _status(answer: Json, where: str) -> int:
    return as_status(answer.get("status", 200), f"{where}.status", 200)


def _headers(answer: Json, where: str) -> dict[str, str]:
    headers = as_object(answer.get("headers", {}), f"{where}.headers")
    return {name: as_text(text, f"{where}.headers.{name}") for name, text in headers.items()}
