#!/usr/bin/env python3
"""The one door to this repository: prepares the environment, then does what you ask.

    python3 dev.py demo [ARGS]    the main job: one daemon with a realistic company
    python3 dev.py test [ARGS]    every test (ARGS go to pytest)
    python3 dev.py check          lint, types, import rules
    python3 dev.py bench [ARGS]   the benchmarks, each against a named limit
    python3 dev.py run ARGS…      the omniroute program from the prepared environment

Only the standard library is used here, and only Python 3.11 or newer with pip is needed: a bare Debian
refuses ``pip install`` outside an environment (PEP 668) and its venv lacks ensurepip, so the environment
is made without pip and filled from outside.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
TOOLS = ROOT / ".venv-uv"
PYTHON = ENVIRONMENT / "bin" / "python"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PEERS = ("curl", "openssl", "strace", "swaks")


def say(text: str) -> None:
    """Progress goes to standard error, so that the output of a verb can be piped."""
    print(text, file=sys.stderr, flush=True)


def call(*command: str | Path, quiet: bool = False) -> None:
    """Run a step; a failing step ends us with its exit code."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, check=False, capture_output=quiet)
    if done.returncode:
        if quiet:
            sys.stderr.buffer.write(done.stdout + done.stderr)
        sys.exit(done.returncode)


def uv_program() -> str:
    """The uv on the PATH, or one in an environment of its own beside ours."""
    found = shutil.which("uv")
    if found:
        return found
    program = TOOLS / "bin" / "uv"
    if not program.exists():
        say("dev.py: fetching uv …")
        need_pip()
        venv.create(TOOLS, with_pip=False, clear=True)
        call(
            sys.executable,
            "-m",
            "pip",
            "--python",
            TOOLS / "bin" / "python",
            "install",
            "--quiet",
            "uv>=0.9",
            quiet=True,
        )
    return str(program)


def need_pip() -> None:
    """A bare Debian may have Python without pip; its package mends that where we may install it."""
    if importlib.util.find_spec("pip"):
        return
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        sys.exit("dev.py: this Python has no pip; install it (on Debian: apt install python3-pip) and come again")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "python3-pip"]):
        subprocess.run([apt, *step], check=True, env=environment, stdout=subprocess.DEVNULL)


def prepare() -> None:
    """Bring the environment to what uv.lock says; does nothing when it is so already."""
    stamp = ENVIRONMENT / ".locked"
    wanted = (ROOT / "uv.lock").read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    if stamp.exists() and stamp.read_bytes() == wanted:
        return
    say("dev.py: preparing the environment …")
    os.environ.pop("VIRTUAL_ENV", None)
    call(uv_program(), "sync", "--locked", "--quiet", "--python", sys.executable)
    stamp.write_bytes(wanted)


def test_programs() -> None:
    """The real peers of the tests: a browser, curl, openssl, strace, swaks; from Debian where we may install them."""
    have_browser = os.environ.get("OMNIROUTE_CHROMIUM") or any(map(shutil.which, CHROMIUM_NAMES))
    missing = [name for name in PEERS if not shutil.which(name)]
    packages = missing + ([] if have_browser else ["chromium", "fonts-dejavu-core"])
    if not packages:
        return
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        say(f"dev.py: not installed: {', '.join(packages)}: their tests skip (CI fails without browser or strace)")
        return
    say(f"dev.py: installing Debian's {', '.join(packages)} for the tests …")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        subprocess.run([apt, *step], check=False, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def tool(name: str, *arguments: str) -> None:
    """Run a program of the prepared environment."""
    call(ENVIRONMENT / "bin" / name, *arguments)


def check(arguments: list[str]) -> None:
    """Lint, format, types, import rules: a warning is an error."""
    tool("ruff", "check", *arguments)
    tool("ruff", "format", "--check", *arguments)
    tool("mypy")
    tool("lint-imports", "--no-cache")


def test(arguments: list[str]) -> None:
    """Every test, or what ARGS say; a browser gets the machine to itself, for people do not share theirs either."""
    test_programs()
    if arguments:
        tool("python", "-m", "pytest", *arguments)
        return
    tool("python", "-m", "pytest", "-n", "2", "-m", "not browser")
    tool("python", "-m", "pytest", "-m", "browser")


def become(*command: str) -> None:
    """Replace this process, so that signals reach the program itself."""
    program = str(ENVIRONMENT / "bin" / command[0])
    os.execv(program, [program, *command[1:]])  # Python finds its environment by the path it was called with


def main() -> None:
    """Find the verb, prepare, do it."""
    verb, arguments = (sys.argv[1:2] or ["help"])[0], sys.argv[2:]
    if verb not in {"demo", "test", "check", "bench", "run"}:
        print(__doc__)
        sys.exit(0 if verb in {"help", "-h", "--help"} else 2)
    if sys.version_info < (3, 11):  # noqa: UP036  whoever starts us may have an older one
        sys.exit("dev.py: Python 3.11 or newer is needed")
    prepare()
    match verb:
        case "demo":
            become("omniroute", "demo", *arguments)
        case "run":
            become("omniroute", *arguments)
        case "bench":
            become("python", "-m", "benchmarks", *arguments)
        case "check":
            check(arguments)
        case _:
            test(arguments)


if __name__ == "__main__":
    main()
