"""The app that slack/app-manifest.yaml makes: its shape as Slack takes it, its scopes as wanted."""

from typing import Any

import yaml

from embedded.process import ROOT
from embedded.slack_workspace import SCOPES

# https://docs.slack.dev/reference/app-manifest/: what may stand where, and the longest texts.
SHAPE: dict[str, Any] = {
    "display_information": {"name": 35, "description": 140, "background_color": 7},
    "features": {"bot_user": {"display_name": 80, "always_online": bool}},
    "oauth_config": {"scopes": {"bot": list}},
    "settings": {
        "org_deploy_enabled": bool,
        "socket_mode_enabled": bool,
        "token_rotation_enabled": bool,
    },
}
MANIFEST = yaml.safe_load((ROOT / "slack" / "app-manifest.yaml").read_text(encoding="utf-8"))


def problems(found: Any, shape: Any, path: str = "") -> list[str]:
    match shape:
        case dict():
            unknown = [f"{path}.{key}" for key in set(found) - set(shape)]
            return unknown + [
                p for k in found for p in problems(found[k], shape.get(k), f"{path}.{k}")
            ]
        case int():
            return [] if 0 < len(found) <= shape else [f"{path}: {len(found)}"]
        case type():
            return [] if isinstance(found, shape) else [path]
    return [path]


def test_slack_would_take_it() -> None:
    assert problems(MANIFEST, SHAPE) == []
    assert problems({"features": {"bot_user": {"display_name": 81 * "x"}}}, SHAPE) != []
    assert problems({"feature": {}}, SHAPE) != []


def test_it_asks_for_what_is_needed_and_no_more() -> None:
    assert tuple(MANIFEST["oauth_config"]["scopes"]["bot"]) == SCOPES
    assert MANIFEST["settings"]["token_rotation_enabled"] is False
