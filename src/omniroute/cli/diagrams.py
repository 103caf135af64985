"""``omniroute diagrams``: the lifecycles as Mermaid, drawn from the tables that the core obeys."""

from __future__ import annotations

import click

from omniroute.core.transitions import LIFECYCLES


def draw() -> str:
    """All lifecycles as one Markdown text."""
    parts = ["# Lifecycles\n\nDrawn from `core/transitions.py` by `omniroute diagrams`; do not edit.\n"]
    for name, table in LIFECYCLES.items():
        edges = [
            f"    {source} --> {target}: {tag}" for tag, pairs in table.items() for source, target in pairs.items()
        ]
        parts.append(f"## {name.capitalize()}\n\n```mermaid\nstateDiagram-v2\n" + "\n".join(edges) + "\n```\n")
    return "\n".join(parts)


@click.command()
def diagrams() -> None:
    """Print the lifecycles as Mermaid diagrams."""
    click.echo(draw(), nl=False)
