"""What can go wrong with a database, each with its cause and what to do about it; never with what was being written.

Knows PostgreSQL's codes (SQLSTATE, appendix A of its manual) and, for failures to connect, which have none, libpq's words. A fault
of what was to be written is no StoreError, and is told without the values that PostgreSQL and psycopg would put into the message.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from ..protocol import StoreError

type Said = tuple[str, str]
"""Cause and remedy."""

_START = "Start it, or see that its host and port are right."
_AGAIN = "The next try may work; if it does not, see the server's log."

_BY_CODE: dict[str, Said] = {
    "28P01": ("the password is missing or wrong", "Put the right one into ~/.pgpass or into PGPASSWORD."),
    "28": ("the server does not let this user in", "See the user's name, and pg_hba.conf on the server."),
    "3D000": ("there is no such database", "Make it, `createdb NAME`, or name another."),
    "42501": (
        "this user may not do that there",
        "Let one who owns the database grant it: `GRANT CREATE ON DATABASE … TO …`, or let this user own the schema.",
    ),
    "25006": ("the server is read-only", "Name the primary server, not one that follows it."),
    "53100": ("the server's disk is full", "Free some space there."),
    "53300": ("the server has no connection left", "Raise its max_connections; each proxy takes up to eight."),
    "53": ("the server has not enough of something", "See its log."),
    "40": ("another proxy wrote the same at the same time", _AGAIN),
    "55P03": ("somebody has locked it for too long", "See who, in pg_stat_activity, and end that."),
    "57014": ("the server broke off the statement", "See statement_timeout on the server."),
    "57P03": ("the server is starting or stopping", "Wait until it is up."),
    "57P04": ("the database was dropped", "Make it anew, `createdb NAME`, or name another."),
    "57": ("the server was stopped", _START),
    "58": ("the server's disk or system failed", "See the server's log."),
    "08": ("the connection was lost", _START),
    "25P03": ("the connection was lost", "See that the proxy's machine is not overloaded."),
    "42P01": (
        "its tables are not there any more, or its user may not see them",
        "Start the proxy again, which makes them, or restore them; or GRANT USAGE ON SCHEMA to that user.",
    ),
    "3F000": ("its schema is not there any more", "Start the proxy again, which makes it, or restore it."),
    "2BP01": ("views of somebody else need its views", "Drop those, start the proxy, and make them anew."),
    "XX": ("the server failed", "See the server's log."),
}
"""By code or by its first characters, the longest that fits."""

_BY_WORDS: tuple[tuple[re.Pattern[str], Said], ...] = tuple(
    (re.compile(words), said)
    for words, said in (
        (r"password authentication failed|no password supplied", _BY_CODE["28P01"]),
        (r"database \".*\" does not exist", _BY_CODE["3D000"]),
        (r"role \".*\" does not exist|no pg_hba\.conf entry|authentication failed|not permitted", _BY_CODE["28"]),
        (r"too many (clients|connections)|connection slots are reserved", _BY_CODE["53300"]),
        (r"starting up|shutting down|in recovery", _BY_CODE["57P03"]),
        (r"refused|No such file or directory", ("no server listens there", _START)),
        (r"translate host name|resolve", ("there is no such host", "See that its name is right.")),
        (r"timeout|timed out|unreachable", ("the server does not answer", _START)),
        (r"SSL|certificate", ("the encrypted connection failed", "See sslmode and sslrootcert in the store's name.")),
    )
)


class Crossed(StoreError):
    """Another proxy wrote the same at the same time; of the two, this one is to begin again."""


class NotKept(Exception):
    """An observation does not fit into the store: which rule of it is broken, without what it was."""


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Failures of the database as StoreError, those of what was to be written as NotKept."""
    try:
        yield
    except psycopg.Error as error:
        raise failure(name, error) from None


def failure(name: str, error: psycopg.Error) -> StoreError | NotKept:
    """PostgreSQL's or libpq's error as one that says what to do."""
    said = _said(error)
    if said is None:
        return NotKept(_rule_of(error))
    cause, remedy = said
    crossed = error.sqlstate is not None and error.sqlstate.startswith("40")
    return (Crossed if crossed else StoreError)(name, f"{cause} ({_first_line(error)})", remedy)


def _said(error: psycopg.Error) -> Said | None:
    code = error.sqlstate
    if code is not None:
        return next((_BY_CODE[code[:n]] for n in (5, 2) if code[:n] in _BY_CODE), None)
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return None
    words = str(error)
    return next((said for pattern, said in _BY_WORDS if pattern.search(words)), _BY_CODE["08"])


def _first_line(error: psycopg.Error) -> str:
    """What was said, without details, in which values may stand."""
    words = error.diag.message_primary or next(iter(str(error).splitlines()), type(error).__name__)
    return words.rsplit("FATAL: ", 1)[-1].strip()


def _rule_of(error: psycopg.Error) -> str:
    diag = error.diag
    parts = (error.sqlstate, diag.table_name, diag.column_name, diag.constraint_name)
    return " ".join([type(error).__name__, *filter(None, parts)])
