"""The listings of applications' sessions and of findings in a SQLite store.

There are no values in them: an id is a keyed hash, and what a finding says is written without values.
"""

from .filters import NO_FILTER, Filter, Query, Where, glob, where_client, where_cookie, where_since, where_site
from .listings import SEVERITIES, FindingRow, GapRow, SessionRow
from .shown import finding_row, gap_row, session_row
from .views import FINDINGS, SESSIONS

_GAPS = """SELECT (SELECT word FROM words WHERE id = host), cookie, longest_gap_seconds, killing_gap_seconds, killing_age_seconds,
    last_seen - started, (SELECT word FROM words WHERE id = renewal), logged_in FROM tracked_rows ORDER BY 1, 2, started"""


class TrackedQuestions:
    """What can be asked about sessions and findings."""

    def __init__(self, query: Query) -> None:
        self._query = query

    def sessions(self, wanted: Filter = NO_FILTER) -> list[SessionRow]:
        """Sessions of applications, by their start. `since` is about the last use or the end, whichever is later."""
        where = Where()
        where_client(where, wanted)
        where_site(where, wanted)
        where_cookie(where, wanted, "cookie")
        where_since(where, wanted, "max(last_seen, coalesce(ended, last_seen))")
        rows = self._query(SESSIONS.select() + where.sql + " ORDER BY started, number", where.values)
        return [session_row(row) for row in rows]

    def findings(self, wanted: Filter = NO_FILTER) -> list[FindingRow]:
        """What is wrong, the most severe first, then the last seen first. `since` is about that.

        Those that are about no client in particular concern each of them, and so are among those of any.
        """
        where = Where()
        if wanted.client is not None:
            clients = "client IN (SELECT id FROM words WHERE word GLOB ?)"
            where.add(f"(client IS NULL OR {clients})", glob(wanted.client))
        where_site(where, wanted)
        where_cookie(where, wanted, "cookie")
        where_since(where, wanted, "last_seen")
        rows = self._query(FINDINGS.select() + where.sql + " ORDER BY last_seen DESC, number DESC", where.values)
        return sorted(map(finding_row, rows), key=lambda row: -SEVERITIES.index(row.severity))

    def gaps(self) -> list[GapRow]:
        """What all sessions show of timeouts, by host and cookie: an application's do not depend on who asks."""
        return [gap_row(row) for row in self._query(_GAPS, ())]
