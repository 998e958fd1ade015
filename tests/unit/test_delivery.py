"""What becomes of a message at SNS and at Slack's webhook: taken, tried again, or refused.

Never with the secret.
"""

import json
import logging
import re
import traceback
from typing import Any
from unittest import mock

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber
from moto import mock_aws

from embedded.scenario import SlackAnswer
from mitigation import delivery, webhook
from mitigation.delivery import DeliveryRejected, DeliveryUnavailable
from mitigation.messages import SlackMessage, SnsMessage
from tests.support.slack import GARBAGE, RESET, Slack

TOKEN = "XyZ0SecretTokenXyZ0Secret"
URL = f"https://hooks.slack.com/services/T0/B0/{TOKEN}"
WORKFLOW = URL.replace("services", "workflows")
MESSAGE = SnsMessage("subject", '{"default": "{}", "email": "body"}', {"verdict": "FAILED"})
PAYLOAD = SlackMessage({"text": "FAILED", "blocks": []})
sns: Any = boto3.client("sns", "eu-west-1")
secrets: Any = boto3.client("secretsmanager", "eu-west-1")


def publish(message: SnsMessage = MESSAGE) -> None:
    delivery.publish(sns, "arn:topic", message)


def read() -> None:
    delivery.read_secret(secrets, "arn:secret")


def refusal(code: str, status: int = 400) -> ClientError:
    metadata: Any = {"HTTPStatusCode": status}
    error: Any = {"Error": {"Code": code, "Message": "why"}, "ResponseMetadata": metadata}
    return ClientError(error, "Ask")


# --- SNS and Secrets Manager -------------------------------------------------------------------


def test_a_message_is_published_whole() -> None:
    attributes = {"verdict": {"DataType": "String", "StringValue": "FAILED"}}
    expected: Any = {"TopicArn": "arn:topic", "Subject": "subject", "Message": MESSAGE.body}
    expected |= {"MessageStructure": "json", "MessageAttributes": attributes}
    with Stubber(sns) as stub:
        stub.add_response("publish", {"MessageId": "1"}, expected)
        publish()
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (refusal("Throttled"), "answered 400 Throttled"),
        (refusal("SomethingNew", 500), "answered 500 SomethingNew"),
        (refusal("SomethingNew", 429), "answered 429 SomethingNew"),
        (ClientError({"Error": {"Code": "Throttling"}}, "Ask"), "answered 0 Throttling"),
        (ClientError({"ResponseMetadata": {"HTTPStatusCode": 502}}, "Ask"), "answered 502 "),  # type: ignore[typeddict-item]  # what a proxy leaves
        (EndpointConnectionError(endpoint_url="x"), "did not answer: EndpointConnectionError"),
        (ResponseParserError("a web page"), "did not answer: ResponseParserError"),
        (refusal("AccessDenied", 403), "refused: An error occurred (AccessDenied) when"),
        (refusal("SomethingNew", 499), "refused: An error occurred (SomethingNew) when"),
        (ClientError({}, "Ask"), "refused: An error occurred (Unknown) when"),
    ],
    ids=str,
)
def test_an_error_of_aws_is_for_later_or_a_refusal(
    error: Exception, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sns, "publish", mock.Mock(side_effect=error))
    monkeypatch.setattr(secrets, "get_secret_value", mock.Mock(side_effect=error))
    refused = says.startswith("refused")
    expected, end = (DeliveryRejected, "") if refused else (DeliveryUnavailable, "$")
    for service, ask in (("SNS", publish), ("Secrets Manager", read)):
        with pytest.raises(expected, match=f"^{re.escape(f'{service} {says}')}{end}"):
            ask()


def test_a_call_that_boto3_itself_refuses_is_not_made_again() -> None:
    with pytest.raises(DeliveryRejected, match=r"^SNS would not take this call: Par"):
        publish(SnsMessage("s", "{}", {"verdict": 7}))  # type: ignore[dict-item]  # what is refused


@pytest.mark.parametrize(
    ("secret", "value"),
    [
        (f"  {URL}\n", URL),
        (json.dumps({"whatever": URL}), URL),
        ('{"token": "x", "host": "y"}', '{"token": "x", "host": "y"}'),
        ('{"url": 7}', '{"url": 7}'),
        ("null", "null"),
        (b"\x00", ""),
    ],
)
def test_a_secret_is_plain_or_its_only_value_and_in_no_log(
    caplog: pytest.LogCaptureFixture, secret: str | bytes, value: str
) -> None:
    kind = "SecretBinary" if isinstance(secret, bytes) else "SecretString"
    with mock_aws():
        arn = secrets.create_secret(Name="slack", **{kind: secret})["ARN"]
        caplog.set_level(logging.DEBUG, "botocore.parsers")
        caplog.set_level(logging.DEBUG)
        assert delivery.read_secret(secrets, arn) == value
    assert TOKEN not in caplog.text


def test_an_answer_that_names_no_secret_was_not_of_secrets_manager() -> None:
    with Stubber(secrets) as stub:
        stub.add_response("get_secret_value", {})
        with pytest.raises(DeliveryUnavailable, match=r"^Secrets Manager's answer holds no secret"):
            read()


# --- Slack's webhook ---------------------------------------------------------------------------


def test_a_webhook_s_url_is_taken_as_it_is() -> None:
    for url in (URL, "https://hooks.slack-gov.com/services/T0/B0/x_-y"):
        assert webhook.check_url(url) == url


EVIL = [URL.replace("slack.com", f"slack.com{more}evil.example") for more in ".@"]
COMMAND, PLAIN = URL.replace("services", "commands"), URL.replace("https", "http")


@pytest.mark.parametrize("secret", ["", PLAIN, *EVIL, f"{URL}\nx", f"{URL}?x=1", COMMAND, WORKFLOW])
def test_another_secret_is_refused_without_saying_what_it_is(secret: str) -> None:
    held = "holds a workflow's URL (hooks.slack.com/workflows/…)"
    with pytest.raises(DeliveryRejected) as error:
        webhook.check_url(secret)
    assert str(error.value) == (
        f"the Slack secret {held if secret == WORKFLOW else 'does not hold a webhook URL'}: "
        "expected an incoming webhook's URL, "
        "https://hooks.slack.com/services/… or https://hooks.slack-gov.com/services/…"
    )


def test_a_message_reaches_slack_as_it_is(slack: Slack, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    webhook.post(URL, PAYLOAD)
    [post] = slack.posts
    assert (post.path, post.payload) == (f"/services/T0/B0/{TOKEN}", PAYLOAD.payload)
    assert TOKEN not in caplog.text
    assert not logging.getLogger().disabled  # only slack_sdk's is silent


def limited(after: str) -> SlackAnswer:
    return SlackAnswer(429, {"Retry-after": after}, "rate_limited")


def later(after: int | None = None, *, is_unsure: bool = False) -> dict[str, Any]:
    return {"retry_after": after, "is_unsure": is_unsure}


REFUSED, UNFIT = {"layout_refused": None}, "invalid_blocks_format"
ANSWERS: list[tuple[SlackAnswer, str, Any]] = [
    (limited("7"), "answered 429: rate_limited", later(7)),
    (limited("9" * 9), "answered 429: rate_limited", later(999_999_999)),
    (limited("9" * 10), "answered 429: rate_limited", later()),
    (limited("Sun, 22 Nov 2026 10:00:00 GMT"), "answered 429: rate_limited", later()),
    (SlackAnswer(408, {}, ""), "answered 408", later()),
    (SlackAnswer(500, {}, URL), "answered 500", later()),
    (SlackAnswer(200, {}, ""), "answered 200, not its ok", later(is_unsure=True)),
    (SlackAnswer(200, {}, "okay"), "answered 200: okay, not its ok", later(is_unsure=True)),
    (SlackAnswer(404, {}, f"There is no {URL}"), "answered 404", REFUSED),
    (SlackAnswer(302, {"Location": URL}, URL), "answered 302", REFUSED),
    (SlackAnswer(400, {}, f"{UNFIT}\n"), f"answered 400: {UNFIT}", {"layout_refused": UNFIT}),
    (RESET, "did not answer: RemoteDisconnected", later()),
    (GARBAGE, "did not answer: IncompleteRead", later()),
]


@pytest.mark.parametrize(("answer", "says", "about"), ANSWERS)
def test_any_other_answer_than_ok_is_asked_for_once_and_told_without_the_url(
    slack: Slack, caplog: pytest.LogCaptureFixture, answer: SlackAnswer, says: str, about: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    slack.play(answer)
    with pytest.raises(DeliveryRejected if "layout_refused" in about else DeliveryUnavailable) as e:
        webhook.post(URL, PAYLOAD)
    assert (str(e.value), vars(e.value)) == (f"Slack {says}", about)
    assert len(slack.posts) == 1
    assert TOKEN not in "".join(traceback.format_exception(e.value)) + caplog.text


def test_slack_that_never_answers_is_unavailable() -> None:
    with (
        mock.patch("urllib.request.OpenerDirector.open", side_effect=TimeoutError) as opened,
        pytest.raises(DeliveryUnavailable, match=r"^Slack did not answer: TimeoutError$"),
    ):
        webhook.post(URL, PAYLOAD)
    opened.assert_called_once_with(mock.ANY, timeout=webhook.TIMEOUT_SECONDS)


def test_a_server_that_cannot_prove_to_be_slack_gets_nothing(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(DeliveryUnavailable, match=r"^Slack did not answer: "):
        webhook.post(URL, PAYLOAD)
    assert slack.posts == []
