#!/bin/sh
# Run a script with the first Python on this machine that can install packages: 3.8 or newer, with
# pip or venv. A `python3` may be there and still be unable to (pyenv without the pinned version,
# Debian without python3-venv), so each is asked.
for python in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.14 python3.12 python3.11 /usr/bin/python3; do
    if "$python" -c '
import sys
from importlib.util import find_spec
sys.exit(sys.version_info < (3, 8) or not (find_spec("pip") or find_spec("ensurepip")))
' 2>/dev/null; then
        exec "$python" "$@"
    fi
done
echo "setup: no Python 3.8 or newer with pip or venv is on PATH; install one" \
    "(Debian: apt-get install python3-venv) or name it with PYTHON=/path/to/python3" >&2
exit 1
