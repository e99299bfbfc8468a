"""Everything that is measured, with its goal: the one place to add a measurement.

Goals are those the product is held to; a figure without one is there to explain another.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from cookieproxy.cookieless.entry import CarrierKind

from . import jars, markup, memory, replays, rule_sets, speed, stores, streaming, through
from .programs import CannotMeasure
from .results import RATIO, Detail, Figure, Goal, Outcome, at_least, at_most
from .run import Run
from .slow_origin import CODINGS

MB_A_SECOND = "MB/s"


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement, which may fill several lines of the table."""

    name: str
    lines: tuple[tuple[str, Goal | None, str], ...]
    """What, goal and unit of each line."""
    measure: Callable[[Run], tuple[Sequence[tuple[float, ...]], Sequence[Detail]]]
    """The numbers of each line, and the absolute ones behind them. Raises CannotMeasure."""
    blanks: tuple[Figure, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "blanks", tuple(Figure(self.name, *line) for line in self.lines))

    def outcome(self, run: Run) -> Outcome:
        """The lines with their numbers, or with the reason why there are none."""
        try:
            numbers, details = self.measure(run)
        except CannotMeasure as error:
            run.tell(f"{self.name}: {error}")
            return Outcome([replace(blank, why_not=str(error)) for blank in self.blanks])
        filled = [replace(blank, numbers=each) for blank, each in zip(self.blanks, numbers, strict=True)]
        return Outcome(filled, list(details))


ROWS = (
    Row(
        "throughput",
        (
            ("requests/s with recording, jar and 20 rules, against bare mitmdump -q", at_least(1.5), RATIO),
            ("its 99th percentile of latency against bare", at_most(1.0), RATIO),
            ("its processor time an exchange against bare", None, RATIO),
        ),
        speed.ours_against_bare,
    ),
    Row(
        "slow-dispatch",
        (
            ("requests/s with cookies_fast off, against bare", at_least(0.85), RATIO),
            ("processor time we add to an exchange", None, "µs"),
        ),
        speed.without_fast_dispatch,
    ),
    Row(
        "sticky",
        (("requests/s against stickycookie + modify_headers, the same job", at_least(1.5), RATIO),),
        speed.ours_against_sticky,
    ),
    Row("many-rules", (("requests/s with 1,000 rules against 20", at_least(0.95), RATIO),), speed.many_rules),
    Row("recording", (("requests/s with recording against without", at_least(0.95), RATIO),), speed.recording),
    Row(
        "sessions",
        (
            ("requests/s with sessions followed against without", at_least(0.97), RATIO),
            ("its processor time an exchange against without", None, RATIO),
        ),
        speed.following_sessions,
    ),
    Row("store-in-memory", (("requests/s with the store in a file against memory:", None, RATIO),), speed.in_memory),
    Row("values-dropped", (("requests/s with values hashed against dropped", None, RATIO),), speed.values_dropped),
    Row(
        "jar",
        (
            ("jar of 3,000, site of 180: receive and retrieve, against http.cookiejar", at_least(10), RATIO),
            ("receive alone", None, RATIO),
            ("retrieve alone", None, RATIO),
        ),
        jars.against_cookiejar,
    ),
    Row(
        "tough-cookie",
        (
            ("the same jar: receive and retrieve, against npm's tough-cookie", at_least(1), RATIO),
            ("receive alone", None, RATIO),
            ("retrieve alone", None, RATIO),
        ),
        jars.against_tough_cookie,
    ),
    Row(
        "replay",
        tuple(
            (f"flows/s of {size} read into a store, against mitmproxy's FlowReader only reading", at_least(0.9), RATIO)
            for size in replays.BODIES
        ),
        replays.against_flow_reader,
    ),
    Row("store", (("observations into SQLite through the writer", at_least(100_000), "/s"),), stores.writing),
    Row(
        "rules",
        (
            ("judging a response with 1,000 rules, time against 20", None, RATIO),
            ("judging a request with 1,000 rules, time against 20", None, RATIO),
        ),
        rule_sets.judging,
    ),
    Row("cookie-memory", (("memory of a stored cookie beside its own bytes", at_most(1024), "B"),), memory.of_cookies),
    Row(
        "exchange-memory",
        (("memory of the proxy at the end of all exchanges, against after a fifth", at_most(1.05), RATIO),),
        memory.of_exchanges,
    ),
    Row(
        "markup",
        (
            ("tokenizer on pages full of links", at_least(35), MB_A_SECOND),
            ("tokenizer on ordinary pages", at_least(60), MB_A_SECOND),
            *(
                (f"links edited for {carrier}, on {kind}", None, MB_A_SECOND)
                for carrier in CarrierKind
                for kind in ("pages full of links", "ordinary pages")
            ),
        ),
        markup.real_pages,
    ),
    Row(
        "hostile-markup",
        (
            ("tokenizer on the worst of the hostile pages", at_least(5), MB_A_SECOND),
            ("links edited for path, on the worst of the hostile pages", None, MB_A_SECOND),
        ),
        markup.hostile_pages,
    ),
    Row(
        "lol-html",
        (
            ("tokenizer on pages full of links, against lol-html", None, RATIO),
            ("tokenizer on ordinary pages, against lol-html", None, RATIO),
            ("links edited for path, on pages full of links, against lol-html changing each", None, RATIO),
            ("links edited for path, on ordinary pages, against lol-html changing each", None, RATIO),
        ),
        markup.against_lol_html,
    ),
    Row(
        "html-parser",
        (
            ("tokenizer on pages full of links, against html.parser", None, RATIO),
            ("tokenizer on ordinary pages, against html.parser", None, RATIO),
        ),
        markup.against_html_parser,
    ),
    *(
        Row(
            name,
            (
                (f"requests/s of pages of {size} with sessions in the URL, against bare", None, RATIO),
                (f"requests/s of pages of {size} with sessions in the URL, against ours without", None, RATIO),
                (f"processor time that adds to a page of {size}", None, "ms"),
            ),
            measure,
        )
        for name, size, measure in (
            ("page-tiny", "1 KB", through.tiny_pages),
            ("page-small", "100 KB", through.small_pages),
            ("page-large", "700 KB", through.large_pages),
        )
    ),
    Row(
        "page-elsewhere",
        (
            ("requests/s of a site that no entry is about, against no entry at all", None, RATIO),
            ("its processor time an exchange against no entry at all", None, RATIO),
        ),
        through.elsewhere,
    ),
    Row(
        "first-octet",
        tuple(
            (f"first octet of a page of {size}, as a share of the time until its last is sent", at_most(1), RATIO)
            for size in streaming.SIZES
        ),
        streaming.first_octets,
    ),
    Row(
        "page-memory",
        tuple((f"memory of a page of 700 KB under way, {coding}", at_most(1024), "KB") for coding in CODINGS),
        streaming.memory,
    ),
)
