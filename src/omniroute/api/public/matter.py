"""The page of one matter: its stages, what is next, and what was said in public.

What lives here: the view, pure. What is public was decided before, in `omniroute.engine.status.facts`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo

from starlette.responses import Response

from omniroute.api.public import page as p
from omniroute.api.public.desk import Visit
from omniroute.api.public.markup import Html, tag
from omniroute.core.rules import Stage
from omniroute.engine.status.facts import Line, Status
from omniroute.engine.status.texts import KINDS, STAGES, moment, word

Icon = Callable[[str], str]
_STAGES = (Stage.RECEIVED, Stage.IN_PROGRESS, Stage.DONE)
_WAYS = frozenset({"mail", "chat", "visit"})


def matter_page(visit: Visit, status: Status, lines: Sequence[Line], zone: tzinfo, icon: Icon) -> Response:
    """All that whoever has the link may see."""
    title = visit.say("matter title", stage=word(STAGES, visit.language, status.stage))
    return visit.page(
        title,
        tag("h1", title),
        about(visit, status),
        _steps(visit, status, zone),
        _next(visit, status, zone),
        _history(visit, lines, zone, icon),
        tag("footer", visit.say("private")),
    )


def about(visit: Visit, status: Status) -> Html:
    """Which matter it is."""
    kind = word(KINDS, visit.language, status.kind)
    key = "matter about" if status.subject else "matter"
    text = visit.say(key, reference=status.reference, kind=kind, subject=status.subject)
    return tag("p", text, class_="sub")


def _steps(visit: Visit, status: Status, zone: tzinfo) -> Html:
    """The way of every matter, and how far this one is."""
    now = next((place for place, stage in enumerate(_STAGES) if stage == status.stage), len(_STAGES) - 1)
    moments = {Stage.RECEIVED: status.opened_ms, Stage.DONE: status.closed_ms}
    steps = [
        tag(
            "li",
            tag("b", visit.say(f"stage {stage.value}")),
            _time(visit.language, moments[stage], zone) if moments.get(stage) else None,
            class_="done" if place < now else "now" if place == now else None,
            aria_current="step" if place == now else None,
        )
        for place, stage in enumerate(_STAGES)
    ]
    return tag("ol", *steps, class_="steps", aria_label=visit.say("stages"))


def _next(visit: Visit, status: Status, zone: tzinfo) -> Html:
    """The next promise, as it is."""
    promise, more, values = status.promise, "", {}
    if promise is not None:
        key = f"{promise.kind} late" if promise.late else promise.kind
        more, values = "late" if promise.late else "", {"at": _shown(visit.language, promise.due_ms, zone)}
    else:
        key = "done" if status.closed_ms else "no promise"
        more = f"{key} more"
    big = tag("p", visit.say(key, **values), class_="big")
    return p.box(visit.say("next"), big, tag("p", visit.say(more)) if more else None)


def _history(visit: Visit, lines: Sequence[Line], zone: tzinfo, icon: Icon) -> Html:
    """The newest first."""
    said = [tag("li", _time(visit.language, one.at_ms, zone), _line(visit, one, icon)) for one in reversed(lines)]
    listed = tag("ol", *said) if said else tag("p", visit.say("nothing said"))
    return tag("section", tag("h2", visit.say("history")), listed, class_="log")


def _line(visit: Visit, line: Line, icon: Icon) -> Html:
    if line.what not in {"customer", "answer"}:
        return tag("div", tag("p", visit.say(f"line {line.what}")), class_="event")
    way = icon(line.channel)
    how = f", {visit.say(f'by {way}')}" if way in _WAYS else ""
    names = ", ".join(line.attachments)
    return tag(
        "div",
        tag("small", visit.say(line.what) + how),
        tag("p", line.text.strip(), class_="said", dir="auto") if line.text.strip() else None,
        tag("small", f"{visit.say('attachments')}: ", tag("bdi", names)) if names else None,
        class_="ours" if line.what == "answer" else "theirs",
    )


def _time(language: str, at_ms: int, zone: tzinfo) -> Html:
    exact = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")
    return tag("time", _shown(language, at_ms, zone), datetime=exact)


def _shown(language: str, at_ms: int, zone: tzinfo) -> str:
    """A moment that is broken between day and time only."""
    return ", ".join(part.replace(" ", "\u00a0") for part in moment(language, at_ms, zone).split(", "))
