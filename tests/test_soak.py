"""The soak: that it runs, finds nothing in a short one, and says what did not hold. What a long one finds, it says itself."""

import contextlib
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cookieproxy.config import ConfigError, parse_config

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "scripts"))

# They lie beside the script that runs them.
from benchmarks.programs import CannotMeasure, need  # noqa: E402
from soaking import load, origin, saving, vanishing, verdicts  # noqa: E402
from soaking.book import COMPLETE, CUT, Book, Bounds, Failure, Span  # noqa: E402
from soaking.counting import Counts, InUse  # noqa: E402
from soaking.load import Slice  # noqa: E402
from soaking.plan import SHORTEST_SECONDS, Plan  # noqa: E402
from soaking.recorded import Recorded  # noqa: E402
from soaking.said import Said  # noqa: E402
from soaking.saving import Saved  # noqa: E402
from soaking.verdicts import Found  # noqa: E402


def soak(tmp_path: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs the soak as scripts/soak does, without its set-up, with its files below `tmp_path`."""
    paths = os.pathsep.join((str(ROOT / "scripts"), str(ROOT / "addons")))
    env = os.environ | {"PYTHONPATH": paths, "TMPDIR": str(tmp_path)} | env
    command = [sys.executable, "-P", "-m", "soaking", *arguments]
    return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=150, check=False)


# -- the command line --------------------------------------------------------------------------------------------------


def test_the_help_has_examples_and_says_how_to_get_what_is_missing(tmp_path: Path) -> None:
    done = soak(tmp_path, "--help")
    assert done.returncode == 0
    assert "scripts/soak --minutes 0.5" in done.stdout
    assert "apt-get install wrk nginx-light" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--minutes", "0"], id="no time"),
        pytest.param(["--minutes", "0.05"], id="too short"),
        pytest.param(["--minutes", "soon"], id="no number"),
        pytest.param(["--minutes", "inf"], id="for ever"),
        pytest.param(["--json"], id="no file"),
        pytest.param(["everything"], id="a word too many"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2(tmp_path: Path, arguments: list[str]) -> None:
    done = soak(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")


def test_missing_programs_are_named(tmp_path: Path) -> None:
    done = soak(tmp_path, PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no wrk" in done.stderr
    assert "apt-get install wrk" in done.stderr


def test_a_short_soak_holds_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """But for how long rules take to be in force, which other tests beside this one may stretch."""
    try:
        need("wrk", "nginx")
    except CannotMeasure as error:
        pytest.skip(str(error))
    done = soak(tmp_path, "--minutes", str(SHORTEST_SECONDS / 60), "--json", "numbers.json")
    said: dict[str, Any] = json.loads((tmp_path / "numbers.json").read_text())
    figures = {figure["row"]: figure for figure in said["figures"]}
    assert done.returncode == (0 if said["held"] else 1), done.stderr
    assert [row for row, each in figures.items() if each["met"] is False and row != "rules-seconds"] == [], done.stderr
    assert all(figure["what"] in done.stdout for figure in figures.values())
    assert {f"vanished {kind.name}" for kind in vanishing.KINDS} | {"exchanges", "visits"} <= said["numbers"].keys()
    assert said["store_bytes"] > 0
    assert len(done.stderr.splitlines()) >= 3
    assert [path.name for path in tmp_path.iterdir()] == ["numbers.json"]


# -- the verdicts ------------------------------------------------------------------------------------------------------

GAP = Span(100.0, 102.0)
REST = InUse(400.0, 100_000_000, 14, 3, 7)
MINUTE = 60.0


A_MINUTE = 5


def slices(*p99_ms: float, waited: float = 0.1, rss_bytes: int = 100_000_000) -> list[Slice]:
    """Of a soak of so many minutes, some a minute."""
    return [
        Slice(at, Span(at + 10, at + 15), 1_000, 0, 1_000, 5.0, each, waited, rss_bytes)
        for minute, each in enumerate(p99_ms)
        for at in range(minute * 60, minute * 60 + 60, 60 // A_MINUTE)
    ]


STEADY = slices(*[10.0] * 10)
DISTURBED = slices(*[10.0] * 8, 90, 90, waited=0.5)


def found(failures: Sequence[Failure] = (), **different: Any) -> Found:
    """What a soak of ten minutes found in which all held, but for what is said."""
    book = Book()
    book.expect("/page", COMPLETE * 1_000 + CUT * 16)
    book.count("exchanges", 1_000)
    book.count("vanished in the answer", 20)
    for failure in failures:
        book.fail(failure)
    rows = {"requests": {"/page": 1_010}, "set_cookies": {"/page": 2_016}}
    saved = [Saved(Span(20, 20.5), False, True), Saved(Span(30, 30.5), True, True)]
    all_held = Found(Plan(10 * MINUTE), book, [GAP], STEADY, saved, [REST, REST], rows, 1, (), store_bytes=1_000)
    return replace(all_held, **different)


def not_met(of: Found) -> list[str]:
    figures = verdicts.figures(of)
    wrong = [figure.row for figure in figures if figure.goal is not None and not figure.is_met]
    assert verdicts.held(figures) is (wrong == [])
    return wrong


@pytest.mark.parametrize(
    "of",
    [
        pytest.param(found(), id="all"),
        pytest.param(found([Failure(Span(99, 100), "load", "of 900 exchanges", 40)]), id="failed while it was away"),
        pytest.param(
            found(saved=[Saved(Span(20, 20.5), True, True), Saved(Span(101, 104), False, True)]), id="late for a gap"
        ),
        pytest.param(
            found(slices=STEADY[:45] + slices(*[10] * 10, rss_bytes=104_000_000)[45:]), id="a little more memory"
        ),
        pytest.param(
            found(slices=STEADY[:48] + slices(*[10] * 10, rss_bytes=190_000_000)[48:]), id="more for a moment"
        ),
        pytest.param(found(rests=[REST, replace(REST, descriptors=16, threads=4)]), id="a descriptor or two"),
        pytest.param(found(rests=[replace(REST, tasks=50), REST]), id="fewer tasks"),
        pytest.param(found(slices=slices(10, 10, *[5] * 6, 11, 12)), id="a little slower"),
        pytest.param(found(slices=slices(90, 90, *[5] * 8)), id="faster than at first"),
        pytest.param(found(slices=DISTURBED), id="slower while others use the processor"),
        pytest.param(found(slices=STEADY[:42] + DISTURBED[42:]), id="too few slices without others"),
        pytest.param(
            found(plan=Plan(MINUTE), slices=slices(10, 90, rss_bytes=150_000_000)),
            id="too short to judge memory and latency",
        ),
    ],
)
def test_it_holds(of: Found) -> None:
    assert not_met(of) == []


@pytest.mark.parametrize(
    ("of", "wrong"),
    [
        pytest.param(found(unaccounted=["Traceback"]), ["log"], id="a line in the log"),
        pytest.param(found([Failure(Span(98, 99), "load", "…", 3)]), ["failures"], id="before the gap"),
        pytest.param(found([Failure(Span(103, 104), "load", "…")]), ["failures"], id="after the gap"),
        pytest.param(found(gaps=[]), ["gaps"], id="the origin was never away"),
        pytest.param(
            found(rows={"requests": {"/page": 999}, "set_cookies": {"/page": 2_000}}),
            ["requests-missing"],
            id="one request not recorded",
        ),
        pytest.param(
            found(rows={"requests": {"/page": 1_017}, "set_cookies": {"/page": 2_000}}),
            ["requests-surplus"],
            id="one request recorded twice",
        ),
        pytest.param(
            found(rows={"requests": {"/page": 1_000, "/vanish/head": 1}, "set_cookies": {"/page": 1_999}}),
            ["requests-surplus", "set_cookies-missing"],
            id="half a request recorded",
        ),
        pytest.param(found(saved=[], refusals=0), ["rules", "rules-broken", "rules-seconds"], id="nothing was saved"),
        pytest.param(found(refusals=2), ["rules-told"], id="a broken file told twice"),
        pytest.param(
            found(saved=[Saved(Span(1, 1.5), True, False)]), ["rules-ignored"], id="a broken file nobody was told of"
        ),
        pytest.param(found(saved=[Saved(Span(1, 3.1), True, True)]), ["rules-seconds"], id="told too late"),
        pytest.param(found(slices=STEADY[:45] + slices(*[10] * 10, rss_bytes=106_000_000)[45:]), ["rss"], id="memory"),
        pytest.param(
            found(rests=[REST, replace(REST, descriptors=19, threads=6, tasks=12)]),
            ["descriptors", "threads", "tasks"],
            id="everything else",
        ),
        pytest.param(found(slices=[]), ["rss"], id="nothing was counted"),
        pytest.param(found(slices=slices(*[10] * 8, 13, 14)), ["p99"], id="slower"),
        pytest.param(
            found(slices=slices(*[10] * 9, 13)[:48] + DISTURBED[:45] + slices(*[10] * 8, 13, 13)[40:]),
            ["p99"],
            id="slower in all slices without others",
        ),
    ],
)
def test_it_does_not_hold(of: Found, wrong: list[str]) -> None:
    assert not_met(of) == wrong


def test_slices_say_nothing_of_latency_while_the_proxy_warms_up_or_the_origin_is_away() -> None:
    of = found(slices=slices(*range(10, 20)), gaps=[Span(8 * MINUTE, 9 * MINUTE)])
    assert verdicts.latencies(of) == ([10.0] * 3 + [11.0] * A_MINUTE, [19.0] * A_MINUTE)


# -- what they are judged by -------------------------------------------------------------------------------------------


def test_bounds_add_up() -> None:
    assert (COMPLETE * 3 + CUT).set_cookies == Bounds(6, 8)
    assert [Bounds(6, 8).missing(number) for number in (5, 6, 8)] == [1, 0, 0]
    assert [Bounds(6, 8).surplus(number) for number in (6, 8, 9)] == [0, 0, 1]


def test_a_slice_of_load_has_rows_for_what_completed_and_room_for_what_was_cut() -> None:
    one = Slice(0, Span(0, 1), requests=100, failed=4, sent=103, p50_ms=1, p99_ms=2)
    assert one.rows.requests == Bounds(96, 103)


def test_clients_of_the_load_come_and_go() -> None:
    first, second = load.clients(0), load.clients(1)
    assert len({*first, *second}) == 2 * load.AT_ONCE
    assert load.clients(load.CLIENTS // load.AT_ONCE) == first
    assert len({load.request_of(client, "http://127.0.0.1:80/own") for client in range(load.CLIENTS)}) == load.CLIENTS


def test_how_long_the_proxy_waited_for_a_processor_is_a_share_of_the_time() -> None:
    later = replace(REST, time=REST.time + 4, waited_seconds=1.0)
    assert later.waited_since(REST) == 0.25
    assert REST.waited_since(REST) == 0


@pytest.mark.parametrize("seconds", [SHORTEST_SECONDS, 60.0, 1_800.0, 43_200.0])
def test_everything_happens_in_a_soak_of_any_length(seconds: float) -> None:
    plan = Plan(seconds)
    assert sum(plan.phases) == pytest.approx(seconds)
    assert plan.slice_seconds * 1.5 < plan.phases[1]
    assert plan.restart_seconds / 2 < plan.phases[1]
    assert plan.save_seconds * saving.CYCLE * 3 < plan.phases[1]


def test_rows_are_counted_although_old_ones_are_thrown_away(tmp_path: Path) -> None:
    store = tmp_path / "cookies.db"
    with contextlib.closing(sqlite3.connect(store, isolation_level=None)) as connection:
        for view in ("requests", "set_cookies"):
            connection.execute(f"CREATE TABLE {view} (seq INTEGER PRIMARY KEY, path)")
        connection.execute("INSERT INTO requests VALUES (1, '/a'), (2, CAST('/a' AS BLOB)), (3, '/b')")
        recorded = Recorded(store)
        recorded.count()
        connection.execute("DELETE FROM requests WHERE seq < 3")
        connection.execute("INSERT INTO requests VALUES (4, '/a')")
        connection.execute("INSERT INTO set_cookies VALUES (5, '/a')")
        recorded.count()
        recorded.count()
    assert recorded.rows == {"requests": {"/a": 3, "/b": 1}, "set_cookies": {"/a": 1}}
    assert recorded.store_bytes == store.stat().st_size


def test_only_the_refusal_of_rules_is_accounted_for(tmp_path: Path) -> None:
    log, rules = tmp_path / "log", tmp_path / "rules.yaml"
    refused = f"""[10:00:00.000] {rules}:4:85: unknown action "sett", did you mean "set"?
[10:00:00.001] The last good rules stay in force until rules.yaml is mended.
"""
    wrong = """[10:00:01.000] Addon error: division by zero
Traceback (most recent call last):
[10:00:02.000] other.yaml:4:85: unknown action "sett"
[10:00:03.000] cookies_store: recording pauses: more comes than can be written
"""
    log.write_text(refused + wrong + refused)
    said = Said(log, rules)
    assert said.refusals() == 2
    assert said.unaccounted() == wrong.splitlines()


def test_the_last_whole_line_that_the_proxy_wrote_counts(tmp_path: Path) -> None:
    path = tmp_path / "counts"
    counts = Counts(path)
    assert not counts.has_begun
    line = '{"time": 1.5, "rss_bytes": 1, "descriptors": 2, "threads": 3, "tasks": %d}\n'
    path.write_text(line % 4)
    assert (counts.has_begun, counts.latest()) == (True, InUse(1.5, 1, 2, 3, 4))
    path.write_text(line % 4 * 1_000 + line % 5 + (line % 6)[:20])
    assert counts.latest() == InUse(1.5, 1, 2, 3, 5)


# -- the inputs --------------------------------------------------------------------------------------------------------


def test_good_rules_differ_and_broken_ones_are_refused() -> None:
    good = [parse_config(contents, "rules.yaml") for contents in saving.GOOD.values()]
    assert [(len(config.rules.names), config.warnings) for config in good] == [(20, ())] * 2
    assert len(set(saving.GOOD.values())) == 2
    for contents in saving.BROKEN:
        with pytest.raises(ConfigError):
            parse_config(contents, "rules.yaml")


def test_the_origin_has_places_where_sessions_begin_go_on_and_end() -> None:
    said = origin.configuration(8_000)
    assert said.index(origin.LOG_IN) < said.index(origin.LOOK) < said.index(origin.LOG_OUT) < said.index("location / {")


def test_a_client_that_resets_is_told_from_one_that_closes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        for resets in (True, False):
            client = socket.create_connection(server.getsockname())
            connection, _ = server.accept()
            if resets:
                vanishing.reset_when_closed(client)
            client.close()
            with connection:
                if resets:
                    with pytest.raises(ConnectionResetError):
                        connection.recv(1)
                else:
                    assert connection.recv(1) == b""
