"""Make one of the project's virtual environments, from nothing but some Python 3 and its pip.

Runs on whatever Python a newcomer has, so it needs the standard library of 3.8 only. pip fetches a
pinned uv into .tools/uv; uv finds or downloads the Python of .python-version and installs the lock
file; both check every file's hash. A thing is built aside and then renamed into place, under a
lock, so an interrupted run leaves nothing that passes as complete and two runs at once build once.

usage: bootstrap.py dev|sam|aws|mutants
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

TOOLS = Path(".tools")
UV = TOOLS / "uv"
UV_LOCK = Path("requirements-uv.txt")
ENVIRONMENTS = {
    "dev": (Path(".venv"), Path("requirements-dev.txt")),
    "sam": (TOOLS / "sam", Path("requirements-sam.txt")),
    "aws": (TOOLS / "aws", Path("requirements-aws.txt")),
    "mutants": (TOOLS / "mutants", Path("requirements-mutants.txt")),
}
PYTHON_VERSION = Path(".python-version")
# A person's pip settings that guard their own Python have no say about a folder of ours.
ONLY_INTO_THIS_FOLDER = {
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_USER": "0",
    "PIP_ROOT_USER_ACTION": "ignore",
}


def main(name):
    os.chdir(Path(__file__).resolve().parent.parent)
    environment, lock_file = ENVIRONMENTS[name]
    TOOLS.mkdir(exist_ok=True)
    with one_at_a_time():
        for leftover in TOOLS.glob("new-*"):
            shutil.rmtree(leftover)
        ensure(UV, [UV_LOCK], UV_LOCK, install_uv)
        ensure(environment, [lock_file, PYTHON_VERSION], lock_file, install_environment)


@contextlib.contextmanager
def one_at_a_time():
    """Hold .tools/lock; the kernel lets go of it however this process ends."""
    with (TOOLS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up of this folder to finish")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ensure(target, inputs, lock_file, install):
    """Have `target` built from the present contents of `inputs`; `.ready` in it says from which."""
    inputs = [*inputs, Path(__file__).resolve()]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()
    ready = target / ".ready"
    if is_usable(target) and ready.is_file() and ready.read_text() == digest:
        ready.touch()
        return
    say(f"installing {lock_file} into {target}")
    with tempfile.TemporaryDirectory(prefix="new-", dir=TOOLS) as aside:
        new = Path(aside, "new")
        install(new, lock_file)
        (new / ".ready").write_text(digest)
        if target.exists() or target.is_symlink():
            target.rename(Path(aside, "old"))
        new.rename(target)


def is_usable(target):
    """False also where the Python that an environment links to was uninstalled."""
    return any((target / "bin" / program).exists() for program in ("python", "uv"))


def install_uv(new, lock_file):
    python = sys.executable
    if not importlib.util.find_spec("pip"):
        python = new.parent / "pip" / "bin" / "python"
        run(sys.executable, "-m", "venv", python.parent.parent)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(*pip, "--require-hashes", "--only-binary=:all:", "--target", new, "-r", lock_file)


def install_environment(new, lock_file):
    uv = UV / "bin" / "uv"
    version = PYTHON_VERSION.read_text().strip()
    hint = f"; or install Python {version} and put it on PATH"
    run(uv, "venv", "--quiet", "--relocatable", "--python", version, new, hint=hint)
    sync = [uv, "pip", "sync", "--quiet", "--require-hashes", "--only-binary=:all:"]
    run(*sync, "--python", new / "bin" / "python", lock_file)


def run(*command, hint=""):
    environment = {**os.environ, **ONLY_INTO_THIS_FOLDER}
    done = subprocess.run([str(word) for word in command], env=environment, check=False)
    if done.returncode:
        tool = " ".join(str(word) for word in command[:3])
        sys.exit(f"setup: {tool} failed ({done.returncode}); its own words are above{hint}")


def say(what):
    print(f"setup: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ENVIRONMENTS:
        sys.exit("usage: bootstrap.py " + "|".join(ENVIRONMENTS))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit("setup: interrupted; run it again")
