"""The app that slack/app-manifest.yaml makes: its shape as Slack takes it, its scopes as wanted."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from embedded.process import ROOT
from embedded.slack_workspace import SCOPES

# https://docs.slack.dev/reference/app-manifest/: what may stand where, and the longest texts.
SHAPE: dict[str, int | type] = {
    ".display_information.name": 35,
    ".display_information.description": 140,
    ".display_information.background_color": 7,
    ".features.bot_user.display_name": 80,
    ".features.bot_user.always_online": bool,
    ".oauth_config.scopes.bot": list,
    ".settings.org_deploy_enabled": bool,
    ".settings.socket_mode_enabled": bool,
    ".settings.token_rotation_enabled": bool,
}
MANIFEST = yaml.safe_load((ROOT / "slack" / "app-manifest.yaml").read_text(encoding="utf-8"))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}")
    else:
        yield path, value


@pytest.mark.parametrize(("path", "value"), [*leaves(MANIFEST)])
def test_slack_would_take_it(path: str, value: Any) -> None:
    wanted = SHAPE[path]
    assert 0 < len(value) <= wanted if isinstance(wanted, int) else isinstance(value, wanted)


def test_it_asks_for_what_is_needed_and_no_more() -> None:
    assert tuple(MANIFEST["oauth_config"]["scopes"]["bot"]) == SCOPES
    assert MANIFEST["settings"]["token_rotation_enabled"] is False
