"""Runs this project's own SAM CLI, in a process group of its own, so that Ctrl-C is ours alone."""

import os
import signal
import subprocess
import sys

from ops import ROOT
from ops.aws import Unusable
from ops.interrupt import held

BIN = ROOT / ".tools" / "sam" / "bin"
_STOP_SECONDS = 10


class SamFailed(Exception):  # noqa: N818  reads as what happened
    """sam ended with an error, whose words it has printed itself."""


def check_sam() -> None:
    """Raises Unusable where it is not installed."""
    if not (BIN / "sam").exists():
        raise Unusable("the SAM CLI is not installed here: `make smoke` installs it first")


def run_sam(*arguments: str) -> None:
    """Run it in the project's folder; all that it says goes to stderr. Raises SamFailed."""
    process = None
    try:
        with held():
            process = subprocess.Popen(
                # samconfig.toml is for people's own stacks: a name that it lacks leaves it aside.
                [str(BIN / "sam"), *arguments, "--config-env", "smoke"],
                cwd=ROOT,
                env={
                    **os.environ,
                    # `sam build` needs a python3.13 with pip first on PATH.
                    "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
                    "SAM_CLI_TELEMETRY": "0",
                },
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,
                start_new_session=True,
            )
        code = process.wait()
    except BaseException:
        if process:
            _end(process)
        raise
    if code:
        raise SamFailed(f"sam {arguments[0]} failed ({code}); its own words are above")


def _end(process: subprocess.Popen[bytes]) -> None:
    """The whole group: `sam build` runs make, which runs pip."""
    for kill in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, kill)
            process.wait(_STOP_SECONDS)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
        return
