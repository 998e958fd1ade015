"""The SMS: one segment in the GSM 7-bit alphabet, so one text, whatever the names hold.

SNS puts the topic's DisplayName and "> " before it, which count too.
"""

from mitigation.messages import sections
from mitigation.messages.text import ascii_only, cut
from mitigation.report import Report

DISPLAY_NAME = "Mitigation"  # of the topic that template.yaml makes; SNS capitalizes it
TEXT_LENGTH = 160 - len(f"{DISPLAY_NAME}> ")  # of a segment: 3GPP TS 23.038, 7-bit alphabet
# ASCII that costs two places, and ASCII that the alphabet doesn't have.
_DOUBLE = "^{}\\[]~|"
_MISSING = str.maketrans({"`": "'"})
_NAME_LENGTH = 40


def render(report: Report) -> str:
    """`LABEL task: headline`, then the first cause and the region while they fit."""
    name = cut(report.name, _NAME_LENGTH, "...")
    text = _fit(f"{report.verdict.label} {report.place.lead}{name}: {report.headline}", TEXT_LENGTH)
    for part in _extras(report):
        if _length(longer := f"{text}. {_plain(part)}") <= TEXT_LENGTH:
            text = longer
    return text


def _extras(report: Report) -> list[str]:
    extras = []
    if report.details and report.details.failed:
        cause = report.details.failed[0]
        reason, _ = sections.cause(cause)
        extras.append(f"{reason}: {', '.join(cause.names[:2])}")
    place = report.place
    if not place.lead:
        extras.append(f"{place.account_alias or place.account or ''} {place.region or ''}".strip())
    return [extra for extra in extras if extra]


def _plain(text: str) -> str:
    return ascii_only(text).translate(_MISSING)


def _length(text: str) -> int:
    return len(text) + sum(text.count(character) for character in _DOUBLE)


def _fit(text: str, length: int) -> str:
    text = _plain(text)
    while _length(text) > length:
        text = text[:-4] + "..." if text.endswith("...") else text[:-3] + "..."
    return text
