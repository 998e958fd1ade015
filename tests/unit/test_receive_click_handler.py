"""The door: it answers whatever comes, and starts one execution a click that Slack has signed."""

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from botocore.awsrequest import AWSResponse
from botocore.httpsession import URLLib3Session

from embedded.slack_workspace import TOKEN
from mitigation.acts.authority import Follows
from mitigation.acts.button import Button
from mitigation.acts.signature import MAX_BODY_SIZE
from tests.support import functions
from tests.support.aws import Refusal, refuse, respond
from tests.support.clicks import NOW, PLACE, SECRET, event, form, payload, signed
from tests.support.product import REGION
from tests.unit.test_authority import GENUINE, UNENTITLED, WISH, read

BODY, OTHER = form(payload()), "f" * 32
ARNS = {"STATE_MACHINE_ARN": "arn:machine", "SLACK_SIGNING_SECRET_ARN": "signing"}
SLACK = {f"SLACK_{name.upper()}_ID": value for name, value in PLACE._asdict().items()}
POWERTOOLS = {"AWS_DEFAULT_REGION": REGION, "POWERTOOLS_SERVICE_NAME": "test"}
MODULE: Any = functions.load("receive_click", ARNS | SLACK | POWERTOOLS)


class Door:
    """The handler; Step Functions and Secrets Manager stand in place of the network."""

    def __init__(self) -> None:
        self.secret = SECRET
        self.started: dict[str, Any] = {}  # each execution's click, by name

    def answer(self, request: Any) -> AWSResponse:
        asked = json.loads(request.body)
        if asked.get("name") in self.started:
            return refuse(request, "states", Refusal("ExecutionAlreadyExists"))
        if "name" in asked:
            self.started[asked["name"]] = json.loads(asked["input"])
        said = {"executionArn": "arn", "startDate": NOW, "SecretString": self.secret}
        return respond(request, 200, {}, json.dumps(said).encode())

    def status(self, request: dict[str, Any]) -> int:
        answer = MODULE.handler(request, functions.Context())
        assert answer == {"statusCode": answer["statusCode"], "body": ""}
        return int(answer["statusCode"])

    def follows(self) -> set[Follows]:
        """What the state machine does with what was started."""
        return {read(each["click"]).ruling.follows for each in self.started.values()}


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    door = Door()
    MODULE._kept.update(until=0.0)
    monkeypatch.setattr(URLLib3Session, "send", door.answer)
    with time_machine.travel(NOW, tick=False):
        yield door


def test_a_click_starts_one_execution_however_often_it_comes(door: Door) -> None:
    plain = event(BODY) | {"body": BODY.decode(), "isBase64Encoded": False}
    late, early = event(BODY, at=NOW + 300), event(BODY, at=NOW - 300)
    assert [door.status(each) for each in (event(BODY), late, early, plain)] == [200] * 4
    [(name, given)] = door.started.items()
    assert name.startswith("click-cancel-")
    assert given["click"]["user"] == "U0ADA"


def test_a_click_without_a_fault_acts(door: Door) -> None:
    """Else nothing follows from what comes below."""
    for clicked in (("cancel", GENUINE, "U0ADA"), ("approve", WISH, "U0BO")):
        assert door.status(event(form(payload(*clicked)))) == 200
    assert len(door.started) == 2
    assert Follows.REFUSE not in door.follows()


def test_a_secret_that_was_rotated_is_believed_after_a_minute(door: Door) -> None:
    assert door.status(event(BODY)) == 200
    door.secret = OTHER
    for seconds, statuses in ((59, [200, 401]), (60, [401, 200])):
        with time_machine.travel(NOW + seconds, tick=False):
            assert [door.status(event(BODY, secret=each)) for each in (SECRET, OTHER)] == statuses


def test_neither_secret_nor_value_is_in_the_log(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    door.status(event(form(payload(value="hush-hush"))))
    door.status(event(BODY, secret=OTHER))
    logged = repr([vars(record) for record in caplog.records])
    assert "U0ADA" in logged
    assert [each for each in (SECRET, "hush-hush", "/actions/") if each in logged] == []


HEADERS = "the headers hold no signature and timestamp of the v0 kind"
MOMENT = "it was signed more than 300 s from now"
SIGNATURE = "the signature is of another secret, or of another body"
BASE64 = "the body is not base64, as the event says"
LARGE = f"the body has {MAX_BODY_SIZE + 1} bytes; {MAX_BODY_SIZE} are read at most"
UNSIGNED: dict[str, tuple[dict[str, Any], str]] = {
    "unsigned": ({**event(BODY), "headers": {}}, HEADERS),
    "no headers at all": ({**event(BODY), "headers": None}, HEADERS),
    "no signature": ({**event(BODY), "headers": {"x-slack-request-timestamp": "1"}}, HEADERS),
    "another secret": (event(BODY, secret=OTHER), SIGNATURE),
    "an old one": (event(BODY, at=NOW - 301), MOMENT),
    "one of the future": (event(BODY, at=NOW + 301), MOMENT),
    "a changed body": ({**event(BODY), "body": event(BODY + b" ")["body"]}, SIGNATURE),
    "a body that is no base64": ({**event(BODY), "body": "é"}, BASE64),
    "a body of another kind": ({**event(BODY), "body": "a"}, BASE64),
    "no body": ({**event(BODY), "body": None}, SIGNATURE),
    "a signature that is none": (event(BODY, {"x-slack-signature": "v0=é"}), HEADERS),
    "a timestamp that is none": (event(BODY, signed(BODY, "soon")), HEADERS),
    "a timestamp in other digits": (event(BODY, signed(BODY, "١٧٦٤٠٠٠٠٠٠")), HEADERS),
    "a timestamp with a sign": (event(BODY, signed(BODY, "+1764000000")), HEADERS),
    "a large one": (event(b"x" * (MAX_BODY_SIZE + 1)), LARGE),
}


def changed(document: dict[str, Any], path: str, value: object) -> bytes:
    *keys, last = re.findall(r"\w+", path)
    place: Any = document
    for key in keys:
        place = place[int(key) if key.isdigit() else key]
    place[last] = value
    return form(document)


SPOILT: dict[str, tuple[str, object]] = {
    "another app": ("api_app_id", "A0OTHER"),
    "another team": ("team.id", "T0OTHER"),
    "no team": ("team", None),
    "another channel": ("channel.id", "C0OTHER"),
    "another channel's message": ("container.channel_id", "C0OTHER"),
    "a view": ("container.type", "view"),
    "another interaction": ("type", "view_submission"),
    "an unknown button": ("actions[0].action_id", "mitigation-delete"),
    "a menu": ("actions[0].type", "static_select"),
    "no value": ("actions[0].value", None),
    "a long value": ("actions[0].value", "v" * 2001),
    "a value that is no text": ("actions[0].value", ["v"]),
    "no user": ("user", {}),
    "a mention for a user": ("user.id", "<!channel>"),
    "a user with a line break": ("user.id", "U0ADA\n"),
    "a message that is none": ("container.message_ts", "now"),
    "a thread that is none": ("container.thread_ts", ""),
    "no moment": ("actions[0].action_ts", None),
    "no action": ("actions", []),
    "two actions": ("actions", payload()["actions"] * 2),
    "an action that is none": ("actions", [1]),
}
NO_FORM = {
    "an empty body": b"",
    "no text": b"\xff",
    "two payloads": BODY + b"&" + BODY,
    "six fields": BODY + b"&a=1" * 5,
    "a field without a value": BODY + b"&a",
    "a deep one": b"payload=" + b"[" * 50_000,
    "as large a one as is read": b"x" * MAX_BODY_SIZE,
}
REFUSED = {
    **{name: (401, *each) for name, each in UNSIGNED.items()},
    **{
        name: (400, event(changed(payload(), path, value)), f"payload.{path}")
        for name, (path, value) in SPOILT.items()
    },
    **{
        name: (400, event(body), "expected one form field, payload, that holds JSON")
        for name, body in NO_FORM.items()
    },
}


@pytest.mark.parametrize("attack", REFUSED)
def test_what_is_not_signed_is_401_what_is_no_click_of_ours_400_and_neither_starts_anything(
    door: Door, caplog: pytest.LogCaptureFixture, attack: str
) -> None:
    status, request, why = REFUSED[attack]
    assert door.status(request) == status
    assert door.started == {}
    [record] = caplog.records
    assert vars(record)["reason"].startswith(why)


JUNK: list[object] = [None, 7, -1.5, True, "", "x", "x" * 2_001, [], {}, [[]]]

type Asked = tuple[dict[str, Any], set[int]]


def drawn(draw: random.Random, before: list[Asked]) -> Asked:
    """A request that is spoilt in some way, and the answers that are right for it."""
    (user, action), known, _ = draw.choice([*UNENTITLED.values()])
    value = known.value(PLACE.channel, TOKEN) if isinstance(known, Button) else known
    unentitled = payload(action, value, user)
    unentitled["actions"][0]["action_ts"] = f"{NOW - draw.uniform(0, 300):.6f}"
    match draw.randrange(9):
        case 0:
            age = draw.choice((-1, 1)) * draw.randrange(301, 10**8)
            return event(form(payload(value=GENUINE)), at=NOW + age), {401}
        case 1 | 2 | 3:
            status, request, _ = draw.choice([*REFUSED.values()])
            return request, {status}
        case 4 | 5:
            path, _ = draw.choice([*SPOILT.values()])
            return event(changed(unentitled, path, draw.choice(JUNK))), {200, 400}
        case 6 if before:
            return draw.choice(before)
    return event(form(unentitled)), {200}


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
    assert statuses[200] > len(door.started)
    assert door.follows() == {Follows.REFUSE}
