"""The public face of the SQLite store: its views, each column with its meaning and the expression that makes it.

The documented names of `scripts/cookies … --json`, for SQL. The views are made anew whenever the proxy opens a store, so they
may grow with a version; none of their columns is renamed or removed. The tables behind them: `schema`.
"""

# ruff: noqa: S608  the SQL here is put together from names of our own; every value is bound

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a view: its name and what it means, with its unit."""

    name: str
    meaning: str
    sql: tuple[str, ...] = ()
    """Its SQL for each source of the view; one for all of them; none if it is simply the tables' column."""

    def from_source(self, index: int) -> str:
        """Its SQL for one of the view's sources."""
        return self.sql[index if len(self.sql) > 1 else 0] if self.sql else self.name


@dataclass(frozen=True, slots=True)
class View:
    """One view: the same columns from one or several tables."""

    name: str
    meaning: str
    sources: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def sql(self) -> str:
        """The CREATE VIEW statement."""
        return f"CREATE VIEW {self.name} AS " + " UNION ALL ".join(map(self.select, range(len(self.sources))))

    def select(self, source: int = 0) -> str:
        """Its SELECT over one of its sources, to which conditions on the table's own columns can be added."""
        columns = ", ".join(f'{column.from_source(source)} AS "{column.name}"' for column in self.columns)
        return f"SELECT {columns} FROM {self.sources[source]}"


def _text_of(number: str) -> str:
    return f"(SELECT word FROM words WHERE id = {number})"


def _word(name: str, meaning: str) -> Column:
    """A column whose texts stand in `words`."""
    return Column(name, meaning, (_text_of(name),))


SEQ = Column("seq", "strictly increasing in the order of recording")
TIME = Column("time", "Unix seconds")
CLIENT = _word("client", "the client, as `clients` in rules.yaml tells them apart")
SITE = _word("site", "registrable domain of the host; the host itself for IP addresses and localhost")
HOST = _word("host", "host of the request, without port")
SCHEME = _word("scheme", "http or https, on the browser's side")
PATH = Column("path", "path of the request target, without the query")
FLOW_ID = Column("flow_id", "mitmproxy's id of the exchange")
REASON = _word("reason", "code of the reason, if there is one; the action of a rule that changed it")
SENTENCE = _word("sentence", "the reason as a sentence")
VALUE_FORM = _word(
    "value_form",
    "what became of the values in this row: keep (as they came), hash (`#`, 16 digits, `:`, length) or drop (`***`, length)",
)

CLIENTS = View(
    "clients",
    "One row for each client.",
    ("client_rows",),
    (
        CLIENT,
        Column("address", "its IP address"),
        Column("user_agent", "its User-Agent, whole"),
        Column("profile", "the browser whose rules its jar follows"),
        Column("first_seen", "Unix seconds"),
        Column("last_seen", "Unix seconds; written now and then, not at each request"),
    ),
)

SET_COOKIES = View(
    "set_cookies",
    "One row for each Set-Cookie field of a response.",
    ("set_cookie_rows",),
    (
        SEQ,
        TIME,
        CLIENT,
        SITE,
        HOST,
        Column("cookie", "name of the cookie"),
        _word("event", "stored, replaced, removed or ignored"),
        REASON,
        SENTENCE,
        FLOW_ID,
        _word("jar", "the jar it went to: mirror (the browser's) or held (the proxy's)"),
        SCHEME,
        PATH,
        Column("status", "HTTP status of the response"),
        Column("field", "the field as it came from the application"),
        Column(
            "passed",
            "the field as it went to the browser; null if it did not",
            ("CASE passes WHEN 0 THEN NULL ELSE coalesce(passed, field) END",),
        ),
        Column("value", "the cookie's value"),
        Column("old_value", "the value it replaced or deleted"),
        Column("expiry", "Unix seconds; null for a session cookie"),
        VALUE_FORM,
    ),
)

REQUESTS = View(
    "requests",
    "One row for each request with its cookies.",
    ("request_rows",),
    (
        SEQ,
        TIME,
        CLIENT,
        SITE,
        HOST,
        SCHEME,
        _word("method", "HTTP method"),
        PATH,
        FLOW_ID,
        _word("party", "first, third or unknown: whether the request goes to the site in the address bar"),
        Column("header_bytes", "octets of the Cookie header as the application gets it"),
        Column(
            "pairs",
            "JSON array, an object for each pair: name, value, size_bytes, event (sent, withheld, unexpected) and, where known, "
            "domain, host_only, path, expiry, set_by (flow_id of the response that set it), reason",
        ),
        VALUE_FORM,
    ),
)

JARS = View(
    "jars",
    "One row for each cookie in a jar, now (`valid_to` is null) or in the past.",
    ("jar_rows",),
    (
        CLIENT,
        _word(
            "jar",
            "mirror (what the browser holds), held (what the proxy holds for it), leaving or forgotten (what is being deleted, the "
            "last on request)",
        ),
        Column("session", "the cookieless session a held jar belongs to, if it does", ("nullif(session, '')",)),
        SITE,
        Column("domain", "host or domain the cookie belongs to"),
        Column("path", "its Path"),
        Column("name", "its name"),
        Column("value", "its value; null in the past"),
        Column("host_only", "1 if it goes to that host alone"),
        Column("secure", "1 if it goes over TLS only"),
        Column("http_only", "1 if it is hidden from scripts"),
        Column("same_site", "none, lax or strict; null if it says nothing", ("nullif(same_site, 'default')",)),
        Column("partition_key", "top-level site of a Partitioned cookie", ("nullif(partition, '')",)),
        Column("priority", "low, medium or high"),
        Column("expires", "Unix seconds; null for a session cookie"),
        Column("created", "Unix seconds"),
        Column("last_access", "Unix seconds, when it was last sent or set"),
        Column("size_bytes", "octets of name and value"),
        Column("adopted", "1 if nobody saw it being set, so that its scope is a guess"),
        Column("set_by", "flow_id of the response that set it last"),
        Column("set_time", "Unix seconds, when it was set last"),
        Column("valid_from", "Unix seconds, from when it was in the jar in this form"),
        Column("valid_to", "Unix seconds, when it changed or left the jar; null while it is there"),
    ),
)


def _of_pair(field: str) -> str:
    return f"pair.value ->> '{field}'"


_PAIR_SENTENCE = f"(SELECT sentence FROM reasons WHERE event = {_of_pair('event')} AND reason = {_of_pair('reason')})"
_AFTER_SET_COOKIE = f"CASE {_text_of('event')} WHEN 'stored' THEN value WHEN 'replaced' THEN value END"
_AFTER_PAIR = f"CASE {_of_pair('event')} WHEN 'withheld' THEN NULL ELSE {_of_pair('value')} END"

EVENTS = View(
    "events",
    "Everything that happened to cookies, one row each. Sort by time, then seq.",
    ("event_rows", "set_cookie_rows", "request_rows, json_each(request_rows.pairs) AS pair"),
    (
        Column("seq", SEQ.meaning, ("seq", "seq", "seq + pair.key")),
        TIME,
        CLIENT,
        SITE,
        HOST,
        Column("cookie", "name of the cookie, if it is about one", ("cookie", "cookie", _of_pair("name"))),
        Column("event", "what happened", (_text_of("event"), _text_of("event"), _of_pair("event"))),
        Column("reason", REASON.meaning, (_text_of("reason"), _text_of("reason"), _of_pair("reason"))),
        Column("sentence", SENTENCE.meaning, (_text_of("sentence"), _text_of("sentence"), _PAIR_SENTENCE)),
        Column("by", "the cookie or the response that caused it", ("caused_by", "NULL", _of_pair("set_by"))),
        Column("rule", "name of the rule that did it, if one did", (_text_of("rule"), "NULL", "NULL")),
        Column("before", "what it was", ("before", "old_value", _of_pair("value"))),
        Column("after", "what became of it; null if nothing did", ("after", _AFTER_SET_COOKIE, _AFTER_PAIR)),
        FLOW_ID,
        VALUE_FORM,
    ),
)

COOKIELESS_SESSIONS = View(
    "cookieless_sessions",
    "One row for each session whose id travels in the URL. Its cookies are in `jars`.",
    ("session_rows",),
    (
        CLIENT,
        Column("session", "digest of its id: it tells sessions apart, and no URL can be made of it"),
        SITE,
        Column("started", "Unix seconds"),
        Column("last_used", "Unix seconds; written now and then, not at each request"),
        Column("ended", "Unix seconds; null while it goes on"),
    ),
)

SESSIONS = View(
    "sessions",
    "One row for each session of an application: an id that it gave a client in a cookie or a URL.",
    ("tracked_rows",),
    (
        CLIENT,
        SITE,
        _word("host", "host that set it, or that it was first sent to"),
        Column("cookie", "name of the cookie, or of the parameter in the URL"),
        Column("id", "a keyed hash of the id: 16 digits, the same as in a hashed value"),
        Column("started", "Unix seconds: the first Set-Cookie, or the first use if that was not seen"),
        Column("last_seen", "Unix seconds of the last use, or the start"),
        Column("ended", "Unix seconds, when the end showed; null while it is open"),
        _word("end_cause", "open, logout, rotated, timed_out, lost, expired, evicted or closed"),
        Column("lifetime_seconds", "from start to end; null while it is open", ("ended - started",)),
        Column("requests", "that carried the id while it was good"),
        Column("longest_gap_seconds", "the longest between two uses that it survived; 0 if it was never used twice"),
        Column("rotated_from", "the id it took over from"),
        Column("rotated_to", "the id that took over"),
        _word("policy", "the policy that it is judged by, in the words of rules.yaml"),
        Column("expected_end", "Unix seconds, when it should have ended, or should end unused, by that policy"),
        Column("end_sentence", "what showed the end"),
        Column("end_flow", "flow_id of the exchange that showed it"),
        Column("start_flow", "flow_id of the exchange that it began with"),
        Column("killing_gap_seconds", "without use, after which it was dead; null if it did not die so"),
        Column("killing_age_seconds", "after which it was dead although in use; null if it did not die so"),
        Column("adopted", "1 if nobody saw it being set"),
        Column("logged_in", "1 once a login with it, or with the id it took over from, succeeded"),
        Column("expiry", "Unix seconds of the cookie's own end; null for a session cookie"),
        _word("renewal", "how that end is pushed out: sliding, half-sliding or fixed; null if it is not known"),
        Column("in_url", "1 if the id travels in the URL"),
        _word("recognised", "why it is taken for a session"),
    ),
)

FINDINGS = View(
    "findings",
    "One row for each thing that is wrong with a cookie, a session or an application.",
    ("finding_rows",),
    (
        _word("code", "what is wrong"),
        _word("severity", "info, low, medium or high"),
        SITE,
        HOST,
        Column("cookie", "name of the cookie, if it is about one"),
        _word("client", "the client, if it is about one"),
        Column("count", "how many times it was seen"),
        Column("first_seen", "Unix seconds"),
        Column("last_seen", "Unix seconds"),
        Column("evidence", "JSON array, an object for each exchange that shows it: flow_id, time, said"),
        _word("advice", "what to do"),
        Column(
            "references", "sections of standards, comma-separated; empty if there are none", (_text_of('"references"'),)
        ),
    ),
)

VIEWS: tuple[View, ...] = (CLIENTS, EVENTS, SET_COOKIES, REQUESTS, JARS, COOKIELESS_SESSIONS, SESSIONS, FINDINGS)
"""All of them, in the order in which the README shows them."""


def as_markdown() -> str:
    """The chapter on the views for the README: a table for each."""
    return "\n\n".join(f"### {view.name}\n\n{view.meaning}\n\n{_table(view)}" for view in VIEWS) + "\n"


def _table(view: View) -> str:
    rows = (f"| `{column.name}` | {column.meaning} |" for column in view.columns)
    return "\n".join(["| column | meaning |", "|---|---|", *rows])
