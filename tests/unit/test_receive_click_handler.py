"""The door: whatever comes, it answers; what it starts is one execution a click."""

import base64
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import MockRawResponse

from embedded.slack_workspace import TOKEN
from mitigation.acts.authority import Follows
from mitigation.acts.button import Button
from mitigation.acts.signature import MAX_BODY_SIZE, sign
from tests.support import functions
from tests.support.clicks import NOW, PLACE, SECRET, event, form, payload
from tests.support.product import REGION
from tests.unit.test_authority import GENUINE, UNENTITLED, WISH, read

BODY, OTHER = form(payload()), "f" * 32


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
    assert [door.status(event(BODY, at=NOW + late)) for late in (0, 300, -300)] == [200] * 3
    [(name, given)] = door.started.items()
    assert name.startswith("click-cancel-")
    assert given["click"]["user"] == "U0ADA"
    assert door.asked == {"StartExecution": 3, "GetSecretValue": 1}
    plain = event(BODY) | {"body": BODY.decode(), "isBase64Encoded": False}
    assert door.status(plain) == 200


def test_a_secret_that_was_rotated_is_believed_after_a_minute(door: Door) -> None:
    assert door.status(event(BODY)) == 200
    door.secret = OTHER
    for seconds, secret, status in (
        (59, SECRET, 200), (59, OTHER, 401), (60, SECRET, 401), (60, OTHER, 200),
    ):  # fmt: skip
        with time_machine.travel(NOW + seconds, tick=False):
            assert door.status(event(BODY, secret=secret)) == status


def test_neither_secret_nor_value_is_in_the_log(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    door.status(event(form(payload(value="hush-hush"))))
    door.status(event(BODY, secret=OTHER))
    logged = repr([vars(record) for record in caplog.records])
    assert "U0ADA" in logged
    for secret in (SECRET, "hush-hush", "/actions/"):
        assert secret not in logged


def signed(timestamp: str) -> dict[str, Any]:
    signature = sign(BODY, timestamp, SECRET)
    return event(BODY, {"x-slack-request-timestamp": timestamp, "x-slack-signature": signature})


NO_TIMES = ("+1764000000", " 1764000000", "1_764_000_000", "١٧٦٤٠٠٠٠٠٠", "soon")
UNSIGNED: dict[str, dict[str, Any]] = {
    "unsigned": {**event(BODY), "headers": {}},
    "no headers at all": {**event(BODY), "headers": None},
    "another secret": event(BODY, secret=OTHER),
    "an old one": event(BODY, at=NOW - 301),
    "one of the future": event(BODY, at=NOW + 301),
    "a changed body": {**event(BODY), "body": base64.b64encode(BODY + b" ").decode()},
    "a body that is no base64": {**event(BODY), "body": "é"},
    "a body of another kind": {**event(BODY), "body": "a"},
    "no body": {**event(BODY), "body": None},
    "a signature that is none": event(BODY, {"x-slack-signature": "v0=é"}),
    "a large one": event(b"x" * (MAX_BODY_SIZE + 1)),
} | {f"a timestamp that is none: {text}": signed(text) for text in NO_TIMES}


@pytest.mark.parametrize("attack", UNSIGNED)
def test_what_is_not_signed_is_401_and_starts_nothing(door: Door, attack: str) -> None:
    assert door.status(UNSIGNED[attack]) == 401
    assert door.started == {}


def changed(path: str, value: object) -> bytes:
    document = payload()
    *keys, last = path.split()
    place: Any = document
    for key in keys:
        place = place[int(key) if key.isdigit() else key]
    place[last] = value
    return form(document)


MISSHAPEN = {
    "another app": changed("api_app_id", "A0OTHER"),
    "another team": changed("team id", "T0OTHER"),
    "no team": changed("team", None),
    "another channel": changed("channel id", "C0OTHER"),
    "another channel's message": changed("container channel_id", "C0OTHER"),
    "a view": changed("container type", "view"),
    "another interaction": changed("type", "view_submission"),
    "an unknown button": changed("actions 0 action_id", "mitigation-delete"),
    "a menu": changed("actions 0 type", "static_select"),
    "no value": changed("actions 0 value", None),
    "a long value": changed("actions 0 value", "v" * 2001),
    "a value that is no text": changed("actions 0 value", ["v"]),
    "no user": changed("user", {}),
    "a mention for a user": changed("user id", "<!channel>"),
    "a user with a line break": changed("user id", "U0ADA\n"),
    "a timestamp that is none": changed("container message_ts", "now"),
    "a thread that is none": changed("container thread_ts", ""),
    "no moment": changed("actions 0 action_ts", None),
    "no action": changed("actions", []),
    "two actions": changed("actions", payload()["actions"] * 2),
    "an action that is none": changed("actions", [1]),
    "an empty body": b"",
    "no text": b"\xff",
    "another form": b"a=1",
    "two payloads": BODY + b"&" + BODY,
    "a deep one": b"payload=" + b"[" * 50_000,
    "as large a one as is read": b"x" * MAX_BODY_SIZE,
}


@pytest.mark.parametrize("attack", MISSHAPEN)
def test_what_is_signed_but_no_click_of_ours_is_400_and_starts_nothing(
    door: Door, attack: str
) -> None:
    assert door.status(event(MISSHAPEN[attack])) == 400
    assert door.started == {}


# --- Ten thousand requests ---------------------------------------------------------------------


def follows(door: Door) -> set[Follows]:
    """What the state machine does with what the door has started."""
    return {read(each["click"]).ruling.follows for each in door.started.values()}


@pytest.mark.parametrize("clicked", [("cancel", GENUINE, "U0ADA"), ("approve", WISH, "U0BO")])
def test_a_click_without_a_fault_acts(door: Door, clicked: tuple[str, str, str]) -> None:
    """Else nothing follows from what comes below."""
    assert door.status(event(form(payload(*clicked)))) == 200
    assert Follows.REFUSE not in follows(door)


type Asked = tuple[dict[str, Any], set[int]]


def drawn(draw: random.Random, before: list[Asked]) -> Asked:
    """A request that is spoilt in some way, and the answers that are right for it."""
    genuine, noise = form(payload(value=GENUINE)), draw.randbytes(draw.randrange(80))
    (user, action), known, _ = draw.choice([*UNENTITLED.values()])
    value = known.value(PLACE.channel, TOKEN) if isinstance(known, Button) else known
    document = payload(action, value, user)
    at = NOW - 60 * draw.randrange(5) - draw.random()
    document["actions"][0]["action_ts"] = f"{at:.6f}"
    match draw.randrange(10):
        case 0:
            body = bytearray(genuine)
            body[draw.randrange(len(body))] ^= 1 << draw.randrange(8)
            return event(genuine) | {"body": base64.b64encode(body).decode()}, {401}
        case 1:
            age = draw.choice((-1, 1)) * draw.randrange(301, 10**8)
            return event(genuine, at=NOW + age), {401}
        case 2:
            name = draw.choice(["x-slack-request-timestamp", "x-slack-signature"])
            return event(genuine, {name: noise.decode("latin1")}), {401}
        case 3:
            return draw.choice([*UNSIGNED.values()]), {401}
        case 4:
            return event(draw.choice([noise, *MISSHAPEN.values()])), {400}
        case 5 | 6:
            place: Any = document
            key = draw.choice([*place])
            while isinstance(place[key], dict | list) and draw.random() < 0.7 and place[key]:
                place = place[key]
                key = draw.choice([*place] if isinstance(place, dict) else range(len(place)))
            place[key] = draw.choice([None, 7, -1.5, True, "", "x", "x" * 2_001, [], {}, [[]]])
            return event(form(document)), {200, 400}
        case 7 | 8 if before:
            return draw.choice(before)
    return event(form(document)), {200}


def test_of_ten_thousand_requests_all_are_answered_and_none_acts(door: Door) -> None:
    draw = random.Random(14)  # noqa: S311  the same every time
    before, statuses = list[Asked](), Counter[int]()
    for _ in range(10_000):
        request, right = drawn(draw, before)
        status = door.status(request)
        assert status in right
        before.append((request, right))
        statuses[status] += 1
    assert min(statuses[each] for each in (200, 400, 401)) > 500
    assert statuses[200] == door.asked["StartExecution"] > len(door.started)
    assert follows(door) == {Follows.REFUSE}
