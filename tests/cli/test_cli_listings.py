"""The listings over a store on disc: fields, masks, filters, and what an empty one says (R2, R9, R10, R19)."""

import json
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cookieproxy.cli.main import main
from cookieproxy.core.cookie import Cookie, SameSite
from cookieproxy.core.events import (
    Change,
    ClientSeen,
    EndCause,
    Event,
    EventKind,
    FindingSeen,
    JarChange,
    JarKind,
    Observation,
    Proof,
    RequestSeen,
    SentPair,
    SessionSeen,
    SetCookieSeen,
)
from cookieproxy.record.store import open_store
from cookieproxy.record.values import ValuePolicy

NOW = 1_800_000_000.0
ALICE, BOB = "10.0.0.1 Chrome/156 3fa9c1", "10.0.0.2 curl/8 77b0aa"
SHOP = {"client": ALICE, "site": "shop.example", "host": "www.shop.example"}
HOSTILE = b"\x1b]0;own\x07[red]x\xe2\x80\xae"

type Run = Callable[..., tuple[int, str, str]]


def stored(
    name: bytes, value: bytes, client: str = ALICE, jar: JarKind = JarKind.MIRROR, **fields: object
) -> JarChange:
    given = {
        "domain": "shop.example",
        "path": b"/",
        "creation_time": NOW - 60,
        "last_access_time": NOW - 30,
        "sequence": 1,
    }
    cookie = Cookie(name, value, **(given | fields))
    return JarChange(NOW - 60, client, jar, None, "shop.example", cookie.key, cookie)


def held_for(session: str, name: bytes) -> JarChange:
    return stored(name, b"topsecret", jar=JarKind.HELD)._replace(session=session)


def set_cookie(time: float, name: bytes, value: bytes, event: EventKind, **fields: object) -> SetCookieSeen:
    source = name + b"=" + value + b"; Path=/"
    given = SHOP | {
        "scheme": "https", "path": b"/login", "flow_id": "f1", "status": 200, "field": source, "passed": source,
        "jar": JarKind.MIRROR,
    }  # fmt: skip
    return SetCookieSeen(time, name=name, value=value, event=event, **(given | fields))


def sent(time: float, *pairs: tuple[bytes, bytes]) -> RequestSeen:
    made = tuple(SentPair(name, value, EventKind.SENT, "shop.example", True, b"/", None, "f1") for name, value in pairs)
    return RequestSeen(time, *SHOP.values(), "https", "GET", b"/", "f2", "first", 20, made)


HISTORY: tuple[Observation, ...] = (
    ClientSeen(NOW - 7000, ALICE, "10.0.0.1", "Mozilla/5.0 Chrome/156", "chrome"),
    ClientSeen(NOW - 10, BOB, "10.0.0.2", "curl/8.0", "curl"),
    stored(b"sid", b"topsecret", http_only=True, secure_only=True, same_site=SameSite.LAX, expiry_time=NOW + 7 * 86_400),
    stored(b"gone", b"x", expiry_time=NOW - 1),
    stored(HOSTILE, b"a%20b", host_only=False, path=b"/a"),
    stored(b"kept", b"topsecret", client=BOB, jar=JarKind.HELD),
    set_cookie(
        NOW - 600, b"sid", b"topsecret", EventKind.STORED,
        changes=(Change("harden", "set", b"sid=topsecret; Path=/", b"sid=topsecret; Path=/; Secure"),),
    ),
    *(sent(NOW - 500 + number, (b"sid", b"topsecret"), (b"lang", b"de")) for number in range(12)),
    Event(NOW - 400, **SHOP, cookie=b"lang", event=EventKind.REMOVED, reason="evicted-site", sentence="Thrown out.", by="sid"),
    sent(NOW - 300, (b"sid", b"topsecret")),
    set_cookie(NOW - 200, b"sid", b"other", EventKind.REPLACED, old_value=b"topsecret"),
    sent(NOW - 100, (b"sid", b"other")),
    set_cookie(NOW - 50, HOSTILE, b"1", EventKind.IGNORED, reason="control-character", sentence="It contains a control."),
    Event(NOW - 20, BOB, "bank.example", "bank.example", None, EventKind.CLOCK_SKEW, "ahead", "Ahead.", after=b"+3600"),
    SessionSeen(
        **SHOP, cookie=HOSTILE, id="1f" * 8, started=NOW - 600, last_seen=NOW - 100, ended=NOW - 50, end_cause=EndCause.LOST,
        end_sentence=HOSTILE.decode(), end_flow=None, start_flow="f1", requests=3, longest_gap=60.0, killing_gap=None,
        killing_age=None, rotated_from=None, rotated_to=None, policy="aspnet", expected_end=NOW + 9, adopted=False, logged_in=False,
        expiry=None, renewal=None, in_url=False, recognised="Its name.", state="{}",
    ),
    FindingSeen(
        "churn", "medium", "shop.example", "www.shop.example", HOSTILE, ALICE, 2, NOW - 600, NOW - 60,
        (Proof("f1", NOW - 600, HOSTILE.decode()),), "Find out why.", "",
    ),
)  # fmt: skip


@pytest.fixture(scope="module", params=[ValuePolicy.HASH, ValuePolicy.KEEP])
def spec(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with a little history; values kept as they came or hashed."""
    path = tmp_path_factory.mktemp("store") / "cookies.db"
    store = open_store(f"sqlite:{path}", path.parent)
    store.write(HISTORY, store.masker(request.param))
    store.close()
    return f"sqlite:{path}"


@pytest.fixture
def run(spec: str, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a listing on the store: exit code, standard output, standard error."""

    def start(*argv: str) -> tuple[int, str, str]:
        code = main([*argv, "--store", spec], NOW)
        return code, *capsys.readouterr()

    return start


def rows(run: Run, *argv: str) -> list[dict[str, object]]:
    code, out, err = run(*argv, "--json")
    assert (code, err) == (0, "")
    listed: list[dict[str, object]] = json.loads(out)
    return listed


def words(value: object) -> str | None:
    """Arguments as the name of a case."""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


FIELDS = {
    "clients": "client, address, user_agent, profile, first_seen, last_seen",
    "jar": "client, jar, session, site, domain, path, name, value, host_only, secure, http_only, same_site, partition_key, "
    "priority, expires, created, last_access, size_bytes, adopted",
    "events": "time, client, site, host, cookie, event, reason, sentence, by, rule, before, after, flow_id",
    "sessions": "client, site, host, cookie, id, started, last_seen, ended, end_cause, lifetime_seconds, requests, "
    "longest_gap_seconds, idle_timeout_low, idle_timeout_high, rotated_from, rotated_to, policy, expected_end",
    "findings": "code, severity, site, host, cookie, client, count, first_seen, last_seen, evidence, advice",
}


@pytest.mark.parametrize("command", FIELDS)
def test_json_has_the_documented_fields_in_their_order(run: Run, command: str) -> None:
    for row in rows(run, command):
        assert ", ".join(row) == FIELDS[command]


@pytest.mark.parametrize("command", FIELDS)
def test_values_are_never_shown_unasked(run: Run, command: str) -> None:
    for argv in ([command], [command, "--json"]):
        code, out, _ = run(*argv)
        assert code == 0
        assert not any(secret in out for secret in ("topsecret", "other", "a%20b", "a b", "#"))


@pytest.mark.parametrize(
    "argv",
    [*([command] for command in FIELDS), *([command, "--json"] for command in FIELDS), ["jar", "--values"], ["events", "--values"]],
    ids=" ".join,
)  # fmt: skip
def test_wire_text_cannot_move_the_cursor(run: Run, argv: list[str]) -> None:
    code, out, _ = run(*argv)
    assert (code, bool(out)) == (0, True)
    assert all(char.isprintable() or char == "\n" for char in out)


class TestJar:
    def test_cookies_by_client_and_jar(self, run: Run) -> None:
        listed = rows(run, "jar")
        assert [(row["client"], row["jar"], row["name"]) for row in listed] == [
            (ALICE, "mirror", "sid"),
            (ALICE, "mirror", HOSTILE.decode()),
            (BOB, "held", "kept"),
        ]
        assert all(row["value"] is None for row in listed)
        assert listed[0]["expires"] == NOW + 7 * 86_400
        assert (listed[0]["same_site"], listed[1]["same_site"]) == ("lax", None)

    def test_table(self, run: Run) -> None:
        _, out, _ = run("jar", "--cookie", "sid")
        title, header, row = out.splitlines()
        assert title == f"{ALICE}, in the browser"
        assert header.split() == ["name", "domain", "path", "flags", "expires", "size", "value"]
        assert re.split(" {2,}", row) == [
            "sid", "shop.example", "/", "Secure HttpOnly SameSite=Lax", "in 7 days", "12", "***9",
        ]  # fmt: skip

    def test_domain_cookies_begin_with_a_dot(self, run: Run) -> None:
        assert " .shop.example " in run("jar", "--client", "10.0.0.1*")[1]

    def test_values_if_asked_for_with_what_they_say(self, run: Run) -> None:
        assert [row["value"] for row in rows(run, "jar", "--values")] == ["topsecret", "a%20b", "topsecret"]
        assert re.search("a%20b +percent: a b\n", run("jar", "--values")[1])

    @pytest.mark.parametrize(
        ("argv", "names"),
        [
            (["--jar", "held"], ["kept"]),
            (["--jar", "mirror", "--cookie", "s*"], ["sid"]),
            (["--client", "*curl*"], ["kept"]),
            (["--site", "example"], ["sid", HOSTILE.decode(), "kept"]),
            (["--site", "other.example"], []),
            (["--since", "10s"], []),
            (["--at", "2d"], []),
            (["--at", "30s"], ["sid", "gone", HOSTILE.decode(), "kept"]),
        ],
        ids=words,
    )
    def test_filters(self, run: Run, argv: list[str], names: list[str]) -> None:
        assert sorted(str(row["name"]) for row in rows(run, "jar", *argv)) == sorted(names)


def test_what_is_held_for_sessions_is_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In JSON by the whole digest, in tables by its beginning; values stay hidden (R10)."""
    one, other = "3fa9c1d2" + "0" * 16, "b4" * 12
    with closing(open_store("sqlite:cookies.db", tmp_path)) as store:
        changes = [held_for(one, b"a"), held_for(other, b"a"), stored(b"a", b"topsecret", jar=JarKind.HELD)]
        store.write(changes, store.masker(ValuePolicy.HASH))
    spec = f"sqlite:{tmp_path}/cookies.db"
    assert main(["jar", "--json", "--store", spec], NOW) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(row["jar"], row["session"], row["value"]) for row in listed] == [
        ("held", None, None), ("held", one, None), ("held", other, None),
    ]  # fmt: skip
    assert main(["jar", "--store", spec], NOW) == 0
    titles = [line for line in capsys.readouterr().out.splitlines() if line.startswith(ALICE)]
    assert titles == [
        f"{ALICE}, held by the proxy",
        f"{ALICE}, held for the session 3fa9c1d2…",
        f"{ALICE}, held for the session b4b4b4b4…",
    ]


class TestClients:
    def test_the_last_seen_last(self, run: Run) -> None:
        assert [row["client"] for row in rows(run, "clients")] == [ALICE, BOB]
        assert rows(run, "clients")[1] == {
            "client": BOB, "address": "10.0.0.2", "user_agent": "curl/8.0", "profile": "curl",
            "first_seen": NOW - 10, "last_seen": NOW - 10,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("argv", "clients"),
        [(["--since", "1h"], [BOB]), (["--cookie", "sid"], [ALICE]), (["--site", "bank.example"], [])],
        ids=words,
    )
    def test_filters(self, run: Run, argv: list[str], clients: list[str]) -> None:
        assert [row["client"] for row in rows(run, "clients", *argv)] == clients


class TestEvents:
    def test_all_of_them_by_time(self, run: Run) -> None:
        listed = rows(run, "events")
        assert [row["time"] for row in listed] == sorted(float(str(row["time"])) for row in listed)
        assert len(listed) == 2 + 24 + 1 + 1 + 1 + 1 + 1 + 1

    def test_alike_sent_events_of_a_cookie_share_a_row(self, run: Run) -> None:
        _, out, _ = run("events", "--cookie", "sid")
        what = [line.partition(" sid ")[2].split()[:2] for line in out.splitlines()[1:]]
        assert what == [["changed", "set"], ["stored"], ["sent", "×13"], ["replaced"], ["sent"]]

    def test_another_cookie_between_them_does_not_part_them(self, run: Run) -> None:
        lines = [line for line in run("events")[1].splitlines() if " sent ×" in line]
        assert [line.split(" sent ")[1].split()[0] for line in lines] == ["×13", "×12"]

    def test_masks_in_before_and_after(self, run: Run) -> None:
        listed = rows(run, "events", "--event", "changed,replaced,clock-skew")
        assert [(row["before"], row["after"]) for row in listed] == [
            ("sid=***9; Path=/", "sid=***9; Path=/; Secure"),
            (None, None),
            (None, "+3600"),
        ]
        assert 'set by rule "harden": sid=***9; Path=/ → sid=***9; Path=/; Secure' in run("events")[1]

    def test_values_in_the_form_in_which_they_were_recorded(self, run: Run) -> None:
        [row] = rows(run, "events", "--event", "replaced", "--values")
        assert str(row["after"]) == "other" or str(row["after"]).startswith("#")
        assert f"{row['before']} → {row['after']}" in run("events", "--values")[1]

    def test_who_made_room_for_whom(self, run: Run) -> None:
        _, out, _ = run("events", "--event", "removed")
        assert out.splitlines()[1].endswith("removed  evicted-site: Thrown out. It made room for sid.")

    @pytest.mark.parametrize(
        ("argv", "number"),
        [
            (["--site", "bank.example"], 1),
            (["--client", BOB], 1),
            (["--since", "5m"], 5),
            (["--event", "sent", "--cookie", "lang"], 12),
            (["--limit", "3"], 3),
            (["--limit", "0"], 0),
            (["--cookie", "l?ng"], 13),
        ],
        ids=words,
    )
    def test_filters(self, run: Run, argv: list[str], number: int) -> None:
        assert len(rows(run, "events", *argv)) == number

    def test_the_limit_leaves_the_latest(self, run: Run) -> None:
        assert [row["event"] for row in rows(run, "events", "--limit", "2")] == ["ignored", "clock-skew"]

    def test_a_table_that_was_cut_says_so(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cookieproxy.cli.events.TABLE_EVENTS", 5)
        _, out, err = run("events")
        assert len(out.splitlines()) == 1 + 5
        assert "--limit" in err
        assert run("events", "--limit", "5")[2] == ""


@pytest.mark.parametrize("command", FIELDS)
def test_an_empty_listing_says_what_to_do(
    run: Run, command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = run(command, "--client", "nobody")
    assert (code, out) == (0, "")
    assert "--client" in err
    assert run(command, "--client", "nobody", "--json") == (0, "[]\n", "")
    open_store(f"sqlite:{tmp_path}/new.db", tmp_path).close()
    assert main([command, "--store", f"sqlite:{tmp_path}/new.db"], NOW) == 0
    assert "run scripts/proxy" in capsys.readouterr().err


@pytest.mark.parametrize("command", FIELDS)
@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param("sqlite:{}/none.db", "there is no such store", id="missing"),
        pytest.param("sqlite:{}/text.db", "not a SQLite file", id="not SQLite"),
        pytest.param("sqlite:{}", "folder", id="a folder"),
        pytest.param("cookies.db", "Did you mean `sqlite:cookies.db`?", id="no kind"),
        pytest.param("memory:", "memory of another process", id="memory"),
    ],
)
def test_a_store_that_cannot_be_read_is_one_line_and_exit_code_1(
    command: str, spec: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.db").write_text("no database\n" * 100)
    for how in ([], ["--json"]):
        assert main([command, "--store", spec.format(tmp_path), *how], NOW) == 1
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert said in err
