"""Saving rules.yaml takes effect within two seconds, however it is saved, and drops no connection; so does reloading the script.

The tests of the shared proxy change its rules one after the other; each begins with rules of its own.
"""

import os
import re
import shutil
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rig.clients import exchange
from rig.messages import Answer
from rig.process import ADDON, eventually
from rig.shared import CONTROL, get, shared_pair

SECONDS = 2.0
RULE = "rules: [{{name: mark, match: {{cookie: sid}}, set: {{path: /{}}}}}]\n"


@pytest.fixture(scope="module")
def pair(certificate, confdir, tmp_path_factory):
    with shared_pair(certificate, confdir, tmp_path_factory.mktemp("reload")) as pair:
        pair.origin.answers["*"] = Answer([b"Set-Cookie: sid=1"], close=True)
        yield pair


def in_force(pair):
    """What the rules in force make of the application's cookie."""
    return pair.get("http://shop.example/").all(b"set-cookie")[0]


def comes_true(pair, field, seconds=SECONDS):
    """Waits until the rules make that of it."""
    for _ in eventually(seconds + 1):  # a second for a busy machine
        if in_force(pair) == field:
            return


def in_place(path, text):
    path.write_text(text)


def by_rename(path, text):
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


def with_backup(path, text):
    """The old file is moved away, a new one is written under its name."""
    path.replace(path.with_suffix(".bak"))
    path.write_text(text)


def truncated_then_written(path, text):
    with path.open("w") as file:
        file.flush()
        os.fsync(file.fileno())
        file.write(text)


def deleted_then_made(path, text):
    path.unlink()
    path.write_text(text)


def through_a_link(path, text):
    target = path.with_suffix(".target")
    target.write_text(text)
    path.unlink()
    path.symlink_to(target)


SAVES = [in_place, by_rename, with_backup, truncated_then_written, deleted_then_made, through_a_link]


@pytest.mark.parametrize("save", SAVES)
def test_every_way_of_saving_is_noticed(pair, save):
    save(pair.proxy.rules_path, RULE.format(save.__name__))
    comes_true(pair, b"sid=1; Path=/%s" % save.__name__.encode())
    pair.proxy.wait_for_log(r"rules.yaml: 1 rule in force")


def test_a_change_behind_a_link_is_noticed(pair):
    pair.proxy.rules_path.with_suffix(".target").write_text("")
    through_a_link(pair.proxy.rules_path, RULE.format("linked"))
    comes_true(pair, b"sid=1; Path=/linked")
    pair.proxy.rules_path.resolve().write_text(RULE.format("behind"))
    comes_true(pair, b"sid=1; Path=/behind")


@pytest.mark.parametrize("empty", ["", "\n", "# nothing yet\n", "rules:\n"], ids=repr)
def test_an_emptied_file_has_no_rules(pair, empty):
    pair.proxy.write_rules(RULE.format("full"))
    comes_true(pair, b"sid=1; Path=/full")
    pair.proxy.write_rules(empty)
    comes_true(pair, b"sid=1")


def test_a_file_is_not_taken_for_whole_while_it_is_written(pair):
    """Between its truncation and its text it is empty for a moment, in which no rule may be out of force."""
    pair.proxy.write_rules(RULE.format("steady"))
    comes_true(pair, b"sid=1; Path=/steady")
    for _ in range(20):
        truncated_then_written(pair.proxy.rules_path, RULE.format("steady"))
        assert in_force(pair) == b"sid=1; Path=/steady"


def test_a_file_that_is_gone_leaves_the_last_good_rules(pair):
    path = pair.proxy.rules_path
    path.write_text(RULE.format("kept"))
    comes_true(pair, b"sid=1; Path=/kept")
    path.unlink()
    pair.proxy.wait_for_log("LEVEL WARNING .*rules.yaml:1:1: .*No such file")
    pair.proxy.wait_for_log("LEVEL WARNING The last good rules stay in force until rules.yaml is mended")
    assert in_force(pair) == b"sid=1; Path=/kept"
    path.write_text(RULE.format("back"))
    comes_true(pair, b"sid=1; Path=/back")


BROKEN = [
    pytest.param(
        "rules:\n  - match: {cookie: sid}\n    set: {secur: true}\n  - name: x\n    drp: true\n",
        [r"rules.yaml:3:11: .*secur", r"rules.yaml:5:5: .*drp"],
        id="every mistake at once",
    ),
    pytest.param("rules: [\n", [r"rules.yaml:\d+:\d+: "], id="half a file"),
    pytest.param("rules: &a []\nlists: *a\n", [r"rules.yaml:1:\d+: anchors"], id="anchors"),
    pytest.param("\t", [r"rules.yaml:1:\d+: "], id="a tab"),
]


@pytest.mark.parametrize(("text", "mistakes"), BROKEN)
def test_a_broken_file_leaves_the_last_good_rules_and_every_mistake_is_a_warning(pair, text, mistakes):
    pair.proxy.write_rules(RULE.format("good"))
    comes_true(pair, b"sid=1; Path=/good")
    before = len(pair.proxy.log())
    pair.proxy.write_rules(text)
    for _ in eventually():
        said = pair.proxy.log()[before:]
        if "The last good rules stay in force until rules.yaml is mended" in said:
            break
    assert all(re.search(f"LEVEL WARNING .*{mistake}", said) for mistake in mistakes)
    assert in_force(pair) == b"sid=1; Path=/good"
    pair.proxy.write_rules(RULE.format("fixed"))
    comes_true(pair, b"sid=1; Path=/fixed")


def test_bytes_that_are_no_text_are_a_mistake_with_a_place(pair):
    before = len(pair.proxy.log())
    pair.proxy.rules_path.write_bytes(b"rules: []\n\xff\xfe\x00")
    for _ in eventually():
        if "rules.yaml:2:1: byte 0xff is not UTF-8" in pair.proxy.log()[before:]:
            break


def test_contradictions_are_warnings_and_the_rules_are_in_force(pair):
    pair.proxy.write_rules("rules: [{match: {cookie: sid}, set: {samesite: none}}]\n")
    comes_true(pair, b"sid=1; SameSite=None")
    pair.proxy.wait_for_log(r"LEVEL WARNING .*rules.yaml:1:\d+: .*Secure")


def test_a_thousand_rules(pair):
    rules = "rules:\n" + "".join(
        f"  - {{name: r{n}, match: {{site: s{n}.example, cookie: sid}}, set: {{path: /{n}}}}}\n" for n in range(1_000)
    )
    pair.proxy.write_rules(rules + "  - {match: {cookie: sid}, set: {path: /last}}\n")
    comes_true(pair, b"sid=1; Path=/last")
    assert pair.get("http://www.s500.example/").all(b"set-cookie") == [b"sid=1; Path=/last"]
    pair.proxy.wait_for_log("rules.yaml: 1001 rules in force")


def test_a_connection_that_is_open_stays_open(pair):
    pair.proxy.write_rules(RULE.format("one"))
    comes_true(pair, b"sid=1; Path=/one")
    request = b"GET http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\n\r\n"
    with socket.create_connection(("127.0.0.1", pair.proxy.port), 10) as connection:
        assert exchange(connection, request).all(b"set-cookie") == [b"sid=1; Path=/one"]
        pair.proxy.write_rules(RULE.format("two"))
        for _ in eventually():
            if exchange(connection, request).all(b"set-cookie") == [b"sid=1; Path=/two"]:
                break


# -- every section takes effect ----------------------------------------------------------------------------------------


def flood(pair, host, agent, count=30):
    """How many of so many cookies pass."""
    pair.origin.answers[f"{host}/"] = Answer([b"Set-Cookie: c%d=1" % number for number in range(count)], close=True)
    return len(pair.get(f"http://{host}/", b"User-Agent: " + agent).all(b"set-cookie"))


def force(pair, rules):
    """Saves rules and waits until they are in force."""
    before = pair.proxy.log().count("in force.")
    pair.proxy.write_rules(rules)
    for _ in eventually():
        if pair.proxy.log().count("in force.") > before:
            return


def test_browser_enforce_and_limits_take_effect(pair):
    """What passes of a response that sets 30 cookies."""
    force(pair, "browser: none\n")
    assert flood(pair, "limits.example", b"one") == 30
    force(pair, "browser: classic\nenforce: true\n")
    assert flood(pair, "limits.example", b"two") == 20
    force(pair, "browser: classic\nenforce: true\nlimits: {per_site: 5}\n")
    assert flood(pair, "limits.example", b"three") == 5
    force(pair, "browser: classic\nenforce: false\nlimits: {per_site: 5}\n")
    assert flood(pair, "limits.example", b"four") == 30


def test_profiles_change_for_clients_that_are_known(pair):
    """A cookie without a name is refused by some browsers only."""
    pair.origin.answers["names.example/"] = Answer([b"Set-Cookie: =nameless"], close=True)
    force(pair, "browser: none\nenforce: true\n")
    assert pair.get("http://names.example/").all(b"set-cookie") == [b"=nameless"]
    force(pair, "browser: curl\nenforce: true\n")
    assert pair.get("http://names.example/").all(b"set-cookie") == []


def test_clients_take_effect(pair):
    force(pair, "clients: [header:X-Who]\nrules: [{match: {cookie: held}, hold: true}]\n")
    pair.origin.answers["held.example/"] = Answer([b"Set-Cookie: held=1; Path=/"], close=True)
    pair.origin.answers["held.example/next"] = Answer(close=True)
    pair.get("http://held.example/", b"X-Who: alice")
    pair.get("http://held.example/next", b"X-Who: bob")
    pair.get("http://held.example/next", b"X-Who: alice")
    assert pair.origin.cookies_at("/next") == [b"", b"held=1"]


def test_record_takes_effect(pair):
    pair.origin.answers["recorded.example/"] = Answer([b"Set-Cookie: a=plainvalue"], close=True)
    pair.origin.answers["secret.example/"] = Answer([b"Set-Cookie: b=1"], close=True)
    force(pair, "record: {values: keep, except: [secret.example]}\n")
    pair.get("http://recorded.example/")
    pair.get("http://secret.example/")
    for _ in eventually():
        if events := pair.proxy.cookies_json("events", "--site", "recorded.example", "--values"):
            break
    assert events[-1]["after"] == "plainvalue"
    assert pair.proxy.cookies_json("events", "--site", "secret.example") == []


# -- the script itself -------------------------------------------------------------------------------------------------


def test_a_script_that_is_saved_is_loaded_anew_with_its_package(proxy, origin, tmp_path):
    """The store's lock is given back and taken again, the jars are there, and no response on its way gets by."""
    shutil.copytree(ADDON.parent / "cookieproxy", tmp_path / "addons" / "cookieproxy")
    script = Path(shutil.copy(ADDON, tmp_path / "addons" / "cookies.py"))
    origin.answers["/login"] = Answer([b"Set-Cookie: held=1; Path=/"], close=True)
    origin.answers["/next"] = Answer(close=True)
    (tmp_path / "rules.yaml").write_text("rules: [{match: {cookie: held}, hold: true}]")
    running = proxy(addon=script, arguments=CONTROL)
    assert get(running, "http://shop.example/login").all(b"set-cookie") == []
    released = threading.Event()
    origin.answers["/slow"] = lambda request: released.wait(30) and Answer([b"Set-Cookie: held=2; Path=/"], close=True)
    on_its_way = ThreadPoolExecutor(1).submit(get, running, "http://shop.example/slow")
    for _ in eventually():
        if origin.at("/slow"):
            break
    with (tmp_path / "addons" / "cookieproxy" / "proxy" / "assemble.py").open("a") as package:
        package.write('\nimport logging\n\nlogging.getLogger(__name__).info("a package made anew")\n')
    get(running, "http://control.test/", b"X-Touch: " + str(script).encode())
    running.wait_for_log("a package made anew")
    get(running, "http://shop.example/next")
    released.set()
    assert on_its_way.result().all(b"set-cookie") == []
    get(running, "http://shop.example/next")
    assert origin.cookies_at("/next") == [b"held=1", b"held=2"]
    (tmp_path / "rules.yaml").write_text("rules: [{match: {cookie: held}, hld: true}]")
    get(running, "http://control.test/", b"X-Touch: " + str(script).encode())
    running.wait_for_log("LEVEL ERROR .*rules.yaml:1:.*hld")
    (tmp_path / "rules.yaml").write_text("rules: [{match: {cookie: held}, hold: true}]")
    running.wait_for_log("rule in force")
    get(running, "http://shop.example/next")
    assert origin.cookies_at("/next")[-1] == b"held=2"
    assert running.stop() == 0
    assert "writes into it" not in running.log()
    assert "Traceback" not in running.log()


@pytest.mark.parametrize("ui", ["mitmproxy", "mitmweb"])
def test_the_other_interfaces_run_the_script_and_reload_rules(proxy, origin, ui):
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1"], close=True)
    running = proxy(rules=RULE.format("before"), ui=ui)
    assert get(running, "http://shop.example/").all(b"set-cookie") == [b"sid=1; Path=/before"]
    running.write_rules(RULE.format("after"))
    for _ in eventually():
        if get(running, "http://shop.example/").all(b"set-cookie") == [b"sid=1; Path=/after"]:
            break
    running.stop()
    assert running.cookies_json("jar")[0]["path"] == "/after"
