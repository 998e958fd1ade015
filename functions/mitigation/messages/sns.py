"""One Publish for all kinds of subscriptions: SNS picks the text by protocol.

E-mail and SMS get prose; queues, functions and web hooks get the report as JSON, the `default`.
An https subscription of Amazon Q Developer needs its own shape, and only where asked for.
"""

import json

from mitigation.messages import SnsMessage, amazon_q, data, email, sms
from mitigation.messages.text import cut, printable
from mitigation.report import Report
from mitigation.words import Clock

ATTRIBUTE_LENGTH = 256  # ours; SNS counts attributes towards the 256 KB of the message


def render(report: Report, clock: Clock, *, for_amazon_q: bool = False) -> SnsMessage:
    mail = email.render(report, clock)
    bodies = {
        "default": data.render(report),
        "email": mail.body,
        "sms": sms.render(report),
    }
    if for_amazon_q:
        bodies["https"] = json.dumps(amazon_q.render(report, clock), ensure_ascii=False)
    return SnsMessage(mail.subject, json.dumps(bodies, ensure_ascii=False), attributes(report))


def attributes(report: Report) -> dict[str, str]:
    """What subscriptions can filter by; an unknown one is absent."""
    task = report.task
    known = {
        "taskType": task.type.value,
        "taskStatus": task.status,
        "verdict": report.verdict.value,
        "severity": report.verdict.severity.value,
        "followsInterim": "true" if report.follows_interim else "false",
        "account": report.place.account,
        "region": report.place.region,
        "securityProfileName": task.target.security_profile_name,
    }
    return {name: cut(printable(text), ATTRIBUTE_LENGTH) for name, text in known.items() if text}
