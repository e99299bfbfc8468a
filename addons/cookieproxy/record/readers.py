"""Reading a SQLite store: what its writer and everybody else have in common, and the reader of a file that somebody else writes."""

from pathlib import Path

from ..core.events import ClientSeen, FindingSeen, HostSeen, SessionChange, SessionSeen
from . import commands
from .asking import Questions
from .connection import SharedConnection
from .files import connect, explained, open_for_reading, spec_of
from .jars import StoredCookie, load_jars
from .lock import holder_of
from .protocol import Answer
from .questions import SqliteQuestions
from .sessions import StoredSession, load_open_sessions, load_session
from .tracked import load_findings, load_hosts, load_sessions

_CLIENTS = "SELECT last_seen, client, address, user_agent, profile FROM clients ORDER BY last_seen"


class SqliteReading:
    """The half of a store that only reads, over one connection."""

    def __init__(self, reading: SharedConnection) -> None:
        self.name = reading.name
        self.questions: Questions = SqliteQuestions(reading.rows)
        self._reading = reading

    def load_clients(self) -> list[ClientSeen]:
        """All clients, the last seen last; `time` is when that was."""
        return [ClientSeen(*row) for row in self._reading.rows(_CLIENTS)]

    def load_jars(self, client: str) -> list[StoredCookie]:
        """What is in all the jars of this client, in the order of creation."""
        return load_jars(self._reading.rows, client)

    def load_session(self, session: str) -> StoredSession | None:
        """The cookieless session with this digest and what it holds; None if there is none."""
        return load_session(self._reading.rows, session)

    def load_open_sessions(self) -> list[SessionChange]:
        """All cookieless sessions that are not over, the last used last."""
        return load_open_sessions(self._reading.rows)

    def load_sessions(self, most: int) -> list[SessionSeen]:
        """Sessions of applications that have not ended and, of those that have, the latest: `most` in all, the latest last."""
        return load_sessions(self._reading.rows, most)

    def load_findings(self) -> list[FindingSeen]:
        """All findings, the last seen last."""
        return load_findings(self._reading.rows)

    def load_hosts(self) -> list[HostSeen]:
        """What is known of hosts beyond their sessions."""
        return load_hosts(self._reading.rows)

    def answer(self, command: int) -> Answer | None:
        """What came of a command; None until it is finished."""
        rows = self._reading.rows("SELECT ok, result FROM commands WHERE id = ? AND finished IS NOT NULL", (command,))
        return Answer(bool(rows[0][0]), rows[0][1]) if rows else None

    def close(self) -> None:
        """Let go of everything; again does nothing."""
        self._reading.close()


class SqliteReader(SqliteReading):
    """A file that a proxy may be writing into at the same time."""

    def __init__(self, path: Path) -> None:
        """Raises StoreError."""
        super().__init__(SharedConnection(open_for_reading(path), spec_of(path)))
        self._path = path

    def holder(self) -> int | None:
        """Process id of the proxy that writes into it (0 if it does not say); None if none does."""
        return holder_of(self._path)

    def post(self, name: str, args: str, now: float) -> int:
        """Put a command before the running proxy; its id."""
        with explained(self.name):
            posting = SharedConnection(connect(self._path, "rw"), self.name)
        try:
            with posting.writing() as connection:
                return commands.post(connection, name, args, now)
        finally:
            posting.close()
