"""The console channel in the real daemon: offer, accept, reply, and a kill -9 between."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pytest
from tests.acceptance.daemon import Daemon

pytestmark = pytest.mark.daemon


@contextmanager
def console(daemon: Daemon) -> Iterator[TextIO]:
    address = ("127.0.0.1", daemon.console_port)
    with socket.create_connection(address, timeout=10) as peer, peer.makefile("rw", encoding="utf-8") as lines:
        yield lines


def say(lines: TextIO, **line: str) -> dict[str, Any]:
    lines.write(json.dumps(line) + "\n")
    lines.flush()
    return dict(json.loads(lines.readline()))


def test_what_was_acknowledged_is_offered_after_a_kill_and_the_answer_comes_back(tmp_path: Path) -> None:
    with Daemon(tmp_path) as daemon:
        daemon.available("ann")
        with console(daemon) as lines:
            first = say(lines, **{"from": "bob", "text": "Is anybody there?", "id": "1"})
            assert first["ok"] is True
        daemon.kill()
        daemon.start()
        with console(daemon) as lines:
            assert say(lines, **{"from": "bob", "text": "Is anybody there?", "id": "1"})["raw_id"] == first["raw_id"]
            reference, _ = daemon.accepted("ann")
            daemon.call("ann", "POST", f"/conversations/{reference}/replies", {"text": "Yes."})
            answer = json.loads(lines.readline())
        assert answer["reply"].startswith("Yes.\n\nWhere your matter")
        assert answer["reference"] == reference
        assert daemon.offers("ann") == []
