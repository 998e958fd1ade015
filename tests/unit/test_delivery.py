"""What becomes of a message: delivered, to be tried again, or refused. Never with the secret."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber
from moto import mock_aws

from mitigation import delivery
from mitigation.delivery import DeliveryRejected, DeliveryUnavailable
from mitigation.messages import SnsMessage

TOKEN = "XyZ0SecretTokenXyZ0Secret"
URL = f"https://hooks.slack.com/services/T0/B0/{TOKEN}"
MESSAGE = SnsMessage(
    "subject", json.dumps({"default": "{}", "email": "body"}), {"verdict": "FAILED"}
)
sns: Any = boto3.client("sns", "eu-west-1")
secrets: Any = boto3.client("secretsmanager", "eu-west-1")


def publish() -> None:
    delivery.publish(sns, "arn:topic", MESSAGE)


def read() -> str:
    return delivery.read_secret(secrets, "arn:secret")


class Service(NamedTuple):
    name: str
    client: Any
    operation: str
    ask: Callable[[], object]


SERVICES = [
    Service("SNS", sns, "publish", publish),
    Service("Secrets Manager", secrets, "get_secret_value", read),
]
each_service = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)


def refusal(code: str, status: int) -> ClientError:
    metadata: Any = {"HTTPStatusCode": status}
    error: Any = {"Error": {"Code": code, "Message": "why"}, "ResponseMetadata": metadata}
    return ClientError(error, "Ask")


def raising(error: Exception) -> Callable[..., Any]:
    def fail(**_: Any) -> Any:
        raise error

    return fail


def test_a_message_is_published_whole() -> None:
    with Stubber(sns) as stub:
        expected = {
            "TopicArn": "arn:topic",
            "Subject": "subject",
            "Message": MESSAGE.body,
            "MessageStructure": "json",
            "MessageAttributes": {"verdict": {"DataType": "String", "StringValue": "FAILED"}},
        }
        stub.add_response("publish", {"MessageId": "1"}, expected)
        publish()
        stub.assert_no_pending_responses()


@each_service
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refusal("Throttling", 400), "{} answered 400 Throttling"),
        (refusal("ThrottlingException", 400), "{} answered 400 ThrottlingException"),
        (refusal("Throttled", 400), "{} answered 400 Throttled"),
        (refusal("KMSThrottlingException", 400), "{} answered 400 KMSThrottlingException"),
        (refusal("ExpiredToken", 403), "{} answered 403 ExpiredToken"),
        (refusal("RequestTimeout", 400), "{} answered 400 RequestTimeout"),
        (refusal("SomethingNew", 500), "{} answered 500 SomethingNew"),
        (refusal("TooManyRequestsException", 429), "{} answered 429 TooManyRequestsException"),
        (ClientError({"Error": {"Code": "Throttling"}}, "Ask"), "{} answered 0 Throttling"),
        (ClientError({"ResponseMetadata": {"HTTPStatusCode": 502}}, "Ask"), "{} answered 502 "),  # type: ignore[typeddict-item]  # what a proxy leaves
        (EndpointConnectionError(endpoint_url="x"), "{} did not answer: EndpointConnectionError"),
        (ReadTimeoutError(endpoint_url="x"), "{} did not answer: ReadTimeoutError"),
        (ResponseParserError("a web page"), "{} did not answer: ResponseParserError"),
    ],
    ids=str,
)
def test_a_service_that_cannot_answer_now_is_unavailable(
    service: Service, error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.client, service.operation, raising(error))
    with pytest.raises(DeliveryUnavailable) as unavailable:
        service.ask()
    assert str(unavailable.value) == said.format(service.name)
    assert unavailable.value.retry_after is None


@each_service
@pytest.mark.parametrize(
    "error",
    [
        refusal("NotFound", 404),
        refusal("InvalidParameter", 400),
        refusal("AccessDenied", 403),
        refusal("DecryptionFailure", 400),
        refusal("SomethingNew", 499),
        ClientError({}, "Ask"),
    ],
    ids=str,
)
def test_a_service_that_refuses_is_not_asked_again(
    service: Service, error: ClientError, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.client, service.operation, raising(error))
    with pytest.raises(DeliveryRejected) as rejected:
        service.ask()
    assert str(rejected.value) == f"{service.name} refused: {error}"


def test_a_page_that_reads_as_xml_without_a_message_id_is_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sns, "publish", raising(KeyError("PublishResult")))
    with pytest.raises(DeliveryUnavailable, match=r"^SNS did not answer: KeyError$"):
        publish()


def test_a_call_that_boto3_itself_refuses_is_not_made_again() -> None:
    message = SnsMessage("s", "{}", {"verdict": 7})  # type: ignore[dict-item]  # what is refused
    with pytest.raises(DeliveryRejected, match=r"^SNS would not take this call: Par"):
        delivery.publish(sns, "arn:topic", message)


@pytest.mark.parametrize(
    ("secret", "value"),
    [
        (URL, URL),
        (f"  {URL}\n", URL),
        (json.dumps({"whatever": URL}), URL),
        ('{"token": "x", "host": "y"}', '{"token": "x", "host": "y"}'),
        ('{"url": 7}', '{"url": 7}'),
        ("null", "null"),
        (" ", ""),
    ],
)
def test_a_secret_is_plain_or_its_only_value_and_in_no_log(
    caplog: pytest.LogCaptureFixture, secret: str, value: str
) -> None:
    with mock_aws():
        arn = secrets.create_secret(Name="slack", SecretString=secret)["ARN"]
        caplog.set_level("DEBUG", "botocore.parsers")
        caplog.set_level("DEBUG")
        assert delivery.read_secret(secrets, arn) == value
    assert TOKEN not in caplog.text


def test_a_secret_of_bytes_holds_nothing_to_read() -> None:
    with mock_aws():
        arn = secrets.create_secret(Name="slack", SecretBinary=URL.encode())["ARN"]
        assert delivery.read_secret(secrets, arn) == ""


def test_an_answer_that_names_no_secret_was_not_of_secrets_manager() -> None:
    with Stubber(secrets) as stub:
        stub.add_response("get_secret_value", {})
        with pytest.raises(DeliveryUnavailable, match=r"^Secrets Manager's answer holds no secret"):
            read()
