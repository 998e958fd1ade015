"""AWS as boto3 meets it: moto, the fake IoT, and whatever faults a test puts in front of them.

All of it takes the place of the network: requests are signed and serialized, answers parsed and
retried, by the real client.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.retries.quota import RetryQuota
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse

from embedded.fake_iot import FakeIot
from embedded.sns_limits import PublishRefused, check_publish
from tests.support.clock import Clock


@dataclass(frozen=True, slots=True)
class Refusal:
    """An AWS error answer."""

    code: str
    status: int = 400
    message: str = "as the test wants it"


@dataclass(frozen=True, slots=True)
class NoConnection:
    """Nobody is there."""


@dataclass(frozen=True, slots=True)
class AnswerLost:
    """The service does what it is asked for, and its answer never arrives."""


@dataclass(frozen=True, slots=True)
class Page:
    """A web page where AWS's own format is due, as a proxy on the way makes it."""

    status: int = 200


@dataclass(frozen=True, slots=True)
class Killed:
    """The function ends before its call arrives."""


@dataclass(frozen=True, slots=True)
class Works:
    pass


type Fault = Refusal | NoConnection | AnswerLost | Page | Killed | Works
WORKS = Works()


@dataclass(frozen=True, slots=True)
class Outage[F]:
    """A fault that lasts: `periods` begin and end at so many seconds of the play."""

    fault: F
    periods: Sequence[tuple[float, float]]

    def holds(self, clock: Clock) -> bool:
        return any(begin <= clock.monotonic() < end for begin, end in self.periods)


type Plan[F] = Sequence[F] | Outage[F]


@dataclass(frozen=True, slots=True)
class Call:
    at: datetime
    service: str
    operation: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Publication:
    """What SNS took."""

    topic: str
    subject: str
    bodies: Mapping[str, str]
    attributes: Mapping[str, str]


@dataclass(slots=True)
class Aws:
    """`faults` by operation: one for each call, the last for ever after."""

    clock: Clock
    iot: FakeIot
    faults: Mapping[str, Plan[Fault]]
    calls: list[Call] = field(default_factory=list)
    publications: list[Publication] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @contextmanager
    def in_place_of_the_network(self) -> Iterator[None]:
        """For every boto3 client in this process, whenever it was made while moto was on."""
        to_moto = BotocoreStubber.__call__

        def answer(
            stubber: BotocoreStubber, event_name: str, request: AWSPreparedRequest, **rest: Any
        ) -> AWSResponse | None:
            _, service, operation = event_name.split(".")
            fault = self._next_fault(operation)
            self.calls.append(Call(self.clock.now, service, operation, fault))
            if isinstance(fault, Refusal):
                return _refuse(request, service, fault)
            if isinstance(fault, Page):
                page = b"<!DOCTYPE html><html><body>Proxy error</body></html>"
                return _answer(request, fault.status, {"Content-Type": "text/html"}, page)
            if isinstance(fault, Killed):
                raise SystemExit
            if isinstance(fault, NoConnection):
                raise EndpointConnectionError(endpoint_url=request.url)
            response: AWSResponse | None
            if operation == "AssumeRole":
                response = _assumed(request)
            elif service == "iot":
                response = _answer(request, *self._ask_iot(request))
            elif operation == "Publish":
                response = self._publish(request, to_moto(stubber, event_name, request, **rest))
            else:
                response = to_moto(stubber, event_name, request, **rest)
            if isinstance(fault, AnswerLost):
                raise ReadTimeoutError(endpoint_url=request.url)
            return response

        with (
            mock.patch.object(BotocoreStubber, "__call__", answer),
            # Clients live on from world to world; their memory of faults must not.
            mock.patch.object(RetryQuota, "acquire", return_value=True),
        ):
            yield

    def _next_fault(self, operation: str) -> Fault:
        faults = self.faults.get(operation) or [WORKS]
        if isinstance(faults, Outage):
            return faults.fault if faults.holds(self.clock) else WORKS
        index = self._seen[operation]
        self._seen[operation] += 1
        return faults[min(index, len(faults) - 1)]

    def _ask_iot(self, request: AWSPreparedRequest) -> tuple[int, Mapping[str, str], bytes]:
        url = urlsplit(request.url)
        target = f"{url.path}?{url.query}" if url.query else url.path
        body = _text(request.body or b"").encode()
        headers = {name: _text(value) for name, value in request.headers.items()}
        authorization = headers.get("Authorization") or ""
        return self.iot.addressed(authorization).respond(request.method, target, body, headers)

    def _publish(
        self, request: AWSPreparedRequest, response: AWSResponse | None
    ) -> AWSResponse | None:
        """Moto's answer, except that what SNS would refuse is refused: moto doesn't check it."""
        form = dict(parse_qsl(_text(request.body)))
        attributes = _attributes(form)
        try:
            check_publish(
                form.get("Message", ""),
                form.get("Subject", ""),
                form.get("MessageStructure", ""),
                attributes,
            )
        except PublishRefused as refused:
            return _refuse(request, "sns", Refusal(refused.code, 400, str(refused)))
        if response is not None and response.status_code == 200:
            values = {name: item["StringValue"] for name, item in attributes.items()}
            self.publications.append(
                Publication(form["TopicArn"], form["Subject"], json.loads(form["Message"]), values)
            )
        return response


def _assumed(request: AWSPreparedRequest) -> AWSResponse:
    """Keys whose id is the account of the role: by it the fake knows whose AWS IoT is asked."""
    account = dict(parse_qsl(_text(request.body)))["RoleArn"].split(":")[4]
    body = (
        "<AssumeRoleResponse><AssumeRoleResult><Credentials>"
        f"<AccessKeyId>{account}</AccessKeyId><SecretAccessKey>x</SecretAccessKey>"
        "<SessionToken>x</SessionToken><Expiration>2027-01-01T00:00:00Z</Expiration>"
        "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
    return _answer(request, 200, {"Content-Type": "text/xml"}, body.encode())


def _attributes(form: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The message attributes of an SNS Publish, from its form."""
    found: dict[str, dict[str, str]] = {}
    number = 1
    while name := form.get(f"MessageAttributes.entry.{number}.Name"):
        value = f"MessageAttributes.entry.{number}.Value."
        found[name] = {
            key.removeprefix(value): text for key, text in form.items() if key.startswith(value)
        }
        number += 1
    return found


def _refuse(request: AWSPreparedRequest, service: str, refusal: Refusal) -> AWSResponse:
    if service in {"sns", "sts"}:
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{refusal.code}</Code>"
            f"<Message>{escape(refusal.message)}</Message></Error>"
            "<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
        )
        return _answer(request, refusal.status, {"Content-Type": "text/xml"}, body.encode())
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": refusal.code}
    document = {"__type": refusal.code, "message": refusal.message}
    return _answer(request, refusal.status, headers, json.dumps(document).encode())


def _answer(
    request: AWSPreparedRequest, status: int, headers: Mapping[str, str], body: bytes
) -> AWSResponse:
    return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), MockRawResponse(body))


def _text(body: Any) -> str:
    return body.decode() if isinstance(body, bytes) else str(body)
