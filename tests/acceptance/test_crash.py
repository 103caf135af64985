"""What an acknowledgement is worth: kill -9 right after it, orderly stops, and a second daemon on the same file."""

from __future__ import annotations

import os
import smtplib
import subprocess
import threading
import time
from pathlib import Path

import pytest
from tests.acceptance import crash
from tests.acceptance.daemon import LIMIT_S, PROGRAM, Daemon, letter, until

pytestmark = pytest.mark.daemon


def mail(daemon: Daemon) -> str:
    daemon.mail("matter-of-life")
    return "matter-of-life"


def chat(daemon: Daemon) -> str:
    with daemon.visitor() as page:
        page.write("m1", "matter-of-life")
        daemon.kill()
    return "matter-of-life"


def call(daemon: Daemon) -> str:
    assert daemon.call_event("offered", "c1", "+493011111111").status_code == 200
    return "+493011111111"


@pytest.mark.parametrize("come_in", [mail, chat, call])
def test_what_was_acknowledged_before_kill_9_is_there_once(tmp_path: Path, come_in):
    with Daemon(tmp_path) as daemon:
        daemon.available("ann")
        word = come_in(daemon)
        daemon.kill()
        daemon.start()
        assert len(until(lambda: daemon.found(word))) == 1
        assert daemon.offered("ann")["item"]["state"] == "offered"
        if come_in is not chat:  # the sender was not sure, and sends it again
            come_in(daemon)
            daemon.mail("a-later-one")
            until(lambda: daemon.found("a-later-one"))
        assert len(daemon.found(word)) == 1


def test_offers_clocks_and_work_in_hand_stand_where_they_were(tmp_path: Path):
    with Daemon(tmp_path) as daemon:
        daemon.available("ann")
        daemon.mail("in-hand")
        reference, _ = daemon.accepted("ann")
        daemon.call("ann", "POST", f"/conversations/{reference}/replies", {"text": "the-answer"})
        daemon.mail("on-offer")
        daemon.offered("ann")
        before = daemon.call("ann", "GET", "/desk")
        daemon.kill()
        daemon.start()
        after = daemon.call("ann", "GET", "/desk")
        for key in ("offers", "mine", "me"):
            assert after[key] == before[key]
        entries = daemon.call("ann", "GET", f"/conversations/{reference}")["entries"]
        assert [entry["text"] for entry in entries if entry["kind"] == "reply"] == ["the-answer"]
        (offer,) = after["offers"]
        daemon.call("ann", "POST", f"/offers/{offer['offer_id']}/accept")
        assert daemon.status("ann", "POST", f"/offers/{offer['offer_id']}/accept") == 409


def test_an_offer_that_ran_out_while_the_daemon_was_dead_is_nobodys_fault(tmp_path: Path):
    with Daemon(tmp_path, offer="1500ms") as daemon:
        daemon.available("ann")
        daemon.mail("overdue")
        offer = daemon.offered("ann")
        daemon.kill()
        until(lambda: time.time_ns() // 1_000_000 > offer["deadline_ms"])
        daemon.start()
        until(lambda: daemon.call("ann", "GET", "/desk")["notices"])
        kinds = [
            notice["detail"]
            for notice in daemon.call("ann", "GET", "/desk")["notices"]
            if notice["kind"] == "offer_revoked"
        ]
        assert kinds == ["outage"]
        assert offer["item"]["reference"]


def test_random_kills_lose_nothing(tmp_path: Path):
    kills = int(os.environ.get("OMNIROUTE_KILLS", "4"))
    life = crash.run(tmp_path, kills, seed=20261122)
    assert all(one.acknowledged for one in life.customers.values())
    assert any(one.accepted for one in life.operators)
    assert any(one.replied for one in life.operators)


def test_sigterm_drains_and_loses_nothing(tmp_path: Path):
    with Daemon(tmp_path) as daemon:
        acknowledged: list[str] = []
        some = threading.Event()

        def send(connection: int) -> None:
            try:
                with daemon.smtp() as client:
                    for number in range(100_000):
                        client.send_message(letter(f"drain-{connection}-{number}x"))
                        acknowledged.append(f"drain-{connection}-{number}x")
                        some.set()
            except (OSError, smtplib.SMTPException):
                some.set()

        threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        with daemon.visitor(), daemon.screen("ann"):  # open sockets do not hold it up
            assert some.wait(LIMIT_S)
            assert daemon.stop() == 0
        for thread in threads:
            thread.join(LIMIT_S)
        daemon.start()
        for word in acknowledged:
            assert len(until(lambda word=word: daemon.found(word))) == 1


def test_a_second_daemon_on_the_same_file_is_refused_with_the_reason(tmp_path: Path):
    with Daemon(tmp_path) as first:
        second = Daemon(tmp_path)
        refused = subprocess.run(
            [PROGRAM, "serve", "--config", second.config], capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
        assert refused.returncode == 2
        assert "Traceback" not in refused.stderr
        assert f"pid {first.process.pid}" in refused.stderr
        first.mail("goes-on")
        until(lambda: first.found("goes-on"))


def test_a_port_that_is_taken_is_named(tmp_path: Path):
    with Daemon(tmp_path) as first:
        other = tmp_path / "other"
        other.mkdir()
        second = Daemon(other, http_port=first.url.rsplit(":", 1)[1])
        refused = subprocess.run(
            [PROGRAM, "serve", "--config", second.config], capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
        assert refused.returncode == 2
        assert "cannot listen on 127.0.0.1" in refused.stderr
