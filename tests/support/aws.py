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
from enum import Enum, auto
from typing import Any, NamedTuple
from unittest import mock

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.retries.quota import RetryQuota
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.sns.models import SNSBackend

from embedded.fake_iot import FakeIot
from embedded.sns_limits import check_publish
from tests.support.clock import Clock


class Refusal(NamedTuple):
    """An AWS error answer."""

    code: str
    status: int = 400
    message: str = "as the test wants it"


class Page(NamedTuple):
    """A web page where AWS's own format is due, as a proxy on the way makes it."""

    status: int = 200


class Trouble(Enum):
    NO_CONNECTION = auto()
    ANSWER_LOST = auto()  # the service has done what it was asked for
    KILLED = auto()  # the function ends before its call arrives


type Fault = Refusal | Page | Trouble | None
WORKS = None
NO_CONNECTION, ANSWER_LOST, KILLED = Trouble


@dataclass(frozen=True, slots=True)
class Outage[F]:
    """A fault that lasts: `periods` begin and end at so many seconds of the play."""

    fault: F
    periods: Sequence[tuple[float, float]]


type Plan[F] = Sequence[F] | Outage[F]


class Planned[F]:
    """The faults by name: one for each call, the last for ever after; `met` are those that were."""

    def __init__(self, clock: Clock, plans: Mapping[str, Plan[F | None]]) -> None:
        self._clock, self._plans = clock, plans
        self._calls: dict[str, int] = defaultdict(int)
        self.met: set[str] = set()

    def next(self, name: str) -> F | None:
        plan, fault = self._plans.get(name) or (WORKS,), WORKS
        if not isinstance(plan, Outage):
            fault = plan[min(self._calls[name], len(plan) - 1)]
            self._calls[name] += 1
        elif any(begin <= self._clock.monotonic() < end for begin, end in plan.periods):
            fault = plan.fault
        self.met |= {name} if fault else set()
        return fault


class Call(NamedTuple):
    at: datetime
    service: str
    operation: str


class Publication(NamedTuple):
    """What SNS took."""

    topic: str
    subject: str
    bodies: Mapping[str, str]
    attributes: Mapping[str, str]


@dataclass(slots=True)
class Aws:
    iot: FakeIot
    clock: Clock
    faults: Planned[Fault]
    calls: list[Call] = field(default_factory=list)
    publications: list[Publication] = field(default_factory=list)

    @contextmanager
    def in_place_of_the_network(self) -> Iterator[None]:
        """For every boto3 client in this process, whenever it was made while moto was on."""
        to_moto, to_sns = BotocoreStubber.__call__, SNSBackend.publish

        def answer(
            stubber: BotocoreStubber, event_name: str, request: AWSPreparedRequest, **rest: Any
        ) -> AWSResponse | None:
            _, service, operation = event_name.split(".")
            self.calls.append(Call(self.clock.now, service, operation))
            fault = self.faults.next(operation)
            match fault:
                case Refusal():
                    return refuse(request, service, fault)
                case Page(status):
                    page = b"<!DOCTYPE html><html><body>Proxy error</body></html>"
                    return respond(request, status, {"Content-Type": "text/html"}, page)
                case Trouble.KILLED:
                    raise SystemExit
                case Trouble.NO_CONNECTION:
                    raise EndpointConnectionError(endpoint_url=request.url)
            if service == "iot":
                response: AWSResponse | None = ask(self.iot, request)
            else:
                response = to_moto(stubber, event_name, request, **rest)
            if fault is ANSWER_LOST:
                raise ReadTimeoutError(endpoint_url=request.url)
            return response

        def publish(backend: SNSBackend, message: str, arn: str, **more: Any) -> str:
            """Moto's, but what SNS would refuse is refused: moto makes an answer of it."""
            given, subject = more["message_attributes"], more["subject"]
            attributes = {name: str(each["Value"]) for name, each in given.items()}
            named = {name: {"StringValue": value} for name, value in attributes.items()}
            check_publish(message, subject or "", more["message_structure"] or "", named)
            self.publications.append(Publication(arn, subject, json.loads(message), attributes))
            return to_sns(backend, message, arn, **more)

        with (
            mock.patch.object(BotocoreStubber, "__call__", answer),
            mock.patch.object(SNSBackend, "publish", publish),
            # Clients live on from world to world; their memory of faults must not.
            mock.patch.object(RetryQuota, "acquire", return_value=True),
        ):
            yield


def ask(iot: FakeIot, request: AWSPreparedRequest) -> AWSResponse:
    """What it answers to whoever has signed this."""
    target = request.url.partition("amazonaws.com")[2]
    headers = {name: _text(value) for name, value in request.headers.items()}
    asked = iot.addressed(headers.get("Authorization") or "")
    body = _text(request.body or b"").encode()
    return respond(request, *asked.respond(request.method, target, body, headers))


def refuse(request: AWSPreparedRequest, service: str, refusal: Refusal) -> AWSResponse:
    code, status, message = refusal
    if service in {"sns", "sts"}:
        error = f"<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
        body = f"<ErrorResponse><Error>{error}</Error><RequestId>0</RequestId></ErrorResponse>"
        return respond(request, status, {"Content-Type": "text/xml"}, body.encode())
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    document = {"__type": code, "message": message}
    return respond(request, status, headers, json.dumps(document).encode())


def respond(
    request: AWSPreparedRequest, status: int, headers: Mapping[str, Any], body: bytes
) -> AWSResponse:
    return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), MockRawResponse(body))


def _text(body: Any) -> str:
    return body.decode() if isinstance(body, bytes) else str(body)
