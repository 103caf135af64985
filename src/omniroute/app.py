"""The composition root: the only place where everything is put together.

What lives here: from a configuration to a running daemon, and its orderly end. SIGTERM and SIGINT drain: no new
connections, what is under way is committed and answered, then the journal is closed.
"""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import anyio
import structlog
import uvicorn
from argon2 import PasswordHasher
from starlette.routing import BaseRoute

from omniroute import config as configuration
from omniroute.api.accounts import Accounts
from omniroute.api.call import Services
from omniroute.api.desks import OpenDesks
from omniroute.api.web import application
from omniroute.config import Config, zones
from omniroute.core.rules import CoreConfig
from omniroute.engine.classify import Classifier
from omniroute.engine.engine import ChannelSetup, Engine, Setup, running
from omniroute.engine.ports import Clock, Disk, SystemClock
from omniroute.errors import ConfigError
from omniroute.journal.sqlite import SqliteJournal
from omniroute.plugins import Registry

BACKLOG = 1024
STOP_GRACE_S = 5

log = structlog.get_logger("omniroute")


class Daemon(NamedTuple):
    """What runs: the engine, its accounts, and the address of its HTTP server."""

    engine: Engine
    services: Services
    url: str


def setup(config: Config, registry: Registry, journal: Disk | None = None, clock: Clock | None = None) -> Setup:
    """What the engine is made of; calendars are compiled for the present. Raises `ConfigError`."""
    configuration.check(config, registry)

    def channels(secret: str) -> Sequence[ChannelSetup]:
        return [
            ChannelSetup(
                name,
                registry.channels[section.kind],
                configuration.channel_options(name, section, registry, secret),
            )
            for name, section in config.channels.items()
        ]

    def compile_at(now_ms: int) -> CoreConfig:
        zones.forget()
        return configuration.core_config(config, registry, now_ms)

    now_ms = (clock or SystemClock()).now_ms()
    rules = configuration.core_config(config, registry, now_ms)
    configuration.check_promises(rules, now_ms)
    return Setup(
        journal or SqliteJournal(config.journal.path),
        rules,
        registry.policies,
        channels,
        classifier(config, registry),
        configuration.operators(config),
        {},
        compile_at,
        status=configuration.status_setup(config),
        notices=configuration.notice_setup(config),
        sinks=configuration.sinks(config, registry),
        order_systems=registry.order_systems,
        fields=configuration.field_rules(config),
    )


def classifier(config: Config, registry: Registry) -> Classifier:
    """What places new matters. Raises `ConfigError`."""
    return Classifier(
        configuration.placements(config),
        config.routing.language_skills,
        configuration.classify_rules(config, registry),
        registry.classifiers,
    )


class _Server(uvicorn.Server):
    """uvicorn inside our own task group: signals are ours."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # so that asyncio sets TCP_NODELAY
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as failure:
        listening.close()
        raise ConfigError(f"cannot listen on {host}:{port}: {failure.strerror}", "server") from failure
    listening.listen(BACKLOG)
    return listening


@asynccontextmanager
async def running_daemon(
    config: Config,
    registry: Registry,
    *,
    journal: Disk | None = None,
    clock: Clock | None = None,
    extra_routes: Callable[[Engine], Sequence[BaseRoute]] = lambda _: (),
    hasher: PasswordHasher | None = None,
) -> AsyncIterator[Daemon]:
    """A daemon that runs inside the block and is drained at its end."""
    made = setup(config, registry, journal, clock)
    async with running(made, clock) as engine:  # first, so that a second daemon is told why
        with _socket(config.server.host, config.server.port) as listening:
            services = Services(engine, Accounts(engine, config.server.session_hours, hasher), config)
            await services.accounts.seed(config.operators)
            desks = OpenDesks(engine.writer)
            web = application(services, extra_routes(engine), desks)
            host, port = listening.getsockname()[:2]
            url = f"http://{_shown(host)}:{port}"
            if made.status.links:  # the port may have been any free one
                engine.links.base_url = engine.links.base_url or url
            server = _Server(
                uvicorn.Config(
                    web,
                    log_config=None,
                    access_log=False,
                    server_header=False,
                    lifespan="off",
                    timeout_graceful_shutdown=STOP_GRACE_S,
                    ws="websockets-sansio",
                    ws_max_size=128 * 1024,
                    h11_max_incomplete_event_size=64 * 1024,
                )
            )
            async with anyio.create_task_group() as group:
                group.start_soon(_serve, server, listening)
                try:
                    yield Daemon(engine, services, url)
                finally:
                    desks.stop()
                    server.should_exit = True
    log.info("stopped")


async def _serve(server: uvicorn.Server, listening: socket.socket) -> None:
    with anyio.CancelScope(shield=True):
        await server.serve(sockets=[listening])


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


async def serve(config: Config, registry: Registry, ready: Callable[[Daemon], None], **options: Any) -> None:
    """Run until SIGTERM or SIGINT; doubts about the configuration are logged before it is ready."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with running_daemon(config, registry, **options) as daemon:
            for runner in daemon.engine.supervisor.runners.values():
                with anyio.move_on_after(5):
                    await runner.ready.wait()
            for finding in configuration.findings(config, registry):
                log.warning("configuration", path=finding.path, finding=finding.text)
            ready(daemon)
            async for number in signals:
                log.info("draining", signal=signal.Signals(number).name)
                break
