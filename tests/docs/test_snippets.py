"""Snippets do what the pages say: at a shell, against a daemon, as a plugin, as a backup."""

from __future__ import annotations

import os
import shutil
import sys
import time
import types
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from tests.docs.pages import ROOT, Block, marked
from tests.sinks.rig import SECRET

from omniroute import app, config, plugins
from omniroute.channels.email.instance import EmailInstance
from omniroute.cli.demo import COMPANY, PASSWORD
from omniroute.core import machine
from omniroute.core.commands import ApplyConfig
from omniroute.core.model import Operator, WorkItem
from omniroute.core.state import State
from omniroute.errors import DeliveryDeferred
from omniroute.journal.contract import Entry, Write
from omniroute.journal.memory import MemoryDisk, MemoryJournal
from omniroute.journal.sqlite import SqliteJournal
from omniroute.policies.contract import KeyedPolicy, Policy
from omniroute.sinks.contract import OpenSink, SinkDelivery
from omniroute.sinks.options import WebhookOptions
from omniroute.sinks.orders import OrderChange
from omniroute.sinks.webhook import WebhookSink
from omniroute.testing.policy import check_policy

PATH = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
SECONDS_MAX = 20


async def run(block: Block, *arguments: str, replaced: dict[str, str] | None = None) -> str:
    """Run a block as it stands, except for addresses; returns what it printed, fails where it fails."""
    text = block.text
    for old, new in (replaced or {}).items():
        text = text.replace(old, new)
    program = ["bash", "-euo", "pipefail", "-c"] if block.language == "bash" else [sys.executable, "-c"]
    environment = {"PATH": PATH, "LANG": "C.UTF-8", "NO_PROXY": "127.0.0.1", "HOME": os.environ.get("HOME", "/")}
    with anyio.fail_after(SECONDS_MAX):
        done = await anyio.run_process([*program, text, *arguments], cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0, f"{block.page}:\n{text}\n{done.stdout.decode()}{done.stderr.decode()}"
    return done.stdout.decode()


def can_run(block: Block) -> bool:
    """Whether the programs are there that a fresh machine may lack."""
    return all(shutil.which(name) for name in ("curl", "openssl", "swaks") if f"{name} " in block.text)


SHELL = [block for block in marked("shell") if can_run(block)]


@pytest.mark.parametrize("block", SHELL, ids=[f"{block.page}-{place}" for place, block in enumerate(SHELL)])
async def test_at_a_shell(block: Block) -> None:
    await run(block)


@asynccontextmanager
async def lumen() -> AsyncIterator[tuple[app.Daemon, int]]:
    """The demo's company in memory, on free ports."""
    company = config.read(COMPANY)
    company.server.port = 0
    company.channels["mail"].options["listen"] = "127.0.0.1:0"
    company.operators = {"ines": company.operators["ines"]}
    company.operators["ines"].password = PASSWORD
    async with app.running_daemon(company, plugins.load(), journal=MemoryJournal(MemoryDisk())) as daemon:
        mail = daemon.engine.supervisor.runners["mail"]
        await mail.ready.wait()
        assert isinstance(mail.current, EmailInstance)
        yield daemon, mail.current.port


async def test_against_a_daemon() -> None:
    ready = [block for block in marked("daemon") if can_run(block)]
    async with lumen() as (daemon, port):
        addresses = {"http://127.0.0.1:8080": daemon.url, "127.0.0.1:8025": f"127.0.0.1:{port}"}
        addresses['"127.0.0.1", 8025'] = f'"127.0.0.1", {port}'
        for block in ready:
            await run(block, replaced=addresses)
        matters = [block for block in ready if block.page == "README.md"]
        await registered(daemon, len(matters))
        state = daemon.engine.writer.state
        called = any("phone" in block.text for block in matters)
        expected = {"mail", "phone"} if called else {"mail"}
        assert {matter.channel for matter in state.conversations.values()} == expected
        if len(ready) > len(matters):
            assert state.operators["ines"].offer_ids, "she set herself to available and got nothing"


async def registered(daemon: app.Daemon, count: int) -> None:
    """Wait until so many matters are there."""
    with daemon.engine.writer.feed.listen() as commits, anyio.fail_after(SECONDS_MAX):
        while len(daemon.engine.writer.state.conversations) < count:
            await commits.receive()


def plugin_of(block: Block) -> types.ModuleType:
    module = types.ModuleType("snippet")
    exec(compile(block.text, block.page, "exec"), module.__dict__)
    return module


def made_by(block: Block, name: str) -> Any:
    """An object of the class that a snippet defines."""
    return getattr(plugin_of(block), name)()


def test_the_policy_is_one() -> None:
    (block,) = marked("policy")
    assert len(block.text.splitlines()) <= 20
    policy = plugins.load(extra=(plugin_of(block),)).policies["fewest_items"]
    assert isinstance(policy, Policy)
    busy, free = Operator("anna", ("d",), {}, 10, item_ids=[1], offer_ids=[2]), Operator("bert", ("d",), {}, 10)
    assert policy.standing(busy) == (2,)
    assert policy.standing(free) < policy.standing(busy), "whoever holds the fewest comes first"


def test_the_policy_passes_its_own_test(monkeypatch: pytest.MonkeyPatch) -> None:
    (policy,), (test,) = marked("policy"), marked("policy-test")
    monkeypatch.setitem(sys.modules, "omniroute_fewest_items", plugin_of(policy))
    plugin_of(test).test_it_keeps_the_contract()


def test_the_simple_form_is_a_policy() -> None:
    (block,) = marked("policy-keyed")
    policy: KeyedPolicy = made_by(block, "UrgentToExperts")
    check_policy(policy)
    expert, beginner = Operator("anna", ("d",), {"law": 9}, 10), Operator("bert", ("d",), {"law": 1}, 10)
    for priority, first in ((1, expert), (0, beginner)):
        item = WorkItem(1, 1, "q", "d", "mail", 1, priority, 0, 0)
        assert min((expert, beginner), key=lambda one: policy.operator_key(one, item)) is first


def test_the_batch_policy_is_one() -> None:
    (block,) = marked("policy-batch")
    policy: Policy = made_by(block, "FirstFit")
    check_policy(policy)
    items = [WorkItem(number, number, "q", "d", "mail", 1, 0, 0, 0) for number in range(2)]
    people = [Operator(name, ("d",), {}, 10) for name in ("anna", "bert")]
    assert policy.match(items, people, [[True, True], [True, False]], 0) == [(0, 0)]


def test_the_classifier_is_one_and_passes_its_own_test(monkeypatch: pytest.MonkeyPatch) -> None:
    (block,), (test,) = marked("classifier"), marked("classifier-test")
    plugin = plugin_of(block)
    assert "order_numbers" in plugins.load(extra=(plugin,)).classifiers
    monkeypatch.setitem(sys.modules, "omniroute_order_numbers", plugin)
    tests = plugin_of(test)
    tests.test_it_keeps_the_contract()
    tests.test_a_letter_with_a_number_goes_to_delivery()


async def test_the_receiver_of_webhooks_checks_and_prints_them(tmp_path: Path) -> None:
    (block,) = marked("webhook-receiver")
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    await listener.aclose()
    environment = {"PATH": PATH, "WEBHOOK_SECRET": SECRET, "WEBHOOK_PORT": str(port)}
    options = {"url": f"http://127.0.0.1:{port}/hooks", "allow_private": True}
    delivery = SinkDelivery(key="e7", event="clock.escalated", at_ms=1, conversation_id=41, reference="K7QX-2M4P")

    def opened(secret: str) -> OpenSink:
        return WebhookSink().open(WebhookOptions(secret=secret, **options), lambda: time.time_ns() // 1_000_000)

    async with await anyio.open_process([sys.executable, "-c", block.text], env=environment) as receiver:
        assert receiver.stdout is not None
        with anyio.fail_after(SECONDS_MAX):
            try:
                while await unreachable(port):
                    pass
                for _ in range(2):  # the second has been seen
                    await opened(SECRET).deliver(delivery)
                with pytest.raises(DeliveryDeferred, match="401"):
                    await opened(SECRET.replace("Y", "Z")).deliver(delivery)
            finally:
                receiver.kill()  # leaving the block waits for its end
            printed = b"".join([part async for part in receiver.stdout])
    assert printed == b"clock.escalated K7QX-2M4P\n"


async def unreachable(port: int) -> bool:
    """Whether nobody listens there yet."""
    try:
        await (await anyio.connect_tcp("127.0.0.1", port)).aclose()
    except OSError:
        return True
    return False


async def test_the_sink_of_a_plugin_is_one(tmp_path: Path) -> None:
    (block,) = marked("sink")
    registry = plugins.load(extra=(plugin_of(block),))
    base = config.read(COMPANY)
    base.webhooks = {"house": {"kind": "log_file", "path": str(tmp_path / "log")}}
    (setup,) = config.sinks(base, registry)
    delivery = SinkDelivery(key="e7", event="clock.escalated", at_ms=1, conversation_id=41, reference="K7QX-2M4P")
    await setup.sink.open(setup.options, lambda: 1).deliver(delivery)
    assert (tmp_path / "log").read_text() == "e7 clock.escalated K7QX-2M4P\n"


async def test_the_backup_is_whole(tmp_path: Path) -> None:
    (block,) = marked("backup")
    journal, copy = SqliteJournal(tmp_path / "live.db"), SqliteJournal(tmp_path / "copy.db")
    await journal.open("the daemon")
    digest = await journal.put_blob(b"an attachment")
    await journal.append([Entry(1, 1, b"event")], [Write("content", "1", digest.encode())])
    await run(block, str(journal.path), str(copy.path))
    await journal.append([Entry(2, 2, b"later")])
    await copy.open("a restored daemon")
    assert [entry.data for entry in await copy.read(0, 10)] == [b"event"]
    assert await copy.get_blob((copy.get("content", "1") or b"").decode()) == b"an attachment"
    await copy.close()
    await journal.close()


def test_the_demos_company_is_one_that_the_core_takes() -> None:
    registry = plugins.load()
    core = config.core_config(config.read(COMPANY), registry, 1)
    assert machine.handle(State(), ApplyConfig(config=core), 1, registry.policies)


async def test_the_order_system_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = marked("order-system")
    monkeypatch.setenv("ORDERS", str(tmp_path))
    system = plugins.load(extra=(plugin_of(block),)).order_systems["directory"]
    order = OrderChange(key="e1", what="stage", reference="7KQF-M2XA", conversation_id=1, stage="shipped", at_ms=1)
    await system.changed(order)
    written = (tmp_path / "7KQF-M2XA.json").read_bytes()
    assert msgspec.json.decode(written, type=OrderChange) == order
    monkeypatch.setenv("ORDERS", str(tmp_path / "gone"))
    (gone,) = plugin_of(block).omniroute_order_systems()
    with pytest.raises(DeliveryDeferred):
        await gone.changed(order)
