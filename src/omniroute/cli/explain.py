"""``omniroute explain REFERENCE``: why a matter was routed as it was, from the recorded decisions."""

from __future__ import annotations

import os
import time
from pathlib import Path
from urllib.parse import quote

import click
import httpx2
import msgspec

from omniroute.api import views
from omniroute.api.reasons import duration, policy_text, reason_text, term_text
from omniroute.errors import InvalidInput, NotFound, OmniRouteError, Unauthenticated


@click.command()
@click.argument("reference")
@click.option("--operator", default="", metavar="NAME", help="Also say why not this one.")
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="The daemon.", envvar="OMNIROUTE_URL")
@click.option("--login", envvar="OMNIROUTE_LOGIN", default="admin", show_default=True)
@click.option("--password-file", type=click.Path(path_type=Path), help="Or set OMNIROUTE_PASSWORD.")
def explain(reference: str, operator: str, url: str, login: str, password_file: Path | None) -> None:
    """Print every decision about REFERENCE: who was considered, and why."""
    password = _read(password_file) if password_file else os.environ.get("OMNIROUTE_PASSWORD", "")
    if not password:
        password = click.prompt("Password", hide_input=True, err=True)
    click.echo("\n".join(written(_fetch(url, login, password, reference, operator))))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as failure:
        raise InvalidInput(f"the password file {path} cannot be read") from failure


def _fetch(url: str, login: str, password: str, reference: str, operator: str) -> views.ExplanationView:
    try:
        with httpx2.Client(base_url=f"{url.rstrip('/')}/api/v1", timeout=10) as client:
            signed_in = client.post("/login", json={"login": login, "password": password})
            if signed_in.status_code != 200:
                raise Unauthenticated(_detail(signed_in, url))
            token = msgspec.json.decode(signed_in.content, type=views.Session).token
            answer = client.get(
                f"/conversations/{quote(reference, safe='')}/explanation",
                params={"operator": operator} if operator else {},
                headers={"Authorization": f"Bearer {token}"},
            )
            if answer.status_code == 404:
                raise NotFound(f"there is no conversation {reference}, or you may not read it")
            if answer.status_code != 200:
                raise InvalidInput(_detail(answer, url))
            return msgspec.json.decode(answer.content, type=views.ExplanationView)
    except msgspec.DecodeError as failure:
        raise OmniRouteError(f"what answers at {url} is no OmniRoute, or of another version") from failure
    except (httpx2.HTTPError, httpx2.InvalidURL) as failure:
        raise OmniRouteError(f"no daemon answers at {url}; is it running?") from failure


def _detail(answer: httpx2.Response, url: str) -> str:
    """What the daemon says is wrong; whatever else answers says nothing of use."""
    if answer.headers.get("content-type", "").partition(";")[0] != "application/problem+json":
        raise OmniRouteError(f"what answers at {url} is no OmniRoute, or of another version")
    return str(msgspec.json.decode(answer.content)["detail"])


def written(view: views.ExplanationView) -> list[str]:
    """The whole explanation as lines: what happened in order of time, then what stands now."""
    told = [(one.at_ms, _decision(one)) for one in view.decisions]
    told += [(one.at_ms, [f"{_at(one.at_ms)}  {one.text}"]) for one in view.steps]
    lines = [view.reference, *(line for _, part in sorted(told, key=lambda one: one[0]) for line in part)]
    if view.waiting_reason:
        lines.append(f"still waits: {view.waiting_reason}")
    if len(lines) == 1:
        lines.append("nothing has been decided about it")
    return lines + (_about(view.about, view) if view.about else [])


def _at(at_ms: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at_ms / 1000))


def _decision(decision: views.DecisionView) -> list[str]:
    lines = [
        f"{_at(decision.at_ms)}  offered to {decision.chosen}  ({policy_text(decision.policy)}; {decision.outcome})",
        f"  {decision.sentence}",
    ]
    if decision.waited_ms or decision.expected_ms:
        waited, expected = duration(decision.waited_ms), duration(decision.expected_ms)
        lines.append(f"  It had waited {waited}; handling it was expected to take {expected}.")
    for place, one in enumerate(decision.candidates, 1):
        named = zip(decision.terms, one.terms, strict=False)
        terms = ", ".join(term_text(name, value, decision.at_ms) for name, value in named)
        lines.append(f"  {place}. {one.operator}: {terms}")
    more = decision.eligible - len(decision.candidates)
    lines += [f"  and {more} more"] if more > 0 else []
    lines += [f"  -  {one.operator}: {reason_text(one.reason)}" for one in decision.named]
    return lines


def _about(about: views.AboutView, view: views.ExplanationView) -> list[str]:
    """Why not this one."""
    lines = [f"about {about.operator}:"]
    for one in about.decisions:
        place = f"place {one.place}, " if one.place else ""
        lines.append(f"  {_at(one.at_ms)}  to {one.chosen}: {place}{one.reason}")
    if about.now:
        lines.append(f"  now: {about.now}")
    elif view.waiting:
        lines.append("  now: could have it")
    return lines if len(lines) > 1 else [*lines, "  no decision, and nothing waits"]
