"""The texts that the engine sends about a status, put together from sentences."""

from __future__ import annotations

from datetime import tzinfo

from omniroute.engine.links import Links
from omniroute.engine.status.facts import Status
from omniroute.engine.status.texts import KINDS, STAGES, moment, said, word


def answer_text(language: str, status: Status, zone: tzinfo, url: str) -> str:
    """How a matter stands, for its own customer."""
    at = moment(language, status.opened_ms, zone)
    kind, stage = word(KINDS, language, status.kind), word(STAGES, language, status.stage)
    lines = [
        said(language, "matter", reference=status.reference, kind=kind),
        said(language, "stage", stage=stage),
        said(language, "opened", at=at),
    ]
    if status.closed_ms:
        lines.append(said(language, "closed", at=moment(language, status.closed_ms, zone)))
    if status.promise is not None:
        key = f"{status.promise.kind} late" if status.promise.late else status.promise.kind
        lines.append(said(language, key, at=moment(language, status.promise.due_ms, zone)))
    return "\n".join([*lines, *(("", said(language, "page", url=url)) if url else ())])


def unknown_text(language: str, links: Links) -> str:
    """The answer for every reference that somebody has no right to: by the language of the question alone."""
    page = links.page("status")
    return "\n".join([said(language, "unknown"), *((said(language, "unknown page", url=page),) if page else ())])


def footer_text(language: str, reference: str, url: str) -> str:
    """The line under a reply."""
    return said(language, "footer", reference=reference, url=url) if url else ""


def code_text(language: str, code: str, minutes: int) -> str:
    """What stands in the message with a code."""
    return said(language, "code", code=code, minutes=minutes)
