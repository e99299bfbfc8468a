"""The tables behind the views, in words: the second half of the store's documentation, for who writes migrations or wonders.

A column that has a view's column of the same name means the same; texts are replaced by their number in `words` there.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .views import CLIENTS, COOKIELESS_SESSIONS, EVENTS, FINDINGS, JARS, REQUESTS, SESSIONS, SET_COOKIES, View


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    name: str
    meaning: str
    own: Mapping[str, str]
    """The meaning of columns that the view does not have."""
    view: View | None = None

    def meaning_of(self, column: str) -> str | None:
        """What a column means; None if that is nowhere said."""
        of_view = {shown.name: shown.meaning for shown in self.view.columns} if self.view else {}
        return self.own.get(column) or of_view.get(column)


TABLES: tuple[Table, ...] = (
    Table(
        "words",
        "Words that stand in many rows, once each.",
        {"id": "the number that stands for it", "word": "the text"},
    ),
    Table(
        "settings",
        "What belongs to the store itself.",
        {
            "name": "hash_key (32 bytes, made with the store) or next_seq (the number of the event to come)",
            "value": "its value",
        },
    ),
    Table(
        "reasons",
        "The sentence of each reason, as this version of the program says it.",
        {"event": "what happened", "reason": "code of the reason", "sentence": "the reason as a sentence"},
    ),
    Table("client_rows", "Clients.", {}, CLIENTS),
    Table(
        "set_cookie_rows",
        "Set-Cookie fields.",
        {"passes": "1 if the field went to the browser", "passed": "the field as it went, if that was not as it came"},
        SET_COOKIES,
    ),
    Table("request_rows", "Requests.", {"seq": "number of the first pair; the others follow"}, REQUESTS),
    Table(
        "event_rows",
        "Events that are neither the outcome of a Set-Cookie field nor a request's pair.",
        {
            "jar": "the jar it is about: mirror, held, leaving or forgotten",
            "caused_by": "the cookie or the response that caused it",
        },
        EVENTS,
    ),
    Table(
        "jar_rows",
        "Cookies in jars, now and in the past.",
        {
            "id": "number of the row",
            "session": "the cookieless session a held jar belongs to; empty if none",
            "partition": "top-level site of a Partitioned cookie; empty if none",
            "sequence": "order of creation within its jar",
            "made_from": "the application's name of it, if a rule renamed it",
            "sent": "1 once the client has been seen sending it",
        },
        JARS,
    ),
    Table(
        "session_rows",
        "Sessions whose id travels in the URL.",
        {
            "entry": "which entry of `cookieless` it belongs to, in the proxy's own words",
            "bound": "what it is bound to, in the proxy's own words",
        },
        COOKIELESS_SESSIONS,
    ),
    Table(
        "tracked_rows",
        "Sessions of applications.",
        {"number": "number of the row", "state": "what a proxy started anew needs to go on, in its own words"},
        SESSIONS,
    ),
    Table("finding_rows", "What is wrong.", {"number": "number of the row"}, FINDINGS),
    Table(
        "host_rows",
        "What is known of hosts beyond their sessions: login pages, pages that are guarded or for everybody.",
        {
            "host": "the host",
            "site": "its registrable domain",
            "seen": "Unix seconds, when this was told last",
            "state": "JSON that the proxy understands",
        },
    ),
    Table(
        "commands",
        "What the command line asks the running proxy to do; an hour after the answer it is forgotten.",
        {
            "id": "number of the command",
            "posted": "Unix seconds",
            "name": "what to do",
            "args": "JSON; null once it is finished",
            "taken": "Unix seconds, when the proxy took it; null until then",
            "finished": "Unix seconds, when the answer was written; null until then",
            "ok": "1 if it was done",
            "result": "JSON, the answer",
        },
    ),
)
"""Every table with every column."""
