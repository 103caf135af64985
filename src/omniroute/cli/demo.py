"""``omniroute demo``: the main job on one machine, with a realistic company."""

from __future__ import annotations

import errno
from pathlib import Path

import anyio
import click
from anyio.abc import TaskStatus

from omniroute import app, config, log, plugins
from omniroute.channels.email.mailbox import LocalMailbox
from omniroute.cli import loop
from omniroute.config import Config
from omniroute.demo import pages
from omniroute.demo.traffic import Traffic
from omniroute.errors import ConfigError

LOCALHOST = "127.0.0.1"
COMPANY = Path(__file__).resolve().parent.parent / "demo" / "company.toml"
PASSWORD = "lumen-demo"  # noqa: S105  the demo listens on this machine only, and prints it


@click.command()
@click.option("--traffic", is_flag=True, help="Add synthetic customers, and operators for whoever nobody plays.")
@click.option("--port", default=8080, show_default=True, help="HTTP; SMTP is at --smtp-port.")
@click.option("--smtp-port", default=8025, show_default=True)
@click.option("--mailbox-port", default=8026, show_default=True, help="SMTP of the local mailbox.")
@click.option("--data", type=click.Path(path_type=Path), default=Path("omniroute-data"), show_default=True)
@click.option("--fresh", is_flag=True, help="Forget what an earlier demo left.")
@click.option("--log-level", default="warning", type=click.Choice(["debug", "info", "warning", "error"]))
def demo(
    *, traffic: bool, port: int, smtp_port: int, mailbox_port: int, data: Path, fresh: bool, log_level: str
) -> None:
    """Start one daemon with a realistic company and say what to do with it."""
    log.setup(json=False, level=log_level)
    say("reading the company …")
    company = _company(data, port, smtp_port, mailbox_port)
    loop.run(_run, company, mailbox_port, data if fresh else None, traffic)


def say(text: str) -> None:
    """Progress, for people."""
    click.echo(f"omniroute: {text}")


def _company(data: Path, port: int, smtp_port: int, mailbox_port: int) -> Config:
    company = config.read(COMPANY)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    company.server.port = port
    company.journal.path = str(data / "demo.db")
    company.channels["mail"].options |= {"listen": f"{LOCALHOST}:{smtp_port}", "relay_port": mailbox_port}
    for person in company.operators.values():
        person.password = PASSWORD
    return company


def _forget(data: Path) -> None:
    """Remove the demo's own files, and nothing else."""
    for path in sorted(data.glob("demo.db*"), reverse=True):
        for inner in sorted(path.rglob("*"), reverse=True) if path.is_dir() else []:
            inner.rmdir() if inner.is_dir() else inner.unlink()
        path.rmdir() if path.is_dir() else path.unlink()


async def _serve_mailbox(mailbox: LocalMailbox, port: int, *, task_status: TaskStatus[None]) -> None:
    try:
        await mailbox.serve(task_status.started)
    except OSError as failure:
        why = "the port is taken; does another demo run?" if failure.errno == errno.EADDRINUSE else failure.strerror
        raise ConfigError(f"cannot listen on {LOCALHOST}:{port}: {why}", "mailbox port") from failure


async def _run(company: Config, mailbox_port: int, forget: Path | None, traffic: bool) -> None:
    smtp = str(company.channels["mail"].options["listen"])
    mailbox = LocalMailbox(LOCALHOST, mailbox_port)
    async with anyio.create_task_group() as group:
        await group.start(_serve_mailbox, mailbox, mailbox_port)
        if forget is not None:  # not before: a demo that runs with the same arguments has ended this one by now
            _forget(forget)
        say("opening the journal, starting the channels …")

        def ready(daemon: app.Daemon) -> None:
            _introduce(company, daemon, smtp)
            if traffic:
                group.start_soon(Traffic(daemon, company, smtp).run)

        await app.serve(
            company, plugins.load(), ready, extra_routes=lambda _: pages.routes(company, PASSWORD, smtp, mailbox)
        )
        group.cancel_scope.cancel()


def _introduce(company: Config, daemon: app.Daemon, smtp: str) -> None:
    """What a person can do now."""
    account = company.channels["mail"].options["addresses"][0]
    runners = daemon.engine.supervisor.runners

    def at(instance: str, address: str) -> str:
        health = runners[instance].health
        return f"down: {health.detail}" if health.state == "down" else address

    lines = [
        "",
        f"{company.company} is open. Start here: {daemon.url}/demo",
        "",
        f"  desk        {daemon.url}/desk",
        f"  chat        {at('web', f'{daemon.url}/channels/web/demo')}",
        f"  telephone   {at('phone', f'{daemon.url}/channels/phone/simulator')}",
        f"  mail in     {at('mail', f'smtp://{smtp}  (to {account})')}",
        f"  mail out    {daemon.url}/demo/mailbox",
        "",
        f"  password of everybody: {PASSWORD}",
    ]
    lines += [
        f"    {login:<8} {person.name}  ({': '.join(filter(None, (person.role, ', '.join(person.departments))))})"
        for login, person in company.operators.items()
    ]
    lines += ["", "Stop with Ctrl+C; what was received stays."]
    click.echo("\n".join(lines))
