"""What each error word of Slack's Web API means for a message that was to be sent.

Source: the lists of errors of chat.postMessage, chat.update, conversations.history,
conversations.replies and auth.test at https://docs.slack.dev/reference/methods/. A word that
stands nowhere here is new: it is waited out, as an unavailable channel is.
"""

from enum import StrEnum


class Fate(StrEnum):
    UNAVAILABLE = "unavailable"  # later it may work
    REJECTED = "rejected"  # a person has to act
    HEAD_LOST = "head lost"  # this one message, or its thread, can't be used any more
    LAYOUT_REFUSED = "layout refused"  # plain text may still be taken


# Slack may have done what it was asked for, in whole or in part.
AMBIGUOUS = frozenset({"fatal_error", "internal_error", "service_unavailable", "update_failed"})

_UNAVAILABLE = AMBIGUOUS | {
    "external_channel_migrating",
    "message_limit_exceeded",
    "org_login_required",
    "rate_limited",
    "ratelimited",
    "request_timeout",
    "team_added_to_org",
}
_HEAD_LOST = {
    "cannot_reply_to_message",
    "cant_broadcast_message",
    "cant_update_message",
    "edit_window_closed",
    "invalid_thread_ts",
    "is_inactive",
    "message_not_found",
    "no_dual_broadcast_content_update",
    "restricted_action_non_threadable_channel",
    "restricted_action_thread_locked",
    "streaming_state_conflict",
    "thread_locked",
    "thread_not_found",
}
_LAYOUT_REFUSED = {
    "attachment_payload_limit_exceeded",
    "block_mismatch",
    "invalid_arguments",
    "invalid_attachments",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_metadata_format",
    "invalid_metadata_schema",
    "markdown_text_conflict",
    "metadata_must_be_sent_from_app",
    "metadata_too_large",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
    "too_many_attachments",
    "too_many_contact_cards",
}

_NEW_TOKEN = "put the app's current bot token (xoxb-…) into the secret"  # noqa: S105  advice
_INVITE = "invite the app into the channel, or set SlackChannelId to one that it is in"
_ADMINS = "ask the workspace's administrators to let the app post there"
# What a person does about it; a word without advice speaks for itself.
_REJECTED = {
    "access_denied": _ADMINS,
    "accesslimited": "allow calls to Slack from the network that the functions run in",
    "account_inactive": _NEW_TOKEN,
    "app_access_restricted": _ADMINS,
    "as_user_not_supported": "",
    "channel_is_limited_access": _INVITE,
    "channel_not_found": _INVITE,
    "deprecated_endpoint": "update the stack",
    "draft_already_deleted": "",
    "draft_already_sent": "",
    "draft_has_conflict": "",
    "draft_not_found": "",
    "duplicate_channel_not_found": "",
    "duplicate_message_not_found": "",
    "ekm_access_denied": _ADMINS,
    "enterprise_is_restricted": "install the app in a workspace, not in the organization alone",
    "invalid_arg_name": "",
    "invalid_array_arg": "",
    "invalid_auth": _NEW_TOKEN,
    "invalid_charset": "",
    "invalid_cursor": "",
    "invalid_form_data": "",
    "invalid_metadata_filter_keys": "",
    "invalid_post_type": "",
    "invalid_ts_latest": "",
    "invalid_ts_oldest": "",
    "is_archived": "unarchive the channel, or set SlackChannelId to another one",
    "list_record_comment_fetch_failed": "",
    "messages_tab_disabled": "set SlackChannelId to a channel",
    "method_deprecated": "update the stack",
    "method_not_supported_for_channel_type": "set SlackChannelId to a channel",
    "missing_file_data": "",
    "missing_post_type": "",
    "missing_scope": "give the app the scope chat:write, and install it again",
    "no_permission": _INVITE,
    "not_allowed_token_type": _NEW_TOKEN,
    "not_authed": _NEW_TOKEN,
    "not_in_channel": _INVITE,
    "restricted_action": _ADMINS,
    "restricted_action_read_only_channel": _ADMINS,
    "restricted_action_thread_only_channel": _ADMINS,
    "send_on_behalf_not_allowed": "",
    "slack_connect_canvas_sharing_blocked": _ADMINS,
    "slack_connect_file_link_sharing_blocked": _ADMINS,
    "slack_connect_lists_sharing_blocked": _ADMINS,
    "team_access_not_granted": _NEW_TOKEN,
    "team_not_found": _NEW_TOKEN,
    "token_expired": _NEW_TOKEN,
    "token_revoked": _NEW_TOKEN,
    "two_factor_setup_required": _ADMINS,
}

FATES = (
    dict.fromkeys(_UNAVAILABLE, Fate.UNAVAILABLE)
    | dict.fromkeys(_HEAD_LOST, Fate.HEAD_LOST)
    | dict.fromkeys(_LAYOUT_REFUSED, Fate.LAYOUT_REFUSED)
    | dict.fromkeys(_REJECTED, Fate.REJECTED)
)


def fate_of(word: str) -> Fate:
    return FATES.get(word, Fate.UNAVAILABLE)


def advice_for(word: str) -> str | None:
    """What a person has to do where Slack rejects; None where the word says it all."""
    return _REJECTED.get(word) or None
