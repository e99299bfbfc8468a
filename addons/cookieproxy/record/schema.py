"""The tables of the SQLite store and the way from each older version to this one.

What the views and tables mean stands in `views` and `tables`, from which the README's chapter is made. The views (`clients`,
`events`, `requests`, `set_cookies`, `jars`, `cookieless_sessions`, `sessions`, `findings`) are the public interface, readable with
any SQLite tool; the tables behind them, in which repeated words are numbers, may change with a version.
"""

import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ..core.events import EventKind
from ..core.outcome import (
    CookielessReason,
    IgnoreReason,
    MissingReason,
    Reason,
    RemovalCause,
    UnexpectedReason,
    WithholdReason,
)
from .views import VIEWS

APPLICATION_ID = 0x436B5078
"""`PRAGMA application_id`, which tells our files from other SQLite files: "CkPx"."""

type Migration = Callable[[sqlite3.Connection], None]

_REASONS: dict[EventKind, type[Reason]] = {
    EventKind.IGNORED: IgnoreReason,
    EventKind.REMOVED: RemovalCause,
    EventKind.WITHHELD: WithholdReason,
    EventKind.UNEXPECTED: UnexpectedReason,
    EventKind.MISSING: MissingReason,
    EventKind.COOKIELESS: CookielessReason,
}

REASONS: dict[tuple[str, str], str] = {
    (kind.value, str(reason)): reason.sentence for kind, reasons in _REASONS.items() for reason in reasons
}
"""The sentence of each (event, reason)."""

_VERSION_1 = """
CREATE TABLE words (id INTEGER PRIMARY KEY, word NOT NULL UNIQUE);
CREATE TABLE settings (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE reasons (event TEXT, reason TEXT, sentence TEXT, PRIMARY KEY (event, reason)) WITHOUT ROWID;
CREATE TABLE client_rows (
    client INTEGER PRIMARY KEY, address TEXT, user_agent TEXT, profile TEXT, first_seen REAL, last_seen REAL);
CREATE TABLE set_cookie_rows (
    seq INTEGER PRIMARY KEY, time REAL NOT NULL, client INTEGER NOT NULL, site INTEGER NOT NULL, host INTEGER NOT NULL,
    cookie NOT NULL, event INTEGER NOT NULL, reason INTEGER, sentence INTEGER, flow_id TEXT, jar INTEGER NOT NULL,
    scheme INTEGER NOT NULL, path NOT NULL, status INTEGER NOT NULL, field NOT NULL, passes INTEGER NOT NULL, passed,
    value NOT NULL, old_value, expiry REAL, value_form INTEGER NOT NULL);
CREATE TABLE request_rows (
    seq INTEGER PRIMARY KEY, time REAL NOT NULL, client INTEGER NOT NULL, site INTEGER NOT NULL, host INTEGER NOT NULL,
    scheme INTEGER NOT NULL, method INTEGER NOT NULL, path NOT NULL, flow_id TEXT, party INTEGER NOT NULL,
    header_bytes INTEGER NOT NULL, pairs TEXT NOT NULL, value_form INTEGER NOT NULL);
CREATE TABLE event_rows (
    seq INTEGER PRIMARY KEY, time REAL NOT NULL, client INTEGER NOT NULL, site INTEGER NOT NULL, host INTEGER NOT NULL,
    cookie, event INTEGER NOT NULL, reason INTEGER, sentence INTEGER, flow_id TEXT, jar INTEGER NOT NULL, caused_by TEXT,
    rule INTEGER, before, after, value_form INTEGER NOT NULL);
CREATE TABLE jar_rows (
    id INTEGER PRIMARY KEY, client INTEGER NOT NULL, jar INTEGER NOT NULL, session TEXT NOT NULL, site INTEGER NOT NULL,
    name NOT NULL, domain TEXT NOT NULL, host_only INTEGER NOT NULL, path NOT NULL, partition TEXT NOT NULL,
    value, size_bytes INTEGER NOT NULL, created REAL NOT NULL, last_access REAL NOT NULL, sequence INTEGER NOT NULL,
    expires REAL, secure INTEGER NOT NULL, http_only INTEGER NOT NULL, same_site TEXT NOT NULL, priority TEXT NOT NULL,
    adopted INTEGER NOT NULL, set_by TEXT, set_time REAL NOT NULL, made_from, sent INTEGER NOT NULL,
    valid_from REAL NOT NULL, valid_to REAL);
CREATE TABLE commands (
    id INTEGER PRIMARY KEY AUTOINCREMENT, posted REAL NOT NULL, name TEXT NOT NULL, args TEXT NOT NULL,
    taken REAL, finished REAL, ok INTEGER, result TEXT);
CREATE INDEX set_cookie_rows_time ON set_cookie_rows (time);
CREATE INDEX request_rows_time ON request_rows (time);
CREATE INDEX event_rows_time ON event_rows (time);
CREATE UNIQUE INDEX jar_rows_open ON jar_rows (client, jar, session, name, domain, host_only, path, partition)
    WHERE valid_to IS NULL;
CREATE INDEX jar_rows_closed ON jar_rows (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX commands_waiting ON commands (id) WHERE finished IS NULL;
"""

_VERSION_2 = """
CREATE TABLE session_rows (
    session TEXT PRIMARY KEY, client INTEGER NOT NULL, site INTEGER NOT NULL, entry TEXT NOT NULL, bound TEXT NOT NULL,
    started REAL NOT NULL, last_used REAL NOT NULL, ended REAL) WITHOUT ROWID;
CREATE INDEX session_rows_open ON session_rows (last_used) WHERE ended IS NULL;
CREATE INDEX session_rows_ended ON session_rows (ended) WHERE ended IS NOT NULL;
CREATE INDEX jar_rows_session ON jar_rows (session) WHERE session > '' AND valid_to IS NULL;
"""

_VERSION_3 = """
CREATE TABLE tracked_rows (
    number INTEGER PRIMARY KEY, client INTEGER NOT NULL, site INTEGER NOT NULL, host INTEGER NOT NULL, cookie NOT NULL,
    id TEXT NOT NULL, started REAL NOT NULL, last_seen REAL NOT NULL, ended REAL, end_cause INTEGER NOT NULL, end_sentence TEXT,
    end_flow TEXT, start_flow TEXT, requests INTEGER NOT NULL, longest_gap_seconds REAL NOT NULL, killing_gap_seconds REAL,
    killing_age_seconds REAL, rotated_from TEXT, rotated_to TEXT, policy INTEGER, expected_end REAL, adopted INTEGER NOT NULL,
    logged_in INTEGER NOT NULL, expiry REAL, renewal INTEGER, in_url INTEGER NOT NULL, recognised INTEGER NOT NULL,
    state TEXT NOT NULL);
CREATE UNIQUE INDEX tracked_rows_place ON tracked_rows (client, site, host, cookie, id, started);
CREATE INDEX tracked_rows_open ON tracked_rows (last_seen) WHERE ended IS NULL;
CREATE INDEX tracked_rows_age ON tracked_rows (coalesce(ended, last_seen));
CREATE TABLE finding_rows (
    number INTEGER PRIMARY KEY, code INTEGER NOT NULL, severity INTEGER NOT NULL, site INTEGER NOT NULL, host INTEGER NOT NULL,
    cookie, client INTEGER, count INTEGER NOT NULL, first_seen REAL NOT NULL, last_seen REAL NOT NULL, evidence TEXT NOT NULL,
    advice INTEGER NOT NULL, "references" INTEGER NOT NULL);
CREATE UNIQUE INDEX finding_rows_place ON finding_rows (code, host, quote(cookie), coalesce(client, 0));
CREATE INDEX finding_rows_age ON finding_rows (last_seen);
CREATE TABLE host_rows (host INTEGER PRIMARY KEY, site INTEGER NOT NULL, seen REAL NOT NULL, state TEXT NOT NULL);
CREATE INDEX host_rows_age ON host_rows (seen);
"""


def _version_1(connection: sqlite3.Connection) -> None:
    run_script(connection, _VERSION_1)
    connection.execute("INSERT INTO settings VALUES ('hash_key', ?)", (secrets.token_bytes(32),))


def _version_2(connection: sqlite3.Connection) -> None:
    run_script(connection, _VERSION_2)


def _version_3(connection: sqlite3.Connection) -> None:
    run_script(connection, _VERSION_3)


MIGRATIONS: tuple[Migration, ...] = (_version_1, _version_2, _version_3)
"""The n-th leads from version n-1 to n; a released one is never changed. Views and reasons are made anew after the last."""


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring an open store to the newest version in one transaction; nothing happens to one that has it."""
    with transaction(connection):
        version = schema_version(connection)
        for migration in migrations[version:]:
            migration(connection)
        if version < len(migrations):
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {len(migrations)}")
        _refresh(connection)


def schema_version(connection: sqlite3.Connection) -> int:
    """The number of migrations a file has been through; 0 for a new one."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; for connections in autocommit mode (`isolation_level=None`)."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def run_script(connection: sqlite3.Connection, script: str) -> None:
    """Run statements one by one: sqlite3's own executescript would commit the open transaction first."""
    for statement in script.split(";\n"):
        if statement.strip():
            connection.execute(statement)


def _refresh(connection: sqlite3.Connection) -> None:
    """Make the views and the table of reasons anew: they belong to this version of the program, not to the file's."""
    present = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'"))
    for view in VIEWS:
        if present.get(view.name) != view.sql:
            connection.execute(f"DROP VIEW IF EXISTS {view.name}")
            connection.execute(view.sql)
    connection.executemany(
        "INSERT INTO reasons VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET sentence = excluded.sentence"
        " WHERE sentence IS NOT excluded.sentence",
        [(*code, sentence) for code, sentence in REASONS.items()],
    )
