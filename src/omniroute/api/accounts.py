"""Accounts: who signs in, with which password, for how long.

What lives here: argon2 in a thread, sessions whose tokens are stored hashed, throttling. Everything is a cell beside
the journal; a session ends at its time, at sign-out, with a new password, or when its account goes.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import anyio
import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from omniroute.config import OperatorSection
from omniroute.core.permissions import Actor, Role
from omniroute.engine import cells as c
from omniroute.engine.engine import Engine
from omniroute.errors import Busy, Unauthenticated

TRIES_MAX = 10
"""Failed logins of one name before it has to wait."""
TRIES_WINDOW_MS = 60_000
TRIES_NAMES_MAX = 10_000
VERIFICATIONS_MAX = 4
"""Passwords that are checked at once: each takes 64 MiB and a core."""

_WRONG = "login or password is wrong"


class Accounts:
    """People, on top of the engine's cells."""

    def __init__(self, engine: Engine, session_hours: int, hasher: PasswordHasher | None = None) -> None:
        self._engine = engine
        self._session_ms = session_hours * 3_600_000
        self._hasher = hasher or PasswordHasher()
        self._failures: dict[str, list[int]] = {}
        self._slots = anyio.Semaphore(VERIFICATIONS_MAX)
        self.signed_in: set[str] = set()
        """Who has signed in during this run."""
        self._listeners: dict[str, list[Callable[[], None]]] = {}
        self._decoy = self._hasher.hash(secrets.token_hex(16))

    async def seed(self, people: Mapping[str, OperatorSection]) -> None:
        """Add the people of the configuration file that are not known yet, and learn the names of all."""
        for login, person in people.items():
            if self.find(login) is None:
                await self.put(login, person.name, person.role, person.departments, person.password)
        after = ""
        while page := self._engine.writer.journal.scan(c.ACCOUNT, after=after):
            for key, data in page:
                after = key
                account = msgspec.msgpack.decode(data, type=c.AccountCell)
                self._engine.names[account.login] = account.name

    async def put(self, login: str, name: str, role: str, departments: list[str], password: str) -> None:
        """Add or change an account; an empty password lets nobody in."""
        hashed = await self._engine.in_thread(self._hasher.hash, password) if password else ""
        cell = c.AccountCell(login, name, role, "" if role == "admin" else login, departments, hashed)
        await self._engine.writer.write_cells([c.put(c.ACCOUNT, login, cell)])
        self._engine.names[login] = name

    def find(self, login: str) -> c.AccountCell | None:
        """The account of a login name."""
        return c.read(self._engine.writer.journal, c.ACCOUNT, login, c.AccountCell)

    async def login(self, login: str, password: str) -> tuple[str, int, c.AccountCell]:
        """Token, its end and the account. Raises `Unauthenticated`, or `Busy` after too many tries."""
        self._throttle(login)
        self._failures.setdefault(login, []).append(self._now())  # counted first: tries at the same time count too
        account = self.find(login)
        # An unknown name takes as long as a wrong password.
        hashed = account.password if account and account.password else self._decoy
        async with self._slots:
            right = await self._engine.in_thread(self._verify, hashed, password)
        if not right or account is None or not account.password:
            raise Unauthenticated(_WRONG)
        self._failures.pop(login, None)
        self.signed_in.add(login)
        token, expires_ms = secrets.token_urlsafe(32), self._now() + self._session_ms
        cell = c.LoginSessionCell(login, expires_ms, _hash(account.password))
        await self._engine.writer.write_cells([c.put(c.LOGIN_SESSION, _hash(token), cell)])
        return token, expires_ms, account

    async def logout(self, token: str) -> None:
        """End a session; unknown tokens are fine."""
        await self._engine.writer.write_cells([c.drop(c.LOGIN_SESSION, _hash(token))])
        for hear in self._listeners.get(_hash(token), ()):
            hear()

    @contextmanager
    def listen(self, token: str, hear: Callable[[], None]) -> Iterator[None]:
        """Inside the block ``hear`` is called when the session is signed out."""
        listeners = self._listeners.setdefault(_hash(token), [])
        listeners.append(hear)
        try:
            yield
        finally:
            listeners.remove(hear)
            if not listeners:
                self._listeners.pop(_hash(token), None)

    def by_token(self, token: str) -> c.AccountCell:
        """The account of a live session. Raises `Unauthenticated`."""
        if token:
            session = c.read(self._engine.writer.journal, c.LOGIN_SESSION, _hash(token), c.LoginSessionCell)
            account = self.find(session.login) if session and session.expires_ms > self._now() else None
            if session is not None and account is not None and session.password == _hash(account.password):
                return account
        raise Unauthenticated("sign in first")

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    def _throttle(self, login: str) -> None:
        if len(self._failures) > TRIES_NAMES_MAX:
            self._failures.clear()
        since_ms = self._now() - TRIES_WINDOW_MS
        recent = [at_ms for at_ms in self._failures.get(login, ()) if at_ms > since_ms]
        if recent:
            self._failures[login] = recent
        if len(recent) >= TRIES_MAX:
            raise Busy("too many tries; wait a minute", 60)

    def _now(self) -> int:
        return self._engine.writer.clock.now_ms()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def actor_of(account: c.AccountCell) -> Actor:
    """Who acts when this person acts."""
    return Actor(Role(account.role), account.operator_id, tuple(account.departments))
