"""Text that others wrote: nothing hidden, nothing too long."""

import pytest

from mitigation.messages.text import ascii_only, cut, printable


@pytest.mark.parametrize(
    "text", ["sensor-17", "Gerät 7", "設備", "جهاز", "e\u0301", "😀", "a\u00a0b"]
)
def test_what_can_be_seen_is_left_as_it_is(text: str) -> None:
    assert printable(text) == text


HIDDEN = {
    "a\nb": r"a\nb",
    "a\r\tb": r"a\r\tb",
    "\x00": r"\x00",
    "\x1b[31mred": r"\x1b[31mred",
    "\x85": r"\x85",
    "a\u2028b\u2029": r"a\u2028b\u2029",
    "\u202egnp.exe": r"\u202egnp.exe",
    "\u2066": r"\u2066",
    "sen\u200bsor": r"sen\u200bsor",
    "sen\u200dsor": r"sen\u200dsor",
    "\ufeff": r"\ufeff",
    "\u00ad": r"\xad",
    "\U000e0041": r"\U000e0041",
    "\ue000": r"\ue000",
    "\ud800": r"\ud800",
}


@pytest.mark.parametrize(("text", "shown"), HIDDEN.items())
def test_what_hides_or_breaks_lines_is_shown_as_its_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_cut_text_says_so() -> None:
    cuts = [("abc", 3), ("abcd", 3), ("", 0), ("abc", 0)]
    assert [cut(text, length) for text, length in cuts] == ["abc", "ab…", "", "…"]
    assert cut("abcd", 3, "...") == "..."


def test_ascii_keeps_what_has_an_ascii_shape() -> None:
    texts = ["Gerät", "ﬁne", "設備", "a\nb", "naïve café", "😀"]
    shown = ["Gerat", "fine", "??", r"a\nb", "naive cafe", "?"]
    assert [*map(ascii_only, texts)] == shown
