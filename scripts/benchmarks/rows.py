"""Everything that is measured, with its goal: the one place to add a measurement.

Goals are those the product is held to; a figure without one is there to explain another. What loads proxies comes first.
"""

from . import fast_parts, features, fleets, growth, inputs, shared_store, shortcut_gains, starting
from .inner_rows import INNER_ROWS
from .measured import added_us, latencies, processor_times, speeds
from .page_rows import PAGE_ROWS
from .results import at_least, at_most
from .row import Line, Row, Section
from .speed import against
from .traffic import Protocol, Traffic
from .variants import (
    BARE,
    DROPPING,
    ELSEWHERE,
    EMPTY,
    IN_MEMORY,
    MANY,
    OURS,
    SILENT,
    SLOW,
    STICKY,
    UNTRACKED,
    WATCHED,
    WITHOUT_DASHBOARD,
)

__all__ = ["ROWS", "Row"]

PROXY_ROWS = (
    Row(
        "throughput",
        Section.SPEED,
        (
            Line("requests/s with recording, jar and 20 rules, against bare mitmdump -q", at_least(1.5)),
            Line("99th percentile of latency with all of these, against bare", at_most(1.0)),
            Line("processor time an exchange with all of these, against bare"),
        ),
        against(BARE, OURS, speeds, latencies, processor_times),
    ),
    Row(
        "slow-dispatch",
        Section.SPEED,
        (
            Line("requests/s with cookies_fast off, against bare", at_least(0.85)),
            Line("processor time we add to an exchange, cookies_fast off", unit="µs"),
        ),
        against(BARE, SLOW, speeds, added_us),
    ),
    Row(
        "empty-script",
        Section.SPEED,
        (
            Line("requests/s with a script whose hooks do nothing, without us, against bare"),
            Line("processor time such a script adds to an exchange", unit="µs"),
        ),
        against(BARE, EMPTY, speeds, added_us),
    ),
    Row(
        "sticky",
        Section.SPEED,
        (Line("requests/s against stickycookie + modify_headers, the same job", at_least(1.5)),),
        against(STICKY, OURS),
    ),
    *(
        Row(
            name,
            Section.SPEED,
            (
                Line(f"requests/s over {protocol} on both sides of a reverse proxy, against bare"),
                Line(f"99th percentile of latency over {protocol}, against bare"),
                Line(f"processor time an exchange over {protocol}, against bare"),
            ),
            against(
                BARE, OURS, speeds, latencies, processor_times, traffic=Traffic(connections=streams, protocol=protocol)
            ),
        )
        for name, protocol, streams in (
            ("tls", Protocol.TLS, inputs.TLS_CONNECTIONS),
            ("http2", Protocol.HTTP2, inputs.CONNECTIONS),
        )
    ),
    Row(
        "start-up",
        Section.SPEED,
        tuple(
            Line(f"time from the start until it {does}, {rules}, against bare")
            for rules in ("20 rules", "1,000 rules")
            for does in ("listens", "answers")
        ),
        starting.of_each,
    ),
    Row(
        "workers",
        Section.SPEED,
        (
            Line(
                "requests/s of two workers with a core each against one, by processor time an exchange", at_least(1.7)
            ),
            Line("requests/s of two workers against one, with load, origin, HAProxy and PostgreSQL on the same cores"),
        ),
        fleets.workers,
    ),
    Row(
        "postgresql",
        Section.SPEED,
        (
            Line("requests/s of one process with its store in PostgreSQL against SQLite", at_least(0.9)),
            Line("processor time an exchange of that process, against SQLite"),
        ),
        shared_store.against_sqlite,
    ),
    Row(
        "write-through",
        Section.SPEED,
        (
            Line(
                "99th percentile that PostgreSQL adds to an exchange that changes a held jar, one at a time",
                at_most(1.0),
                "ms",
            ),
            Line(f"the same, {inputs.CONNECTIONS} at a time", unit="ms"),
        ),
        shared_store.write_through,
    ),
    *(
        Row(
            curve.row,
            Section.GROWTH,
            tuple(Line(curve.text(point), point=point) for point in curve.along()),
            curve.measure,
        )
        for curve in growth.CURVES
    ),
    Row(
        "many-rules",
        Section.GROWTH,
        (Line("requests/s with 1,000 rules against 20", at_least(0.95)),),
        against(OURS, MANY),
    ),
    Row(
        "recording",
        Section.FEATURES,
        (Line("requests/s with recording against without", at_least(0.95)),),
        against(SILENT, OURS),
    ),
    Row(
        "sessions",
        Section.FEATURES,
        (
            Line("requests/s with sessions followed against without", at_least(0.97)),
            Line("processor time an exchange with sessions followed, against without"),
        ),
        against(UNTRACKED, OURS, speeds, processor_times),
    ),
    Row(
        "features",
        Section.FEATURES,
        tuple(
            Line(f"{told} with {feature.what}")
            for feature in features.FEATURES
            for told in ("requests/s", "processor time an exchange")
        ),
        features.each,
    ),
    Row(
        "dashboard",
        Section.FEATURES,
        (
            Line("requests/s with the dashboard open and events flowing, against closed", at_least(0.95)),
            Line("processor time an exchange with the dashboard open, against closed"),
        ),
        against(OURS, WATCHED, speeds, processor_times),
    ),
    Row(
        "dashboard-closed",
        Section.FEATURES,
        (
            Line("requests/s with the dashboard there and closed, against none"),
            Line("processor time an exchange with the dashboard there and closed, against none"),
        ),
        against(WITHOUT_DASHBOARD, OURS, speeds, processor_times),
    ),
    Row(
        "store-in-memory",
        Section.FEATURES,
        (Line("requests/s with the store in a file against memory:"),),
        against(IN_MEMORY, OURS, is_brief=True),
    ),
    Row(
        "values-dropped",
        Section.FEATURES,
        (Line("requests/s with values hashed against dropped"),),
        against(DROPPING, OURS, is_brief=True),
    ),
    Row(
        "page-elsewhere",
        Section.FEATURES,
        (
            Line("requests/s of a site that no cookieless entry is about, against no entry at all"),
            Line("processor time an exchange of a site that no cookieless entry is about, against no entry at all"),
        ),
        against(OURS, ELSEWHERE, speeds, processor_times, is_brief=True),
    ),
    Row(
        "fast-parts",
        Section.FAST,
        tuple(
            Line(f"{told} with {part}, against cookies_fast off")
            for part in (*(f"{part} alone ({what})" for part, what in fast_parts.PARTS.items()), fast_parts.ALL)
            for told in ("requests/s", "99th percentile")
        ),
        fast_parts.each,
    ),
    Row(
        "shortcuts",
        Section.FAST,
        (
            Line("processor time of an exchange without a network, all shortcuts, against none"),
            Line("the same, the shortcut that saves most alone, against none"),
        ),
        shortcut_gains.each,
    ),
)

ROWS = (*PROXY_ROWS, *INNER_ROWS, *PAGE_ROWS)
