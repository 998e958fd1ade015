"""What becomes of a message: delivered, to be tried again, or refused. Never with the secret."""

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws
from moto.core.botocore_stubber import MockRawResponse

from mitigation import delivery
from mitigation.delivery import DeliveryRejected, DeliveryUnavailable
from mitigation.messages import SnsMessage

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient

REGION = "eu-west-1"
TOKEN = "XyZ0SecretTokenXyZ0Secret"
URL = f"https://hooks.slack.com/services/T0/B0/{TOKEN}"
MESSAGE = SnsMessage(
    "subject", json.dumps({"default": "{}", "email": "body"}), {"verdict": "FAILED"}
)


@pytest.fixture
def sns() -> "SNSClient":
    return boto3.client("sns", REGION, config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture
def secrets() -> "SecretsManagerClient":
    return boto3.client("secretsmanager", REGION)


def test_a_message_is_published_to_every_protocol(sns: "SNSClient") -> None:
    with mock_aws():
        topic_arn = sns.create_topic(Name="findings")["TopicArn"]
        sqs = boto3.client("sqs", REGION)
        queue = sqs.create_queue(QueueName="findings")["QueueUrl"]
        queue_arn = f"arn:aws:sqs:{REGION}:123456789012:findings"
        sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn)
        delivery.publish(sns, topic_arn, MESSAGE)
        [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    received = json.loads(message["Body"])
    assert received["Subject"] == "subject"
    assert received["Message"] == "{}"
    assert received["MessageAttributes"] == {"verdict": {"Type": "String", "Value": "FAILED"}}


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("Throttling", 400),
        ("ThrottlingException", 400),
        ("Throttled", 429),
        ("KMSThrottlingException", 400),
        ("InternalError", 500),
        ("ServiceUnavailable", 503),
        ("ExpiredToken", 403),
        ("RequestTimeout", 400),
        ("SomethingNew", 500),
        ("TooManyRequestsException", 429),
        ("", 502),
    ],
)
def test_sns_that_cannot_answer_now_is_unavailable(
    sns: "SNSClient", code: str, status: int
) -> None:
    with Stubber(sns) as stub:
        stub.add_client_error("publish", code, "later", status)
        with pytest.raises(DeliveryUnavailable, match=f"SNS answered {status} {code}") as error:
            delivery.publish(sns, "arn:topic", MESSAGE)
    assert error.value.retry_after is None


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AuthorizationError", 403),
        ("NotFound", 404),
        ("InvalidParameter", 400),
        ("KMSDisabled", 400),
        ("KMSAccessDenied", 400),
        ("AccessDenied", 403),
        ("SomethingNew", 400),
    ],
)
def test_sns_that_refuses_is_not_asked_again(sns: "SNSClient", code: str, status: int) -> None:
    with Stubber(sns) as stub:
        stub.add_client_error("publish", code, "why", status)
        with pytest.raises(DeliveryRejected, match=f"SNS refused: .*{code}.*why"):
            delivery.publish(sns, "arn:topic", MESSAGE)


def test_a_call_that_boto3_itself_refuses_is_not_made_again(sns: "SNSClient") -> None:
    message = SnsMessage("s", "{}", {"verdict": 7})  # type: ignore[dict-item]  # what is refused
    with pytest.raises(DeliveryRejected, match="SNS would not take this call"):
        delivery.publish(sns, "arn:topic", message)


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (EndpointConnectionError(endpoint_url="https://sns"), "EndpointConnectionError"),
        (ReadTimeoutError(endpoint_url="https://sns"), "ReadTimeoutError"),
    ],
)
def test_sns_that_cannot_be_reached_is_unavailable(
    sns: "SNSClient", fault: Exception, name: str
) -> None:
    def fail(**_event: Any) -> None:
        raise fault

    sns.meta.events.register("before-send.sns.Publish", fail)
    with pytest.raises(DeliveryUnavailable, match=f"SNS did not answer: {name}"):
        delivery.publish(sns, "arn:topic", MESSAGE)


def test_an_answer_of_sns_that_nobody_can_read_is_unavailable(sns: "SNSClient") -> None:
    def answer(**event: Any) -> Any:
        page = MockRawResponse(b"<html><p>Proxy error</html>")
        return AWSResponse(event["request"].url, 200, HTTPHeaders(), page)

    sns.meta.events.register("before-send.sns.Publish", answer)
    with pytest.raises(DeliveryUnavailable, match="SNS did not answer: ResponseParserError"):
        delivery.publish(sns, "arn:topic", MESSAGE)


@pytest.mark.parametrize(
    ("secret", "value"),
    [
        (URL, URL),
        (f"  {URL}\n", URL),
        (json.dumps({"url": URL}), URL),
        (json.dumps({"whatever": URL}), URL),
        ('{"token": "x", "host": "y"}', '{"token": "x", "host": "y"}'),
        ('{"url": 7}', '{"url": 7}'),
        ("null", "null"),
        (" ", ""),
    ],
)
def test_a_secret_is_plain_or_its_only_value(
    secrets: "SecretsManagerClient", caplog: pytest.LogCaptureFixture, secret: str, value: str
) -> None:
    with mock_aws():
        arn = secrets.create_secret(Name="slack", SecretString=secret)["ARN"]
        caplog.set_level("DEBUG")
        assert delivery.read_secret(secrets, arn) == value
    assert TOKEN not in caplog.text


def test_a_secret_of_bytes_holds_nothing_to_read(secrets: "SecretsManagerClient") -> None:
    with mock_aws():
        arn = secrets.create_secret(Name="slack", SecretBinary=URL.encode())["ARN"]
        assert delivery.read_secret(secrets, arn) == ""


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ThrottlingException", 400, DeliveryUnavailable),
        ("InternalServiceError", 500, DeliveryUnavailable),
        ("ResourceNotFoundException", 400, DeliveryRejected),
        ("AccessDeniedException", 400, DeliveryRejected),
        ("DecryptionFailure", 400, DeliveryRejected),
    ],
)
def test_a_secret_that_cannot_be_read_is_unavailable_or_refused(
    secrets: "SecretsManagerClient", code: str, status: int, expected: type[Exception]
) -> None:
    with Stubber(secrets) as stub:
        stub.add_client_error("get_secret_value", code, "why", status)
        with pytest.raises(expected, match="Secrets Manager"):
            delivery.read_secret(secrets, "arn:secret")
