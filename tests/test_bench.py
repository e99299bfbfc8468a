"""The benchmarks: that they run, say what they measured, and leave nothing behind. Not how fast anything is.

Rounds of two seconds are enough for that; the numbers they give mean nothing.
"""

import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from cookieproxy.config import parse_config
from cookieproxy.core.jar import Jar
from cookieproxy.exchange.compare import Comparer
from cookieproxy.proxy.names import short_user_agent
from cookieproxy.proxy.sessions import SessionWatch
from cookieproxy.proxy.shortcuts import SHORTCUTS
from cookieproxy.record.store import open_store

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "scripts"))

# They lie beside the script that runs them.
from benchmarks import (  # noqa: E402
    certificates,
    crowds,
    exchanges,
    fast_parts,
    growth,
    inputs,
    jarless_addon,
    jars,
    joined,
    load,
    markup,
    memory,
    page,
    pages,
    proxies,
    replays,
    sessions,
    shortcut_gains,
    starting,
    streaming,
    variants,
)
from benchmarks.h2load import read_log  # noqa: E402
from benchmarks.programs import LOOPBACK, CannotMeasure, need  # noqa: E402
from benchmarks.results import RATIO, Detail, Figure, Goal, Measurement, Outcome, Point, at_least, at_most, shown  # noqa: E402
from benchmarks.row import Section  # noqa: E402
from benchmarks.rows import ROWS  # noqa: E402
from benchmarks.run import Run  # noqa: E402
from benchmarks.slow_origin import CODINGS, slow_origin  # noqa: E402
from benchmarks.traffic import Protocol, Traffic  # noqa: E402


@pytest.fixture
def load_programs() -> None:
    try:
        need("wrk", "nginx")
    except CannotMeasure as error:
        pytest.skip(str(error))


def bench(tmp_path: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs the benchmarks as scripts/bench does, without its set-up, with their files below `tmp_path`."""
    paths = os.pathsep.join((str(ROOT / "scripts"), str(ROOT / "addons")))
    return subprocess.run(
        [sys.executable, "-P", "-m", "benchmarks", *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": paths, "TMPDIR": str(tmp_path)} | env,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def measured(tmp_path: Path, *rows: str) -> list[dict[str, Any]]:
    """The figures of these rows, measured as briefly as can be."""
    only = [part for row in rows for part in ("--only", row)]
    done = bench(tmp_path, "--quick", "--rounds", "1", "--seconds", "2", "--json", "numbers.json", *only)
    assert done.returncode == 0, done.stderr
    figures: list[dict[str, Any]] = json.loads((tmp_path / "numbers.json").read_text())["figures"]
    assert [figure["why_not"] for figure in figures if figure["why_not"]] == []
    for figure in figures:
        assert figure["what"] in done.stdout
    return figures


# -- the command line --------------------------------------------------------------------------------------------------


def test_the_help_names_every_row_and_how_to_get_what_is_missing(tmp_path: Path) -> None:
    done = bench(tmp_path, "--help")
    assert done.returncode == 0
    assert [row.name for row in ROWS if f"  {row.name} " not in done.stdout] == []
    assert "apt-get install wrk nginx-light" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--only", "warp-speed"], id="a row that is none"),
        pytest.param(["--rounds", "0"], id="no rounds"),
        pytest.param(["--seconds", "soon"], id="no number"),
        pytest.param(["everything"], id="a word too many"),
        pytest.param(["--from", "numbers.json", "--quick"], id="to measure and not to measure"),
        pytest.param(["--from", __file__], id="numbers that are none"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2(tmp_path: Path, arguments: list[str]) -> None:
    done = bench(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")


def test_missing_programs_are_named_and_the_other_rows_measured(tmp_path: Path) -> None:
    (tmp_path / "taskset").symlink_to(shutil.which("true") or "/bin/true")
    arguments = ("--quick", "--rounds", "1", "--only", "throughput", "--only", "rules", "--json", "numbers.json")
    done = bench(tmp_path, *arguments, "--strict", PATH=str(tmp_path))
    assert done.returncode == 1
    speed, *_, rules = json.loads((tmp_path / "numbers.json").read_text())["figures"]
    assert speed["median"] is None
    assert "there is no wrk" in speed["why_not"]
    assert "apt-get install wrk" in speed["why_not"]
    assert rules["median"] > 0


# -- the measurements --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("load_programs")
def test_two_proxies_are_loaded_in_turn_and_nothing_is_left(tmp_path: Path) -> None:
    speed, p99, processor = measured(tmp_path, "throughput")
    assert all(figure["median"] > 0 for figure in (speed, p99, processor))
    assert (speed["goal"], speed["goal_is"], p99["goal_is"]) == (1.5, "at least", "at most")
    assert [path.name for path in tmp_path.iterdir()] == ["numbers.json"]
    assert [line for line in running() if str(tmp_path) in line] == []


def running() -> list[str]:
    """The command lines of all processes."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return lines


def test_what_needs_no_network_is_measured(tmp_path: Path) -> None:
    figures = measured(tmp_path, "jar", "store", "rules", "cookie-memory", "html-parser")
    assert [figure["what"] for figure in figures if not figure["median"]] == []
    assert [path.name for path in tmp_path.iterdir()] == ["numbers.json"]


def test_reading_saved_flows_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both programs run, but what they take is made up: so few flows take no longer than a start, which is taken off."""
    measured_seconds = replays._seconds

    def seconds(run: Run, arguments: Sequence[str], home: Path) -> float:
        assert measured_seconds(run, arguments, home) > 0
        is_single, is_theirs = any("one-flow" in each for each in arguments), replays.READER in arguments
        return 1.0 if is_single else 1.5 if is_theirs else 2.0

    monkeypatch.setattr(replays, "BODIES", {"0.5 KB": 512})
    monkeypatch.setattr(replays, "_seconds", seconds)
    numbers, [detail] = replays.against_flow_reader(Run(rounds=1, seconds=1, exchanges=1, scale=0.02))
    assert numbers == [(0.5,)]
    assert detail.numbers == {"flows/s, ours": 200, "flows/s, FlowReader": 400}


@pytest.mark.usefixtures("load_programs")
def test_a_proxy_that_does_not_start_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(CannotMeasure, match="unrecognized arguments: --nonsense"),
        proxies.proxy(variants.Variant("broken", arguments=("--nonsense",)), tmp_path / "broken", None),
    ):
        pass


@pytest.mark.parametrize("measure", [markup.real_pages, markup.hostile_pages])
def test_pages_are_read_and_edited(measure: Callable[[Run], Measurement]) -> None:
    numbers, details = measure(Run(rounds=2, seconds=1, exchanges=1, scale=0.005))
    assert all(len(each) == 2 and min(each) > 0 for each in numbers)
    assert all(len(each.numbers) * 2 >= len(numbers) for each in details)


@pytest.mark.usefixtures("load_programs")
def test_a_session_in_the_url_goes_on_under_load() -> None:
    traffic = Traffic(f"{inputs.PAGES}/{load.SMALL_PAGE}", connections=1)
    (measured,) = proxies.compare(Run(rounds=1, seconds=2, exchanges=1), variants.COOKIELESS, traffic=traffic)
    assert measured[0].load.requests > 0
    assert measured[0].cpu_us > 0


@pytest.mark.usefixtures("load_programs")
def test_http2_is_measured_with_one_part_of_what_is_fast_and_a_jar_from_before(tmp_path: Path) -> None:
    """All that is special of a proxy at once, so that it has to be started only once."""
    try:
        need("h2load")
    except CannotMeasure as error:
        pytest.skip(str(error))
    (connections,) = (variant for variant in fast_parts.VARIANTS if "connections" in variant.name)
    variant = replace(connections, prepare=partial(growth.fill, count=growth.MOST_ON_SITE))
    case = proxies.Case(variant, Traffic(protocol=Protocol.HTTP2))
    (measured,) = proxies.compare_cases(Run(rounds=1, seconds=1, exchanges=1), [case])
    assert measured[0].load.requests > 0
    assert 0 < measured[0].load.p50_ms <= measured[0].load.p99_ms


@pytest.mark.usefixtures("load_programs")
def test_a_proxy_is_timed_until_it_listens_and_until_it_answers(tmp_path: Path) -> None:
    (tmp_path / "proxy").mkdir()
    with load.origin(tmp_path / "origin", None) as url:
        start = starting.start(variants.BARE, tmp_path / "proxy", None, url)
    assert 0 < start.listens < start.answers


@pytest.mark.parametrize("measure", [memory.of_full_jar, crowds.of_clients])
def test_memory_is_counted_without_a_proxy(measure: Callable[[Run], Measurement]) -> None:
    numbers, (detail,) = measure(Run(rounds=1, seconds=1, exchanges=1, scale=0.001))
    assert all(0 < each[0] < 5_000 for each in numbers)
    assert detail.numbers.get("cookies", crowds.A_CLIENT * 10) == crowds.A_CLIENT * 10


def test_the_gain_of_each_shortcut_is_measured_and_none_stays() -> None:
    before = [getattr(shortcut.owner, shortcut.name) for shortcut in SHORTCUTS]
    numbers, details = shortcut_gains.each(Run(rounds=1, seconds=1, exchanges=1, scale=0.01))
    assert [getattr(shortcut.owner, shortcut.name) for shortcut in SHORTCUTS] == before
    assert all(each[0] > 0 for each in numbers)
    assert {detail.subject for detail in details} == {*map(shortcut_gains.name_of, SHORTCUTS), shortcut_gains.ALL}


def test_without_a_jar_nothing_is_stored_and_nothing_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, name in ((Jar, "receive"), (Comparer, "compare"), (SessionWatch, "take")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    crowd = crowds.Crowd()
    crowd.let_in(0)
    (name,) = crowd.browsers
    jarless_addon.load(None)
    crowd.give(name, 2)
    assert crowd.cookies == 0
    monkeypatch.undo()
    crowd.give(name, 2)
    assert crowd.cookies == 2


def test_a_session_is_begun_where_the_proxy_puts_one_into_links(tmp_path: Path) -> None:
    with slow_origin(pages.contents(20_000), "identity") as origin:
        with proxies.proxy(variants.COOKIELESS, tmp_path / "cookieless", None) as program:
            segment = sessions.begun(program.port, origin.url)
        with (
            proxies.proxy(variants.OURS, tmp_path / "ours", None) as program,
            pytest.raises(CannotMeasure, match="no session"),
        ):
            sessions.begun(program.port, origin.url)
    assert parse_config((variants.COOKIELESS.rules or "").encode(), "rules.yaml").entries
    assert sessions.within(segment, "http://a.example/b?c") == f"http://a.example{segment}/b?c"


def test_a_proxy_that_streams_is_told_from_one_that_waits(tmp_path: Path) -> None:
    """Of a page that takes long enough to tell."""
    shares = {}
    with (
        proxies.proxy(variants.BARE, tmp_path / "bare", None) as bare,
        proxies.proxy(variants.COOKIELESS, tmp_path / "ours", None) as ours,
    ):
        for name, program in (("bare", bare), ("ours", ours)):
            with slow_origin(pages.contents(pages.LARGE_BYTES), "identity", pause_seconds=0.1) as origin:
                first = streaming.first_of(program, origin)
                shares[name] = first.octet / first.last_sent
    assert shares["ours"] < 0.9 <= shares["bare"]


@pytest.mark.parametrize("coding", CODINGS)
def test_the_slow_origin_holds_back_the_end_until_it_may_go_on(coding: str) -> None:
    with (
        slow_origin(pages.contents(50_000), coding, holds_back=True) as origin,
        socket.create_connection((LOOPBACK, int(origin.url.split(":")[2].split("/")[0])), 10) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert origin.wait_for(1)
        assert origin.last_sent == 0
        origin.go_on()
        head, _, body = b"".join(iter(lambda: connection.recv(65_536), b"")).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert (b"Content-Encoding" in head) is (coding != "identity")
    assert origin.last_sent > 0


# -- the inputs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [inputs.FEW_RULES, inputs.MANY_RULES])
def test_the_rules_files_are_good_and_as_long_as_said(count: int) -> None:
    config = parse_config(inputs.rules_yaml(count).encode(), "rules.yaml")
    assert (len(config.rules.names), config.warnings) == (count, ())


def test_two_of_the_rules_change_the_cookies() -> None:
    """Rules that touch nothing would cost nothing."""
    seen = [each for batch in exchanges.observations(2) for each in batch]
    changed = {change.rule for each in seen for change in getattr(each, "changes", ())}
    assert changed == {"harden the session", "a week at most"}


def test_a_variant_without_recording_says_so_in_its_rules() -> None:
    config = parse_config((variants.SILENT.rules or "").encode(), "rules.yaml")
    assert config.record.excepts("127.0.0.1")


def test_both_jars_hold_and_send_the_same(tmp_path: Path) -> None:
    assert jars.Ours().run(1).cookies == jars.CookiejarJar().run(1).cookies == jars.ON_SITE
    assert len(list(jars.everything_said())) == jars.IN_ALL


@pytest.mark.parametrize("size", [pages.SMALL_BYTES, pages.LARGE_BYTES])
def test_pages_are_as_long_as_said_and_the_same_each_time(size: int) -> None:
    for make in (pages.contents, pages.article):
        page = make(size)
        assert size <= len(page) < size + 3_000
        assert page == make(size)
        assert page.endswith(b"</html>\n")


def test_contents_are_full_of_links_and_articles_are_not() -> None:
    of_contents, of_article = (
        markup.tokenize(pages.chunks(make(pages.LARGE_BYTES))) for make in (pages.contents, pages.article)
    )
    assert of_contents > pages.LARGE_BYTES / 150
    assert 0 < of_article < of_contents / 5


@pytest.mark.parametrize("name", pages.HOSTILE)
def test_hostile_pages_have_the_length_that_was_asked_for(name: str) -> None:
    page = pages.HOSTILE[name](30_000)
    assert len(page) == 30_000
    assert b"".join(pages.chunks(page)) == page


def test_all_that_count_links_count_the_same() -> None:
    chunks = pages.chunks(pages.article(pages.SMALL_BYTES))
    readers = [markup.tokenize, markup.parse]
    with contextlib.suppress(CannotMeasure):
        readers.append(markup.lol_html(changes=False))
    assert len({read(chunks) for read in readers}) == 1


def test_a_page_that_takes_too_long_is_not_read_to_its_end() -> None:
    """A trap that costs minutes must not keep the benchmarks for minutes."""
    seen: list[bytes] = []

    def slow(chunks: Iterable[bytes]) -> int:
        for chunk in chunks:
            begin = time.process_time_ns()
            while time.process_time_ns() - begin < markup.PATIENCE_NS:
                pass
            seen.append(chunk)
        return 0

    speed = markup.speed(slow, [b"x" * 1_000] * 50)
    assert len(seen) == 1
    assert speed == pytest.approx(1_000 / markup.PATIENCE_NS * 1e3, rel=0.5)


def test_who_sees_other_links_is_not_compared() -> None:
    with pytest.raises(CannotMeasure, match="it sees 1 links in a page, ours 2"):
        markup.check_that_they_agree({"a page": b"<a href=x><a href=y>"}, markup.tokenize, lambda chunks: 1, "it")


# -- the traffic -------------------------------------------------------------------------------------------------------


def test_a_browser_asks_a_proxy_for_the_whole_url_and_a_reverse_proxy_for_the_path() -> None:
    (proxied,) = Traffic().requests("http://127.0.0.1:1/page", 2)
    (reversed_,) = Traffic(protocol=Protocol.TLS).requests("https://127.0.0.1:1/page", 2)
    assert proxied.startswith(b"GET http://127.0.0.1:1/page HTTP/1.1\r\nHost: 127.0.0.1:1\r\n")
    assert reversed_.startswith(b"GET /page HTTP/1.1\r\nHost: 127.0.0.1:2\r\n")
    assert proxied.endswith(f"Cookie: {inputs.COOKIE}\r\n\r\n".encode())


def test_many_clients_take_turns_each_with_cookies_of_its_own() -> None:
    traffic = Traffic(inputs.OWN_PAGE, "sid={client:08x}", clients=3)
    requests = traffic.requests("http://127.0.0.1:1/page", 2, first=4)
    assert [request.rpartition(b"sid=")[2].strip() for request in requests] == [b"00000001", b"00000002", b"00000000"]
    assert len({request.partition(b"User-Agent: ")[2].partition(b"\r\n")[0] for request in requests}) == 3


def test_a_client_without_cookies_sends_no_field() -> None:
    assert b"Cookie" not in Traffic(cookie="").requests("http://127.0.0.1:1/page", 2)[0]


@pytest.mark.parametrize("curve", growth.CURVES, ids=lambda curve: curve.row)
def test_every_point_of_a_curve_is_a_proxy_of_its_own(curve: growth.Curve) -> None:
    cases = [curve.case(at) for at in curve.points]
    assert len({case.variant.name for case in cases}) == len(cases)
    assert list(curve.points) == sorted(curve.points)
    assert [line.point for row in ROWS if row.name == curve.row for line in row.lines] == curve.along()


def test_what_is_looked_up_in_a_curve_is_in_its_requests() -> None:
    cookies, clients = (
        {curve.row: curve for curve in growth.CURVES}[f"growth-{what}"] for what in ("cookies", "clients")
    )
    sent = [cookies.case(at).traffic.requests("http://127.0.0.1:1/", 2)[0].count(b"value-") for at in cookies.points]
    assert sent == list(cookies.points)
    assert [len(clients.case(at).traffic.requests("http://127.0.0.1:1/", 2)) for at in clients.points] == [
        1,
        100,
        1_000,
    ]


@pytest.mark.parametrize(("count", "on_site"), [(2, 0), (180, 178), (3_000, 178)])
def test_a_jar_from_before_is_as_full_as_said(count: int, on_site: int) -> None:
    """With the two cookies of the traffic."""
    said = growth.stored(count)
    assert len(said) == count - growth.OF_EXCHANGE
    assert sum(host == LOOPBACK for host, _ in said) == on_site


def test_a_client_has_its_jar_from_before(tmp_path: Path) -> None:
    growth.fill(tmp_path, 200)
    store = open_store(f"sqlite:{variants.DATABASE}", tmp_path)
    try:
        assert len(store.load_jars(f"127.0.0.1 {short_user_agent(inputs.USER_AGENT)}")) == 198
    finally:
        store.close()


def test_the_origin_s_certificate_is_one(tmp_path: Path) -> None:
    certificates.write_certificate(tmp_path / inputs.CERTIFICATE)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / inputs.CERTIFICATE)
    assert f"ssl_certificate {inputs.CERTIFICATE};" in inputs.nginx_configuration(1, encrypted=True)
    assert "ssl" not in inputs.nginx_configuration(1)


def test_what_h2load_writes_is_read() -> None:
    log = "".join(f"{number}\t200\t{number * 1_000}\n" for number in range(1, 101))
    measured = read_log(log, 2, "")
    assert (measured.requests_per_second, measured.p50_ms, measured.p99_ms) == (50, 51, 100)


@pytest.mark.parametrize(
    ("log", "why"),
    [
        pytest.param("", "no exchange ended in time.*refused", id="nothing"),
        pytest.param("1\t-1\t5\n2\t200\t5\n", "1 of 1 exchanges failed", id="half of them"),
    ],
)
def test_what_failed_over_http2_is_not_taken_for_a_number(log: str, why: str) -> None:
    with pytest.raises(CannotMeasure, match=why):
        read_log(log, 2, "refused")


# -- the figures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("goal", "numbers", "said", "met"),
    [
        pytest.param(at_least(1.5), (1.4, 1.6, 1.7), "1.6 × (1.4 – 1.7)", "met", id="enough in the median"),
        pytest.param(at_least(1.5), (1.4, 1.4, 1.7), "1.4 × (1.4 – 1.7)", "not met", id="not enough"),
        pytest.param(at_most(1), (0.25,), "0.25 ×", "met", id="one round has no spread"),
        pytest.param(at_most(1), (1.0,), "1 ×", "met", id="just so much"),
        pytest.param(None, (3.0,), "3 ×", "–", id="no goal"),
    ],
)
def test_a_figure_is_held_against_its_goal(goal: Goal | None, numbers: tuple[float, ...], said: str, met: str) -> None:
    assert Figure("row", "what", goal, RATIO, numbers).cells()[2:] == (said, met)


def test_a_figure_that_was_not_measured_says_why_and_meets_nothing() -> None:
    figure = Figure("row", "what", at_least(1), RATIO, why_not="there is no wrk here")
    assert figure.cells() == ("what", "≥ 1 ×", "not measured: there is no wrk here", "–")
    assert figure.as_json()["median"] is None


@pytest.mark.parametrize(
    ("number", "text"), [(0.93456, "0.935"), (12.345, "12.3"), (1204.4, "1,204"), (100_000, "100,000"), (2, "2")]
)
def test_three_digits_are_shown(number: float, text: str) -> None:
    assert shown(number) == text


def test_the_table_has_a_line_for_each_figure() -> None:
    figures = [Figure("a", "short", None, RATIO, (1.0,)), Figure("b", "rather longer", at_least(2), "/s", (1.0,))]
    lines = Outcome(figures).table().splitlines()
    assert len(lines) == 4
    assert len({len(line) for line in lines}) == 1


def test_absolute_numbers_of_one_kind_share_a_table() -> None:
    details = [Detail("one", {"MB/s": 1.0}, "a"), Detail("two", {"KB": 2.0}, "b"), Detail("three", {"MB/s": 3.0}, "a")]
    first, second = Outcome([], details).details_table().split("\n\n")
    assert [line.split("|")[2].strip() for line in first.splitlines()[2:]] == ["one", "three"]
    assert "KB" in second


# -- the page ----------------------------------------------------------------------------------------------------------


def some_outcome() -> Outcome:
    """A figure with a goal met and one without, a curve, and a row that was not measured."""
    speed, growing = Section.SPEED, Section.GROWTH
    point = Point("rules", 1_000)
    return Outcome(
        [
            Figure("fast", "requests/s against bare", at_least(1.5), RATIO, (1.6, 1.7, 1.8), section=speed),
            Figure("slow", "its latency", at_most(1), RATIO, (1.2,), section=speed),
            Figure("plain", "its processor time", None, "µs", (3.0,), section=speed),
            Figure("curve", "requests/s with 1,000 rules", None, RATIO, (0.9, 0.97), section=growing, point=point),
            Figure("gone", "nothing", at_least(1), RATIO, why_not="it ended:\n/home/somebody/x.py", section=speed),
        ],
        [
            Detail("20 rules", {"requests/s": 1_500.0}, "curve"),
            Detail("1,000 rules", {"requests/s": 1_400.0}, "curve"),
            Detail("bare", {"requests/s": 800.0}, "fast"),
        ],
    )


def some_numbers(outcome: Outcome) -> dict[str, Any]:
    """As --json writes them."""
    about = {
        "date": "2026-01-31",
        "rounds": 3,
        "seconds": 2,
        "exchanges": 9,
        "minutes": 7.6,
        "scale": 0.2,
        "cores_apart": True,
    }
    told = {"processor": "A Processor", "cores": 2, "wrk": "4.1.0", "h2load": None, "load_average": 0.123}
    said: dict[str, Any] = json.loads(json.dumps({**about, "machine": told, **outcome.as_json()}))
    return said


def test_numbers_come_back_from_json() -> None:
    assert Outcome.from_json(some_numbers(some_outcome())) == some_outcome()


def cells(text: str) -> list[list[str]]:
    """The cells of all lines of tables."""
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]


def test_the_page_tells_goals_curves_and_what_is_missing() -> None:
    text = page.page(some_numbers(some_outcome()))
    lines = cells(text)
    assert "1 of 2 are met." in text
    assert ["fast", "requests/s against bare", "≥ 1.5 ×", "1.7 × (1.6 – 1.8)", "met"] in lines
    assert ["gone", "nothing", "≥ 1 ×", "not measured", "–"] in lines
    assert ["20", "1 ×", "1,500"] in lines
    assert ["1,000", "0.935 × (0.9 – 0.97)", "1,400"] in lines
    assert ["plain", "its processor time", "3 µs"] in lines
    assert ["fast", "bare", "800"] in lines
    assert "- gone: it ended: …\n" in text
    assert "/home" not in text


def test_the_page_says_how_it_was_measured_and_on_what() -> None:
    text = page.page(some_numbers(some_outcome()))
    lines = cells(text)
    assert ["processor", "A Processor"] in lines
    assert ["h2load", "none"] in lines
    assert "2026-01-31, 3 rounds of 2 seconds" in text
    assert "took 8 minutes" in text
    assert "cut to 20%" in text


def test_of_several_runs_the_latest_that_has_a_row_counts_and_the_page_says_which() -> None:
    first = some_numbers(some_outcome())
    again = Outcome([Figure("fast", "requests/s against bare", at_least(1.5), RATIO, (2.0,))])
    again += Outcome([Figure("new", "another", None, RATIO, (3.0,))])
    later = {**some_numbers(again), "rounds": 5, "scale": 1.0}
    both = joined.joined([first, later])
    assert joined.joined([first]) == first
    rows = [(figure["row"], figure["median"]) for figure in both["figures"]]
    assert rows[0] == ("fast", 2.0)
    assert rows[-1] == ("new", 3.0)
    assert len(rows) == len(first["figures"]) + 1
    text = page.page(both)
    assert "- Run 1: 2026-01-31, 3 rounds" in text
    assert "- Run 2, from which `fast`, `new` are: 2026-01-31, 5 rounds" in text


def test_every_row_s_section_has_its_place_on_the_page() -> None:
    outcome = Outcome([replace(blank, numbers=(1.0,)) for row in ROWS for blank in row.blanks])
    outcome.details += [Detail(str(point), {"requests/s": 1.0}, c.row) for c in growth.CURVES for point in c.along()]
    shown_there = set(chain.from_iterable(cells(page.page(some_numbers(outcome)))))
    assert [figure.what for figure in outcome.figures if not figure.point and figure.what not in shown_there] == []
    assert {row.section for row in ROWS} == set(Section)


def test_a_page_is_made_from_numbers_of_before(tmp_path: Path) -> None:
    (tmp_path / "numbers.json").write_text(json.dumps(some_numbers(some_outcome())))
    done = bench(tmp_path, "--from", "numbers.json", "--page", "page.md", "--strict")
    assert done.returncode == 1
    assert "its processor time" in done.stdout
    assert (tmp_path / "page.md").read_text() == page.page(some_numbers(some_outcome()))
