"""Leases in PostgreSQL: a row for each client with its owner and its fence (`record.leases`).

An owner is a number that a process gives itself; it lives as long as it holds the advisory lock of that number, which the server
takes back with its connection. So the clients of a process that died can be had at once, and those of one that was cut off once
the server has noticed, or by force. What is kept here is durable against the death of a process; what of the last half second was
not on disk is lost with a crash of the server: `synchronous_commit` is off for it, unless the address says otherwise
(`options=-csynchronous_commit%3Don`). Claims are always on disk, and who has a client writes again what may be lost (`custody`).
"""

import json
import secrets
from collections import deque
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import sql

from ...core.events import JarChange, SessionChange, SessionSeen
from ..jars import JarRow, StoredCookie
from ..leases import CUT_OFF, NOTHING_LOST, Change, Claimed, Lease
from . import commands, loading
from .address import Address
from .connection import Connection, Cursor
from .jars import jars_as_json
from .locks import OWNING
from .places import place
from .rounds import Round, rounds
from .states import cookieless_as_json
from .text import plain, with_octets

_CLAIM = "SELECT claim(%s, %s, %s, %s, %s)"
_RELEASE = "SELECT release(%s::json)"
_LOST = "SELECT lost(%s::json)"
_KEEP = "SELECT keep(%s::json, %s::json, %s, %s, %s::json, %s)"
MOST_PLACES = 20_000
"""Of clients, that are remembered."""
_BURY = f"""WITH dead AS (SELECT owner FROM lease_rows WHERE owner IS NOT NULL GROUP BY owner HAVING NOT EXISTS (
        SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = {OWNING} AND objid = owner::oid))
    UPDATE lease_rows SET owner = NULL, since = extract(epoch FROM clock_timestamp()) WHERE owner IN (SELECT owner FROM dead)
    RETURNING place"""  # noqa: S608  a number of our own
_WANTED = "wanted "
_TAKEN = "taken "
_TIMES = [JarRow._fields.index(name) for name in ("created", "last_access", "expires", "set_time")]


class PostgresLeases:
    """The clients of one process: claimed by one connection, kept, released and asked for by another, which is the owner's life."""

    def __init__(self, address: Address) -> None:
        self._schema = address.schema
        self._owner = secrets.randbelow(2**31 - 1) + 1
        self._words: deque[str] = deque()
        self._clients: dict[str, str] = {}
        """By place, those that were claimed and not released since."""
        self._was_connected = False
        self._asks_for_sync = "synchronous_commit" in str(address.parameters.get("options", ""))
        self._claiming = Connection(address, reads_only=False, greet=self._settle)
        self._connection = Connection(address, reads_only=False, greet=self._greet)

    def _settle(self, cursor: Cursor) -> None:
        if not self._asks_for_sync:
            cursor.execute("SET synchronous_commit = off")

    def _greet(self, cursor: Cursor) -> None:
        self._settle(cursor)
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", (OWNING, self._owner))
        cursor.connection.add_notify_handler(self._heard)
        cursor.execute(sql.SQL("LISTEN {}").format(sql.Identifier(f"{self._schema}_owner_{self._owner}")))
        commands.listen(cursor, self._schema)
        if self._was_connected:
            self._words.append(CUT_OFF)
        self._was_connected = True

    def _heard(self, notice: psycopg.Notify) -> None:
        self._words.append(notice.payload)

    def claim(self, client: str, ask: bool = True, by_force: bool = False) -> Claimed | None:
        """Have this client; None if a process that lives has it, which is asked to release it, or it is busy just now."""
        where = place(client)
        self._connection.open()  # before anybody can look whether this owner lives
        [(found,)] = self._claiming.rows(_CLAIM, (where, plain(client), self._owner, ask, by_force))
        if found is None:
            return None
        self._clients[where] = client
        return Claimed(found["fence"], [_cookie_of(row) for row in with_octets(map(tuple, found["cookies"]))])

    def followed(self, client: str) -> list[SessionSeen]:
        """The sessions of applications that this client has and had."""
        return loading.load_sessions_of(self._claiming.rows, client)

    def lost(self, leases: Sequence[Lease]) -> frozenset[Lease]:
        """Those of these that are not the latest of their clients."""
        if not leases:
            return NOTHING_LOST
        [(numbers,)] = self._claiming.rows(_LOST, (as_json(leases),))
        return frozenset(leases[int(number)] for number in numbers or ())

    def release(self, leases: Sequence[Lease]) -> None:
        """Let these go, as far as they are still ours."""
        self._connection.rows(_RELEASE, (as_json(leases),))
        for lease in leases:
            self._clients.pop(place(lease.client), None)

    def keep(self, changes: Sequence[Change]) -> frozenset[Lease]:
        """Keep these changes in one transaction; the leases that are lost, whose changes are not kept."""
        lost = NOTHING_LOST
        while remaining := without(changes, lost):
            leases = leases_of(remaining)
            numbers = self._keep(as_json(leases), in_rounds(remaining))
            if not numbers:
                break
            lost |= {leases[int(number)] for number in numbers}
        return lost

    def _keep(self, leases: str, parts: Sequence[Round]) -> list[str] | None:
        if len(parts) == 1:
            [(numbers,)] = self._connection.rows(_KEEP, (leases, *_as_json(parts[0])))
            return numbers  # type: ignore[no-any-return]  # JSON
        with self._connection.writing() as cursor:
            for part in parts:
                if numbers := _one(cursor.execute(_KEEP, (leases, *_as_json(part)))):
                    return numbers  # type: ignore[no-any-return]  # JSON; found by the first, which locks them
        return None

    def bury_dead(self) -> None:
        """Let go of the clients of processes that are not there any more, so that their rows may be forgotten."""
        self._claiming.rows(_BURY)

    def wait(self, wake: int, seconds: float) -> list[str]:
        """Wait until somebody wants one of our clients, or says something else, or `wake` can be read: the words that came."""
        if not self._words:
            self._connection.open()
            self._words.extend(self._connection.wait(wake, seconds))
        words = list(self._words)
        self._words.clear()
        return words

    def is_wanted(self, word: str) -> str | None:
        """The client that somebody wants of us, by the word that came; None if that says something else."""
        return self._clients.get(word.removeprefix(_WANTED).replace("-", "")) if word.startswith(_WANTED) else None

    def is_taken(self, word: str) -> Lease | None:
        """The lease that somebody has taken from us by force, by the word that came; None if that says something else."""
        if not word.startswith(_TAKEN):
            return None
        where, _, fence = word.removeprefix(_TAKEN).partition(" ")
        client = self._clients.get(where.replace("-", ""))
        return None if client is None else Lease(client, int(fence))

    def break_off(self) -> None:
        """Whoever waits for an answer is told that the connection was lost."""
        self._claiming.break_off()
        self._connection.break_off()

    def close(self) -> None:
        """Let everything go: who is not there has no clients."""
        self._claiming.close()
        self._connection.close()


def lost_of(cursor: Cursor, changes: Iterable[Change]) -> frozenset[Lease]:
    """The leases of these changes that are not the latest; the others stay so until the transaction ends."""
    leases = leases_of(changes)
    if not leases:
        return NOTHING_LOST
    return frozenset(leases[int(number)] for number in _one(cursor.execute(_LOST, (as_json(leases),))) or ())


def leases_of(changes: Iterable[Change]) -> list[Lease]:
    """Under which these were made, each once; the unfenced under none."""
    return list(dict.fromkeys(Lease(each.client, each.fence) for each in changes if each.fence))


def without[C: Change](changes: Iterable[C], lost: frozenset[Lease]) -> list[C]:
    """The changes that were not made under a lease that is lost."""
    return [each for each in changes if Lease(each.client, each.fence) not in lost] if lost else list(changes)


def as_json(leases: Sequence[Lease]) -> str:
    """The leases with their numbers, counted from 0, as the functions take them."""
    return json.dumps(
        [{"place": place(lease.client), "fence": lease.fence, "number": number} for number, lease in enumerate(leases)]
    )


@lru_cache(MOST_PLACES)
def _place_of(client: str) -> str:
    return place(client)


def in_rounds(changes: Sequence[Change]) -> list[Round]:
    """The changes as few statements write them."""
    jar_changes: list[JarChange] = []
    session_changes: list[tuple[int, SessionChange]] = []
    for each in changes:
        if isinstance(each, JarChange):
            jar_changes.append(each)
        else:
            session_changes.append((len(jar_changes), each))
    return rounds(jar_changes, session_changes)


def _cookie_of(row: tuple[Any, ...]) -> StoredCookie:
    """JSON does not tell whole times from numbers."""
    values = list(row)
    for place_of_time in _TIMES:
        if values[place_of_time] is not None:
            values[place_of_time] = float(values[place_of_time])
    return JarRow._make(values).stored_cookie()


def _as_json(part: Round) -> tuple[str | None, bool, bool, str | None, bool]:
    """What `keep` is told of a round."""
    return (
        jars_as_json(part.jars) if part.jars else None,
        any(change.cookie is None for _, change in part.jars),
        any(change.session is not None for _, change in part.jars),
        cookieless_as_json(part.sessions) if part.sessions else None,
        any(change.ended is not None for change in part.sessions),
    )


def _one(cursor: Cursor) -> Any:
    found = cursor.fetchone()
    return None if found is None else found[0]
