"""The command line: one file a verb."""

from __future__ import annotations

import sys

import click

from omniroute import __version__
from omniroute.cli.check import check
from omniroute.cli.demo import demo
from omniroute.cli.diagrams import diagrams
from omniroute.cli.explain import explain
from omniroute.cli.normalize import normalize
from omniroute.cli.serve import serve
from omniroute.cli.simulate import simulate
from omniroute.cli.sla import sla
from omniroute.errors import OmniRouteError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="omniroute")
def program() -> None:
    """OmniRoute, an omnichannel routing engine."""


for verb in (check, demo, diagrams, explain, normalize, serve, simulate, sla):
    program.add_command(verb)


def main() -> None:
    """Run the program; an error that we know is one line and exit code 2."""
    known: BaseException | None = None
    try:
        program()
    except* OmniRouteError as group:
        known = _first(group)  # leaving from in here would wrap the exit into a group on some Pythons
    if known is not None:
        click.echo(f"omniroute: {known}", err=True)
        sys.exit(2)


def _first(group: BaseExceptionGroup[OmniRouteError]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
