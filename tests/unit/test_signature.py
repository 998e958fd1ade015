"""Slack's v0 signature: ours, and Slack's own verifier, must say the same."""

import json

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from mitigation.acts.secret import InvalidSecret, signing_secrets
from mitigation.acts.signature import NotFromSlack, check_signature
from tests.support.clicks import NOW, SECRET, signed

OTHER = "f" * 32


def is_ours(body: bytes, headers: dict[str, str], *secrets: str) -> bool:
    try:
        check_signature(body, headers, secrets, NOW)
    except NotFromSlack:
        return False
    return True


def slack_says(body: bytes, headers: dict[str, str]) -> bool:
    try:
        with time_machine.travel(NOW, tick=False):
            return SignatureVerifier(SECRET).is_valid_request(body, headers)
    except (TypeError, ValueError):  # it raises where headers are malformed
        return False


# Slack signs text; what is none is no payload either.
bodies = st.text(max_size=200).map(str.encode)
times = st.integers(-400, 400).map(lambda age: str(int(NOW) + age))
junk = st.text(max_size=80) | st.from_regex(r"v0=[0-9a-fA-F]{63,65}", fullmatch=True)


@settings(deadline=None)  # a busy machine is no fault
@given(bodies, times | junk, st.sampled_from([SECRET, OTHER]), st.none() | junk, st.none() | bodies)
def test_what_slack_s_verifier_takes_and_refuses_we_do_too(
    body: bytes, timestamp: str, secret: str, signature: str | None, other: bytes | None
) -> None:
    headers = signed(body, timestamp, secret)
    if signature is not None:
        headers["x-slack-signature"] = signature
    got = body if other is None else other
    assert is_ours(got, headers, SECRET) is slack_says(got, headers)


def test_the_previous_secret_is_right_while_it_is_kept() -> None:
    headers = signed(b"x", str(int(NOW)), OTHER)
    assert is_ours(b"x", headers, SECRET, OTHER)
    assert not is_ours(b"x", headers, SECRET)


def test_a_secret_is_plain_or_two_of_them() -> None:
    assert signing_secrets(f"{SECRET}\n") == (SECRET,)
    assert signing_secrets("1" * 32) == ("1" * 32,)  # JSON too
    two = f' {{"current": "{SECRET}", "previous": "{OTHER}"}}'
    assert signing_secrets(two) == (SECRET, OTHER)


MIXED, THREE = {"a": SECRET, "b": "hush"}, dict.fromkeys("abc", SECRET)
NONE = ["", "xoxb-hush", "{}", "{hush", f'["{SECRET}"]', json.dumps(MIXED), json.dumps(THREE)]


@pytest.mark.parametrize("text", NONE)
def test_anything_else_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(InvalidSecret) as refused:
        signing_secrets(text)
    assert str(refused.value) == (
        "SlackSigningSecretArn: the secret holds no signing secret of Slack's: expected 32 "
        "hexadecimal digits, or a JSON object with the current one and the previous one"
    )
