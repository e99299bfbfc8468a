"""A simulated application with sessions: a dictionary of them, with timeouts, and ways to show that one is over.

Deterministic: what it decides by chance it decides by a generator that it is given. Knows neither browsers nor how a log judges.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

PUBLIC = ("/", "/about", "/news")
GUARDED = ("/account", "/orders", "/settings")
GRACE = 30.0
"""Seconds for which an id is honoured after another took over."""


@dataclass(frozen=True)
class Server:
    """How an application treats sessions; seconds throughout."""

    idle: float = 1_200.0
    absolute: float | None = None
    strict: bool = True
    """Gives a new id to whoever comes with one that it does not know."""
    refuses: str = "redirect"
    """By what it shows that it does not know an id: redirect, 401, replace or delete."""
    rotates_at_login: bool = True
    rotates_every: float | None = None
    logout: str = "delete"
    """What it does to the cookie then: delete, leave or replace."""
    max_age: int | None = None
    renews: str = "always"
    """When it sets a cookie with an end again: always, half or never."""
    touches: bool = True
    """Public pages count as use."""
    lottery: float | None = None
    """Chance to collect what is overdue, at each request; None if overdue sessions are never honoured."""
    login: str = "/login"
    name: str = "sid"

    @property
    def greets(self) -> bool:
        """It gives an id to everybody, logged in or not."""
        return self.refuses == "replace" or not self.strict


@dataclass
class State:
    """A session as the server has it."""

    created: float
    used: float
    set_at: float
    user: bool = False
    successor: str | None = None


@dataclass
class Answer:
    """What the server says; `shows` is good, refused, public or bye."""

    shows: str
    alive: bool = False
    why: str | None = None
    """Of a refusal: idle, absolute, logout or unknown."""
    status: int = 200
    to: str | None = None
    sets: list[str] = field(default_factory=list)
    id: str | None = None
    """The one that it gives."""
    rotates: bool = False
    deletes: bool = False
    """It deletes the cookie of an id that it does not know."""


class Application:
    """A server at work."""

    def __init__(self, server: Server, rng: random.Random, ids: Iterator[int]) -> None:
        self.server = server
        self._rng = rng
        self._ids = ids
        self._sessions: dict[str, State] = {}
        self._ends: dict[str, str] = {}
        self.guarded: set[str] = set()
        """Pages that somebody was refused so far."""

    def answer(self, now: float, path: str, sid: str | None, credentials: bool = False) -> Answer:
        """To one request. An id in `_ends` that has a session too was taken again: for a stranger's, until a login."""
        server = self.server
        state = self._find(sid, now)
        said = self._answer(now, path, sid, state, credentials)
        if said.id is not None:
            said.sets.append(self.cookie(said.id))
        elif sid is not None and state is not None and state.successor is None and said.shows != "bye":
            self._renew(said, sid, state, now)
        if server.lottery is not None and self._rng.random() < server.lottery:
            self._collect(now)
        return said

    def cookie(self, identity: str) -> str:
        age = "" if self.server.max_age is None else f"; Max-Age={self.server.max_age}"
        return f"{self.server.name}={identity}; Path=/{age}; HttpOnly"

    def _answer(self, now: float, path: str, sid: str | None, state: State | None, credentials: bool) -> Answer:
        server = self.server
        if credentials:
            return self._log_in(now, sid, state)
        if path == "/logout":
            return self._log_out(now, sid)
        if path.endswith(".png"):
            return Answer("public", state is not None and sid not in self._ends)
        if path in GUARDED:
            if state is not None and state.user:
                state.used = now
                said = Answer("good", True)
                if self._is_due(state, now):
                    said.id, said.rotates = self._new(now, user=True), True
                    state.successor = said.id
                return said
            return self._refuse(now, path, sid, state)
        if state is not None:
            state.used = now if server.touches else state.used
            return Answer("public", sid not in self._ends)
        if server.greets:
            return self._greet(now, sid, Answer("public"))
        return Answer("public")

    def _is_due(self, state: State, now: float) -> bool:
        every = self.server.rotates_every
        return every is not None and state.successor is None and now - state.created >= every

    def _refuse(self, now: float, path: str, sid: str | None, state: State | None) -> Answer:
        server = self.server
        self.guarded.add(path)
        is_dead = sid is not None and (state is None or sid in self._ends)
        said = Answer("refused" if is_dead else "public", state is not None and not is_dead)
        said.why = self._ends.get(sid or "", "unknown")
        if server.refuses == "401":
            said.status = 401
        else:
            said.to = f"{server.login}?next=/account"
        if state is not None:
            state.used = now
        elif server.greets:
            return self._greet(now, sid, said)
        elif server.refuses == "delete" and sid is not None:
            said.sets.append(f"{server.name}=; Path=/; Max-Age=0")
            said.deletes = True
        return said

    def _greet(self, now: float, sid: str | None, said: Answer) -> Answer:
        """An id for somebody without one that is known."""
        if sid is not None and not self.server.strict:
            self._sessions[sid] = State(now, now, now)
            return said
        if sid is not None:
            said.shows, said.why = "refused", self._ends.get(sid, "unknown")
        said.id = self._new(now)
        return said

    def _log_in(self, now: float, sid: str | None, state: State | None) -> Answer:
        lives = state is not None and sid not in self._ends
        said = Answer("login", lives, to="/account")
        if sid is None or state is None or self.server.rotates_at_login:
            said.id, said.rotates = self._new(now, user=True), lives
            if sid is not None and lives:
                self._forget(sid, "rotated")
        else:
            self._ends.pop(sid, None)
            self._sessions[sid] = State(now, now, state.set_at, user=True)
        return said

    def _log_out(self, now: float, sid: str | None) -> Answer:
        said = Answer("bye", True, to="/")
        if sid is not None:
            self._forget(sid, "logout")
        if self.server.logout == "delete":
            said.sets.append(f"{self.server.name}=; Path=/; Max-Age=0")
        elif self.server.logout == "replace":
            said.id = self._new(now)
        return said

    def _renew(self, said: Answer, sid: str, state: State, now: float) -> None:
        length = self.server.max_age
        if length is None or self.server.renews == "never" or not self.server.touches or self._is_due(state, now):
            return
        if self.server.renews == "always" or now - state.set_at > length / 2:
            state.set_at = now
            said.sets.append(self.cookie(sid))

    def _new(self, now: float, user: bool = False) -> str:
        identity = f"{random.Random(f'id {next(self._ids)}').getrandbits(128):032x}"
        self._sessions[identity] = State(now, now, now, user)
        return identity

    def _find(self, sid: str | None, now: float) -> State | None:
        state = self._sessions.get(sid or "")
        if state is None or sid is None:
            return None
        if state.successor is not None and now - self._sessions[state.successor].created > GRACE:
            self._forget(sid, "rotated")
            return None
        if self.server.absolute is not None and now - state.created > self.server.absolute:
            self._forget(sid, "absolute")
            return None
        if self.server.lottery is None and self._is_overdue(state, now):
            self._forget(sid, "idle")
            return None
        return state

    def _collect(self, now: float) -> None:
        for sid in [sid for sid, state in self._sessions.items() if self._is_overdue(state, now)]:
            self._forget(sid, "idle")

    def _is_overdue(self, state: State, now: float) -> bool:
        """Of a stranger's session nothing is lost that one could see, where any id is taken."""
        return now - state.used > self.server.idle and (state.user or self.server.strict)

    def _forget(self, sid: str, why: str) -> None:
        self._sessions.pop(sid, None)
        self._ends.setdefault(sid, why)
