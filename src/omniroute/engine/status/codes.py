"""Codes for the status page: sent to the known address of a matter, good for ten minutes, five tries, and one use.

What lives here: asking for one and giving one in. Whoever asks is told nothing: `ask` puts every reference that has the
form of one into the same line, and somebody else looks it up later. `redeem` does the same work whether there is a code
or not. Codes are kept as keyed hashes, in memory: a restart ends them, and then one asks again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence

import anyio
import structlog

from omniroute.core import events as e
from omniroute.core.commands import Command, SendStatusCode
from omniroute.core.events import Event
from omniroute.core.permissions import SYSTEM
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.engine.ports import Spawn
from omniroute.engine.status.letters import code_text
from omniroute.engine.status.texts import language_of, said
from omniroute.engine.writer import Writer
from omniroute.errors import CallerError, Conflict, JournalError, JournalFull, OmniRouteError
from omniroute.journal.contract import Write

CODE_DIGITS = 8
CODE_LIFE_MS = 600_000
CODE_TRIES_MAX = 5
CODES_MAX = 10_000
"""Codes that are good at once; beyond, the oldest one ends."""
CODE_LINE_MAX = 256
"""References that wait to be looked up; beyond, nothing is sent, and nobody is told that either."""

log = structlog.get_logger("omniroute.status")


def new_code() -> str:
    """Eight digits from the system's secure source."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


class _Code:
    """A code that is good, or the decoy that stands for those that are not there."""

    __slots__ = ("conversation_id", "digest", "expires_ms", "tries")

    def __init__(self, conversation_id: int, digest: bytes, expires_ms: int) -> None:
        self.conversation_id = conversation_id
        self.digest = digest
        self.expires_ms = expires_ms
        self.tries = 0


class Codes:
    """One for the engine. ``can_send`` says of an instance whether a text can be sent over it."""

    def __init__(self, writer: Writer, spawn: Spawn, can_send: Callable[[str], bool], make: Callable[[], str]) -> None:
        self._writer = writer
        self._spawn = spawn
        self._can_send = can_send
        self._make = make
        self._key = secrets.token_bytes(32)
        self._codes: OrderedDict[str, _Code] = OrderedDict()
        self._line: deque[tuple[str, str]] = deque()
        self._arrived = anyio.Event()

    # ---- whoever has the page open
    def ask(self, reference: str, language: str) -> None:
        """Have a code sent if there is such a matter, and it has an address that a text can reach. Tells nothing."""
        if len(self._line) < CODE_LINE_MAX:
            self._line.append((reference, language))
            self._arrived.set()

    def redeem(self, reference: str, code: str) -> int:
        """The conversation that a code opens, once; 0 where it is wrong, over, used or has never been."""
        known = self._codes.get(reference) or _Code(0, bytes(hashlib.sha256().digest_size), 0)
        right = hmac.compare_digest(known.digest, self._digest(reference, code))
        good = right & (known.tries < CODE_TRIES_MAX) & (self._now() < known.expires_ms)
        known.tries += 1
        if not good:
            return 0
        del self._codes[reference]
        return known.conversation_id

    # ---- whoever sends
    async def run(self) -> None:
        """Look up what was asked for, one after the other, until cancelled."""
        while True:
            reference, language = await self._next()
            try:
                await self._send(reference, language)
            except CallerError:
                continue  # there is no such matter, or it cannot be reached
            except JournalFull:
                log.warning("code_not_sent", reason="no space")
            except JournalError:
                raise
            except OmniRouteError as busy:
                log.warning("code_not_sent", reason=busy.code)

    async def _next(self) -> tuple[str, str]:
        while not self._line:
            self._arrived = anyio.Event()
            await self._arrived.wait()
        return self._line.popleft()

    async def _send(self, reference: str, language: str) -> None:
        code = self._make()

        def prepare(_: State, cells: c.Cells) -> Command:
            cell = self._matter(cells, reference)
            return SendStatusCode(conversation_id=cell.conversation_id, channel=cell.channel, lifetime_ms=CODE_LIFE_MS)

        def contents(events: Sequence[Event]) -> list[Write]:
            content = _content(self._matter(self._writer.cells, reference), code, language)
            sent = [event for event in events if isinstance(event, e.StatusCodeSent)]
            return [c.put(c.CONTENT, c.number_key(one.interaction_id), content) for one in sent]

        (sent,) = await self._writer.submit(SYSTEM, prepare, contents)
        if isinstance(sent, e.StatusCodeSent):
            self._keep(reference, _Code(sent.conversation_id, self._digest(reference, code), sent.expires_ms))
            self._spawn.start("status-code", self._forget, sent.interaction_id, sent.expires_ms)

    def _matter(self, cells: c.Cells, reference: str) -> c.ConversationCell:
        number = cells.lead(cells.number(c.REFERENCE, reference))
        cell = cells.get(c.CONVERSATION, c.number_key(number), c.ConversationCell)
        if cell is None or cell.to is None or not self._can_send(cell.channel):
            raise Conflict("nobody can be sent a code for this")
        return cell

    def _keep(self, reference: str, code: _Code) -> None:
        """A new code takes the place of an older one, whose tries are counted on by the limits of the page."""
        self._codes[reference] = code
        self._codes.move_to_end(reference)
        while len(self._codes) > CODES_MAX:
            self._codes.popitem(last=False)

    async def _forget(self, interaction_id: int, expires_ms: int) -> None:
        """The words of a code that is over need not be kept."""
        await self._writer.clock.sleep_until(expires_ms)
        for reference in [one for one, code in self._codes.items() if code.expires_ms <= expires_ms]:
            del self._codes[reference]
        try:
            await self._writer.write_cells([c.drop(c.CONTENT, c.number_key(interaction_id))])
        except OmniRouteError as failure:
            log.warning("code_not_forgotten", code=failure.code)

    def _digest(self, reference: str, code: str) -> bytes:
        return hmac.digest(self._key, f"{reference}\0{code}".encode(), hashlib.sha256)

    def _now(self) -> int:
        return self._writer.clock.now_ms()


def _content(cell: c.ConversationCell, code: str, language: str) -> c.ContentCell:
    """To the known address of the matter, whoever has asked."""
    language = language_of(language)
    return c.ContentCell(
        text=code_text(language, code, CODE_LIFE_MS // 60_000),
        subject=said(language, "code subject"),
        account=cell.account,
        sender=cell.to,
        session_key=cell.session_key,
    )
