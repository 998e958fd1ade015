"""What the figures were measured with: they are ratios, but of these versions on this machine."""

import os
import platform
import subprocess
from importlib.metadata import version

from bench.measure import valgrind

PACKAGES = ("boto3", "botocore", "aws-lambda-powertools", "slack_sdk", "matplotlib")


def machine() -> dict[str, str]:
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "valgrind": _valgrind(),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123  no file of ours
            names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or "unknown"


def _valgrind() -> str:
    if not (program := valgrind()):
        return "none: CPU time instead of instructions"
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return told.stdout.strip().removeprefix("valgrind-")
