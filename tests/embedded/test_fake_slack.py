"""The Slack catcher, posted to by slack_sdk's own client through nothing but its environment."""

import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from slack_sdk.webhook import WebhookClient, WebhookResponse

from embedded.fake_slack import FakeSlack
from embedded.slack_answers import SlackAnswer

URL = "https://hooks.slack.com/services/T00000000/B00000000/secret"
MESSAGE = {"text": "headline"}


@pytest.fixture
def catch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., FakeSlack]]:
    """Makes a catcher, and this process's environment send everything to it."""
    with ExitStack() as stack:

        def start(*answers: SlackAnswer) -> FakeSlack:
            slack = stack.enter_context(FakeSlack(answers))
            for name, value in slack.environment(tmp_path).items():
                monkeypatch.setenv(name, value)
            return slack

        yield start


def post(payload: object = MESSAGE, url: str = URL) -> WebhookResponse:
    client = WebhookClient(url, retry_handlers=[], ssl=ssl.create_default_context())
    assert isinstance(payload, dict)
    return client.send_dict(payload)


def test_a_post_is_caught_with_its_payload(catch: Callable[..., FakeSlack]) -> None:
    slack = catch()
    answer = post()
    assert (answer.status_code, answer.body) == (200, "ok")
    [caught] = slack.posts
    assert caught.path == "/services/T00000000/B00000000/secret"
    assert (caught.payload, caught.status, caught.body) == (MESSAGE, 200, "ok")


def test_answers_are_for_one_post_each_and_the_last_for_ever(
    catch: Callable[..., FakeSlack],
) -> None:
    slack = catch(SlackAnswer(429, {"Retry-After": "30"}, "rate_limited"), SlackAnswer())
    first = post()
    assert (first.status_code, first.headers["Retry-After"]) == (429, "30")
    assert [post().status_code for _ in range(2)] == [200, 200]
    assert [caught.status for caught in slack.posts] == [429, 200, 200]


def test_what_slack_would_refuse_is_refused_and_uses_up_no_answer(
    catch: Callable[..., FakeSlack],
) -> None:
    slack = catch(SlackAnswer(503, {}, "down"), SlackAnswer())
    answer = post({"text": "headline", "blocks": [{"type": "section"}]})
    assert (answer.status_code, answer.body) == (400, "invalid_blocks")
    assert post().status_code == 503
    assert slack.posts[0].why == "blocks[0] has neither text nor fields"


def test_the_other_host_of_slack_is_played_too(catch: Callable[..., FakeSlack]) -> None:
    catch()
    assert post(url=URL.replace("slack.com", "slack-gov.com")).status_code == 200


def test_a_path_that_is_no_webhook_is_unknown(catch: Callable[..., FakeSlack]) -> None:
    slack = catch()
    answer = post(url="https://hooks.slack.com/commands/T0")
    assert (answer.status_code, answer.body) == (404, "no_service")
    assert slack.posts == []


@pytest.mark.parametrize("host", ["example.com", "api.slack.com", "hooks.slack.com.example.com"])
def test_no_other_host_is_reached(catch: Callable[..., FakeSlack], host: str) -> None:
    slack = catch()
    with pytest.raises(urllib.error.URLError, match="403 Forbidden"):
        post(url=f"https://{host}/services/T/B/X")
    assert slack.posts == []


def test_slack_speaks_https_only(catch: Callable[..., FakeSlack]) -> None:
    slack = catch()
    answer = post(url="http://hooks.slack.com/services/T/B/X")
    assert answer.status_code == 403
    assert slack.posts == []


def test_only_who_trusts_the_throw_away_authority_gets_through(
    catch: Callable[..., FakeSlack], monkeypatch: pytest.MonkeyPatch
) -> None:
    slack = catch()
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        post()
    assert slack.posts == []


def test_a_body_that_is_no_json_is_kept_as_nothing(catch: Callable[..., FakeSlack]) -> None:
    slack = catch()
    request = urllib.request.Request(URL, b"payload=x")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.build_opener().open(request)
    with caught.value as answer:
        assert (answer.status, answer.read()) == (400, b"invalid_payload")
    assert slack.posts[0].payload is None
