"""The main job on the real daemon, from outside: a letter, a chat and a call reach operators, and answers go back."""

from __future__ import annotations

import email
import smtplib
import threading
import time
from pathlib import Path

import pytest
from tests.acceptance.daemon import CALL_SECRET, PASSWORD, Daemon, Sink, letter, until

pytestmark = pytest.mark.daemon


def test_a_letter_is_offered_within_a_second_and_answered_and_the_thread_goes_on(tmp_path: Path):
    with Sink() as sink, Daemon(tmp_path, relay_port=sink.port) as daemon, daemon.screen("ann") as screen:
        daemon.available("ann")
        screen.desk(lambda desk: desk["me"]["presence"] == "available")
        daemon.mail("canary-subject", "canary-text")
        sent = time.monotonic()
        desk = screen.desk(lambda desk: desk["offers"])
        assert time.monotonic() - sent < 1.0
        (offer,) = desk["offers"]
        reference = offer["item"]["reference"]
        daemon.call("ann", "POST", f"/offers/{offer['offer_id']}/accept")
        daemon.call("ann", "POST", f"/conversations/{reference}/replies", {"text": "canary-answer"})
        (envelope,) = sink.wait(1)
        assert envelope.rcpt_tos == ["kim@customer.example"]
        answer = email.message_from_bytes(envelope.original_content)
        assert answer["In-Reply-To"] == "<canary-subject@customer.example>"
        assert answer["Subject"].startswith("Re: canary-subject")
        until(lambda: '"delivery":"delivered"' in _thread(daemon, reference).replace(" ", "").replace("'", '"'))
        daemon.mail(
            "Re: canary-subject", "canary-thanks", Message_ID="<2@customer.example>", In_Reply_To=answer["Message-ID"]
        )
        until(lambda: "canary-thanks" in _thread(daemon, reference))
        assert [matter["reference"] for matter in daemon.found("kim@customer.example")] == [reference]
        daemon.mail("stranger", "me too", From="eve@evil.example", In_Reply_To=answer["Message-ID"])
        until(lambda: daemon.found("eve@evil.example"))
        assert "me too" not in _thread(daemon, reference)
        assert daemon.stop() == 0
        for canary in ("canary", "kim@", "customer.example", "eve@", PASSWORD, CALL_SECRET):
            assert canary not in daemon.said


def _thread(daemon: Daemon, reference: str) -> str:
    return str(daemon.call("ann", "GET", f"/conversations/{reference}"))


def test_a_chat_is_answered_on_the_page_and_goes_on_after_a_reload(tmp_path: Path):
    with Daemon(tmp_path) as daemon:
        daemon.available("ann")
        with daemon.visitor() as page:
            page.write("m1", "canary-chat: is it in stock?")
            reference, _ = daemon.accepted("ann")
            daemon.call("ann", "POST", f"/conversations/{reference}/replies", {"text": "It is."})
            assert page.hear("entry")["text"].startswith("It is.\n\nWhere your matter")
            token = page.token
        with daemon.visitor(token) as page:
            question, answer = [entry["text"] for entry in page.welcome["entries"]]
            assert (question, answer.split("\n")[0]) == ("canary-chat: is it in stock?", "It is.")
            page.write("m2", "Thanks.")
            page.write("m2", "Thanks.")  # the page was not sure
        view = until(
            lambda: (v := daemon.call("ann", "GET", f"/conversations/{reference}")) and "Thanks." in str(v) and v
        )
        assert [entry["kind"] for entry in view["entries"] if entry["kind"] in {"message", "reply"}] == [
            "message",
            "reply",
            "message",
        ]
        assert "canary" not in daemon.said
        assert token not in daemon.said


def test_a_call_is_offered_connected_and_written_up(tmp_path: Path):
    with Daemon(tmp_path) as daemon:
        daemon.available("ann")
        assert daemon.call_event("offered", "c1").status_code == 200
        reference, item = daemon.accepted("ann")
        assert daemon.call_event("answered", "c1").status_code == 200
        assert daemon.call_event("ended", "c1").status_code == 200
        until(lambda: daemon.call("ann", "GET", "/desk")["mine"][0]["state"] == "wrap_up")
        daemon.call("ann", "POST", f"/work-items/{item}/complete", {"disposition": "solved"})
        assert daemon.call("ann", "GET", f"/conversations/{reference}")["stage"] == "done"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"key": "another-secret-of-somebody"}, 401),
        ({"age_s": -3600}, 401),
        ({"age_s": 3600}, 401),
        ({"unknown": 1}, 422),
    ],
)
def test_a_forged_or_stale_call_event_is_refused_without_a_trace_of_its_content(office: Daemon, changes, status):
    answer = office.call_event("offered", "canary-call", "+49170canary", **changes)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert office.found("canary-call") == []
    assert "canary" not in office.said
    if status == 401:
        assert "call event refused" in office.said


def test_a_repeated_call_event_is_200_and_has_no_effect(office: Daemon):
    for _ in range(3):
        assert office.call_event("offered", "twice", "+493087654321").status_code == 200
    assert len(until(lambda: office.found("+493087654321"))) == 1
    assert office.call_event("abandoned", "twice", "+493087654321").status_code == 200


def test_an_unsigned_call_event_by_hand_is_refused(office: Daemon):
    import httpx2

    answer = httpx2.post(f"{office.url}/channels/phone/events", json={"type": "offered"})
    assert answer.status_code == 401


def test_a_letter_over_the_limit_is_552(office: Daemon):
    with office.smtp() as client, pytest.raises(smtplib.SMTPResponseException) as declared:
        client.send_message(letter("too-large", "x" * 1_100_000))
    assert declared.value.smtp_code == 552
    with office.smtp() as client:  # whoever does not say how much is coming
        client.ehlo()
        client.mail("kim@customer.example")
        client.rcpt("service@shop.example")
        code, _ = client.data(letter("too-large", "line\n" * 300_000).as_bytes())
        assert code == 552
    assert office.found("too-large") == []


def test_a_letter_to_nobody_is_refused(office: Daemon):
    with office.smtp() as client, pytest.raises(smtplib.SMTPRecipientsRefused):
        client.sendmail("kim@customer.example", ["nobody@shop.example"], "Subject: x\n\nx")


def test_a_broken_letter_is_kept_raw_and_seen_in_quarantine(office: Daemon):
    with office.smtp() as client:
        client.sendmail("kim@customer.example", ["service@shop.example"], b"canary \xff\xfe nonsense without a sender")
    office.mail("after-the-broken-one")
    until(lambda: office.found("after-the-broken-one"))
    line = until(lambda: office.call("ann", "GET", "/quarantine"))[0]
    assert line["channel"] == "mail"
    with office.client("ann") as client:
        assert b"canary \xff\xfe nonsense" in client.get(line["url"].removeprefix("/api/v1")).content
    assert "canary" not in office.said


def test_200_letters_at_once_are_200_matters(tmp_path: Path):
    with Daemon(tmp_path) as daemon:
        refused: list[Exception] = []

        def send(connection: int) -> None:
            try:
                with daemon.smtp() as client:
                    for number in range(10):
                        client.send_message(
                            letter(f"bulk-{connection:02}-{number}x", From=f"c{connection}-{number}@x.example")
                        )
            except (OSError, smtplib.SMTPException) as failure:
                refused.append(failure)

        threads = [threading.Thread(target=send, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not refused

        def waiting() -> int:
            queues = [queue for one in daemon.call("root", "GET", "/queues") for queue in one["queues"]]
            return sum(queue["waiting"] for queue in queues)

        until(lambda: waiting() == 200)
        for connection in range(20):
            assert len(daemon.found(f"bulk-{connection:02}-")) == 10


def test_a_transfer_away_and_expiry(tmp_path: Path):
    """The sender is released on acceptance only; who is away gets nothing; what runs out goes to somebody else."""
    with Daemon(tmp_path, offer="2s") as daemon:
        daemon.available("bob")
        daemon.call("bob", "PUT", "/presence", {"presence": "away"})
        daemon.available("ann")
        with daemon.screen("ann") as ann, daemon.screen("bob") as bob:
            daemon.mail("moving")
            ann.desk(lambda desk: desk["offers"])
            assert daemon.offers("bob") == []
            daemon.available("bob")
            offer = bob.desk(lambda desk: desk["offers"])["offers"][0]  # ann did not answer
            assert daemon.status("ann", "POST", f"/offers/{offer['offer_id'] - 1}/accept") == 409
            daemon.call("bob", "POST", f"/offers/{offer['offer_id']}/accept")
            item = offer["item"]["work_item_id"]
            daemon.call("bob", "POST", f"/work-items/{item}/transfer", {"department": "sales", "note": "please"})
            assert len(daemon.call("bob", "GET", "/desk")["mine"]) == 1
            with daemon.screen("cem") as cem:
                daemon.available("cem")
                there = cem.desk(lambda desk: desk["offers"])["offers"][0]
                assert there["handoff_note"] == "please"
                daemon.call("cem", "POST", f"/offers/{there['offer_id']}/accept")
            bob.desk(lambda desk: not desk["mine"])


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory):
    """One daemon for the tests that leave nothing behind which others would see."""
    with Daemon(tmp_path_factory.mktemp("office")) as daemon:
        yield daemon
