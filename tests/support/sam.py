"""The SAM CLI, run on a copy of the project as someone has it who has worked in it."""

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.support.product import ROOT

BIN = ROOT / ".tools" / "sam" / "bin"
LIMIT_SECONDS = 120
BUILT = Path(".aws-sam", "build")
_FILES = ("template.yaml", "acting.yaml", "amazon_q.yaml", "samconfig.toml")
_FOLDERS = ("statemachine", "functions")
# What lies about in a folder that is worked in, and may not be shipped.
STRAY = {
    "functions/mitigation/__pycache__/watch.cpython-313.pyc": b"of another version",
    "functions/__pycache__/notify.cpython-312.pyc": b"of another Python",
    "functions/notes.txt": b"not for Lambda",
    "functions/.env": b"SLACK=secret",
}


def sam(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
    """Run it and wait; where it fails, the test fails with its words."""
    done = subprocess.run(
        [BIN / "sam", *arguments],
        cwd=folder,
        env={
            **os.environ,
            **(environment or {}),
            # `sam build` needs a python3.13 with pip first on PATH.
            "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.5",  # seconds between looks at a stack
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@cache
def built_project() -> Path:
    """A copy of the project in which `sam build` has run, once for all tests."""
    folder = Path(tempfile.mkdtemp(prefix="sam-"))
    atexit.register(shutil.rmtree, folder)
    for name in _FILES:
        shutil.copy2(ROOT / name, folder / name)
    for name in _FOLDERS:
        shutil.copytree(ROOT / name, folder / name)
    for name, content in STRAY.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    sam(folder, "build")
    return folder
