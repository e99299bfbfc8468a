"""`sessions` and `findings`: tables for pipes and terminals, filters, exit codes, and what an empty store says (R25, R32, R39)."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cookieproxy.cli import arguments
from cookieproxy.cli.main import main
from cookieproxy.cli.sessions import by_policy, idle_timeout, lasted
from cookieproxy.core.events import ClientSeen, EndCause, FindingSeen, Observation, Proof, SessionSeen
from cookieproxy.record.listings import SEVERITIES, SessionRow
from cookieproxy.record.store import open_store
from cookieproxy.record.values import ValuePolicy
from cookieproxy.report.text import moment
from cookieproxy.report.timeouts import Bounds
from cookieproxy.sessions.catalogue import Severity

NOW = 1_800_000_000.0
ALICE, BOB = "10.0.0.1 Chrome/156 3fa9c1", "10.0.0.2 curl/8 77b0aa"
CLIENT = ClientSeen(NOW, ALICE, "10.0.0.1", "Mozilla/5.0", "chrome")
NOISE = "\x1b]0;own\x07[red]x\u202e"

type Run = Callable[..., tuple[int, str, str]]


def session(identity: str, **fields: object) -> SessionSeen:
    given = SessionSeen(
        ALICE, "shop.example", "www.shop.example", b"PHPSESSID", identity * 16, NOW - 7200, NOW - 3600, None, EndCause.OPEN, None,
        None, "f1", 3, 60.0, None, None, None, None, None, None, False, False, None, None, False, "Its name is PHP's.", "{}",
    )  # fmt: skip
    return given._replace(**fields)


def finding(code: str, severity: str, **fields: object) -> FindingSeen:
    given = FindingSeen(
        code, severity, "shop.example", "www.shop.example", b"sid", None, 2, NOW - 600, NOW - 60,
        (Proof("f1", NOW - 600, "Seen at /login."),), "Mend it.", "RFC 6265bis 5.7",
    )  # fmt: skip
    return given._replace(**fields)


SESSIONS = (
    session(
        "1", ended=NOW - 1740, end_cause=EndCause.TIMED_OUT, end_sentence="A dead id came back after 31 min.", killing_gap=1860.0,
        longest_gap=1080.0, policy="aspnet", expected_end=NOW - 2400, requests=12,
    ),
    session("2", started=NOW - 5000, last_seen=NOW - 100, policy="aspnet", expected_end=NOW + 1100, rotated_from="3" * 16),
    session("3", client=BOB, started=NOW - 4000, last_seen=NOW - 4000, longest_gap=0.0, adopted=True),
    session(
        "4", started=NOW - 3000, ended=NOW - 90, end_cause=EndCause.ROTATED, rotated_to="2" * 16, host="api.shop.example",
        cookie=NOISE.encode(), end_sentence=NOISE, in_url=True,
    ),
)  # fmt: skip
FINDINGS = (
    finding("missing-samesite", "low", last_seen=NOW - 7200),
    finding("not-rotated", "high", host="api.shop.example", client=BOB),
    finding("churn", "medium", cookie=None, references="", evidence=tuple(Proof(None, NOW - 9, f"Proof {n}.") for n in range(5))),
    finding("refused-by-client", "info", cookie=NOISE.encode(), advice=NOISE, evidence=(Proof(None, NOW - 9, NOISE),)),
)  # fmt: skip


def write(path: Path, *observations: Observation) -> str:
    with closing(open_store(f"sqlite:{path}", path.parent)) as store:
        store.write(observations, store.masker(ValuePolicy.HASH))
    return f"sqlite:{path}"


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write(tmp_path_factory.mktemp("store") / "cookies.db", CLIENT, *SESSIONS, *FINDINGS)


@pytest.fixture
def run(spec: str, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on the store: exit code, standard output, standard error."""

    def start(*argv: str) -> tuple[int, str, str]:
        code = main([*argv, "--store", spec], NOW)
        return code, *capsys.readouterr()

    return start


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)


def rows(run: Run, *argv: str) -> list[dict[str, object]]:
    code, out, err = run(*argv, "--json")
    assert (code, err) == (0, "")
    listed: list[dict[str, object]] = json.loads(out)
    return listed


class TestSessions:
    def test_json(self, run: Run) -> None:
        listed = rows(run, "sessions")
        assert [str(row["id"])[0] for row in listed] == ["1", "2", "3", "4"]
        assert listed[0] == {
            "client": ALICE, "site": "shop.example", "host": "www.shop.example", "cookie": "PHPSESSID", "id": "1" * 16,
            "started": NOW - 7200, "last_seen": NOW - 3600, "ended": NOW - 1740, "end_cause": "timed_out",
            "lifetime_seconds": 5460.0, "requests": 12, "longest_gap_seconds": 1080.0, "idle_timeout_low": 1080.0,
            "idle_timeout_high": 1860.0, "rotated_from": None, "rotated_to": None, "policy": "aspnet", "expected_end": NOW - 2400,
        }  # fmt: skip

    def test_bounds_are_those_of_all_sessions_whatever_is_listed(self, run: Run) -> None:
        [row] = rows(run, "sessions", "--client", "*curl*")
        assert (row["id"], row["idle_timeout_low"], row["idle_timeout_high"]) == ("3" * 16, 1080.0, 1860.0)

    FILTERS = {
        "--site api.shop.example": "4",
        "--client *curl*": "3",
        "--cookie PHP*": "123",
        "--since 30m": "124",
        "--site shop.example --since 2m": "24",
        "--site other.example": "",
    }

    @pytest.mark.parametrize(("argv", "ids"), FILTERS.items(), ids=FILTERS)
    def test_filters(self, run: Run, argv: str, ids: str) -> None:
        assert "".join(str(row["id"])[0] for row in rows(run, "sessions", *argv.split())) == ids

    def test_a_line_for_each_in_a_pipe(self, run: Run) -> None:
        _, out, _ = run("sessions")
        header, *lines = out.splitlines()
        assert header.split("  ")[0] == "client"
        assert len(lines) == len(SESSIONS)
        end = moment(NOW - 2400, NOW)
        assert lines[0].endswith(
            "timed_out  18 min – 31 min  A dead id came back after 31 min. "
            f"By the policy aspnet it should have ended at {end}, 11 min earlier."
        )
        assert lines[3].endswith("The id 22222222 took over.")
        assert " (in the URL) " in lines[3]

    @pytest.mark.usefixtures("terminal")
    def test_on_a_terminal_by_client_and_host(self, run: Run) -> None:
        _, out, _ = run("sessions")
        blocks = out.split("\n\n")
        assert [block.splitlines()[0] for block in blocks] == [
            f"{ALICE} at www.shop.example",
            f"{BOB} at www.shop.example",
            f"{ALICE} at api.shop.example",
        ]
        lines = [line.rstrip() for line in blocks[0].splitlines()]
        assert lines[1] == "idle timeout of PHPSESSID: 18 min – 31 min"
        assert lines[2].split() == ["began", "cookie", "id", "lasted", "requests", "longest", "gap", "ended"]
        assert lines[3].split()[1:] == ["PHPSESSID", "11111111", "91", "min", "12", "18", "min", "timed_out"]
        assert lines[4] == "    A dead id came back after 31 min."
        assert max(map(len, out.splitlines())) <= 80

    @pytest.mark.usefixtures("terminal")
    def test_names_cannot_move_the_cursor_there(self, run: Run) -> None:
        for command in ("sessions", "findings"):
            assert all(char.isprintable() or char == "\n" for char in run(command)[1])


def row(**fields: object) -> SessionRow:
    given = session("1")._asdict() | {"cookie": "PHPSESSID"} | fields
    del given["state"]
    return SessionRow(**given)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        pytest.param(row(last_seen=NOW - 6000), "≥ 20 min", id="open"),
        pytest.param(row(ended=NOW), "2 h", id="ended"),
        pytest.param(row(ended=NOW, adopted=True), "≥ 2 h", id="nobody saw the beginning"),
    ],
)
def test_how_long_it_lasted(seen: SessionRow, said: str) -> None:
    assert lasted(seen) == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(1080.0, 1860.0, "18 min – 31 min"), (1080.0, None, "over 18 min"), (None, 1860.0, "under 31 min"), (None, None, "")],
)  # fmt: skip
def test_between_which_bounds(low: float | None, high: float | None, said: str) -> None:
    assert idle_timeout(Bounds(low, high, None, None)) == said


def then(seconds: float) -> str:
    return moment(NOW + seconds, NOW)


POLICIES = {
    "none": ({}, None),
    "one without a limit": ({"policy": "php"}, None),
    "open, to come": ({"expected_end": NOW + 60}, f"end at {then(60)}, unless it is used."),
    "open, overdue": ({"expected_end": NOW - 60}, f"have ended at {then(-60)}."),
    "ended late": ({"ended": NOW, "expected_end": NOW - 600}, f"have ended at {then(-600)}, 10 min earlier."),
    "ended in time": ({"ended": NOW, "expected_end": NOW - 0.5}, f"have ended at {then(-0.5)}."),
    "lost early": (
        {"ended": NOW, "end_cause": "lost", "expected_end": NOW + 600},
        f"have lived until {then(600)}.",
    ),
    "timed out early": (
        {"ended": NOW, "end_cause": "timed_out", "expected_end": NOW + 600},
        f"have lived until {then(600)}.",
    ),
    "ended by its user": ({"ended": NOW, "end_cause": "logout", "expected_end": NOW + 600}, None),
}


@pytest.mark.parametrize(("fields", "said"), POLICIES.values(), ids=POLICIES)
def test_what_the_policy_promised(fields: dict[str, object], said: str | None) -> None:
    policy = {"policy": "aspnet"} if "expected_end" in fields else {}
    assert by_policy(row(**(fields | policy)), NOW) == (said and f"By the policy aspnet it should {said}")


class TestFindings:
    def test_json(self, run: Run) -> None:
        listed = rows(run, "findings")
        assert [row["code"] for row in listed] == ["not-rotated", "churn", "missing-samesite", "refused-by-client"]
        assert listed[0] == {
            "code": "not-rotated", "severity": "high", "site": "shop.example", "host": "api.shop.example", "cookie": "sid",
            "client": BOB, "count": 2, "first_seen": NOW - 600, "last_seen": NOW - 60,
            "evidence": [{"flow_id": "f1", "time": NOW - 600, "said": "Seen at /login."}], "advice": "Mend it. (RFC 6265bis 5.7)",
        }  # fmt: skip

    def test_table(self, run: Run) -> None:
        _, out, _ = run("findings")
        lines = out.splitlines()
        assert lines[0].split() == ["severity", "code", "host", "cookie", "times", "last", "seen"]
        assert lines[1].split()[:5] == ["high", "not-rotated", "api.shop.example", "sid", "2"]
        assert lines[2:5] == [
            "    Mend it. (RFC 6265bis 5.7)",
            f"    client {BOB}",
            f"    {moment(NOW - 600, NOW)}  Seen at /login.",
        ]
        assert lines[5].split()[:4] == ["medium", "churn", "www.shop.example", "2"]
        assert lines[6:11] == [
            "    Mend it.",
            *(f"    {moment(NOW - 9, NOW)}  Proof {number}." for number in range(3)),
            "    … and 2 more exchanges, with --json",
        ]

    @pytest.mark.usefixtures("terminal")
    def test_it_fits_on_a_terminal(self, run: Run) -> None:
        _, out, _ = run("findings")
        assert max(map(len, out.splitlines())) <= 80
        assert "    Mend it. (RFC 6265bis 5.7)" in [line.rstrip() for line in out.splitlines()]

    FILTERS = {
        "--site api.shop.example": ["not-rotated"],
        "--client *Chrome*": ["churn", "missing-samesite", "refused-by-client"],
        "--cookie s?d": ["not-rotated", "missing-samesite"],
        "--since 1h --severity low": ["not-rotated", "churn"],
        "--severity medium": ["not-rotated", "churn"],
        "--code churn,missing-samesite": ["churn", "missing-samesite"],
        "--code churn --severity high": [],
    }

    @pytest.mark.parametrize(("argv", "codes"), FILTERS.items(), ids=FILTERS)
    def test_filters(self, run: Run, argv: str, codes: list[str]) -> None:
        assert [row["code"] for row in rows(run, "findings", *argv.split())] == codes

    FAILING = {
        "--fail-on info": "4 findings of severity info or worse.\n",
        "--fail-on medium": "2 findings of severity medium or worse.\n",
        "--fail-on high": "1 finding of severity high.\n",
        "--fail-on high --client *Chrome*": "",
        "--fail-on low --severity high --json": "1 finding of severity low or worse.\n",
        "--fail-on medium --code missing-samesite": "",
    }

    @pytest.mark.parametrize(("argv", "said"), FAILING.items(), ids=FAILING)
    def test_fail_on(self, run: Run, argv: str, said: str) -> None:
        code, out, err = run("findings", *argv.split())
        assert (code, err) == (1 if said else 0, said)
        assert out

    def test_fail_on_nothing(self, run: Run) -> None:
        code, out, err = run("findings", "--fail-on", "info", "--site", "other.example")
        assert (code, out) == (0, "")
        assert err == "No findings fit --site; without that there may be some.\n"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        pytest.param(["findings", "--code", "missing-secur"], "missing-secur is no code of a finding", id="code"),
        pytest.param(["findings", "--code", ","], "',' is no code of a finding", id="no code"),
        pytest.param(["findings", "--severity", "bad"], "invalid choice: 'bad'", id="severity"),
        pytest.param(["findings", "--fail-on", ""], "invalid choice: ''", id="fail-on"),
        pytest.param(["sessions", "--values"], "unrecognized arguments: --values", id="there are no values"),
    ],
)
def test_mistakes_end_with_exit_code_2(run: Run, argv: list[str], said: str) -> None:
    code, out, err = run(*argv)
    assert (code, out) == (2, "")
    assert said in err


@pytest.mark.parametrize(
    ("command", "said"), [("sessions", "looks like a session's"), ("findings", "as far as was seen, nothing is wrong")]
)
def test_traffic_in_which_there_is_nothing(
    command: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = write(tmp_path / "cookies.db", CLIENT)
    assert main([command, "--store", spec], NOW) == 0
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err


@pytest.mark.parametrize("command", ["sessions", "findings"])
def test_help_has_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"], NOW) == 0
    assert f"examples:\n  scripts/cookies {command}\n" in capsys.readouterr().out


def test_there_is_one_order_of_severities() -> None:
    assert arguments.SEVERITIES == SEVERITIES == tuple(Severity)
