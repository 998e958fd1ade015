"""What GitHub runs: the same as everybody, from pinned actions, with a token that can only read.

A tag that begins with v is released, by a job of its own that alone may write.
"""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
JOBS: dict[str, dict[str, Any]] = WORKFLOW["jobs"]
STEPS = [step for job in JOBS.values() for step in job["steps"]]


def commands(job: str) -> list[str]:
    return [step["run"] for step in JOBS[job]["steps"] if "run" in step]


def test_it_runs_what_everybody_runs() -> None:
    assert set(JOBS) == {"run", "release"}
    assert commands("run") == [".ci/run"]


def test_its_actions_are_pinned_by_commit() -> None:
    actions = [step["uses"] for step in STEPS if "uses" in step]
    assert actions
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in actions)


def test_its_token_can_only_read_and_stays_in_no_folder() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert [name for name, job in JOBS.items() if "permissions" in job] == ["release"]
    checkouts = [step for step in STEPS if "checkout" in step.get("uses", "")]
    assert len(checkouts) == len(JOBS)
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_a_tag_is_released_with_what_was_packaged_once_everything_has_passed() -> None:
    release = JOBS["release"]
    assert WORKFLOW[True]["push"] == {"branches": ["main"], "tags": ["v*"]}  # YAML's `on`
    assert release["if"] == "startsWith(github.ref, 'refs/tags/v')"
    assert release["needs"] == "run"
    assert release["permissions"] == {"contents": "write"}
    package, publish = commands("release")
    assert package == "make package"
    assert publish.startswith('gh release create "$GITHUB_REF_NAME" --verify-tag')
    assert publish.endswith("dist/*")
    tokens = [step["env"] for step in STEPS if "env" in step]
    assert tokens == [{"GH_TOKEN": "${{ github.token }}"}]
