"""What GitHub runs: the same as everybody, from pinned actions, with a token that can only read.

A tag that begins with v is released, by a job of its own that alone may write.
"""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
RUN, RELEASE = WORKFLOW["jobs"]["run"], WORKFLOW["jobs"]["release"]


def test_it_runs_what_everybody_runs_from_pinned_actions_by_a_token_that_can_only_read() -> None:
    assert WORKFLOW["jobs"].keys() == {"run", "release"}
    assert [step.get("run") for step in RUN["steps"]] == [None, ".ci/run"]
    for step in (RUN["steps"][0], RELEASE["steps"][0]):
        assert re.fullmatch(r"actions/checkout@[0-9a-f]{40}", step["uses"])
        assert step["with"] == {"persist-credentials": False}
    assert "permissions" not in RUN
    assert WORKFLOW["permissions"] == {"contents": "read"}


def test_a_tag_is_released_with_what_was_packaged_once_everything_has_passed() -> None:
    assert WORKFLOW[True]["push"] == {"branches": ["main"], "tags": ["v*"]}  # YAML's `on`
    assert RELEASE["if"] == "startsWith(github.ref, 'refs/tags/v')"
    assert RELEASE["needs"] == "run"
    assert RELEASE["permissions"] == {"contents": "write"}
    _, package, publish = RELEASE["steps"]
    assert package == {"run": "make package"}
    assert publish["run"].startswith('gh release create "$GITHUB_REF_NAME" --verify-tag')
    assert publish["run"].endswith("dist/*")
    assert publish["env"] == {"GH_TOKEN": "${{ github.token }}"}
