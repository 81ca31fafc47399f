"""What the benchmarks need from PyPI, in the versions of requirements.txt, in a place of their own."""

import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
DIRECTORY = HERE / ".venv"


def prepare() -> None:
    """Installs it, once for each change of requirements.txt."""
    wanted = HERE / "requirements.txt"
    marker = DIRECTORY / "installed.txt"
    if marker.exists() and marker.read_text() == wanted.read_text():
        return
    print("installing what is measured with, once", file=sys.stderr, flush=True)
    try:
        venv.create(DIRECTORY, with_pip=True, clear=True)
    except subprocess.CalledProcessError:
        sys.exit("cannot make a virtual environment: on Debian, `apt-get install python3-venv`")
    subprocess.run([DIRECTORY / "bin/pip", "install", "--quiet", "--requirement", wanted], check=True)
    marker.write_text(wanted.read_text())


def enter() -> None:
    """Goes on as the same script in that environment."""
    prepare()
    if Path(sys.prefix) != DIRECTORY:
        python = str(DIRECTORY / "bin/python")
        os.execv(python, [python, *sys.argv])
