"""The command line's grammar: times, sites, URLs and fields as values; what is wrong ends with exit code 2 and says why."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cookieproxy.cli import arguments
from cookieproxy.cli.arguments import Url
from cookieproxy.cli.grammar import parse
from cookieproxy.cli.main import main
from cookieproxy.core.events import EventKind
from cookieproxy.core.profiles import PROFILES

NOW = 1_800_000_000.0
ADDONS = Path(__file__).parents[2] / "addons"
EXPLAIN = ["explain", "--at", "https://shop.example/", "--given", "a=1"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        pytest.param("10m", NOW - 600, id="minutes"),
        pytest.param("2H", NOW - 7200, id="hours"),
        pytest.param("7d", NOW - 7 * 86_400, id="days"),
        pytest.param("1w", NOW - 604_800, id="a week"),
        pytest.param("0s", NOW, id="now"),
        pytest.param("1750000000", 1_750_000_000, id="Unix seconds"),
        pytest.param("1750000000.5", 1_750_000_000.5, id="with a fraction"),
        pytest.param("2026-11-20T13:00:00Z", datetime(2026, 11, 20, 13, tzinfo=UTC).timestamp(), id="UTC"),
        pytest.param("2026-11-20T13:00+02:00", datetime(2026, 11, 20, 11, tzinfo=UTC).timestamp(), id="with an offset"),
        pytest.param("2026-11-20", datetime(2026, 11, 20).astimezone().timestamp(), id="a local day"),
    ],
)
def test_times(said: str, meant: float) -> None:
    assert parse(["events", "--since", said], NOW).since == meant
    assert parse(["jar", "--at", said], NOW).moment == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("shop.example", "shop.example"),
        ("Shop.EXAMPLE", "shop.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        (".shop.example", "shop.example"),
        ("localhost:3000", "localhost"),
        ("https://shop.example:8443/cart?x=1", "shop.example"),
        ("[::1]", "[::1]"),
        ("::1", "[::1]"),
    ],
)
def test_sites(said: str, meant: str) -> None:
    assert parse(["jar", "--site", said], NOW).site == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("https://shop.example", Url("https://shop.example/", "https", "shop.example", b"/")),
        ("HTTP://Shop.example:81/a b?q#f", Url("http://shop.example:81/a%20b?q#f", "http", "shop.example", b"/a%20b")),
        ("http://[::1]/x", Url("http://[::1]/x", "http", "[::1]", b"/x")),
        ("https://bücher.example/", Url("https://xn--bcher-kva.example/", "https", "xn--bcher-kva.example", b"/")),
    ],
)
def test_urls(said: str, meant: Url) -> None:
    assert parse(["explain", "--at", said, "--given", "a=1"], NOW).url == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("sid=1; Path=/", b"sid=1; Path=/"),
        ("Set-Cookie: sid=1", b"sid=1"),
        ("set-cookie:sid=1 \t", b"sid=1"),
        ("set-cookie=1:2", b"set-cookie=1:2"),
        ("café=é", "café=é".encode()),
        ("a=\udce9", b"a=\xe9"),
        ("", b""),
    ],
)
def test_given_fields(said: str, meant: bytes) -> None:
    assert parse(["explain", "--at", "https://a.example", "--given", said], NOW).given == [meant]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        pytest.param([], "commands:", id="nothing"),
        pytest.param(["cook"], "invalid choice: 'cook'", id="no such command"),
        pytest.param(["jar", "--sit", "a"], "unrecognized arguments", id="an abbreviation"),
        pytest.param(["jar", "--since", "yesterday"], "'yesterday' is no time", id="no time"),
        pytest.param(["jar", "--since", "nan"], "is no time", id="not a number"),
        pytest.param(["jar", "--at", "0001-01-01"], "is no time", id="before all times"),
        pytest.param(["jar", "--site", "a b"], "'a b' is no host", id="no host"),
        pytest.param(["jar", "--jar", "cookie"], "invalid choice", id="no such jar"),
        pytest.param(["events", "--event", "stored,eaten"], "eaten is no kind of event", id="no such event"),
        pytest.param(["events", "--event", ","], "is no kind of event", id="no event"),
        pytest.param(["events", "--limit", "-1"], "--limit", id="a negative limit"),
        pytest.param(["events", "--limit", "many"], "'many' is no whole number", id="no number"),
        pytest.param(["explain", "--given", "a=1"], "--at", id="no URL"),
        pytest.param(["explain", "--at", "https://a.example/"], "--given", id="no field"),
        pytest.param(["explain", "--at", "shop.example", "--given", "a"], "like https://shop.example", id="no scheme"),
        pytest.param(["explain", "--at", "ftp://a.example/", "--given", "a"], "no http or https URL", id="ftp"),
        pytest.param(["explain", "--at", "https://", "--given", "a"], "no http or https URL", id="no host in the URL"),
        pytest.param(
            ["explain", "--at", "https://a.example/\udcff", "--given", "a"], "no http or https URL", id="bytes"
        ),
        pytest.param([*EXPLAIN, "--over", "ftp"], "invalid choice", id="over ftp"),
        pytest.param([*EXPLAIN, "--browser", "lynx"], "invalid choice", id="no such browser"),
        pytest.param([*EXPLAIN, "--no-rules", "--rules", "x"], "not allowed with", id="rules and no rules"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv, NOW) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "usage:" in err


@pytest.mark.parametrize("command", ["events", "clients", "jar", "explain", "check"])
def test_every_command_has_help_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"], NOW) == 0
    said = capsys.readouterr().out
    assert f"examples:\n  scripts/cookies {command}" in said
    assert "==SUPPRESS==" not in said


def test_version_says_the_date_of_the_suffix_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"], NOW) == 0
    assert "public suffix list of 20" in capsys.readouterr().out


def test_the_names_it_knows_are_the_ones_there_are() -> None:
    assert list(arguments.EVENTS) == [kind.value for kind in EventKind]
    assert list(arguments.BROWSERS) == list(PROFILES)


@pytest.mark.parametrize(
    ("argv", "without"),
    [
        (["--help"], {"rich", "mitmproxy", "pydantic", "sqlite3", "can_ada"}),
        (["check", str(Path(__file__).parents[2] / "rules.yaml")], {"rich", "mitmproxy", "sqlite3"}),
        (["jar", "--store", "sqlite:/nowhere.db"], {"rich", "mitmproxy", "pydantic", "can_ada"}),
        (EXPLAIN, {"rich", "mitmproxy", "sqlite3"}),
    ],
    ids=["help", "check", "jar", "explain"],
)
def test_quick_commands_leave_slow_modules_alone(argv: list[str], without: set[str]) -> None:
    program = (
        "import sys; from cookieproxy.cli.main import main; main(sys.argv[1:]); "
        "print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, *argv],
        env={"PYTHONPATH": str(ADDONS), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert not without & set(done.stderr.splitlines())
