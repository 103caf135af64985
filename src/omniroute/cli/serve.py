"""``omniroute serve``: the daemon."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from omniroute import app, config, log, plugins
from omniroute.cli import loop


@click.command()
@click.option("--config", "path", type=click.Path(path_type=Path), default=Path("omniroute.toml"), show_default=True)
@click.option("--log-level", default="info", type=click.Choice(["debug", "info", "warning", "error"]))
def serve(path: Path, log_level: str) -> None:
    """Run the daemon until SIGTERM."""
    log.setup(json=not sys.stderr.isatty(), level=log_level)

    def ready(daemon: app.Daemon) -> None:
        click.echo(f"omniroute: ready on {daemon.url}", err=True)

    loop.run(app.serve, config.read(path), plugins.load(), ready)
