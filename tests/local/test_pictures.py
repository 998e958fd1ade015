"""The pictures of messages in docs/, and the command that draws them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.pictures import __main__ as pictures

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


def test_every_picture_that_the_documents_show_is_there_and_the_other_way_round() -> None:
    shown = {
        Path(match).name
        for path in DOCS
        for match in re.findall(r"pictures/[a-z-]+\.png", path.read_text(encoding="utf-8"))
    }
    drawn = {path.name for path in pictures.PICTURES.glob("*.png")}
    samples = (*pictures.SAMPLES, *pictures.THREADS)
    expected = {f"{s.picture}{suffix}.png" for s in samples for suffix in ("", "-phone")}
    assert drawn == expected | {"failed-slack.png"}
    assert shown
    assert shown <= drawn


@pytest.mark.parametrize("path", sorted(pictures.PICTURES.glob("*.png")), ids=lambda p: p.name)
def test_a_picture_is_small(path: Path) -> None:
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert 8_000 < len(content) < 350_000


def test_the_renderers_are_pinned_without_naming_a_registry() -> None:
    folder = Path(pictures.__file__).parent
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    assert package["dependencies"]
    for version in package["dependencies"].values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert not list(folder.glob("*lock*"))


def test_without_a_browser_the_command_says_so_in_one_line(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "local.pictures"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path), "PYTHONPATH": "functions"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 2
    assert ran.stdout == b""
    [line] = ran.stderr.decode().splitlines()
    assert line.startswith("pictures: no Chromium found: install it")
