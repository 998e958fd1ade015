"""The engine's process, seen from the launcher: started, awaited, ended."""

import contextlib
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from embedded.child import TEMPORARY

ROOT = Path(__file__).resolve().parent.parent
CHILD = ("-m", "embedded.child")
START_SECONDS = 60  # a second is usual; compiling ministack for the first time takes five
STOP_SECONDS = 10
LOG = "engine.log"


class EngineFailed(Exception):  # noqa: N818  reads as what happened
    """The engine did not start, or took no deployment; one line says why."""


@contextlib.contextmanager
def engine_process(
    folder: Path, speed: float, environment: Callable[[int], dict[str, str]]
) -> Iterator[int]:
    """The port of an engine that serves; raises EngineFailed with the engine's last words.

    `environment` is for the engine and its Lambda workers, who inherit nothing else: nothing of
    the person's own. The socket is opened here, so no two engines ever want the same port. The
    engine ends when we close its standard input, and so too when we end in whatever way.
    """
    (folder / TEMPORARY).mkdir()
    with (
        socket.create_server(("127.0.0.1", 0), backlog=128) as listener,
        (folder / LOG).open("wb") as log,
    ):
        port: int = listener.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, *CHILD, str(listener.fileno()), str(folder), str(speed)],
            cwd=ROOT,
            env=_surroundings(folder, port) | environment(port),
            pass_fds=[listener.fileno()],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is ours alone
        )
    try:
        _wait_until_ready(port, folder / LOG)
        yield port
    finally:
        assert process.stdin is not None  # noqa: S101  a pipe, see above
        process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _surroundings(folder: Path, port: int) -> dict[str, str]:
    """What keeps ministack to its folder and its port."""
    temporary = str(folder / TEMPORARY)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": temporary,
        "TMPDIR": temporary,
        "STATE_DIR": f"{folder}/state",
        "S3_DATA_DIR": f"{folder}/s3",
        "DOCKER_HOST": f"unix://{folder}/no-docker",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }


def _wait_until_ready(port: int, log: Path) -> None:
    """The first request waits in the socket's queue until the engine serves it."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/_ministack/health", timeout=START_SECONDS):
            pass
    except OSError as error:
        lines = log.read_text(errors="replace").strip().splitlines()
        last_words = lines[-1] if lines else str(error)
        raise EngineFailed(f"the engine did not start: {last_words}") from error
