"""What the command line of a fleet means, and what HAProxy is told for it: Debian's HAProxy takes every file we write."""

import subprocess
from pathlib import Path

import pytest

from cookieproxy.fleet.__main__ import example
from cookieproxy.fleet.arguments import ArgumentsError, Asked, read
from cookieproxy.fleet.haproxy import Place, Settings, configuration
from rig.process import ROOT

STORE = ("--set", "cookies_store=postgresql://proxy@db.example/cookies")


def asked(*arguments: str) -> Asked:
    return read(["--set", "confdir=/missing", *arguments])


def test_what_is_not_said_is_as_without_workers() -> None:
    fleet = asked("--workers", "3", *STORE, "-q", "~d shop.example")
    assert (fleet.workers, fleet.listen) == (3, Place("127.0.0.1", 8080))
    assert (fleet.rules, fleet.dashboard) == (ROOT / "rules.yaml", "cookies.mitm")
    assert fleet.given == ("--set", "confdir=/missing", *STORE, "-q", "~d shop.example")


@pytest.mark.parametrize(
    ("arguments", "listen"),
    [
        (("--listen-host", "10.0.0.5", "-p", "9000"), Place("10.0.0.5", 9000)),
        (("--listen-host=::", "--listen-port=9000"), Place("::", 9000)),
        (("--set", "listen_host=10.0.0.5", "--set=listen_port=9000"), Place("10.0.0.5", 9000)),
        (("--set", "listen_host=10.0.0.5", "--listen-host", ""), Place("", 8080)),
    ],
)
def test_where_a_fleet_listens(arguments: tuple[str, ...], listen: Place) -> None:
    fleet = asked("--workers", "2", *STORE, *arguments)
    assert fleet.listen == listen
    assert not any(each.startswith(("--listen", "-p")) for each in fleet.given)


def test_mitmproxy_s_own_file_counts(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "cookies_store: postgresql://proxy@db/x\nlisten_port: 9000\nmode: [regular]\n"
    )
    fleet = read(["--workers", "2", "--set", f"confdir={tmp_path}", "--set", "cookies_dashboard="])
    assert (fleet.listen.port, fleet.dashboard) == (9000, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(
            ("--workers", "2"), "2 workers need a store that they can share, and sqlite:cookies.db", id="store"
        ),
        pytest.param(
            ("--workers", "2", "--set", "cookies_store=memory:"),
            "scripts/proxy --workers 2 --set cookies_store=",
            id="memory",
        ),
        pytest.param(("--workers", "0", *STORE), "one at least", id="no worker"),
        pytest.param(("--workers", "2", *STORE, "-nr", "flows"), "reading saved flows", id="saved flows"),
        pytest.param(("--workers", "2", *STORE, "-w", "flows"), "would write into one file", id="saving flows"),
        pytest.param(("--workers", "2", *STORE, "--set", "hardump=x"), "would write into one file", id="HAR"),
        pytest.param(("--workers", "2", *STORE, "--mode", "transparent"), "takes one mode", id="transparent"),
        pytest.param(("--workers", "2", *STORE, "-m", "regular@9000"), "takes one mode", id="a port of its own"),
        pytest.param(("--workers", "2", *STORE, "-m", "regular", "-m", "socks5"), "takes one mode", id="two modes"),
    ],
)
def test_what_several_processes_cannot_do(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(ArgumentsError, match=said):
        asked(*arguments)


@pytest.mark.parametrize("mode", ["upstream:http://10.0.0.1:3128", "reverse:https://shop.example", "socks5"])
def test_modes(mode: str) -> None:
    assert asked("--workers", "2", *STORE, "--mode", mode).given[-1] == mode


def test_one_worker_needs_no_other_store() -> None:
    assert read(["--workers", "1"]).given == ()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "", "localhost"])
def test_haproxy_takes_what_we_write(haproxy: str, tmp_path: Path, host: str) -> None:
    workers = [Place("127.0.0.1", port) for port in (9001, 9002, 9003)]
    file = tmp_path / "haproxy.cfg"
    file.write_text(configuration(Settings(Place(host, 9000), workers, str(tmp_path / "admin"), "127.8.8.8", 30)))
    check(haproxy, file)


def test_haproxy_takes_what_is_printed(haproxy: str, tmp_path: Path) -> None:
    """Also when there is no store yet: it is to be read."""
    fleet = asked("--workers", "4", "--print-haproxy", "--listen-host", "")
    assert fleet.prints
    file = tmp_path / "haproxy.cfg"
    file.write_text(example(fleet))
    assert file.read_text().count("\n    server ") == 4
    check(haproxy, file)


def check(haproxy: str, file: Path) -> None:
    done = subprocess.run([haproxy, "-c", "-f", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stdout + done.stderr
