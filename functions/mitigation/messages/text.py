"""Text that others wrote, made fit for people: nothing hidden, nothing too long."""

import unicodedata

# Control, invisible and bidirectional characters, lone surrogates, private and unassigned ones,
# and the separators that break a line.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def printable(text: str) -> str:
    r"""One line that shows what is in it: a newline as \n, an invisible character as its escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def cut(text: str, length: int, ellipsis: str = "…") -> str:
    """At most `length` characters, with an ellipsis where something is missing."""
    return text if len(text) <= length else text[: max(length - len(ellipsis), 0)] + ellipsis


def ascii_only(text: str) -> str:
    """ASCII in one line; what has no ASCII shape becomes a question mark."""
    plain = unicodedata.normalize("NFKD", printable(text))
    return (
        "".join(c for c in plain if not unicodedata.combining(c))
        .encode("ascii", "replace")
        .decode()
    )


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode("ascii")
