"""The public face of the PostgreSQL store: the views of `record.views`, column by column the same, over these tables.

A column of kept text is shown by views as text, and read by our own questions as it is kept.
"""

# ruff: noqa: S608  the SQL here is put together from names of our own; every value is bound

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .. import views
from ..views import VIEWS, View

KEPT = frozenset(("cookie", "name", "path", "field", "passed", "value", "old_value", "before", "after"))
"""Columns of bytes off the wire (`text`)."""


_CASTS = {"pairs": "::text", "evidence": "::text"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows of a view come from, and the SQL of those columns that are not simply the table's."""

    tables: str
    columns: Mapping[str, str] = field(default_factory=dict)


def _of_pair(name: str) -> str:
    return f"pair.value ->> '{name}'"


def _said(event: str, reason: str) -> str:
    return f"(SELECT sentence FROM reasons WHERE reasons.event = {event} AND reasons.reason = {reason})"


def _sentence(table: str) -> str:
    """A reason's usual sentence stands in `reasons`, and as an empty text in the row."""
    return f"CASE {table}.sentence WHEN '' THEN {_said(f'{table}.event', f'{table}.reason')} ELSE {table}.sentence END"


_PAIRS = "request_rows CROSS JOIN LATERAL json_array_elements(pairs) WITH ORDINALITY AS pair (value, number)"
_OPEN_JAR = {
    "session": "nullif(session, '')",
    "same_site": "nullif(same_site, 'default')",
    "partition_key": "nullif(partition, '')",
}

SOURCES: Mapping[View, tuple[Source, ...]] = {
    views.CLIENTS: (Source("client_rows"),),
    views.SET_COOKIES: (
        Source(
            "set_cookie_rows",
            {
                "sentence": _sentence("set_cookie_rows"),
                "passed": "CASE passes WHEN 0 THEN NULL ELSE coalesce(passed, field) END",
            },
        ),
    ),
    views.REQUESTS: (Source("request_rows"),),
    views.JARS: (
        Source("jar_rows", {**_OPEN_JAR, "valid_to": "NULL::float8"}),
        Source("past_jar_rows", {**_OPEN_JAR, "value": "NULL::text"}),
    ),
    views.EVENTS: (
        Source("event_rows", {"by": "caused_by", "sentence": _sentence("event_rows")}),
        Source(
            "set_cookie_rows",
            {
                "sentence": _sentence("set_cookie_rows"),
                "by": "NULL::text",
                "rule": "NULL::text",
                "before": "old_value",
                "after": "CASE WHEN event IN ('stored', 'replaced') THEN set_cookie_rows.value END",
            },
        ),
        Source(
            _PAIRS,
            {
                "seq": "seq + pair.number - 1",
                "cookie": _of_pair("name"),
                "event": _of_pair("event"),
                "reason": _of_pair("reason"),
                "sentence": _said(_of_pair("event"), _of_pair("reason")),
                "by": _of_pair("set_by"),
                "rule": "NULL::text",
                "before": _of_pair("value"),
                "after": f"CASE {_of_pair('event')} WHEN 'withheld' THEN NULL ELSE {_of_pair('value')} END",
            },
        ),
    ),
    views.COOKIELESS_SESSIONS: (Source("session_rows"),),
    views.SESSIONS: (Source("tracked_rows", {"lifetime_seconds": "ended - started"}),),
    views.FINDINGS: (Source("finding_rows", {"references": '"references"'}),),
}


def column_sql(view: View, source: int, name: str) -> str:
    """The SQL of one column, as it is kept."""
    return SOURCES[view][source].columns.get(name, name)


def select(view: View, source: int = 0, also: str = "") -> str:
    """The view's SELECT over one of its sources, as it is kept, JSON as text. `also`: columns of the table behind the view's."""
    columns = [f'{column_sql(view, source, name)}{_CASTS.get(name, "")} AS "{name}"' for name in _names(view)]
    return f"SELECT {', '.join([*columns, *filter(None, [also])])} FROM {SOURCES[view][source].tables}"


def create_views() -> Iterator[str]:
    """The statements that make all views anew."""
    for view in VIEWS:
        yield f"DROP VIEW IF EXISTS {view.name}"
        sources = range(len(SOURCES[view]))
        yield f"CREATE VIEW {view.name} AS " + " UNION ALL ".join(_public(view, source) for source in sources)


def comments() -> Iterator[str]:
    """The statements that tell any tool what views and columns mean."""
    for view in VIEWS:
        yield f"COMMENT ON VIEW {view.name} IS {_quoted(view.meaning)}"
        for column in view.columns:
            yield f'COMMENT ON COLUMN {view.name}."{column.name}" IS {_quoted(column.meaning)}'


def _public(view: View, source: int) -> str:
    columns = (
        f'{f"shown({sql})" if name in KEPT else sql} AS "{name}"'
        for name in _names(view)
        for sql in (column_sql(view, source, name),)
    )
    return f"SELECT {', '.join(columns)} FROM {SOURCES[view][source].tables}"


def _names(view: View) -> tuple[str, ...]:
    return tuple(column.name for column in view.columns)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
