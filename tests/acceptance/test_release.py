"""What `make package` writes deploys as it is, from a folder that holds nothing else."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from embedded.deploy import deployed
from embedded.engine import Engine
from embedded.play import start_task
from tests.support import stacks
from tests.support.product import ROOT
from tests.support.sam import BIN, sam

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def dist() -> Path:
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    subprocess.run(["make", "package"], cwd=ROOT, check=True, env={**os.environ, "PATH": path})
    return ROOT / "dist"


def test_it_is_our_templates_and_one_zip_and_the_same_for_the_same_code(dist: Path) -> None:
    templates = {f"{name}.json" for name in ("template", "acting", "amazon_q")}
    assert {path.name for path in dist.iterdir()} == {*templates, "member.yaml", "functions.zip"}
    assert (dist / "member.yaml").read_bytes() == (ROOT / "member.yaml").read_bytes()
    for name in templates:
        text = (dist / name).read_text(encoding="utf-8")
        assert set(re.findall(r'"(?:Code|Definition)Uri": ("[^"]*")', text)) <= {'"functions.zip"'}
    first = (dist / "functions.zip").read_bytes()
    subprocess.run(["make", "package"], cwd=ROOT, check=True)
    assert (dist / "functions.zip").read_bytes() == first


def test_it_deploys_and_tells(dist: Path, tmp_path: Path) -> None:
    """`sam deploy` without a build is `aws cloudformation package` and `deploy`."""
    folder = shutil.copytree(dist, tmp_path / "dist")
    task = stacks.task("detect", "released-7", "FAILED")
    with Engine([task], auth=True, started=False) as engine:
        done = sam(
            folder,
            "deploy",
            *("--template-file", "template.json", "--stack-name", "released"),
            *("--capabilities", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND", "--resolve-s3"),
            *("--parameter-overrides", "EmailAddress=on-call@example.com"),
            environment=engine.environment(),
        )
        assert done.returncode == 0, done.stderr
        made = deployed(engine.client("cloudformation"), "released").resources
        start_task(engine, task)
        assert stacks.ended_watches(engine, made) == {"detect-released-7": "SUCCEEDED"}
        assert [mail["subject"] for mail in engine.mail] == ["[FAILED] released-7: the task failed"]
