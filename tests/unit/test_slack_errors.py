"""Every error that Slack documents has a fate; the list is a file, with its source."""

import json
from pathlib import Path

import pytest

from mitigation.slack_errors import AMBIGUOUS, FATES, Fate, advice_for, fate_of

DOCUMENTED = json.loads(
    Path(__file__).parents[1].joinpath("support/slack_errors.json").read_text(encoding="utf-8")
)
WORDS = {word for name, words in DOCUMENTED.items() if name != "source" for word in words}
# Seen in answers, not in the lists.
UNDOCUMENTED = {"invalid_thread_ts", "thread_locked"}


def test_each_documented_error_has_a_fate_and_no_other_has() -> None:
    assert FATES.keys() == WORDS | UNDOCUMENTED


def test_a_word_has_one_fate() -> None:
    from mitigation import slack_errors as table  # noqa: PLC0415  its parts are its own matter

    parts = [table._UNAVAILABLE, table._HEAD_LOST, table._LAYOUT_REFUSED, set(table._REJECTED)]
    assert sum(map(len, parts)) == len(FATES)


@pytest.mark.parametrize(
    ("word", "fate"),
    [
        ("ratelimited", Fate.UNAVAILABLE),
        ("rate_limited", Fate.UNAVAILABLE),
        ("internal_error", Fate.UNAVAILABLE),
        ("a_word_of_tomorrow", Fate.UNAVAILABLE),
        ("token_revoked", Fate.REJECTED),
        ("not_in_channel", Fate.REJECTED),
        ("is_archived", Fate.REJECTED),
        ("missing_scope", Fate.REJECTED),
        ("message_not_found", Fate.HEAD_LOST),
        ("cant_update_message", Fate.HEAD_LOST),
        ("edit_window_closed", Fate.HEAD_LOST),
        ("restricted_action_thread_locked", Fate.HEAD_LOST),
        ("invalid_blocks", Fate.LAYOUT_REFUSED),
        ("msg_too_long", Fate.LAYOUT_REFUSED),
    ],
)
def test_what_becomes_of_it(word: str, fate: Fate) -> None:
    assert fate_of(word) is fate


def test_what_may_have_half_succeeded_is_only_unavailable() -> None:
    assert {"internal_error", "fatal_error"} <= AMBIGUOUS
    assert {fate_of(word) for word in AMBIGUOUS} == {Fate.UNAVAILABLE}


def test_who_has_to_act_is_told_what_to_do() -> None:
    assert advice_for("not_in_channel") == (
        "invite the app into the channel, or set SlackChannelId to one that it is in"
    )
    assert advice_for("invalid_charset") is None
