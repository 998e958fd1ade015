"""What becomes of a message: delivered, to be tried again, or refused. Never with the secret."""

import json
import logging
import traceback
from collections.abc import Iterator
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

from local.scenario import SlackAnswer
from mitigation import delivery
from mitigation.delivery import DeliveryRejected, DeliveryUnavailable
from mitigation.messages import SlackMessage, SnsMessage
from tests.support.slack import GARBAGE, RESET, SLOW, Slack

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient

REGION = "eu-west-1"
TOKEN = "XyZ0SecretTokenXyZ0Secret"
URL = f"https://hooks.slack.com/services/T0/B0/{TOKEN}"
MESSAGE = SnsMessage(
    "subject", json.dumps({"default": "{}", "email": "body"}), {"verdict": "FAILED"}
)
PAYLOAD = SlackMessage({"text": "FAILED", "blocks": []})


@pytest.fixture
def sns() -> "SNSClient":
    return boto3.client("sns", REGION, config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture
def secrets() -> "SecretsManagerClient":
    return boto3.client("secretsmanager", REGION)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slack]:
    with Slack() as server:
        server.variables = server.environment(tmp_path_factory.mktemp("slack"))
        yield server


@pytest.fixture
def slack(server: Slack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slack]:
    """Slack as a function in its own environment reaches it."""
    for name, value in server.variables.items():
        monkeypatch.setenv(name, value)
    server.play([])
    yield server
    server.stop()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def said(error: BaseException) -> str:
    """All that a log or the state machine could get to see of an error."""
    return "".join(traceback.format_exception(error))


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
    "secret",
    [
        URL,
        f"  {URL}\n",
        json.dumps({"url": URL}),
        json.dumps({"whatever": URL}),
        "https://hooks.slack-gov.com/services/T0/B0/x_-y",
    ],
)
def test_the_webhook_url_is_the_secret_or_its_only_value(
    secrets: "SecretsManagerClient", log: pytest.LogCaptureFixture, secret: str
) -> None:
    with mock_aws():
        arn = secrets.create_secret(Name="slack", SecretString=secret)["ARN"]
        log.clear()
        url = delivery.read_webhook_url(secrets, arn)
    assert url.startswith("https://hooks.slack")
    assert url in secret
    assert TOKEN not in log.text


@pytest.mark.parametrize(
    "secret",
    [
        " ",
        f"http://hooks.slack.com/services/{TOKEN}",
        f"https://hooks.slack.com.evil.example/services/{TOKEN}",
        f"https://evil.example/{TOKEN}",
        f"https://hooks.slack.com@evil.example/{TOKEN}",
        f"https://hooks.slack.com/services/{TOKEN}\nx",
        f"https://hooks.slack.com/services/{TOKEN}?x=1",
        f"https://hooks.slack.com:444/services/{TOKEN}",
        json.dumps({"url": URL, "channel": "#x"}),
        json.dumps({"url": 7}),
        json.dumps([URL]),
        "{}",
        "null",
    ],
)
def test_a_secret_that_holds_no_webhook_url_is_refused_without_saying_what_it_holds(
    secrets: "SecretsManagerClient", secret: str
) -> None:
    with mock_aws():
        arn = secrets.create_secret(Name="slack", SecretString=secret)["ARN"]
        with pytest.raises(DeliveryRejected, match="the Slack secret does not hold a web") as error:
            delivery.read_webhook_url(secrets, arn)
    assert TOKEN not in said(error.value)


def test_a_secret_of_bytes_is_refused(secrets: "SecretsManagerClient") -> None:
    with mock_aws():
        arn = secrets.create_secret(Name="slack", SecretBinary=URL.encode())["ARN"]
        with pytest.raises(DeliveryRejected, match="does not hold a webhook URL"):
            delivery.read_webhook_url(secrets, arn)


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
            delivery.read_webhook_url(secrets, "arn:secret")


def test_a_message_reaches_slack_as_it_is(slack: Slack) -> None:
    delivery.post(URL, PAYLOAD)
    [post] = slack.posts
    assert post.path == f"/services/T0/B0/{TOKEN}"
    assert post.payload == PAYLOAD.payload


@pytest.mark.parametrize(
    ("answer", "retry_after"),
    [
        (SlackAnswer(429, {"Retry-After": "7"}, "rate_limited"), 7),
        (SlackAnswer(429, {"retry-after": "30"}, "rate_limited"), 30),
        (SlackAnswer(429, {}, "rate_limited"), None),
        (SlackAnswer(429, {"Retry-After": "Sun, 22 Nov 2026 10:00:00 GMT"}, ""), None),
        (SlackAnswer(429, {"Retry-After": "-1"}, ""), None),
        (SlackAnswer(429, {"Retry-After": "9" * 400}, ""), None),
        (SlackAnswer(503, {"Retry-After": "120"}, ""), 120),
        (SlackAnswer(500, {}, "server_error"), None),
        (SlackAnswer(502, {}, "<html>Bad gateway</html>"), None),
        (SlackAnswer(504, {}, ""), None),
        (SlackAnswer(408, {}, ""), None),
        (SlackAnswer(200, {}, "<html>Log in to this network</html>"), None),
        (SlackAnswer(200, {}, ""), None),
    ],
)
def test_slack_that_cannot_take_it_now_is_unavailable(
    slack: Slack, answer: SlackAnswer, retry_after: int | None
) -> None:
    slack.play([answer])
    with pytest.raises(DeliveryUnavailable, match=f"Slack answered {answer.status}") as error:
        delivery.post(URL, PAYLOAD)
    assert error.value.retry_after == retry_after
    assert len(slack.posts) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, "invalid_payload"),
        (400, "invalid_blocks"),
        (403, "action_prohibited"),
        (403, "invalid_token"),
        (404, "no_service"),
        (404, "channel_not_found"),
        (410, "channel_is_archived"),
        (413, ""),
    ],
)
def test_slack_that_refuses_is_not_asked_again(slack: Slack, status: int, body: str) -> None:
    slack.play([SlackAnswer(status, {}, body)])
    with pytest.raises(DeliveryRejected) as error:
        delivery.post(URL, PAYLOAD)
    assert str(error.value) == f"Slack answered {status}: {body}".rstrip(": ")
    assert len(slack.posts) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_never_followed(slack: Slack, status: int) -> None:
    slack.play([SlackAnswer(status, {"Location": "https://hooks.slack.com/services/x"}, "")])
    with pytest.raises(DeliveryRejected, match=f"^Slack answered {status}$"):
        delivery.post(URL, PAYLOAD)
    assert len(slack.posts) == 1


@pytest.mark.parametrize("fault", [RESET, GARBAGE])
def test_slack_that_hangs_up_or_talks_nonsense_is_unavailable(
    slack: Slack, fault: SlackAnswer
) -> None:
    slack.play([fault])
    with pytest.raises(DeliveryUnavailable, match=r"^Slack did not answer: "):
        delivery.post(URL, PAYLOAD)


def test_slack_that_never_answers_is_unavailable(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SLACK_TIMEOUT_SECONDS", 0.2)
    slack.play([SLOW])
    with pytest.raises(DeliveryUnavailable, match=r"^Slack did not answer: TimeoutError$"):
        delivery.post(URL, PAYLOAD)


def test_a_server_that_cannot_prove_to_be_slack_gets_nothing(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(DeliveryUnavailable, match=r"^Slack did not answer: "):
        delivery.post(URL, PAYLOAD)
    assert slack.posts == []


@pytest.mark.parametrize(
    "answer",
    [
        SlackAnswer(404, {}, f"The requested URL /services/T0/B0/{TOKEN} was not found"),
        SlackAnswer(500, {}, URL),
        SlackAnswer(302, {"Location": URL}, URL),
        RESET,
        GARBAGE,
    ],
)
def test_the_webhook_url_is_in_no_error_and_no_log(
    slack: Slack, log: pytest.LogCaptureFixture, answer: SlackAnswer
) -> None:
    slack.play([answer])
    with pytest.raises(delivery.DeliveryError) as error:
        delivery.post(URL, PAYLOAD)
    assert TOKEN not in said(error.value)
    assert TOKEN not in log.text


def test_the_webhook_url_is_in_no_log_when_all_goes_well(
    slack: Slack, log: pytest.LogCaptureFixture
) -> None:
    delivery.post(URL, PAYLOAD)
    assert len(slack.posts) == 1
    assert TOKEN not in log.text
