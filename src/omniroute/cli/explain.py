"""``omniroute explain REFERENCE``: why a matter was routed as it was, from the recorded decisions."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click
import httpx2
import msgspec

from omniroute.api import views
from omniroute.errors import InvalidInput, NotFound, OmniRouteError, Unauthenticated


@click.command()
@click.argument("reference")
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="The daemon.", envvar="OMNIROUTE_URL")
@click.option("--login", envvar="OMNIROUTE_LOGIN", default="admin", show_default=True)
@click.option("--password-file", type=click.Path(path_type=Path), help="Or set OMNIROUTE_PASSWORD.")
def explain(reference: str, url: str, login: str, password_file: Path | None) -> None:
    """Print every decision about REFERENCE: who was considered, and why."""
    password = password_file.read_text().strip() if password_file else os.environ.get("OMNIROUTE_PASSWORD", "")
    if not password:
        password = click.prompt("Password", hide_input=True, err=True)
    view = _fetch(url, login, password, reference)
    click.echo(f"{view.reference}")
    for decision in view.decisions:
        click.echo("\n".join(_lines(decision)))
    if view.waiting_reason:
        click.echo(f"still waits: {view.waiting_reason}")
    if not view.decisions and not view.waiting_reason:
        click.echo("nothing has been decided about it")


def _fetch(url: str, login: str, password: str, reference: str) -> views.ExplanationView:
    try:
        with httpx2.Client(base_url=f"{url}/api/v1", timeout=10) as client:
            signed_in = client.post("/login", json={"login": login, "password": password})
            if signed_in.status_code != 200:
                raise Unauthenticated(signed_in.json().get("detail", "signing in failed"))
            token = signed_in.json()["token"]
            answer = client.get(f"/conversations/{reference}/explanation", headers={"Authorization": f"Bearer {token}"})
            if answer.status_code == 404:
                raise NotFound(f"there is no conversation {reference}, or you may not read it")
            if answer.status_code != 200:
                raise InvalidInput(answer.json().get("detail", "the daemon refused"))
            return msgspec.json.decode(answer.content, type=views.ExplanationView)
    except httpx2.HTTPError as failure:
        raise OmniRouteError(f"no daemon answers at {url}; is it running?") from failure


def _lines(decision: views.DecisionView) -> list[str]:
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(decision.at_ms / 1000))
    lines = [
        f"{at} UTC  offered to {decision.chosen}  ({decision.policy}; {decision.outcome})",
        f"  {decision.sentence}",
    ]
    for place, one in enumerate(decision.candidates, 1):
        named = zip(decision.terms, one.terms, strict=False)
        terms = ", ".join(_term(name, value, decision.at_ms) for name, value in named)
        lines.append(f"  {place}. {one.operator}: {terms}")
    return lines


def _term(name: str, value: int, at_ms: int) -> str:
    """A term of a policy; an instant as the time that had passed since then."""
    if not name.endswith("_since_ms"):
        return f"{name} {value}"
    return f"{name.removesuffix('_since_ms')} {_duration(max(0, at_ms - value) // 1000)}"


def _duration(seconds: int) -> str:
    """In its two greatest units."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")) if n]
    return " ".join(parts[:2]) or "0 s"
