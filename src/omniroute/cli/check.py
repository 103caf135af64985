"""``omniroute check``: is this configuration right?"""

from __future__ import annotations

import time
from pathlib import Path

import click

from omniroute import config, plugins
from omniroute.errors import ConfigError


@click.command()
@click.option("--config", "path", type=click.Path(path_type=Path), default=Path("omniroute.toml"), show_default=True)
def check(path: Path) -> None:
    """Check the configuration file; nothing is started. Doubts are told, and no mistakes."""
    read, registry = config.read(path), plugins.load()
    now_ms = time.time_ns() // 1_000_000
    config.check(read, registry)
    config.check_promises(config.core_config(read, registry, now_ms), now_ms)
    folder = Path(read.journal.path).parent
    if not folder.is_dir():
        raise ConfigError(f"there is no folder {folder}", "journal.path")
    queues = sum(len(department.queues) for department in read.departments.values())
    click.echo(f"{path}: right ({len(read.departments)} departments, {queues} queues, {len(read.channels)} channels)")
    asleep = config.calendars_asleep(read, now_ms)
    for finding in (*config.findings(read, registry), *asleep):
        click.echo(f"warning: {finding.path}: {finding.text}")
