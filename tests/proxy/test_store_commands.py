"""What the command line has a running proxy do, end to end: forget and import (R11, R38)."""

import json
import sqlite3
from contextlib import closing

import pytest

from rig.messages import Answer
from rig.process import eventually

SHOP = "http://shop.example/"
AS = ("-A", "tester/1")


@pytest.fixture
def shop(proxy, origin):
    origin.answers["/login"] = Answer(
        [
            b"Set-Cookie: sid=topsecret; Path=/; HttpOnly",
            b"Set-Cookie: kept=1; Path=/",
            b"Set-Cookie: lang=de; Path=/shop",
        ]
    )
    origin.answers["*"] = Answer([])
    running = proxy(rules="rules: [{name: keep it, match: {cookie: kept}, hold: true}]")
    running.curl(SHOP + "login", *AS)
    for _ in eventually():
        if len(jar(running)) >= 3:
            break
    return running


def jar(running):
    return sorted((str(row["jar"]), str(row["name"])) for row in running.cookies_json("jar"))


def deletions(answer):
    return sorted(field.partition(b"=")[0] for field in answer.all(b"set-cookie") if b"Max-Age=0" in field)


def test_forget_in_a_running_proxy(shop, origin):
    done = shop.cookies("forget", "--site", "shop.example")
    assert done.returncode == 0
    assert done.stdout.splitlines()[1].split()[-2:] == ["2", "1"]
    assert "2 cookies will be deleted" in done.stderr
    answer = shop.curl(SHOP + "shop/", *AS, "-b", "sid=topsecret; lang=de")
    assert origin.cookies_at("/shop/") == [b""], "neither forgotten nor held cookies reach the application"
    assert deletions(answer) == [b"lang", b"sid"]
    shop.curl(SHOP + "shop/", *AS)
    told = {(name, "removed", "forgotten") for name in ("sid", "kept", "lang")} | {("sid", "withheld", "forgotten")}
    for _ in eventually():
        said = {(row["cookie"], row["event"], row["reason"]) for row in shop.cookies_json("events")}
        if told <= said and jar(shop) == []:
            break
    again = shop.cookies("forget", "--site", "shop.example")
    assert (again.returncode, again.stdout) == (0, "")


def test_forget_reaches_clients_that_are_not_in_memory_and_outlives_restarts(shop, proxy):
    shop.stop()
    second = proxy(rules="rules: []", home=shop.home)
    told = second.cookies("forget", "--site", "shop.example", "--client", "* tester*")
    assert told.stdout.splitlines()[1].split()[-2:] == ["2", "1"]
    second.stop()
    third = proxy(rules="rules: []", home=shop.home)
    assert deletions(third.curl(SHOP, *AS)) == [b"lang", b"sid"]


def test_forget_without_a_proxy(shop, proxy):
    shop.stop()
    assert shop.cookies("forget", "--site", "other.example").stdout == ""
    assert shop.cookies("forget", "--site", "shop.example", "--client", "nobody").stdout == ""
    told = shop.cookies("forget", "--site", "shop.example")
    assert told.stdout.splitlines()[1].split()[-2:] == ["2", "1"]
    assert jar(shop) == []
    running = proxy(rules="rules: []", home=shop.home)
    assert deletions(running.curl(SHOP, *AS)) == [b"lang", b"sid"]


FILE = "\n".join(
    (
        "# Netscape HTTP Cookie File",
        "shop.example\tFALSE\t/\tFALSE\t0\tlogin\tyes",
        ".shop.example\tTRUE\t/\tFALSE\t4000000000\tlang\tfr",
        "",
    )
)


def test_import_into_the_held_jar_of_a_running_proxy_takes_effect_at_once(shop, origin):
    done = shop.cookies("import", "-", "--client", "* tester*", stdin=FILE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("2 cookies in the held jar")
    shop.curl("http://shop.example/now", *AS)
    assert origin.cookies_at("/now") == [b"kept=1; login=yes; lang=fr"]
    shop.curl("http://shop.example/now", "-A", "somebody-else/1")
    assert origin.cookies_at("/now")[1:] == [b""], "another client has nothing of it"
    for _ in eventually():
        events = shop.cookies_json("events", "--cookie", "login", "--event", "stored")
        if [event["reason"] for event in events] == ["imported"]:
            break


def test_imported_values_do_not_stay_among_the_commands(shop):
    assert shop.cookies("import", "-", "--client", "* tester*", stdin=FILE).returncode == 0
    with closing(sqlite3.connect(shop.store_path)) as store:
        assert store.execute("SELECT name, args, ok FROM commands").fetchall() == [("import", "null", 1)]


def test_import_without_a_proxy(shop, proxy, origin):
    shop.stop()
    assert shop.cookies("import", "-", "--client", "*", stdin=FILE).returncode == 0
    assert shop.cookies("import", "-", "--client", "*", "--jar", "mirror", stdin=FILE).returncode == 0
    assert ("held", "login") in jar(shop)
    assert ("mirror", "login") in jar(shop)
    running = proxy(rules="rules: []", home=shop.home)
    running.curl("http://shop.example/later", *AS)
    assert origin.cookies_at("/later") == [b"kept=1; login=yes; lang=fr"]


def test_what_a_proxy_does_not_know_is_answered(shop):
    from cookieproxy.record.commands import post_and_wait
    from cookieproxy.record.store import open_reader

    reader = open_reader(f"sqlite:{shop.store_path}", shop.home)
    try:
        for name, words in (("dance", {}), ("import", {"client": "nobody", "jar": "held", "cookies": []})):
            answer = post_and_wait(reader, name, words, 5)
            assert not answer.ok
            assert json.loads(answer.result)["error"]
    finally:
        reader.close()


def test_a_held_cookie_that_is_exported_logs_curl_in_without_the_proxy(shop, origin, tmp_path):
    for _ in eventually():
        if len(jar(shop)) == 3:
            break
    file = tmp_path / "cookies.txt"
    done = shop.cookies("export", "--site", "shop.example", "-o", str(file))
    assert done.returncode == 0, done.stderr
    assert "topsecret" not in done.stdout + done.stderr
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    route = ("--connect-to", f"::127.0.0.1:{origin.http_port}", "--noproxy", "*", "-b", str(file))
    from rig import clients
    from rig.process import environment

    clients.curl(tmp_path, environment(), *route, "http://shop.example/shop/direct")
    assert sorted(origin.cookies_at("/shop/direct")[0].split(b"; ")) == [b"kept=1", b"lang=de", b"sid=topsecret"]
