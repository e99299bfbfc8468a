"""What is measured without a proxy: jar, store and rules by themselves, saved flows, and memory."""

from . import crowds, fleet_load, jars, memory, replays, rule_sets, stores
from .results import at_least, at_most
from .row import Line, Row, Section

BESIDE_ITS_OWN = at_most(1024)
"""Bytes of memory that a stored cookie may take beside its own."""

INNER_ROWS = (
    Row(
        "jar",
        Section.INSIDE,
        (
            Line("jar of 3,000, site of 180: receive and retrieve, against http.cookiejar", at_least(10)),
            Line("receive alone, against http.cookiejar"),
            Line("retrieve alone, against http.cookiejar"),
        ),
        jars.against_cookiejar,
    ),
    Row(
        "tough-cookie",
        Section.INSIDE,
        (
            Line("the same jar: receive and retrieve, against npm's tough-cookie", at_least(1)),
            Line("receive alone, against tough-cookie"),
            Line("retrieve alone, against tough-cookie"),
        ),
        jars.against_tough_cookie,
    ),
    Row(
        "replay",
        Section.INSIDE,
        tuple(
            Line(f"flows/s of {size} read into a store, against mitmproxy's FlowReader only reading", at_least(0.9))
            for size in replays.BODIES
        ),
        replays.against_flow_reader,
    ),
    Row(
        "store",
        Section.INSIDE,
        (
            Line("observations into SQLite through the writer", at_least(100_000), "/s"),
            Line("rows that are made already put in by SQLite, observations that they are of", unit="/s"),
        ),
        stores.writing,
    ),
    Row(
        "rules",
        Section.INSIDE,
        (
            Line("judging a response with 1,000 rules, time against 20"),
            Line("judging a request with 1,000 rules, time against 20"),
        ),
        rule_sets.judging,
    ),
    Row(
        "fleet-simulation",
        Section.INSIDE,
        (
            Line(
                f"clients of the busiest of {fleet_load.PROXIES} proxies against the mean, by consistent hashing",
                at_most(1.15),
            ),
            Line("the same with one proxy in eight down", at_most(1.2)),
        ),
        fleet_load.simulation,
    ),
    Row(
        "cookie-memory",
        Section.MEMORY,
        (Line("memory of a stored cookie beside its own bytes", BESIDE_ITS_OWN, "B"),),
        memory.of_cookies,
    ),
    Row(
        "full-jar",
        Section.MEMORY,
        (
            Line(f"memory of a stored cookie in Chrome's jar at its limit of {memory.FULL:,}", BESIDE_ITS_OWN, "B"),
            Line("memory of a stored cookie when as many more came and others were evicted", BESIDE_ITS_OWN, "B"),
        ),
        memory.of_full_jar,
    ),
    Row(
        "client-memory",
        Section.MEMORY,
        (
            Line("memory of a client without cookies, among thousands", unit="B"),
            Line(
                f"memory of a stored cookie beside its own bytes, {crowds.A_CLIENT} to each of these clients",
                BESIDE_ITS_OWN,
                "B",
            ),
        ),
        crowds.of_clients,
    ),
    Row(
        "exchange-memory",
        Section.MEMORY,
        (Line("memory of the proxy at the end of all exchanges, against after a fifth", at_most(1.05)),),
        memory.of_exchanges,
    ),
)
