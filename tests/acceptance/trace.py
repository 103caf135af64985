"""What a program did, seen from outside: the system calls of the real daemon, by strace, in the order in which they happened.

A call that strace prints in two parts began before and ended after what stands between. From the trace alone it is
proven that an acknowledgement was handed to the socket only after a sync which began after the write of the input had
ended: see `Trace.prove`. Nothing here knows the daemon's code.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

SENDS = ("sendto", "sendmsg", "write", "writev")
SYNCS = ("fdatasync", "fsync")
WATCHED = (*SENDS, *SYNCS, "pwrite64", "accept4", "accept", "rename", "renameat", "renameat2")
SHOWN_BYTES = 20_000
"""Of what is written; a page of the log is 4,096."""

_LINE = re.compile(r"(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)")
_UNFINISHED = " <unfinished ...>"
_PORT = re.compile(r"htons\((\d+)\)")


class EarlyAcknowledgement(AssertionError):
    """Somebody was told that an input is safe before it was."""


def missing() -> str:
    """Why nothing can be traced here; empty where it can."""
    if which("strace") is None:
        return "NO STRACE FOUND: install it"
    tried = subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    return f"STRACE MAY NOT TRACE HERE (ptrace is forbidden): {tried.stderr.strip()}" if tried.returncode else ""


def command(output: Path) -> Sequence[str | Path]:
    """What stands before a program so that it is traced; signals and the exit code stay the program's own."""
    watched = ",".join(WATCHED)
    quiet = ("-q", "-y", "-s", str(SHOWN_BYTES), "-e", "signal=none", "-e", f"trace={watched}")
    return ["strace", "-D", "-f", "--seccomp-bpf", *quiet, "-o", output]


@dataclass
class Call:
    """One system call. ``began`` and ``ended`` are lines of the trace; ``port`` is the peer's, for a socket."""

    name: str
    text: str
    began: int
    ended: int
    port: int = 0

    @property
    def descriptor(self) -> str:
        """The number of the file that it is about."""
        return self.text.partition("<")[0]

    @property
    def path(self) -> str:
        """The path of the file that it is about."""
        return self.text.partition("<")[2].partition(">")[0]


@dataclass
class Trace:
    """All calls, in the order in which they began."""

    calls: list[Call] = field(default_factory=list)

    @classmethod
    def read(cls, output: Path) -> Trace:
        """From strace's output."""
        calls: list[Call] = []
        unfinished: dict[str, Call] = {}
        for number, line in enumerate(output.read_text(errors="replace").splitlines()):
            match = _LINE.match(line)
            if match is None:
                continue  # an exit
            process, resumed, name, text = match.groups()
            if resumed:
                call = unfinished.pop(process)
                call.text += text
                call.ended = number
                continue
            calls.append(Call(name, text.removesuffix(_UNFINISHED), number, number))
            if text.endswith(_UNFINISHED):
                unfinished[process] = calls[-1]
                calls[-1].ended = 2**62  # not before the end of the trace
        _find_ports(calls)
        return cls(calls)

    def first(self, what: str, right: Callable[[Call], bool], after: int = -1) -> Call:
        """The first such call that began after the line. Raises `EarlyAcknowledgement` where there is none."""
        for call in self.calls:
            if call.began > after and right(call):
                return call
        raise EarlyAcknowledgement(f"there is no {what}")

    # ---- what an input goes through
    def logged(self, word: str, after: int = -1) -> int:
        """The line at which the write-ahead log was durably synced with the word in it."""
        written = self.first(
            f"write of {word}", lambda c: c.name == "pwrite64" and c.path.endswith("-wal") and word in c.text, after
        )
        return self.synced(written.path, written.ended)

    def synced(self, path: str, after: int) -> int:
        """The line at which a sync of this file, begun after the line, had ended well."""
        sync = self.first(
            f"sync of {path}",
            lambda c: c.name in SYNCS and c.path == path and c.text.endswith("= 0"),
            after,
        )
        return sync.ended

    def kept(self, word: str) -> int:
        """The line at which the blob with the word in it was durable and named by the log."""
        written = self.first(
            f"blob with {word}", lambda c: c.name in SENDS and "/unfinished/" in c.path and word in c.text
        )
        bytes_synced = self.synced(written.path, written.ended)
        renamed = self.first(
            f"name for {written.path}", lambda c: c.name.startswith("rename") and written.path in c.text, bytes_synced
        )
        name = renamed.text.split('"')[3]
        name_synced = self.synced(str(Path(name).parent), renamed.ended)
        return self.logged(Path(name).name, name_synced)

    def sent(self, port: int, text: str, after: int = -1) -> Call:
        """The first bytes to this client that contain the text."""
        return self.first(
            f"answer {text!r} to port {port}", lambda c: c.name in SENDS and c.port == port and text in c.text, after
        )

    def prove(self, durable_line: int, acknowledgement: Call) -> None:
        """Raises `EarlyAcknowledgement` where it was sent before the input was durable."""
        if acknowledgement.began < durable_line:
            raise EarlyAcknowledgement(
                f"acknowledged at line {acknowledgement.began}, durable at line {durable_line}: {acknowledgement.text}"
            )


def _find_ports(calls: Sequence[Call]) -> None:
    """Give each call on a socket the port of its peer."""
    ports: dict[str, int] = {}
    for call in calls:
        if call.name.startswith("accept"):
            descriptor = call.text.rpartition("= ")[2].partition("<")[0]
            found = _PORT.search(call.text)
            if found is not None:
                ports[descriptor] = int(found[1])
        elif call.name in SENDS and "socket:" in call.path:
            call.port = ports.get(call.descriptor, 0)
