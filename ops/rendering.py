"""What Notify would send for a letter, by its own renderers and the stack's own parameters."""

import json
from collections.abc import Mapping

from mitigation.messages import slack, sns
from mitigation.notice import Notice
from mitigation.zone import find_clock


def render(payload: Mapping[str, object], parameters: Mapping[str, str]) -> dict[str, object]:
    """The message as JSON. Raises InvalidTask or InvalidWatch, which name what is wrong.

    sns: subject, attributes, and `body`, the texts by protocol; slack: the payload.
    """
    clock = find_clock(parameters.get("TimeZone") or "UTC")
    notice = Notice.parse(payload, account_alias=parameters.get("AccountAlias") or None)
    if notice.channel == "slack":
        has_email = bool(parameters.get("EmailAddress"))
        return {"payload": slack.render(notice.report, clock, has_email=has_email).payload}
    message = sns.render(notice.report, clock, for_amazon_q=parameters.get("AmazonQ") == "true")
    return {
        "subject": message.subject,
        "attributes": message.attributes,
        "body": json.loads(message.body),
    }


def as_text(message: Mapping[str, object]) -> str:
    """For a terminal: the e-mail, or Slack's blocks as the lines of text they hold."""
    match message:
        case {"subject": str(subject), "body": {"email": str(body)}}:
            return f"Subject: {subject}\n\n{body}"
        case {"payload": {"blocks": list(blocks)}}:
            return "\n".join(_texts(blocks))
    return json.dumps(message, indent=2)


def _texts(block: object) -> list[str]:
    """Every text of Block Kit, in its order; what is not text, such as a link's address, is not."""
    match block:
        case str():
            return [block]
        case list():
            return [text for item in block for text in _texts(item)]
        case dict():
            parts = (block.get(name) for name in ("text", "fields", "elements"))
            return [text for part in parts for text in _texts(part)]
    return []
