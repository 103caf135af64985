"""One registration: the look-ups that a normalized interaction needs, and the contents that it leaves.

What lives here: who the customer is, which conversation it belongs to, and the cells beside the events. Look-ups run on
the writer just before the decision, so that two first messages of one person find each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from omniroute.channels.contract import Identity, Interaction, RawInput
from omniroute.core import events as e
from omniroute.core.commands import Classification, Command, RegisterInteraction
from omniroute.core.events import Event
from omniroute.core.model import InteractionKind
from omniroute.core.permissions import SYSTEM
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.engine import history
from omniroute.engine.classify import Classifier
from omniroute.engine.fields import FieldRules, brought
from omniroute.engine.mailbox import Request
from omniroute.engine.writer import Writer
from omniroute.journal.contract import Write

EVIDENCE = frozenset({"email", "tel", "visitor", "account"})
"""Identities that find a customer again; a mere name never does."""
SESSION_REOPEN_MS = 24 * 3600 * 1000
"""A finished chat goes on when its visitor writes again within this time; later a new matter begins."""
NEW_REFERENCE_TRIES = 8


class Registration:
    """See the module's text; `post` sends it to the writer."""

    def __init__(
        self,
        raw_id: int,
        raw: RawInput,
        interaction: Interaction,
        attachments: list[c.AttachmentCell],
        classifier: Classifier,
        new_reference: Callable[[], str],
        fields: FieldRules,
        *,
        last: bool,
    ) -> None:
        self._raw_id = raw_id
        self._raw = raw
        self._interaction = interaction
        self._attachments = attachments
        self._classifier = classifier
        self._new_reference = new_reference
        self._fields = fields
        self._brought: dict[str, str] = {}
        self._last = last
        self._customer: c.CustomerCell | None = None
        self._cell: c.ConversationCell | None = None

    def post(self, writer: Writer) -> Request:
        """Send it to the writer, behind everything that was posted before."""
        self._cells = writer.cells
        return writer.post(SYSTEM, self._command, self._contents)

    def _command(self, state: State, cells: c.Cells) -> Command:
        self._cells = cells
        one = self._interaction
        customer_id = self._known_customer(cells)
        self._cell = self._known_conversation(cells, customer_id)
        if self._cell is not None and not customer_id:
            customer_id = self._cell.customer_id
        self._customer = cells.get(c.CUSTOMER, c.number_key(customer_id), c.CustomerCell) if customer_id else None
        matters = history.newest_matters(customer_id, cells)
        wanted = self._classification(state, customer_id, matters)
        self._brought = self._fields_for(self._kind(state, wanted))
        return RegisterInteraction(
            raw_id=self._raw_id,
            channel=self._raw.instance,
            kind=one.kind,
            classification=wanted,
            reference=self._free_reference(cells),
            customer_id=customer_id,
            conversation_id=self._cell.conversation_id if self._cell else 0,
            record=self._cell.record if self._cell and one.kind is InteractionKind.MESSAGE else None,
            session_key=one.session_key,
            operator_id=one.operator,
            last=self._last,
            previous_operator_id=history.previous_operator(matters, state, cells),
            automatic=one.automatic,
            unverified=one.sender.kind not in EVIDENCE or bool(self._stated(one.sender)),
            fields=tuple(sorted(self._brought)),
        )

    def _kind(self, state: State, wanted: Classification) -> str:
        """The kind of the matter that it belongs to."""
        cell = self._cell
        matter = (state.conversations.get(cell.conversation_id) or cell.record) if cell else None
        return matter.kind if matter else wanted.kind

    def _fields_for(self, kind: str) -> dict[str, str]:
        """What it brings along for the fields of its kind; what a machine writes about fills nothing in."""
        return {} if self._interaction.automatic else brought(self._fields.get(kind, {}), self._interaction.fields)

    def _classification(self, state: State, customer_id: int, matters: list[int]) -> Classification:
        """Where it belongs; the matter that it joins is none of the earlier ones."""
        own = self._cell.conversation_id if self._cell else 0
        customer = history.customer_facts(customer_id, [one for one in matters if one != own], state)
        return self._classifier.classify(
            self._raw.instance, self._interaction, state, received_ms=self._raw.received_ms, customer=customer
        )

    def _known_customer(self, cells: c.Cells) -> int:
        sender = self._interaction.sender
        return cells.number(c.IDENTITY, c.identity_key(sender)) if sender.kind in EVIDENCE else 0

    def _known_conversation(self, cells: c.Cells, customer_id: int) -> c.ConversationCell | None:
        """By session, else by an id of ours that a known participant answers to; anything else is a new matter."""
        one, instance = self._interaction, self._raw.instance
        if one.session_key:
            number = cells.number(c.SESSION, c.joined_key(instance, one.session_key))
            if one.kind is InteractionKind.MESSAGE:  # what else a merged contact brings belongs to that contact
                number = cells.lead(number)
            cell = cells.get(c.CONVERSATION, c.number_key(number), c.ConversationCell) if number else None
            stale = (
                cell is not None
                and cell.record is not None
                and one.kind is InteractionKind.MESSAGE
                and self._raw.received_ms - cell.closed_ms > SESSION_REOPEN_MS
            )
            return None if stale else cell
        for provider_id in one.answers_to:
            number = cells.lead(cells.number(c.OUR_ID, c.joined_key(instance, provider_id)))
            cell = cells.get(c.CONVERSATION, c.number_key(number), c.ConversationCell) if number else None
            if cell is not None and customer_id == cell.customer_id != 0:
                return cell
        return None

    def _free_reference(self, cells: c.Cells) -> str:
        for _ in range(NEW_REFERENCE_TRIES):
            reference = self._new_reference()
            if not cells.number(c.REFERENCE, reference):
                return reference
        raise AssertionError("the source of references repeats itself")

    # ---- what stands beside the events
    def _contents(self, events: Sequence[Event]) -> list[Write]:
        received = next(event for event in events if isinstance(event, e.InteractionReceived))
        created = next((event.customer_id for event in events if isinstance(event, e.CustomerCreated)), 0)
        writes = list(self._customer_cells(created, received.at_ms))
        writes.append(
            c.put(
                c.CONTENT,
                c.number_key(received.interaction_id),
                c.content_of(self._interaction, self._raw.account, self._attachments),
            )
        )
        writes += self._conversation_cell(received.conversation_id)
        writes += [self._fields_cell(event) for event in events if isinstance(event, e.FieldsSet)]
        return writes

    def _fields_cell(self, event: e.FieldsSet) -> Write:
        """What it brought along stands beside what was there, and in the place of nothing."""
        key = c.number_key(event.conversation_id)
        known = self._cells.get(c.FIELDS, key, c.FieldsCell)
        return c.put(c.FIELDS, key, c.FieldsCell(self._brought | (known.values if known else {})))

    def _customer_cells(self, created_id: int, at_ms: int) -> Iterator[Write]:
        sender = self._interaction.sender
        if created_id:
            name = sender.name or sender.address
            self._customer = c.CustomerCell(created_id, name, at_ms)
            yield c.put(c.CUSTOMER, c.number_key(created_id), self._customer)
            for identity in [sender, *self._stated_identities()]:
                yield c.put(c.CUSTOMER_IDENTITY, c.pair_key(created_id, c.identity_key(identity)), identity)
            if sender.kind in EVIDENCE:
                yield c.put_number(c.IDENTITY, c.identity_key(sender), created_id)
        elif self._customer is not None and sender.name and self._customer.name == sender.address:
            self._customer.name = sender.name
            yield c.put(c.CUSTOMER, c.number_key(self._customer.customer_id), self._customer)

    def _stated(self, sender: Identity) -> bool:
        """Whether the address that an answer goes to is one that a form merely states."""
        return sender.address in [self._interaction.fields.get(kind) for kind in ("email", "tel")]

    def _stated_identities(self) -> list[Identity]:
        """Addresses that the customer merely stated: shown, but never evidence that finds a customer again."""
        fields, sender = self._interaction.fields, self._interaction.sender
        stated = [Identity(kind, fields[kind]) for kind in ("email", "tel") if fields.get(kind)]
        return [identity for identity in stated if identity.address != sender.address]

    def _conversation_cell(self, conversation_id: int) -> list[Write]:
        """The matter as lists show it: the newest text, where an answer goes, and what it answers to."""
        one, key = self._interaction, c.number_key(conversation_id)
        cell = self._cells.get(c.CONVERSATION, key, c.ConversationCell)
        if cell is None:
            return []
        cell.subject = cell.subject or one.subject or _first_line(one.text)
        cell.account = one.account or self._raw.account or cell.account
        cell.to = one.sender if cell.to is None or one.kind is InteractionKind.MESSAGE else cell.to
        cell.last_text = one.text[: c.TEXT_PREVIEW_CHARS] or cell.last_text
        if one.provider_id:
            cell.last_provider_ids = [*cell.last_provider_ids, one.provider_id][-c.PROVIDER_IDS_MAX :]
        return [c.put(c.CONVERSATION, key, cell)]


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0][:80]
