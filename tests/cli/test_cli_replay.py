"""`scripts/cookies replay`: what it lists, keeps and says, of good files, broken ones and pipes, also when it is interrupted."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from cookieproxy.cli import progress
from cookieproxy.cli.grammar_replay import IN_PASSING
from cookieproxy.cli.main import main
from cookieproxy.record.store import TEMPORARY, open_reader, open_store
from rig.flows import make_flow, write_flows
from rig.process import ROOT, environment, eventually, read, terminal

NOW = 1_800_000_000.0
AGENT = (b"User-Agent", b"curl/8.0")
UUID = rb"[0-9a-f]{8}((?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"

type Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `replay --no-rules`: exit code, standard output, standard error."""

    def run(*argv: str | Path, rules: tuple[str | Path, ...] = ("--no-rules",)) -> tuple[int, str, str]:
        code = main(["replay", *map(str, (*argv, *rules))], NOW)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def make_visit(path: Path, host: str = "shop.example", at: float = NOW - 3600) -> Path:
    """A session of ten minutes that ends with a logout."""
    sid = b"PHPSESSID=5f2d3c9a81b7460e9d1c2b3a4f5e6d7c"
    flows = [make_flow(f"http://{host}/", [AGENT], [(b"Set-Cookie", sid + b"; Path=/")], at=at)]
    flows += [
        make_flow(f"http://{host}/{n}", [AGENT, (b"Cookie", sid)], at=at + 60 * n, body=b"x" * 1000)
        for n in range(1, 10)
    ]
    over = b"PHPSESSID=deleted; Path=/; Max-Age=0"
    flows.append(make_flow(f"http://{host}/logout", [AGENT, (b"Cookie", sid)], [(b"Set-Cookie", over)], at=at + 600))
    return write_flows(path, flows)


@pytest.fixture
def visit(tmp_path: Path) -> Path:
    return make_visit(tmp_path / "visit.mitm")


HAR = {
    "log": {
        "entries": [
            {
                "startedDateTime": "2027-01-15T07:00:00.000Z",
                "time": 5,
                "request": {
                    "method": "GET",
                    "url": "https://shop.example/",
                    "headers": [{"name": "Accept", "value": "*/*"}],
                },
                "response": {"status": 200, "headers": [{"name": "set-cookie", "value": "a=1\nb=2"}]},
            }
        ]
    }
}


def events(store: Path) -> list[tuple[str, str | None]]:
    with closing(open_reader(f"sqlite:{store}", store.parent)) as reader:
        return [(row.event, row.cookie) for row in reader.questions.events()]


# -- what comes out ----------------------------------------------------------------------------------------------------


def test_without_a_store_sessions_and_findings_are_listed(run: Run, visit: Path) -> None:
    code, out, err = run(visit)
    assert code == 0
    listed_sessions, listed_findings = out.split("\n\n", 1)
    assert "PHPSESSID" in listed_sessions
    assert "logout" in listed_sessions
    assert "missing-httponly" in listed_findings
    time = r"(\d\d-\d\d )?\d\d:\d0:00"
    assert re.fullmatch(rf"11 exchanges of 11 flows were read, from {time} to {time}\.\n", err)


def test_as_json_it_is_what_sessions_says_of_a_store(run: Run, visit: Path, tmp_path: Path, capsys) -> None:
    store = f"sqlite:{tmp_path / 'kept.db'}"
    code, out, _ = run(visit, "--json", "--store", store)
    assert code == 0
    assert main(["sessions", "--json", "--store", store], NOW) == 0
    assert capsys.readouterr().out == out
    [session] = json.loads(out)
    assert (session["cookie"], session["end_cause"], session["requests"]) == ("PHPSESSID", "logout", 10)


def test_the_listing_is_narrowed_as_others_are(run: Run, visit: Path, tmp_path: Path) -> None:
    other = make_visit(tmp_path / "other.mitm", "wiki.example")
    assert {row["host"] for row in json.loads(run(visit, other, "--json")[1])} == {"shop.example", "wiki.example"}
    assert {row["host"] for row in json.loads(run(visit, other, "--json", "--site", "wiki.example")[1])} == {
        "wiki.example"
    }
    code, out, err = run(visit, "--site", "nowhere.example")
    assert (code, out.strip()) == (0, "")
    assert "No sessions fit --site" in err


def test_with_a_store_it_is_recorded_there_and_only_once(run: Run, visit: Path, tmp_path: Path) -> None:
    store = tmp_path / "kept.db"
    assert run(visit, "--store", f"sqlite:{store}")[:2] == (0, "")
    found = events(store)
    assert ("stored", "PHPSESSID") in found
    code, out, err = run(visit, "--store", f"sqlite:{store}")
    assert (code, out) == (0, "")
    assert err == "0 exchanges of 11 flows were read; 11 known before.\n"
    assert events(store) == found


def test_the_store_without_a_name_leaves_no_file(run: Run, visit: Path, tmp_path: Path) -> None:
    assert IN_PASSING == TEMPORARY
    before = set(tmp_path.iterdir())
    run(visit)
    assert set(tmp_path.iterdir()) == before


def test_a_har_file(run: Run, tmp_path: Path) -> None:
    file, store = tmp_path / "visit.json", tmp_path / "kept.db"
    file.write_text(json.dumps(HAR))
    assert run(file, "--store", f"sqlite:{store}")[0] == 0
    assert sorted(events(store)) == [("stored", "a"), ("stored", "b")]


def test_a_har_file_from_which_cookies_were_left_out(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "visit.har"
    file.write_text(json.dumps(HAR).replace("set-cookie", "x-other"))
    code, out, err = run(file, "--json")
    assert (code, json.loads(out)) == (0, [])
    assert "with sensitive data" in err


# -- rules -------------------------------------------------------------------------------------------------------------


def test_rules_are_watched_not_applied(run: Run, visit: Path, tmp_path: Path) -> None:
    rules, store = tmp_path / "my.yaml", tmp_path / "kept.db"
    rules.write_text("rules: [{name: gone, match: {cookie: PHP*, when: '~m GET'}, drop: true}]\n")
    code, _, _ = run(visit, "--store", f"sqlite:{store}", rules=("--rules", rules))
    assert code == 0
    assert ("stored", "PHPSESSID") in events(store)
    assert ("changed", "PHPSESSID") in events(store)


def test_wrong_rules_are_refused_before_anything_is_read(run: Run, visit: Path, tmp_path: Path) -> None:
    rules, store = tmp_path / "my.yaml", tmp_path / "kept.db"
    rules.write_text("rules: [{name: a, drap: true}]\n")
    code, out, err = run(visit, "--store", f"sqlite:{store}", rules=("--rules", rules))
    assert (code, out) == (1, "")
    assert f'{rules}:1:19: unknown action "drap"' in err
    assert "--no-rules" in err
    assert not store.exists()


# -- files that are not as they should be ------------------------------------------------------------------------------


def test_a_file_that_breaks_off_is_read_up_to_there(run: Run, visit: Path) -> None:
    visit.write_bytes(visit.read_bytes()[:-100])
    code, out, err = run(visit, "--json")
    assert code == 0
    assert json.loads(out)[0]["end_cause"] == "open"
    assert re.search(
        r"visit\.mitm: it ends in the middle of a flow, which begins at octet [\d,]+; what came before was read", err
    )
    assert "10 exchanges of 10 flows" in err


@pytest.mark.parametrize("octets", [b"hello", b"\0" * 100, b"{}", b"[1, 2]", b"5:hello,"], ids=repr)
def test_what_is_neither_is_exit_code_1_and_the_others_are_read(
    run: Run, visit: Path, tmp_path: Path, octets: bytes
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_bytes(octets)
    code, out, err = run(wrong, visit, tmp_path / "missing", "--json")
    assert code == 1
    assert len(json.loads(out)) == 1
    first, second, summary = err.splitlines()
    assert first.startswith(f"{wrong}: ")
    assert second == f"{tmp_path / 'missing'}: No such file or directory."
    assert summary.startswith("11 exchanges of 11 flows")


def test_nothing_at_all(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    code, out, err = run(empty)
    assert (code, out) == (0, "")
    assert err.splitlines() == [f"{empty}: it is empty.", "0 exchanges of 0 flows were read."]
    assert run(empty, "--json")[1] == "[]\n"


def test_a_store_that_somebody_writes_into(run: Run, visit: Path, tmp_path: Path) -> None:
    place = f"sqlite:{tmp_path / 'kept.db'}"
    with closing(open_store(place, tmp_path)):
        code, out, err = run(visit, "--store", place)
    assert (code, out) == (1, "")
    assert f"{os.getpid()}" in err


@pytest.mark.parametrize("store", ["kept.db", "postgresql://u:secret@h/d", "sqlite:/no/such/folder/x.db"])
def test_a_store_that_cannot_be_opened(run: Run, visit: Path, store: str) -> None:
    code, out, err = run(visit, "--store", store)
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert "secret" not in err


def test_without_a_file_the_command_line_is_wrong() -> None:
    assert main(["replay"], NOW) == 2


# -- progress ----------------------------------------------------------------------------------------------------------


def test_where_there_is_no_terminal_lines_say_how_far_it_is(run: Run, visit: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(visit.read_bytes()))
    code, _, err = run(visit, packed)
    assert code == 0
    lines = [line for line in err.splitlines() if "flows read" in line]
    assert len(lines) == 22
    assert re.fullmatch(r"\d+ %, 1 flows read, about \d+ s left", lines[0])
    assert lines[-1].startswith("100 %, 22 flows read")
    shares = [int(line.split()[0]) for line in lines]
    assert shares == sorted(shares)


def test_on_a_terminal_it_is_a_bar_that_goes_away(visit: Path) -> None:
    ours, theirs = terminal()
    command = [sys.executable, "-P", "-m", "cookieproxy.cli", "replay", "--no-rules", "--json", str(visit)]
    slow = "import cookieproxy.cli.progress as p, cookieproxy.cli.main as m, sys; p.BAR_SECONDS = 0; sys.exit(m.main(sys.argv[4:]))"
    command = [sys.executable, "-c", slow, *command[1:]]
    env = environment(PYTHONPATH=str(ROOT / "addons"), TERM="xterm")
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        while piece := read(ours):
            seen += piece
        os.close(ours)
        assert process.stdout is not None
        assert len(json.loads(process.stdout.read())) == 1
    assert b"11 flows" in seen
    assert seen.rstrip().endswith(b".")  # the summary is the last that is seen


# -- as a process ------------------------------------------------------------------------------------------------------


def test_standard_input(visit: Path) -> None:
    command = [sys.executable, "-P", "-m", "cookieproxy.cli", "replay", "--no-rules", "--json", "-"]
    env = environment(PYTHONPATH=str(ROOT / "addons"))
    with visit.open("rb") as stream:
        done = subprocess.run(command, env=env, stdin=stream, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) == 1


@pytest.fixture
def endless(visit: Path, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a replay of a pipe that does not end."""
    stop = threading.Event()
    once = visit.read_bytes()
    started: list[subprocess.Popen[bytes]] = []

    def feed(process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        number = 0
        while not stop.is_set():
            number += 1
            try:
                process.stdin.write(re.sub(UUID, b"%08x\\1" % number, once))
            except (OSError, ValueError):
                return

    def start() -> subprocess.Popen[bytes]:
        command = ["replay", "--no-rules", "--store", f"sqlite:{tmp_path / 'kept.db'}", "-"]
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "cookieproxy.cli", *command],
            env=environment(PYTHONPATH=str(ROOT / "addons")),
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        threading.Thread(target=feed, args=(process,), daemon=True).start()
        return process

    yield start
    stop.set()
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_what_was_read(endless, tmp_path: Path, number: int, code: int) -> None:
    process = endless()
    store = tmp_path / "kept.db"
    for _ in eventually(30):
        if store.exists() and store.stat().st_size > 0 and stored(store):
            break
    process.send_signal(number)
    assert process.stderr is not None
    said = process.stderr.read().decode()
    assert process.wait(30) == code, said
    exchanges = int(said.split(" exchanges", 1)[0].splitlines()[-1].replace(",", ""))
    assert exchanges > 0
    with closing(open_reader(f"sqlite:{store}", tmp_path)) as reader:
        assert len(reader.questions.flow_ids()) == exchanges
    assert "Traceback" not in said


def stored(store: Path) -> bool:
    """Whether there is anything in a store that may not be ready yet."""
    from cookieproxy.record.protocol import StoreError

    try:
        return bool(events(store))
    except StoreError:
        return False
