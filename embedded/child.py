"""The engine's own process: ministack, mended, on a socket that the launcher opened.

It ends when its standard input closes, however the launcher ended, and takes its Lambda workers
and its folder with it. usage: python -m embedded.child LISTENER_FD FOLDER SPEED
"""

import asyncio
import contextlib
import importlib
import os
import shutil
import signal
import sys
import threading
from pathlib import Path

from embedded import mends
from embedded.clock import Clock
from embedded.mends.check import MendFailed
from embedded.records import Recorder

RECORDS = "records.jsonl"
TEMPORARY = "tmp"  # TMPDIR of the engine and its workers
# What the first deployment needs, and what takes its time to load.
SLOW_MODULES = ("ministack.services.cloudformation", "samtranslator.translator.transform")


def main() -> None:
    # Ctrl-C is for the launcher, which then closes our standard input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    listener, folder, speed = int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    threading.Thread(target=_end_with_launcher, args=(folder,), daemon=True).start()
    clock = Clock(speed, Path(path) if (path := os.environ.get("LOCAL_CLOCK")) else None)
    try:
        mends.apply(Recorder(folder / RECORDS), clock)
    except MendFailed as error:
        sys.exit(str(error))
    threading.Thread(target=_load_early, daemon=True).start()
    asyncio.run(_serve(listener))


async def _serve(listener: int) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    config = Config()
    config.bind = [f"fd://{listener}"]
    config.loglevel = "WARNING"
    await serve(app, config)


def _load_early() -> None:
    for name in SLOW_MODULES:
        importlib.import_module(name)


def _end_with_launcher(folder: Path) -> None:
    sys.stdin.buffer.read()
    # Renamed first: what still runs can put nothing more into it.
    with contextlib.suppress(FileNotFoundError):  # the launcher was quicker
        (folder / TEMPORARY).rename(folder / "ended")
    if runtime := sys.modules.get("ministack.core.lambda_runtime"):
        runtime.reset()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)  # other threads may be in the middle of anything: no one is left to care


if __name__ == "__main__":
    main()
