"""A batch's rows as octets, for a file that waits for a database: JSON, with bytes as latin-1 under a mark.

What is in it is what goes into the tables, so values are masked already as `record: values:` says; those in jars are as they are.
Knows the shapes of `rows`; whoever reads it may be a later process of the same version, or a newer one.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..core.cookie import Cookie, CookieKey, Priority, SameSite
from ..core.events import EndCause, FindingSeen, HostSeen, JarChange, JarKind, Proof, SessionChange, SessionSeen
from .rows import Row, Rows

VERSION = 1

_BYTES = "b"
_COOKIE = tuple(Cookie.__dataclass_fields__)


class Unreadable(Exception):
    """The octets are of another program's version."""


class Batch(NamedTuple):
    """What `Rows` has of a batch, numbers counted from 0."""

    set_cookies: list[Row]
    requests: list[Row]
    events: list[Row]
    clients: list[Row]
    jar_changes: list[JarChange]
    session_changes: list[tuple[int, SessionChange]]
    sessions: list[SessionSeen]
    findings: list[FindingSeen]
    hosts: list[HostSeen]
    next_seq: int

    def singles(self) -> "Iterator[Batch]":
        """The same, each row in a batch of its own, in an order that means the same."""
        nothing = Batch([], [], [], [], [], [], [], [], [], self.next_seq)
        done = 0
        for client in self.clients:
            yield nothing._replace(clients=[client], next_seq=0)
        for before, session in self.session_changes:
            for change in self.jar_changes[done:before]:
                yield nothing._replace(jar_changes=[change], next_seq=0)
            done = before
            yield nothing._replace(session_changes=[(0, session)], next_seq=0)
        for change in self.jar_changes[done:]:
            yield nothing._replace(jar_changes=[change], next_seq=0)
        for each in self.sessions:
            yield nothing._replace(sessions=[each], next_seq=0)
        for finding in self.findings:
            yield nothing._replace(findings=[finding], next_seq=0)
        for host in self.hosts:
            yield nothing._replace(hosts=[host], next_seq=0)
        for row in self.set_cookies:
            yield nothing._replace(set_cookies=[row])
        for row in self.requests:
            yield nothing._replace(requests=[row])
        for row in self.events:
            yield nothing._replace(events=[row])


def packed(rows: Rows | Batch) -> bytes:
    """The octets of a batch."""
    parts = {name: getattr(rows, name) for name in Batch._fields}
    parts["jar_changes"] = [_jar_change(change) for change in rows.jar_changes]
    return json.dumps({"version": VERSION, **parts}, default=_said, separators=(",", ":")).encode()


def unpacked(octets: bytes) -> Batch:
    """What was packed. Raises Unreadable."""
    try:
        parts = json.loads(octets, object_hook=_meant)
        if parts.pop("version") != VERSION:
            raise Unreadable("another version of Cookie Proxy wrote it")
        return Batch(
            _rows(parts["set_cookies"]),
            _rows(parts["requests"]),
            _rows(parts["events"]),
            _rows(parts["clients"]),
            [_jar_change_of(*change) for change in parts["jar_changes"]],
            [(before, SessionChange(*change)) for before, change in parts["session_changes"]],
            [_session_of(each) for each in parts["sessions"]],
            [_finding_of(each) for each in parts["findings"]],
            [HostSeen(*each) for each in parts["hosts"]],
            parts["next_seq"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"it is no batch ({type(error).__name__})") from None


def _rows(rows: list[list[object]]) -> list[Row]:
    return [tuple(row) for row in rows]


def _said(value: object) -> object:
    if isinstance(value, bytes):
        return {_BYTES: value.decode("latin-1")}
    raise TypeError(type(value).__name__)


def _meant(value: dict[str, Any]) -> Any:
    return value[_BYTES].encode("latin-1") if value.keys() == {_BYTES} else value


def _jar_change(change: JarChange) -> list[object]:
    cookie = change.cookie
    return [*change._replace(cookie=None), None if cookie is None else [getattr(cookie, name) for name in _COOKIE]]


def _jar_change_of(*parts: Any) -> JarChange:
    *fields, cookie = parts
    change = JarChange(*fields)
    return change._replace(
        jar=JarKind(change.jar), key=CookieKey(*change.key), cookie=None if cookie is None else _cookie_of(cookie)
    )


def _cookie_of(values: list[Any]) -> Cookie:
    cookie = Cookie(**dict(zip(_COOKIE, values, strict=True)))
    cookie.same_site, cookie.priority = SameSite(cookie.same_site), Priority(cookie.priority)
    return cookie


def _session_of(values: list[Any]) -> SessionSeen:
    session = SessionSeen(*values)
    return session._replace(end_cause=EndCause(session.end_cause))


def _finding_of(values: list[Any]) -> FindingSeen:
    finding = FindingSeen(*values)
    return finding._replace(evidence=tuple(Proof(*proof) for proof in finding.evidence))
