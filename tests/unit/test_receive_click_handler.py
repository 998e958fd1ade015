"""The door: whatever comes, it answers; what it starts is one execution a click."""

import base64
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import MockRawResponse

from mitigation.acts.authority import APPROVAL_SECONDS, Follows, Rules
from mitigation.acts.button import Button
from mitigation.acts.click import Action
from mitigation.acts.request import Request
from mitigation.kind import TaskType
from mitigation.member import Member
from tests.support import functions
from tests.support.clicks import NOW, PLACE, SECRET, event, form, payload
from tests.support.product import REGION
from tests.unit.test_click import ATTACKS

BODY = form(payload())
TOKEN = "xoxb-1-made-up"
RULES = Rules.parse("cancel-retry-undo", "retry,undo", "U0ADA,U0BO")


@dataclass
class Door:
    """The handler; Step Functions and Secrets Manager stand in place of the network.

    `started` holds each execution's click, by name; `asked` counts what was asked of AWS.
    """

    module: Any
    secret: str = SECRET
    started: dict[str, Any] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)

    def answer(self, request: Any, **_: object) -> AWSResponse:
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        self.asked[operation] += 1
        asked = json.loads(request.body)
        status, said = 200, {"executionArn": "arn", "startDate": NOW, "SecretString": self.secret}
        if operation == "StartExecution":
            assert asked["stateMachineArn"] == "arn:machine"
            if asked["name"] in self.started:
                status, said = 400, {"__type": "ExecutionAlreadyExists"}
            self.started.setdefault(asked["name"], json.loads(asked["input"]))
        else:
            assert asked == {"SecretId": "signing"}
        raw = MockRawResponse(json.dumps(said).encode())
        return AWSResponse(request.url, status, HTTPHeaders(), raw)

    def status(self, request: dict[str, Any]) -> int:
        answer = self.module.handler(request, functions.Context())
        assert answer == {"statusCode": answer["statusCode"], "body": ""}
        return int(answer["statusCode"])


@pytest.fixture(scope="module")
def module() -> Any:
    environment = {
        "AWS_DEFAULT_REGION": REGION,
        "POWERTOOLS_SERVICE_NAME": "test",
        "STATE_MACHINE_ARN": "arn:machine",
        "SLACK_SIGNING_SECRET_ARN": "signing",
        "SLACK_APP_ID": PLACE.app,
        "SLACK_TEAM_ID": PLACE.team,
        "SLACK_CHANNEL_ID": PLACE.channel,
    }
    return functions.load("receive_click", environment)


@pytest.fixture
def door(module: Any) -> Iterator[Door]:
    door = Door(module)
    module._kept.update(until=0.0)
    clients = (module.states, module.secrets)
    with time_machine.travel(NOW, tick=False):
        for client in clients:
            client.meta.events.register("before-send", door.answer)
        yield door
    for client in clients:
        client.meta.events.unregister("before-send", door.answer)


def test_a_click_starts_one_execution_however_often_it_comes(door: Door) -> None:
    assert [door.status(event(BODY)) for _ in range(3)] == [200] * 3
    [(name, given)] = door.started.items()
    assert name.startswith("click-cancel-")
    assert given["click"]["user"] == "U0ADA"
    assert door.asked == {"StartExecution": 3, "GetSecretValue": 1}


def test_a_secret_that_was_rotated_is_believed_after_a_minute(door: Door) -> None:
    assert door.status(event(BODY)) == 200
    door.secret = "0123456789abcdef" * 2
    for seconds, secret, status in (
        (59, SECRET, 200), (59, door.secret, 401), (60, SECRET, 401), (60, door.secret, 200),
    ):  # fmt: skip
        with time_machine.travel(NOW + seconds, tick=False):
            assert door.status(event(BODY, secret=secret)) == status


UNSIGNED: dict[str, dict[str, Any]] = {
    "unsigned": {**event(BODY), "headers": {}},
    "no headers at all": {**event(BODY), "headers": None},
    "another secret": event(BODY, secret="0" * 32),
    "an old one": event(BODY, at=NOW - 301),
    "one of the future": event(BODY, at=NOW + 301),
    "a changed body": {**event(BODY), "body": base64.b64encode(BODY + b" ").decode()},
    "a body that is no base64": {**event(BODY), "body": "é"},
    "a body of another kind": {**event(BODY), "body": "a"},
    "no body": {**event(BODY), "body": None},
    "a timestamp that is none": event(BODY, {"x-slack-request-timestamp": "soon"}),
    "a signature that is none": event(BODY, {"x-slack-signature": "v0=é"}),
    "a large one": event(b"x" * (64 * 1024 + 1)),
}


@pytest.mark.parametrize("attack", UNSIGNED)
def test_what_is_not_signed_is_401_and_starts_nothing(door: Door, attack: str) -> None:
    assert door.status(UNSIGNED[attack]) == 401
    assert door.started == {}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_signed_but_no_click_of_ours_is_400_and_starts_nothing(
    door: Door, attack: str
) -> None:
    document = payload()
    ATTACKS[attack](document)
    assert door.status(event(form(document))) == 400
    assert door.started == {}


def test_a_body_that_was_not_encoded_is_read_as_it_is(door: Door) -> None:
    plain = event(BODY) | {"body": BODY.decode(), "isBase64Encoded": False}
    assert door.status(plain) == 200


def test_neither_secret_nor_value_is_in_the_log(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    door.status(event(form(payload(value="hush-hush"))))
    door.status(event(BODY, secret="0" * 32))
    logged = repr([vars(record) for record in caplog.records])
    assert "U0ADA" in logged
    for secret in (SECRET, "hush-hush", "/actions/"):
        assert secret not in logged


# --- Ten thousand requests ---------------------------------------------------------------------


def value(action: str, channel: str = PLACE.channel, token: str = TOKEN, **more: Any) -> str:
    known = Button(Action(action), TaskType.DETECT, "quarantine-7", **more)
    return known.value(channel, token)


def wish(age: int = 0) -> str:
    asked_at = int(NOW) - age
    return value("undo", requester="U0ADA", asked_at=asked_at, request="r", head_ts="1.1")


GENUINE = value("cancel")
THEIRS = value("cancel", member=Member("210987654321", "us-east-1"))
# Clicks that the door lets in, as they are Slack's and on a button: by whom, on what, its value.
UNENTITLED = {
    "a stranger": ("U0EVE", "cancel", value("cancel")),
    "a stranger who approves": ("U0EVE", "approve", wish()),
    "the requester who approves": ("U0ADA", "approve", wish()),
    "an expired button": ("U0BO", "approve", wish(APPROVAL_SECONDS + 1)),
    "a button of another task": ("U0ADA", "cancel", value("cancel").replace("ne-7", "ne-8")),
    "a button of another act": ("U0ADA", "cancel", value("undo")),
    "a task's button under Approve": ("U0BO", "approve", value("undo")),
    "a wish under an act": ("U0BO", "undo", wish()),
    "a button of another channel": ("U0ADA", "cancel", value("cancel", "C0OTHER")),
    "a button made with another token": ("U0ADA", "cancel", value("cancel", token="xoxb-2-other")),
    "a button of another member": ("U0ADA", "cancel", THEIRS.replace("210987", "310987")),
    "a button without its member": ("U0ADA", "cancel", THEIRS.partition(',"member"')[0] + "}"),
    "a changed wish": ("U0BO", "approve", wish(APPROVAL_SECONDS).replace("U0ADA", "U0EVE")),
}  # fmt: skip


def acts(clicked: dict[str, Any]) -> bool:
    """Whether the state machine that the door has started does anything but refuse."""
    execution = {"id": "arn:click-1", "startedAt": datetime.fromtimestamp(NOW, UTC).isoformat()}
    asked = {"step": "authorize", "execution": execution, "state": clicked}
    found = Request.read(asked, RULES, token=TOKEN, channel=PLACE.channel)
    return found.ruling.follows is not Follows.REFUSE


class Draw:
    """Requests of every kind, each spoilt in some way: with the answers that are right for it."""

    def __init__(self) -> None:
        self.random = random.Random(14)  # noqa: S311  the same every time
        self.before: list[tuple[dict[str, Any], set[int]]] = []

    def noise(self, size: int = 80) -> bytes:
        return self.random.randbytes(self.random.randrange(size))

    def click(self) -> dict[str, Any]:
        """One that is not entitled, at some moment."""
        user, action, known = self.random.choice([*UNENTITLED.values()])
        document = payload(action, known, user)
        at = NOW - 60 * self.random.randrange(5) - self.random.random()
        document["actions"][0]["action_ts"] = f"{at:.6f}"
        return document

    def unsigned(self) -> tuple[dict[str, Any], set[int]]:
        """A genuine click, but for the signature; or nothing genuine at all."""
        document = payload(value=GENUINE)
        signed = event(form(document))
        match self.random.randrange(6):
            case 0:
                text = self.noise().decode("latin1")
                named = {name: self.noise().decode("latin1") for name in signed["headers"]}
                return {"headers": named, "body": text, "isBase64Encoded": True}, {401}
            case 1:
                body = bytearray(form(document))
                body[self.random.randrange(len(body))] ^= 1 << self.random.randrange(8)
                return signed | {"body": base64.b64encode(body).decode()}, {401}
            case 2:
                age = self.random.choice((-1, 1)) * self.random.randrange(301, 10**8)
                return event(form(document), at=NOW + age), {401}
            case 3:
                return event(form(document), secret=self.noise().hex() or "0"), {401}
            case 4:
                name = self.random.choice(["x-slack-request-timestamp", "x-slack-signature"])
                return event(form(document), {name: self.noise().decode("latin1")}), {401}
        return self.random.choice([*UNSIGNED.values()]), {401}

    def misshapen(self) -> tuple[dict[str, Any], set[int]]:
        """Signed, with no payload of ours in it, or a payload that has lost its shape."""
        if self.random.random() < 0.2:
            return event(self.noise()), {400}
        document = self.click()
        if self.random.random() < 0.5:
            self.random.choice([*ATTACKS.values()])(document)
            return event(form(document)), {400}
        place: Any = document
        key = self.random.choice([*place])
        while isinstance(place[key], dict | list) and self.random.random() < 0.7 and place[key]:
            place = place[key]
            key = self.random.choice([*place] if isinstance(place, dict) else range(len(place)))
        place[key] = self.random.choice([None, 7, -1.5, True, "", "x", "x" * 2_001, [], {}, [[]]])
        return event(form(document)), {200, 400}

    def unentitled(self) -> tuple[dict[str, Any], set[int]]:
        return event(form(self.click())), {200}

    def replayed(self) -> tuple[dict[str, Any], set[int]]:
        return self.random.choice(self.before) if self.before else self.unsigned()

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any], set[int]]]:
        kinds = (self.unsigned, self.misshapen, self.unentitled, self.replayed)
        while True:
            [kind] = self.random.choices(kinds, (50, 35, 6, 9))
            drawn = kind()
            self.before.append(drawn)
            yield kind.__name__, *drawn


@pytest.mark.parametrize(("user", "action", "known"), [("U0ADA", "cancel", value("cancel")),
                                                       ("U0BO", "approve", wish())])  # fmt: skip
def test_a_click_without_a_fault_acts(door: Door, user: str, action: str, known: str) -> None:
    """Else nothing follows from what comes below."""
    assert door.status(event(form(payload(action, known, user)))) == 200
    assert [acts(each) for each in door.started.values()] == [True]


@pytest.mark.parametrize("attack", UNENTITLED)
def test_a_click_that_is_not_entitled_is_answered_and_does_not_act(door: Door, attack: str) -> None:
    user, action, known = UNENTITLED[attack]
    assert door.status(event(form(payload(action, known, user)))) == 200
    assert [acts(each) for each in door.started.values()] == [False]


def test_of_ten_thousand_requests_all_are_answered_and_none_acts(door: Door) -> None:
    kinds, statuses = Counter[str](), Counter[int]()
    for (kind, request, right), _ in zip(Draw(), range(10_000), strict=False):
        status = door.status(request)
        assert status in right
        kinds[kind] += 1
        statuses[status] += 1
    assert statuses.total() == 10_000
    assert min(kinds.values()) > 500
    assert statuses.keys() == {200, 400, 401}
    assert statuses[200] == door.asked["StartExecution"] > len(door.started)
    assert not any(map(acts, door.started.values()))
