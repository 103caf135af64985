"""A message that asks for a status: looked up and answered in one transaction, and nobody's work.

What lives here: the sibling of `omniroute.engine.registration.Registration` for such messages. Who is believed: the
sender's identity must be evidence of the matter's own customer. Every other reference (wrong, old, foreign, missing)
takes the same way, changes the same cells and gets the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from omniroute.channels.contract import Interaction, RawInput
from omniroute.core import events as e
from omniroute.core.commands import AnswerStatus, Command
from omniroute.core.events import Event
from omniroute.core.permissions import SYSTEM
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.engine.links import Links, Purpose
from omniroute.engine.mailbox import Request
from omniroute.engine.registration import EVIDENCE
from omniroute.engine.status.asked import Question
from omniroute.engine.status.facts import status_of
from omniroute.engine.status.letters import answer_text, unknown_text
from omniroute.engine.status.setup import StatusSetup
from omniroute.engine.status.texts import language_of, said
from omniroute.engine.writer import Writer
from omniroute.journal.contract import Write

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
UNKNOWN_PER_HOUR_MAX = 300
"""Answers in an hour to whoever has no right to know: the address of a letter may be forged, and is somebody's."""
EVERYBODY = "everybody"
"""The key of the count of those answers; no identity looks like it."""


class StatusQuestion:
    """See the module's text; `post` sends it to the writer."""

    def __init__(
        self,
        raw_id: int,
        raw: RawInput,
        interaction: Interaction,
        attachments: list[c.AttachmentCell],
        question: Question,
        links: Links,
        setup: StatusSetup,
        *,
        last: bool,
    ) -> None:
        self._raw_id = raw_id
        self._raw = raw
        self._interaction = interaction
        self._attachments = attachments
        self._question = question
        self._links = links
        self._setup = setup
        self._last = last
        self._text = ""
        self._counts: list[Write] = []

    def post(self, writer: Writer) -> Request:
        """Send it to the writer, behind everything that was posted before."""
        return writer.post(SYSTEM, self._command, self._contents)

    def _command(self, state: State, cells: c.Cells) -> Command:
        cell = self._own_matter(cells)
        allowed = self._allowed(cells, max(state.now_ms, self._raw.received_ms), own=cell is not None)
        self._text = self._answer(state, cell)
        return AnswerStatus(
            raw_id=self._raw_id,
            channel=self._raw.instance,
            conversation_id=cell.conversation_id if cell else 0,
            answer=allowed and not self._interaction.automatic,
            last=self._last,
        )

    def _own_matter(self, cells: c.Cells) -> c.ConversationCell | None:
        """The matter that is asked about, if the sender is known to be its customer."""
        sender = self._interaction.sender
        customer_id = cells.number(c.IDENTITY, c.identity_key(sender)) if sender.kind in EVIDENCE else 0
        number = cells.lead(cells.number(c.REFERENCE, self._question.reference))
        cell = cells.get(c.CONVERSATION, c.number_key(number), c.ConversationCell)
        return cell if cell is not None and cell.customer_id == customer_id != 0 else None

    def _allowed(self, cells: c.Cells, now_ms: int, *, own: bool) -> bool:
        """Whether one more may be answered; counts it, as the cells of this transaction."""
        sender = f"{self._raw.instance} {c.identity_key(self._interaction.sender)}"
        counts = [(sender, now_ms // DAY_MS, self._setup.answers_per_day)]
        if not own:
            counts.append((EVERYBODY, now_ms // HOUR_MS, UNKNOWN_PER_HOUR_MAX))
        kept = [_counted(cells, key, span) for key, span, _ in counts]
        allowed = all(cell.count < most for cell, (_, _, most) in zip(kept, counts, strict=True))
        for cell in kept:
            cell.count += allowed
        self._counts = [
            c.put(c.STATUS_COUNT, key, cell) for cell, (key, _, _) in zip(kept, counts, strict=True) if allowed
        ]
        return allowed

    def _answer(self, state: State, cell: c.ConversationCell | None) -> str:
        language, status = self._question.language, status_of(state, cell) if cell else None
        if status is None:
            return unknown_text(language, self._links)
        url = self._links.url(Purpose.STATUS, status.conversation_id, now_ms=self._raw.received_ms)
        return answer_text(language_of(status.language or language), status, self._setup.zone, url)

    # ---- what stands beside the events
    def _contents(self, events: Sequence[Event]) -> list[Write]:
        writes: list[Write] = []
        for event in events:
            if isinstance(event, e.StatusAsked):
                writes.append(
                    c.put(
                        c.CONTENT,
                        c.number_key(event.interaction_id),
                        c.content_of(self._interaction, self._raw.account, self._attachments),
                    )
                )
            elif isinstance(event, e.StatusAnswered):
                writes.append(c.put(c.CONTENT, c.number_key(event.interaction_id), self._answered()))
                writes += self._counts
        return writes

    def _answered(self) -> c.ContentCell:
        """To whoever asked, over the channel and session that they asked by, and to nobody else."""
        one = self._interaction
        return c.ContentCell(
            text=self._text,
            subject=one.subject or said(self._question.language, "subject"),
            account=one.account or self._raw.account,
            fields={"answers_to": one.provider_id},
            sender=one.sender,
            session_key=one.session_key,
        )


def _counted(cells: c.Cells, key: str, span: int) -> c.StatusCountCell:
    found = cells.get(c.STATUS_COUNT, key, c.StatusCountCell)
    return found if found is not None and found.span == span else c.StatusCountCell(span)
