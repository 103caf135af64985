"""The receiving side over real sockets: when 250 comes, what is refused, and that nobody can hold it up."""

from __future__ import annotations

import smtplib
import ssl
import subprocess
from contextlib import suppress
from pathlib import Path

import aiosmtplib
import anyio
import anyio.lowlevel
import anyio.to_thread
import msgspec
import pytest
from tests.channels.email.helpers import SALES, SUPPORT, connected, letter, make, running
from tests.channels.fakes import FakeContext

from omniroute.channels.email import smtp
from omniroute.errors import Busy, InvalidInput, JournalError, JournalFull, TooLarge

BODY = b"From: anna@example.com\r\nSubject: x\r\n\r\nhello\r\n"


async def test_received_as_it_came_by_smtplib() -> None:
    async with running() as (instance, context):

        def send() -> None:
            with smtplib.SMTP("127.0.0.1", instance.port, local_hostname="client.example") as client:
                client.sendmail("anna@example.com", [SUPPORT], letter("koi8r"))

        await anyio.to_thread.run_sync(send)
    (raw,) = context.received
    assert raw.data == letter("koi8r")
    assert (raw.instance, raw.account, raw.received_ms) == ("mail", SUPPORT, context.now_ms())
    assert raw.meta == {
        "mail_from": "anna@example.com", "rcpt_to": SUPPORT, "remote": "127.0.0.1", "helo": "client.example",
    }  # fmt: skip


async def test_many_letters_on_one_connection_by_aiosmtplib() -> None:
    async with running() as (instance, context):
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=instance.port, start_tls=False)
        async with client:
            for _ in range(20):
                await client.sendmail("anna@example.com", [SUPPORT], BODY)
    assert len(context.received) == 20


async def test_250_only_after_receive_has_returned() -> None:
    context = FakeContext("mail")
    context.hold()
    async with running(context) as (instance, _), connected(instance.port) as client:
        await client.envelope()
        await client.send(BODY + b".\r\n")
        with anyio.fail_after(5):
            await context.entered.wait()
        assert context.received == []
        assert not client.reader._buffer  # type: ignore[attr-defined]
        context.release()
        assert (await client.answer()).startswith("250")
        assert len(context.received) == 1


async def test_one_input_for_each_mailbox() -> None:
    async with running() as (instance, context), connected(instance.port) as client:
        await client.envelope("Support+TOKEN@Shop.Example", SALES, SUPPORT)
        assert (await client.ask(BODY + b".\r\n")).startswith("250")
    assert [(r.account, r.meta["rcpt_to"]) for r in context.received] == [
        (SUPPORT, "Support+TOKEN@Shop.Example"), (SALES, SALES),
    ]  # fmt: skip


async def test_one_mailbox_busy_defers_the_whole() -> None:
    context = FakeContext("mail")
    context.errors[SALES] = Busy()
    async with running(context) as (instance, _), connected(instance.port) as client:
        await client.envelope(SUPPORT, SALES)
        assert (await client.ask(BODY + b".\r\n")).startswith("451 4.3.2")


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (Busy(), "451 4.3.2"),
        (JournalFull("full"), "452 4.3.1"),
        (JournalError("broken"), "451 4.3.0"),
        (TooLarge("large"), "552 5.3.4"),
        (InvalidInput("odd"), "451 4.3.0"),
        (RuntimeError("a secret detail"), "451 4.3.0"),
    ],
)
async def test_what_was_not_taken_is_not_acknowledged(error: Exception, answer: str) -> None:
    context = FakeContext("mail")
    context.error = error
    async with running(context) as (instance, _), connected(instance.port) as client:
        await client.envelope()
        got = await client.ask(BODY + b".\r\n")
        assert got.startswith(answer)
        assert "secret" not in got
        context.error = None
        assert (await client.ask(b"RSET\r\n")).startswith("250")
        await client.envelope()
        assert (await client.ask(BODY + b".\r\n")).startswith("250")


@pytest.mark.parametrize(
    "address", ["nobody@shop.example", "support@other.example", "+support@shop.example", "support@shop.example.evil"]
)
async def test_unknown_mailboxes(address: str) -> None:
    async with running() as (instance, _), connected(instance.port) as client:
        await client.ask(b"EHLO x\r\n")
        await client.ask(b"MAIL FROM:<a@b.example>\r\n")
        assert (await client.ask(f"RCPT TO:<{address}>\r\n".encode())).startswith("550 5.1.1")


async def test_null_sender_and_bounces() -> None:
    async with running() as (instance, context), connected(instance.port) as client:
        await client.ask(b"EHLO x\r\n")
        assert (await client.ask(b"MAIL FROM:<>\r\n")).startswith("250")
        await client.ask(b"RCPT TO:<support@shop.example>\r\n")
        await client.ask(b"DATA\r\n")
        assert (await client.ask(BODY + b".\r\n")).startswith("250")
    assert context.received[0].meta["mail_from"] == ""


async def test_size_is_refused_when_announced_and_when_sent() -> None:
    async with running(message_bytes_max=10_000) as (instance, context), connected(instance.port) as client:
        await client.ask(b"EHLO x\r\n")
        assert (await client.ask(b"MAIL FROM:<a@b.example> SIZE=10001\r\n")).startswith("552 5.3.4")
        await client.envelope()
        assert (await client.ask((b"x" * 98 + b"\r\n") * 120 + b".\r\n")).startswith("552 5.3.4")
        await client.envelope()
        assert (await client.ask(b"x\r\n.\r\n")).startswith("250")
    assert len(context.received) == 1


async def test_endless_data_is_cut() -> None:
    async with running(message_bytes_max=10_000) as (instance, context), connected(instance.port) as client:
        await client.envelope()
        assert (await client.ask(b"x" * 200_000)).startswith("552 5.3.4")
        assert await client.closed()
    assert context.received == []


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n", b"\n\n.\r\n", b"\x00\r.\r\n"]
)
async def test_smuggling(end: bytes) -> None:
    inner = b"MAIL FROM:<evil@b.example>\r\nRCPT TO:<support@shop.example>\r\nDATA\r\nSubject: smuggled\r\n"
    async with running() as (instance, context), connected(instance.port) as client:
        await client.envelope()
        assert (await client.ask(BODY + b"last line" + end + inner + b"\r\n.\r\n")).startswith("250")
        assert (await client.ask(b"NOOP\r\n")).startswith("250")
    (raw,) = context.received
    assert b"smuggled" in raw.data


async def test_dots_are_unstuffed() -> None:
    async with running() as (instance, context), connected(instance.port) as client:
        await client.envelope()
        await client.ask(b"From: a@b.example\r\n\r\n..\r\n.hidden\r\n.\r\n")
    assert context.received[0].data.endswith(b"\r\n\r\n.\r\nhidden\r\n")


async def test_pipelining() -> None:
    async with running() as (instance, context), connected(instance.port) as client:
        await client.send(
            b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@shop.example>\r\nDATA\r\n" + BODY + b".\r\nQUIT\r\n"
        )
        codes = [(await client.answer())[:3] for _ in range(6)]
    assert codes == ["250", "250", "250", "354", "250", "221"]
    assert len(context.received) == 1


async def test_smtputf8_and_eight_bits() -> None:
    async with (
        running(addresses=["почта@магазин.example"], sender="mail@shop.example") as (instance, context),
        connected(instance.port) as client,
    ):
        greeting = await client.ask(b"EHLO x\r\n")
        assert "SMTPUTF8" in greeting
        assert "8BITMIME" in greeting
        assert "AUTH" not in greeting
        assert (await client.ask("MAIL FROM:<анна@example.com>\r\n".encode())).startswith("553")
        assert (await client.ask("MAIL FROM:<анна@example.com> SMTPUTF8 BODY=8BITMIME\r\n".encode())).startswith("250")
        assert (await client.ask("RCPT TO:<почта@магазин.example>\r\n".encode())).startswith("250")
        await client.ask(b"DATA\r\n")
        assert (await client.ask(BODY + b"\xff\r\n.\r\n")).startswith("250")
    assert context.received[0].meta["mail_from"] == "анна@example.com"


async def test_bytes_that_are_no_text_in_addresses() -> None:
    async with running() as (instance, _), connected(instance.port) as client:
        assert (await client.ask(b"EHLO \xff\xfe\r\n")).startswith("250")
        assert (await client.ask(b"MAIL FROM:<\xff@b.example> SMTPUTF8\r\n")).startswith("55")
        assert (await client.ask(b"MAIL FROM:<a@b.example>\r\n")).startswith("250")
        assert (await client.ask(b"RCPT TO:<support\xff@shop.example>\r\n")).startswith("55")
        assert (await client.ask(b"VRFY \xff\r\n"))[:1] in {"2", "4", "5"}


async def test_too_many_recipients() -> None:
    async with running(recipients_max=2) as (instance, _), connected(instance.port) as client:
        await client.ask(b"EHLO x\r\n")
        await client.ask(b"MAIL FROM:<a@b.example>\r\n")
        for n in range(2):
            assert (await client.ask(b"RCPT TO:<support+%d@shop.example>\r\n" % n)).startswith("250")
        assert (await client.ask(b"RCPT TO:<sales@shop.example>\r\n")).startswith("452 4.5.3")


async def test_letters_under_way_are_bounded_together() -> None:
    async with running() as (instance, context), connected(instance.port) as first, connected(instance.port) as second:
        server = instance._server
        assert server is not None
        server.limits = msgspec.structs.replace(server.limits, letters_bytes_max=400_000)
        await first.envelope()
        await second.envelope()
        await first.send(b"x" * 300_000)
        with anyio.fail_after(5):
            while not server.letters_bytes:  # noqa: ASYNC110  the server says nothing before the end
                await anyio.sleep(0.01)
        assert (await second.ask(b"x" * 300_000 + b"\r\n.\r\n")).startswith("452 4.3.1")
        assert (await first.ask(b"\r\n.\r\n")).startswith("250")
        assert server.letters_bytes == 0
        await second.send(b"MAIL FROM:<a@b.example>\r\n")
        assert (await second.answer()).startswith("250")
    assert len(context.received) == 1


async def test_too_many_connections() -> None:
    async with (
        running(connections_max=2) as (instance, _),
        connected(instance.port),
        connected(instance.port) as second,
    ):
        async with connected(instance.port, greeting="421 4.3.2") as third:
            assert await third.closed()
        assert (await second.ask(b"QUIT\r\n")).startswith("221")
        assert await second.closed()
        async with connected(instance.port):
            pass


@pytest.mark.parametrize(
    "begin",
    [b"", b"EHLO x\r\n", b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@shop.example>\r\nDATA\r\nSubj"],
)
async def test_silence_is_ended(begin: bytes) -> None:
    async with running(command_timeout_s=0.1) as (instance, _), connected(instance.port) as client:
        await client.send(begin)
        with anyio.fail_after(5):
            assert b"421 4.4.2" in await client.reader.read()


async def test_dripping_does_not_prolong_a_deadline() -> None:
    async with running(command_timeout_s=0.1) as (instance, _), connected(instance.port) as client:
        await client.envelope()
        with anyio.fail_after(5):
            while not client.reader.at_eof() and not client.writer.is_closing():
                client.writer.write(b"x\r\n")
                await anyio.lowlevel.checkpoint()


async def test_a_busy_session_ends_too() -> None:
    async with running(session_timeout_s=0.1) as (instance, _), connected(instance.port) as client:
        answer = "250"
        while answer.startswith("250"):
            answer = await client.ask(b"RSET\r\n")
        assert answer.startswith("421 4.4.2")
        assert await client.closed()


async def test_the_deadline_holds_while_the_engine_is_slow() -> None:
    context = FakeContext("mail")
    context.hold()
    async with running(context, session_timeout_s=0.1) as (instance, _), connected(instance.port) as client:
        await client.envelope()
        assert (await client.ask(BODY + b".\r\n")).startswith("421")
        assert await client.closed()
    assert context.at_gate == 0
    assert context.received == []


async def test_a_vanished_sender_cancels_the_receive() -> None:
    context = FakeContext("mail")
    context.hold()
    async with running(context) as (instance, _):
        async with connected(instance.port) as client:
            await client.envelope()
            await client.send(BODY + b".\r\n")
            with anyio.fail_after(5):
                await context.entered.wait()
        context.release()
    assert context.at_gate == 0


async def test_long_commands_and_nonsense() -> None:
    async with running() as (instance, _), connected(instance.port) as client:
        assert (await client.ask(b"EHLO " + b"x" * 5000 + b"\r\n")).startswith("500")
        assert (await client.ask(b"x" * 200_000 + b"\r\n")).startswith("500")
        for _ in range(4):
            assert (await client.ask(b"AUTH PLAIN AAAA\r\n")).startswith("500")
        assert (await client.ask(b"GET / HTTP/1.1\r\n")).startswith("502")
        assert await client.closed()


async def test_long_lines_are_accepted() -> None:
    async with running() as (instance, context), connected(instance.port) as client:
        await client.envelope()
        assert (await client.ask(BODY + b"x" * 1_000_000 + b"\r\n.\r\n")).startswith("250")
    assert context.received[0].data == BODY + b"x" * 1_000_000 + b"\r\n"


@pytest.mark.parametrize("size", [65_530, 65_531, 65_532, 65_533, 65_534, 65_535, 65_536, 65_537, 131_072])
async def test_ends_across_the_read_ahead(size: int) -> None:
    data = b"x" * (size - 2) + b"\r\n"
    async with running() as (instance, context), connected(instance.port) as client:
        await client.envelope()
        assert (await client.ask(data + b".\r\nNOOP\r\n")).startswith("250 2.0.0")
        assert (await client.answer()).startswith("250")
    assert context.received[0].data == data


async def test_an_empty_letter() -> None:
    async with running() as (instance, context), connected(instance.port) as client:
        await client.envelope()
        assert (await client.ask(b".\r\n")).startswith("250")
    assert context.received[0].data == b""


async def test_the_size_limit_is_exact() -> None:
    async with running(message_bytes_max=1_000) as (instance, context), connected(instance.port) as client:
        for size, answer in ((1_000, "250"), (1_001, "552")):
            await client.envelope()
            assert (await client.ask(b"x" * (size - 2) + b"\r\n.\r\n")).startswith(answer)
    assert len(context.received[0].data) == 1_000


async def test_letters_byte_by_byte() -> None:
    async with running() as (instance, context), connected(instance.port) as client:
        await client.envelope()
        for byte in BODY + b".\r\n":
            await client.send(bytes([byte]))
            await anyio.lowlevel.checkpoint()
        assert (await client.answer()).startswith("250")
    assert context.received[0].data == BODY


async def test_commands_out_of_order() -> None:
    async with running() as (instance, _), connected(instance.port) as client:
        assert (await client.ask(b"DATA\r\n")).startswith("503")
        await client.ask(b"EHLO x\r\n")
        assert (await client.ask(b"DATA\r\n")).startswith("503")
        await client.ask(b"MAIL FROM:<a@b.example>\r\n")
        assert (await client.ask(b"DATA\r\n")).startswith("503")
        await client.ask(b"RCPT TO:<support@shop.example>\r\n")
        assert (await client.ask(b"DATA now\r\n")).startswith("501")


async def test_stop_lets_a_letter_finish() -> None:
    context = FakeContext("mail")
    context.hold()
    async with running(context) as (instance, _), connected(instance.port) as idle, connected(instance.port) as client:
        await client.envelope()
        await client.send(BODY + b".\r\n")
        await context.entered.wait()
        async with anyio.create_task_group() as tasks:
            server = instance._server
            assert server is not None
            tasks.start_soon(server._drain)
            server.stopping = True
            assert (await idle.answer()).startswith("421")
            context.release()
            assert (await client.answer()).startswith("250")
            assert (await client.answer()).startswith("421 4.3.2")
    assert len(context.received) == 1


async def test_stop_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "DRAIN_S", 0.05)
    async with running() as (instance, context), connected(instance.port) as client:
        await client.envelope()
        server = instance._server
        assert server is not None
        server.stopping = True
        with anyio.fail_after(2):
            await server._drain()
        assert await client.closed()
        assert server.sessions == set()
    assert context.received == []


async def test_a_taken_port_is_named() -> None:
    async with running() as (instance, context):
        assert context.health[-1].state == "up"
        second, second_context = make(FakeContext("other"), listen=f"127.0.0.1:{instance.port}")
        with pytest.raises(OSError, match=f"127.0.0.1:{instance.port}: the port is taken"):
            await second.serve(started=lambda: None)
        assert second_context.health[-1].state == "down"


async def test_restart_on_the_same_port() -> None:
    async with running() as (instance, _), connected(instance.port):
        port = instance.port
    async with running(listen=f"127.0.0.1:{port}") as (instance, _), connected(port) as client:
        assert (await client.ask(b"NOOP\r\n")).startswith("250")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    try:
        subprocess.run([*command, *names, "-keyout", key, "-out", cert, "-days", "2"], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return cert, key


async def test_starttls(certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    context = ssl.create_default_context(cafile=str(cert))
    async with running(tls_cert=str(cert), tls_key=str(key)) as (instance, fake):
        client = aiosmtplib.SMTP(hostname="localhost", port=instance.port, start_tls=True, tls_context=context)
        async with client:
            await client.sendmail("anna@example.com", [SUPPORT], BODY)
    assert len(fake.received) == 1


async def test_starttls_injection(certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    context = ssl.create_default_context(cafile=str(cert))
    injected = b"MAIL FROM:<evil@b.example>\r\nRCPT TO:<support@shop.example>\r\n"
    async with running(tls_cert=str(cert), tls_key=str(key)) as (instance, _), connected(instance.port) as client:
        assert "STARTTLS" in await client.ask(b"EHLO x\r\n")
        assert (await client.ask(b"MAIL FROM:<evil@b.example>\r\n")).startswith("250")
        assert (await client.ask(b"STARTTLS\r\n" + injected)).startswith("220")
        with anyio.fail_after(5):
            try:
                await client.writer.start_tls(context, server_hostname="localhost")
            except (ssl.SSLError, ConnectionError):
                return  # what was injected broke the handshake: fine too
        assert (await client.ask(b"RCPT TO:<support@shop.example>\r\n")).startswith("503")
        assert "STARTTLS" not in await client.ask(b"EHLO x\r\n")
        assert (await client.ask(b"RCPT TO:<support@shop.example>\r\n")).startswith("503")


async def test_a_failed_handshake_hurts_nobody(certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    async with running(tls_cert=str(cert), tls_key=str(key)) as (instance, _):
        async with connected(instance.port) as client:
            await client.ask(b"EHLO x\r\n")
            assert (await client.ask(b"STARTTLS\r\n")).startswith("220")
            await client.send(b"this is no handshake\r\n" * 10)
            with anyio.fail_after(5):
                with suppress(ConnectionError):
                    await client.reader.read()
        async with connected(instance.port) as other:
            assert (await other.ask(b"NOOP\r\n")).startswith("250")
