"""Reading a PostgreSQL store, which any number of proxies may be writing into."""

from ...core.events import ClientSeen, FindingSeen, HostSeen, SessionChange, SessionSeen
from ..asking import Questions
from ..jars import StoredCookie
from ..protocol import Answer
from ..sessions import StoredSession
from . import commands, loading
from .address import Address
from .connection import Connection
from .jars import load_jars
from .locks import holders
from .questions import PostgresQuestions
from .schema import check_readable


class PostgresReading:
    """The half of a store that only reads: by one connection what a proxy needs at once, by another what may take long."""

    def __init__(self, address: Address) -> None:
        self.name = address.name
        self._schema = address.schema
        self._reading = Connection(address, reads_only=True)
        self._asking = Connection(address, reads_only=True)
        self.questions: Questions = PostgresQuestions(self._asking)

    def load_clients(self) -> list[ClientSeen]:
        """All clients, the last seen last; `time` is when that was."""
        return loading.load_clients(self._reading.rows)

    def load_jars(self, client: str) -> list[StoredCookie]:
        """What is in all the jars of this client, in the order of creation."""
        return load_jars(self._reading.rows, client)

    def load_session(self, session: str) -> StoredSession | None:
        """The cookieless session with this digest and what it holds; None if there is none."""
        return loading.load_session(self._reading.rows, session)

    def load_open_sessions(self) -> list[SessionChange]:
        """All cookieless sessions that are not over, the last used last."""
        return loading.load_open_sessions(self._reading.rows)

    def load_sessions(self, most: int) -> list[SessionSeen]:
        """Sessions of applications that have not ended and, of those that have, the latest: `most` in all, the latest last."""
        return loading.load_sessions(self._reading.rows, most)

    def load_findings(self) -> list[FindingSeen]:
        """All findings, the last seen last."""
        return loading.load_findings(self._reading.rows)

    def load_hosts(self) -> list[HostSeen]:
        """What is known of hosts beyond their sessions."""
        return loading.load_hosts(self._reading.rows)

    def holder(self) -> int | None:
        """Process id of a proxy that writes into it (0 if it does not say); None if none does."""
        return next(iter(holders(self._reading, self._schema)), None)

    def post(self, name: str, args: str, now: float) -> int:
        """Put a command before the running proxies; its id."""
        with self._reading.writing() as cursor:
            return commands.post(cursor, self._schema, name, args, now)

    def answer(self, command: int) -> Answer | None:
        """What came of a command; None until it is finished."""
        query = "SELECT ok, result FROM commands WHERE id = %s AND finished IS NOT NULL"
        rows = self._reading.rows(query, (command,))
        return Answer(bool(rows[0][0]), rows[0][1]) if rows else None

    def close(self) -> None:
        """Let go of everything; again does nothing."""
        self._reading.close()
        self._asking.close()


class PostgresReader(PostgresReading):
    """A store that is there already."""

    def __init__(self, address: Address) -> None:
        """Raises StoreError, also if there is no such store: readers make nothing."""
        super().__init__(address)
        try:
            check_readable(self._reading, self._schema)
        except BaseException:
            self.close()
            raise
