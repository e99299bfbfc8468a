"""`export`, `import` and `forget` on a store that no proxy writes into: choices, remarks, files, refusals (R10, R11, R38)."""

import io
import json
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cookieproxy.cli.grammar_transfer import ONLY_WRITTEN, READ
from cookieproxy.cli.main import main
from cookieproxy.core.cookie import Cookie, SameSite
from cookieproxy.core.events import ClientSeen, JarChange, JarKind
from cookieproxy.formats import FORMATS
from cookieproxy.record.store import open_reader, open_store
from cookieproxy.record.values import ValuePolicy

NOW = 1_800_000_000.0
ALICE, BOB = "10.0.0.1 Chrome/156 3fa9c1", "10.0.0.2 curl/8 77b0aa"
HEAD = "# Netscape HTTP Cookie File\n"

type Run = Callable[..., tuple[int, str, str]]


def stored(client: str, name: bytes, value: bytes, jar: JarKind = JarKind.MIRROR, **fields: object) -> JarChange:
    given = {
        "domain": "shop.example",
        "path": b"/",
        "creation_time": NOW - 60,
        "last_access_time": NOW - 30,
        "sequence": 1,
    }
    cookie = Cookie(name, value, **(given | fields))
    return JarChange(NOW - 60, client, jar, None, cookie.domain, cookie.key, cookie)


@pytest.fixture
def spec(tmp_path: Path) -> str:
    store = open_store("sqlite:cookies.db", tmp_path)
    seen = [
        ClientSeen(NOW - 7000, ALICE, "10.0.0.1", "Mozilla/5.0 Chrome/156", "chrome"),
        ClientSeen(NOW - 10, BOB, "10.0.0.2", "curl/8.0", "curl"),
        stored(ALICE, b"sid", b"topsecret", http_only=True, same_site=SameSite.LAX),
        stored(ALICE, b"sid", b"heldsecret", JarKind.HELD),
        stored(ALICE, b"old", b"x", expiry_time=NOW - 1),
        stored(ALICE, b"__Host-sid", b"y", made_from=b"SID", secure_only=True),
        stored(ALICE, b"tab", b"a\tb", domain="other.example"),
        stored(BOB, b"\x1b]0;own", b"z", domain="bob.example"),
    ]
    store.write(seen, store.masker(ValuePolicy.HASH))
    store.close()
    return f"sqlite:{tmp_path}/cookies.db"


@pytest.fixture
def run(spec: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the store: exit code, standard output, standard error."""

    def start(*argv: str, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main([*argv, "--store", spec], NOW)
        return code, *capfd.readouterr()

    return start


def listed(run: Run, *argv: str) -> list[tuple[str, str, str]]:
    code, out, _ = run("jar", "--json", "--values", *argv)
    assert code == 0
    return sorted((row["jar"], row["name"], row["value"]) for row in json.loads(out))


def test_the_help_names_the_formats_there_are() -> None:
    assert sorted((*READ, *ONLY_WRITTEN)) == sorted(FORMATS)
    assert {name for name in FORMATS if FORMATS[name].is_read} == set(READ)


# -- export ----------------------------------------------------------------------------------------------------------------

EXPORTS = [
    pytest.param([], ["shop.example\tFALSE\t/\tFALSE\t0\tsid\theldsecret"], id="the held one wins"),
    pytest.param(["--jar", "mirror"], ["#HttpOnly_shop.example\tFALSE\t/\tFALSE\t0\tsid\ttopsecret"], id="mirror"),
    pytest.param(["--jar", "held"], ["shop.example\tFALSE\t/\tFALSE\t0\tsid\theldsecret"], id="held"),
]


@pytest.mark.parametrize(("argv", "lines"), EXPORTS)
def test_what_is_exported(run: Run, argv: list[str], lines: list[str]) -> None:
    code, out, err = run("export", "--client", "10.0.0.1 *", "--site", "shop.example", "--cookie", "s*", *argv)
    assert code == 0
    assert [line for line in out.splitlines() if "\t" in line] == lines
    assert f"1 cookie of {ALICE} with their values" in err
    assert "secret" not in err


def test_what_a_format_cannot_say_is_a_line_each(run: Run) -> None:
    _, out, err = run("export", "--client", ALICE, "--jar", "mirror")
    assert "a\tb" not in out
    assert "\told\t" not in out
    lines = err.splitlines()
    assert [line for line in lines if line.startswith("tab (other.example): value: ") and "left out" in line]
    assert [line for line in lines if line.startswith("sid (shop.example): same_site: ")]
    assert [
        line for line in lines if line.startswith("__Host-sid (shop.example): a rule made its name") and "SID" in line
    ]


def test_clients_are_not_mixed(run: Run) -> None:
    code, out, err = run("export")
    assert (code, out) == (1, "")
    assert ALICE in err
    assert BOB in err
    assert run("export", "--site", "bob.example")[0] == 0


@pytest.mark.parametrize(
    "argv",
    [["--client", "nobody"], ["--site", "nowhere.example"], ["--cookie", "old", "--client", ALICE]],
    ids=["client", "site", "expired"],
)
def test_nothing_to_export_makes_no_file(run: Run, tmp_path: Path, argv: list[str]) -> None:
    code, out, err = run("export", *argv, "-o", str(tmp_path / "file"))
    assert (code, out) == (1, "")
    assert err.startswith("No cookies fit")
    assert not (tmp_path / "file").exists()


def test_wire_text_on_standard_error_is_harmless(run: Run) -> None:
    _, _, err = run("export", "--client", BOB, "--format", "storagestate")
    assert "\x1b" not in err


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("c.txt", "# Netscape"),
        ("c.jsonl", "{"),
        ("c.csv", "client"),
        ("c.har", "{"),
        ("c.lwp", "#LWP"),
        ("c.odd", "# Nets"),
    ],
)
def test_the_ending_chooses_the_format(run: Run, tmp_path: Path, name: str, begins: str) -> None:
    file = tmp_path / name
    assert run("export", "--client", ALICE, "-o", str(file))[0] == 0
    wanted = FORMATS["csv"].write([], NOW).data.decode()[:3] if name == "c.csv" else begins
    assert file.read_text().startswith(wanted)


def test_a_file_is_private_whatever_the_umask_and_whatever_was_there(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "cookies.txt"
    file.write_text("older and longer" * 1000)
    file.chmod(0o666)
    before = os.umask(0)
    try:
        run("export", "--client", ALICE, "-o", str(file))
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text().startswith("# Netscape")
    assert sorted(path.name for path in tmp_path.iterdir() if "cookies-" in path.name) == []


def odd_places(tmp_path: Path) -> dict[str, Path]:
    target = tmp_path / "target"
    target.write_text("untouched")
    (tmp_path / "link").symlink_to(target)
    os.mkfifo(tmp_path / "pipe")
    return {
        "link": tmp_path / "link",
        "pipe": tmp_path / "pipe",
        "folder": tmp_path,
        "device": Path("/dev/null"),
        "no folder": tmp_path / "missing" / "file",
        "nul": tmp_path / "a\0b",
    }


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "device", "no folder", "nul"])
def test_odd_places_are_refused_and_left_alone(run: Run, tmp_path: Path, kind: str) -> None:
    places = odd_places(tmp_path)
    code, _, err = run("export", "--client", ALICE, "-o", str(places[kind]))
    assert code == 1
    assert err.splitlines()[-1].endswith("Nothing was written.")
    assert (tmp_path / "target").read_text() == "untouched"
    assert (tmp_path / "link").is_symlink()
    assert not Path("/dev/null").is_file()


# -- import ----------------------------------------------------------------------------------------------------------------


def test_every_format_comes_back(run: Run) -> None:
    for name in READ:
        _, out, _ = run("export", "--client", ALICE, "--site", "shop.example", "--cookie", "sid", "--format", name)
        code, said, err = run("import", "-", "--client", BOB, "--site", "shop.example", stdin=out.encode())
        assert (code, said[:8]) == (0, "1 cookie"), (name, err)
        assert ("held", "sid", "heldsecret") in listed(run, "--client", BOB), name


def test_import_tells_what_it_leaves_out(run: Run) -> None:
    lines = (
        "localhost\tTRUE\t/\tFALSE\t0\tkept\t1",
        "a.example\tFALSE\t/\tFALSE\t1000\told\t2",
        ".co.uk\tTRUE\t/\tFALSE\t0\twide\t3",
        "a.example\tFALSE\t/x\tTRUE\t0\t__Host-x\t4",
        "b.example\tFALSE\t/\tFALSE\t0\telsewhere\t5",
    )
    code, out, err = run("import", "-", "--client", ALICE, stdin=(HEAD + "\n".join(lines)).encode())
    assert code == 0
    assert out == f"2 cookies in the held jar: the proxy adds them to the client's requests, for {ALICE}\n"
    assert "old (a.example): it has expired (left out)" in err
    assert "wide (co.uk): Its Domain is a public suffix" in err
    assert "__Host-x (a.example): Its name promises no Domain and Path=/" in err
    assert {name for _, name, _ in listed(run, "--jar", "held")} >= {"kept", "elsewhere"}


def test_import_narrowed_to_a_site(run: Run) -> None:
    lines = "a.example\tFALSE\t/\tFALSE\t0\tx\t1\nb.example\tFALSE\t/\tFALSE\t0\ty\t2\n"
    code, out, err = run("import", "-", "--client", ALICE, "--site", "a.example", stdin=(HEAD + lines).encode())
    assert (code, out[:8]) == (0, "1 cookie")
    assert err == "1 cookie of other sites left out.\n"


def test_what_is_there_is_replaced_and_the_mirror_can_be_told_too(run: Run) -> None:
    line = (HEAD + "shop.example\tFALSE\t/\tFALSE\t0\tsid\tnew\n").encode()
    assert "1 of them in the place of another in the held jar" in run("import", "-", "--client", ALICE, stdin=line)[1]
    run("import", "-", "--client", ALICE, "--jar", "mirror", stdin=line)
    assert [row for row in listed(run, "--client", ALICE) if row[1] == "sid"] == [
        ("held", "sid", "new"),
        ("mirror", "sid", "new"),
    ]


BROKEN = [
    pytest.param(
        HEAD + "a.example\tFALSE\t/\tFALSE\t0\tok\t1\na.example FALSE / FALSE 0 x 1\n", "line 3", id="netscape"
    ),
    pytest.param('{"cookies": [{"name": "a"}], "origins": []}', "$.cookies[0].value", id="storagestate"),
    pytest.param('{"cookies": [', "line 1", id="json"),
    pytest.param("", "the file is empty", id="empty"),
    pytest.param("\xff\xfea\0", "UTF-16", id="utf-16"),
    pytest.param("Cookie: a=1", "give the site or a URL", id="header without a site"),
    pytest.param(HEAD, "There is no cookie in", id="no cookies"),
    pytest.param(HEAD + "com\tTRUE\t/\tFALSE\t0\tx\t1\n", "Nothing was imported", id="nothing that a jar would have"),
]


@pytest.mark.parametrize(("content", "place"), BROKEN)
def test_a_broken_file_is_named_with_its_place_and_nothing_is_imported(run: Run, content: str, place: str) -> None:
    before = listed(run)
    code, out, err = run("import", "-", "--client", ALICE, stdin=content.encode("latin-1"))
    assert (code, out) == (1, "")
    assert place in err
    assert listed(run) == before


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        pytest.param(["missing.txt", "--client", ALICE], "missing.txt: No such file", id="no file"),
        pytest.param(["a\0b", "--client", ALICE], "embedded null", id="a nul"),
        pytest.param(["-", "--client", "nobody"], "No client fits", id="no client"),
        pytest.param(["-", "--client", "*"], "2 clients fit", id="several clients"),
    ],
)
def test_import_says_what_it_needs(run: Run, argv: list[str], said: str) -> None:
    code, out, err = run("import", *argv, stdin=(HEAD + "a.example\tFALSE\t/\tFALSE\t0\tx\t1\n").encode())
    assert (code, out) == (1, "")
    assert said in err


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["forget", "--site", "a.example"], ["export"]):
        assert main([*argv, "--store", f"sqlite:{tmp_path}/none.db"], NOW) == 1
        assert "there is no such store yet" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# -- forget ----------------------------------------------------------------------------------------------------------------


def test_forget_without_a_proxy_waits_in_the_store(run: Run, spec: str) -> None:
    code, out, err = run("forget", "--site", "shop.example")
    assert code == 0
    assert out.splitlines()[1].split() == [*ALICE.split(), "2", "1"]
    assert err == "2 cookies will be deleted in the browser by the next responses of their hosts.\n"
    assert [row[1] for row in listed(run, "--client", ALICE)] == ["tab"]
    events = json.loads(run("events", "--json")[1])
    assert sorted((each["cookie"], each["reason"]) for each in events) == [
        ("__Host-sid", "forgotten"),
        ("sid", "forgotten"),
        ("sid", "forgotten"),
    ]
    reader = open_reader(spec, Path("/"))
    kinds = sorted((kind, cookie.name) for kind, _, cookie in reader.load_jars(ALICE))
    reader.close()
    assert kinds == [
        (JarKind.FORGOTTEN, b"__Host-sid"),
        (JarKind.FORGOTTEN, b"sid"),
        (JarKind.MIRROR, b"old"),
        (JarKind.MIRROR, b"tab"),
    ]
    assert run("forget", "--site", "shop.example")[1] == ""


def test_forget_reaches_what_is_held_for_sessions(run: Run, spec: str) -> None:
    """Of that site only, and exports leave it out before: they do not mix sessions."""
    sessions = [
        stored(BOB, b"login", b"heldsecret", JarKind.HELD)._replace(session="3f" * 12),
        stored(BOB, b"cart", b"heldsecret", JarKind.HELD)._replace(session="b4" * 12),
        stored(BOB, b"stays", b"x", JarKind.HELD, domain="other.example")._replace(session="b4" * 12),
    ]
    with closing(open_store(spec, Path("/"))) as store:
        store.write(sessions, store.masker(ValuePolicy.HASH))
    assert "login" not in run("export", "--client", BOB)[1]
    code, out, _ = run("forget", "--site", "shop.example", "--client", BOB)
    assert (code, out.splitlines()[1].split()) == (0, [*BOB.split(), "0", "2"])
    assert listed(run, "--client", BOB, "--jar", "held") == [("held", "stays", "x")]
    events = json.loads(run("events", "--json", "--client", BOB)[1])
    assert [(each["cookie"], each["site"], each["reason"]) for each in events] == [
        ("login", "shop.example", "forgotten"),
        ("cart", "shop.example", "forgotten"),
    ]


def test_the_listings_do_not_show_what_was_forgotten(run: Run) -> None:
    run("forget", "--site", "bob.example")
    assert run("jar", "--client", BOB, "--json")[1] == "[]\n"
    assert run("export", "--client", BOB)[0] == 1
