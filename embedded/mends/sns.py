"""SNS: what it refuses, and the e-mails that it sends."""

import functools
import json
from typing import Any

from embedded.mends.check import find
from embedded.records import Recorder
from embedded.sns_limits import PublishRefused, check_publish


def catch_sns(sns: Any, recorder: Recorder) -> None:
    """Publish refuses what SNS refuses; what is published, and each e-mail of it, is recorded."""
    refused = sns.SnsPublishError
    publish = find(
        sns,
        "publish_internal",
        "topic_arn",
        "message",
        "subject",
        "message_structure",
        "message_attributes",
        "message_group_id",
        "message_deduplication_id",
    )
    fanout = find(
        sns,
        "_fanout",
        "topic_arn",
        "msg_id",
        "message",
        "subject",
        "message_structure",
        "message_attributes",
        "message_group_id",
        "message_dedup_id",
    )
    resolve = find(sns, "_resolve_message_for_protocol", "message", "message_structure", "protocol")
    matches = find(sns, "_matches_filter_policy", "sub", "message_attributes", "message")
    topic_by_arn = find(sns, "_topic_by_arn_any_scope", "topic_arn")

    @functools.wraps(publish)
    def checked(topic_arn: str, message: Any, subject: str = "", **options: Any) -> Any:
        text = message if isinstance(message, str) else json.dumps(message)
        structure = options.get("message_structure") or ""
        try:
            check_publish(text, subject, structure, options.get("message_attributes") or {})
        except PublishRefused as error:
            raise refused(error.code, str(error)) from error
        return publish(topic_arn, message, subject, **options)

    @functools.wraps(fanout)
    def recorded(
        topic_arn: str,
        msg_id: str,
        message: str,
        subject: str,
        message_structure: str = "",
        message_attributes: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        attributes = message_attributes or {}
        recorder.add(
            "sns",
            {
                "topicArn": topic_arn,
                "subject": subject,
                "message": message,
                "messageStructure": message_structure,
                "attributes": attributes,
            },
        )
        topic = topic_by_arn(topic_arn) or {"subscriptions": []}
        for subscription in topic["subscriptions"]:
            body = resolve(message, message_structure, "email")
            if (
                subscription["protocol"] == "email"
                and subscription["confirmed"]
                and matches(subscription, attributes, body)
            ):
                recorder.add(
                    "email",
                    {
                        "topicArn": topic_arn,
                        "to": subscription["endpoint"],
                        "subject": subject or "AWS Notification Message",
                        "body": body,
                    },
                )
        return fanout(topic_arn, msg_id, message, subject, message_structure, attributes, **options)

    sns.publish_internal = checked
    sns._fanout = recorded
