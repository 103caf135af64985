"""One notice for one matter: rendered once, stored with its event, then sent as often as it takes.

What lives here: the facts of a matter in words, and the cell that the outbox sends. Whether anything is told at all was
decided in the core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import NamedTuple

from omniroute.core import events as e
from omniroute.core.events import Event
from omniroute.core.model import Conversation
from omniroute.core.notices import DONE
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.engine.notices.templates import Templates, chosen, filled, shipped
from omniroute.engine.status.promise import promise_of
from omniroute.engine.status.texts import KINDS, STAGES, language_of, moment, said, word
from omniroute.journal.contract import Write

Link = Callable[[str, int, int, int], str]
"""The address of a page, of a purpose, a matter, a resolution and the present; empty: there is none."""


class NoticeSetup(NamedTuple):
    """What notices are made from. ``titles`` are the words for kinds and stages, by language and name."""

    company: str = "OmniRoute"
    language: str = "en"
    templates: Templates = shipped()
    titles: Mapping[tuple[str, str], str] = {}
    zone: tzinfo = UTC


class Notices:
    """One for the engine."""

    def __init__(self, setup: NoticeSetup, link: Link) -> None:
        self._setup = setup
        self._link = link

    def writes(self, events: Sequence[Event], state: State, cells: c.Cells) -> Iterator[Write]:
        """The contents of the notices among some events; looked up in what the same step has decided."""
        for event in events:
            if isinstance(event, e.NoticeSent):
                cell = cells.get(c.CONVERSATION, c.number_key(event.conversation_id), c.ConversationCell)
                record = state.conversations.get(event.conversation_id) or (cell.record if cell else None)
                if cell is not None and record is not None:
                    content = self._content(event, cell, record)
                    yield c.put(c.CONTENT, c.number_key(event.interaction_id), content)

    def _content(self, event: e.NoticeSent, cell: c.ConversationCell, record: Conversation) -> c.ContentCell:
        languages = (record.language.partition("-")[0], self._setup.language)
        template = chosen(self._setup.templates, languages, event.notice)
        values = self._values(event, record, language_of(*languages))
        return c.ContentCell(
            filled(template.text, values),
            filled(template.subject, values) or cell.subject,
            author=self._setup.company,
            account=cell.account,
            fields={"answers_to": " ".join(cell.last_provider_ids)},
            sender=cell.to,
            session_key=cell.session_key,
        )

    def _values(self, event: e.NoticeSent, record: Conversation, language: str) -> dict[str, str]:
        number, at_ms = event.conversation_id, event.at_ms
        values = {
            "company": self._setup.company,
            "reference": record.reference,
            "kind": self._title(language, record.kind, KINDS),
            "stage": self._title(language, record.stage_id or record.stage.value, STAGES),
            "promise": self._promise(record, language),
            "status_url": self._link("status", number, 0, at_ms),
        }
        if event.notice == DONE:
            asked = ("confirm", "rate", "reopen")
            values |= {f"{one}_url": self._link(one, number, event.resolution, at_ms) for one in asked}
        return values

    def _title(self, language: str, name: str, words: Mapping[str, Mapping[str, str]]) -> str:
        return self._setup.titles.get((language, name)) or word(words, language, name)

    def _promise(self, record: Conversation, language: str) -> str:
        found = promise_of(record) if record.stage != "done" else None
        if found is None:
            return ""
        key = f"{found.kind} late" if found.late else found.kind
        return said(language, key, at=moment(language, found.due_ms, self._setup.zone))
