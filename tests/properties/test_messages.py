"""Whatever AWS answers and whatever the names hold: every channel gets a message that it takes."""

import json
import re
import unicodedata
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from embedded.slack_limits import read_payload, texts
from embedded.sns_limits import check_publish
from mitigation.messages import data, email, slack, sms, sns
from mitigation.report import Report
from mitigation.words import Clock
from mitigation.zone import find_clock
from tests.support.hostile import reports
from tests.support.schema import strict

CLOCKS = st.sampled_from(
    [Clock(), *map(find_clock, ["Asia/Kathmandu", "America/Los_Angeles", "Mars/Olympus"])]
)
GSM_7 = re.compile(r"[A-Za-z0-9 @$_!\"#%&'()*+,\-./:;<=>?^{}\\\[\]~|]+")
GSM_7_EXTENDED = re.compile(r"[\^{}\\\[\]~|]")  # cost two places
OUR_LINKS = re.compile(r"<https://[\w.-]+/[\w/?=&;#:%.~-]*\|(AWS IoT console|Execution)>")
ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
# Control and format characters, surrogates, private ones, separators of lines and paragraphs.
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@given(reports(), CLOCKS)
def test_sns_takes_every_message(report: Report, clock: Clock) -> None:
    message = sns.render(report, clock, for_amazon_q=True)
    attributes = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in message.attributes.items()
    }
    check_publish(message.body, message.subject, "json", attributes)
    assert set(json.loads(message.body)) == {"default", "email", "sms", "https"}


@given(reports(), CLOCKS)
def test_the_email_hides_nothing_and_breaks_lines_nowhere(report: Report, clock: Clock) -> None:
    mail = email.render(report, clock)
    assert not HIDDEN & {unicodedata.category(char) for char in mail.body.replace("\n", "")}
    assert mail.subject.startswith(f"[{report.verdict.label}] ")


@given(reports())
def test_the_sms_is_one_segment(report: Report) -> None:
    text = sms.render(report)
    assert GSM_7.fullmatch(text)
    assert len(text) + len(GSM_7_EXTENDED.findall(text)) <= 148
    assert text.startswith(report.verdict.label)


@given(reports(), CLOCKS)
def test_slack_takes_every_message(report: Report, clock: Clock) -> None:
    payload = slack.render(report, clock).payload
    read_payload(json.dumps(payload).encode())
    blocks: Any = payload["blocks"]
    for block in blocks:
        model = Block.parse(block)
        assert model is not None
        model.validate_json()  # raises SlackObjectFormationError
        assert model.to_dict() == block


@given(reports(), CLOCKS)
def test_nobody_is_pinged_by_a_name(report: Report, clock: Clock) -> None:
    payload: dict[str, Any] = dict(slack.render(report, clock).payload)
    for text in texts(payload["blocks"]):
        assert text["type"] == "plain_text" or text["verbatim"] is True
    shown = [payload["text"], *(text["text"] for text in texts(payload["blocks"]))]
    for line in (OUR_LINKS.sub("", text) for text in shown):
        assert "<" not in line
        assert ">" not in line
        assert not ENTITY.search(line)
    assert "link_names" not in payload
    assert payload.get("parse", "none") == "none"


@given(reports())
def test_the_json_report_keeps_its_schema(report: Report) -> None:
    text = data.render(report)
    assert text.isascii()
    assert len(text) <= data.LENGTH
    strict.validate(json.loads(text))
