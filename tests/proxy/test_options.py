"""mitmproxy's options of ours: right values followed, wrong ones refused with place and remedy, at the start and while it runs."""

import pytest

from cookieproxy.proxy.options import BASE, OPTIONS, path_of, store_objection
from rig.messages import Answer
from rig.process import ProxyFailed, eventually
from rig.shared import get, set_option, shared_pair

MARK = "rules: [{match: {cookie: sid}, set: {path: /%s}}]\n"


@pytest.fixture(scope="module")
def pair(certificate, confdir, tmp_path_factory):
    with shared_pair(certificate, confdir, tmp_path_factory.mktemp("options"), MARK % "first") as pair:
        pair.origin.answers["*"] = Answer([b"Set-Cookie: sid=1"], close=True)
        yield pair


def in_force(pair):
    return pair.get("http://shop.example/").all(b"set-cookie")


# -- at the start ------------------------------------------------------------------------------------------------------

WRONG = [
    pytest.param({"cookies_rules": "{tmp}"}, [r"Is a directory"], id="rules in a folder"),
    pytest.param({"cookies_rules": "{tmp}/none.yaml"}, [r"none.yaml", "No such file"], id="no rules file"),
    pytest.param(
        {"cookies_rules": "{tmp}/binary"}, ["binary:1:2: byte 0xff is not UTF-8"], id="rules that are no text"
    ),
    pytest.param({"cookies_rules": "{tmp}/broken"}, ["broken:1:1: ", "broken:2:10: "], id="rules with two mistakes"),
    pytest.param(
        {"cookies_store": "mysql://db"}, ['cookies_store: "mysql" is no store', "sqlite:PATH"], id="no such store"
    ),
    pytest.param(
        {"cookies_store": "cookies.db"}, ['cookies_store: "cookies.db" is no store'], id="a store without its kind"
    ),
    pytest.param({"cookies_store": ""}, ["is no store"], id="no store at all"),
    pytest.param({"cookies_fast": "maybe"}, ["cookies_fast"], id="neither true nor false"),
    pytest.param({"stickycookie": ".*"}, ["stickycookie keeps cookies of its own"], id="together with stickycookie"),
]


@pytest.mark.parametrize(("options", "messages"), WRONG)
def test_wrong_values_end_the_start_with_a_message(mitmdump, tmp_path, options, messages):
    (tmp_path / "binary").write_bytes(b"a\xff\x00")
    (tmp_path / "broken").write_text("rule: []\nbrowser: netscape\n")
    done = mitmdump(options={name: value.format(tmp=tmp_path) for name, value in options.items()})
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert all(message in said for message in messages), said
    assert "Traceback" not in said


# -- while it runs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        pytest.param("cookies_rules={home}", "Is a directory", id="rules in a folder"),
        pytest.param("cookies_rules={home}/none.yaml", "No such file", id="no rules file"),
        pytest.param("cookies_rules={home}/cookies.db", "cookies.db:1:", id="rules that are no text"),
        pytest.param("cookies_store=mysql://db", "is no store", id="no such store"),
        pytest.param("cookies_store=sqlite:{home}/none/x.db", "mkdir -p", id="no folder for the store"),
        pytest.param("cookies_store=sqlite:{home}", "it is a folder", id="a store that is a folder"),
        pytest.param("cookies_fast=maybe", "cookies_fast: boolean must be", id="neither true nor false"),
        pytest.param("stickycookie=.*", "stickycookie keeps cookies of its own", id="together with stickycookie"),
    ],
)
def test_wrong_values_are_refused_and_the_old_ones_stay(pair, setting, message):
    answer = set_option(pair.proxy, setting.format(home=pair.proxy.home))
    assert answer.status == 409
    assert message in answer.body.decode()
    assert in_force(pair) == [b"sid=1; Path=/first"]


def test_the_store_is_the_old_one_after_a_wrong_one(pair):
    """Nothing of what was seen meanwhile is missing."""
    before = len(pair.proxy.cookies_json("events"))
    set_option(pair.proxy, f"cookies_store=sqlite:{pair.proxy.home}/none/x.db")
    in_force(pair)
    for _ in eventually():
        if len(pair.proxy.cookies_json("events")) > before:
            return


def test_another_rules_file_is_followed(pair):
    other = pair.proxy.home / "other.yaml"
    other.write_text(MARK % "other")
    assert set_option(pair.proxy, f"cookies_rules={other}").status == 200
    assert in_force(pair) == [b"sid=1; Path=/other"]
    other.write_text(MARK % "edited")
    for _ in eventually():
        if in_force(pair) == [b"sid=1; Path=/edited"]:
            break
    assert set_option(pair.proxy, f"cookies_rules={pair.proxy.rules_path}").status == 200
    assert in_force(pair) == [b"sid=1; Path=/first"]


def test_another_store_gets_the_jars_and_what_comes(pair):
    in_force(pair)
    other = f"sqlite:{pair.proxy.home / 'other.db'}"
    assert set_option(pair.proxy, f"cookies_store={other}").status == 200
    for _ in eventually():
        if pair.proxy.cookies_json("jar", "--store", other, "--site", "shop.example"):
            break
    assert set_option(pair.proxy, f"cookies_store=sqlite:{pair.proxy.store_path}").status == 200


def test_the_fast_dispatch_is_switched_while_it_runs(pair):
    for value in ("false", "true"):
        assert set_option(pair.proxy, f"cookies_fast={value}").status == 200
        assert in_force(pair) == [b"sid=1; Path=/first"]


def test_a_proxy_that_everybody_can_reach_is_warned_of_once(proxy):
    running = proxy(options={"listen_host": ""})
    running.wait_for_log("The proxy listens on all interfaces; --listen-host 127.0.0.1 keeps it to this machine.")
    assert running.log().count("listens on all interfaces") == 1


def test_no_warning_on_loopback(pair):
    assert "listens on all interfaces" not in pair.proxy.log()


def test_a_store_in_memory_leaves_no_file(proxy, origin):
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1"])
    running = proxy(options={"cookies_store": "memory:"})
    assert get(running, "http://shop.example/").status == 200
    running.stop()
    assert list(running.home.glob("*.db*")) == []


# -- their names and values --------------------------------------------------------------------------------------------


def test_every_option_has_a_help_text_that_is_a_sentence():
    for option in OPTIONS:
        assert option.name.startswith("cookies_")
        assert option.help.endswith(".")
        assert len(option.help) > 40


@pytest.mark.parametrize(
    ("option", "path"),
    [
        ("rules.yaml", BASE / "rules.yaml"),
        ("a/b.yaml", BASE / "a" / "b.yaml"),
        ("/etc/rules.yaml", "/etc/rules.yaml"),
        ("~nobody-of-that-name/x", BASE / "~nobody-of-that-name" / "x"),
    ],
)
def test_paths_start_beside_the_addons(option, path):
    assert str(path_of(option)) == str(path)


def test_the_users_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert str(path_of("~/rules.yaml")) == "/home/somebody/rules.yaml"


@pytest.mark.parametrize("spec", ["sqlite:a.db", "sqlite:/a.db", "memory:", "postgresql://user:password@host/db"])
def test_names_of_stores(spec):
    assert store_objection(spec) is None


@pytest.mark.parametrize(
    "spec", ["", "sqlite", "mysql://user:password@host/db", "postgresql:user:password@host", "sqlite:a\0b", "SQLITE:a"]
)
def test_what_is_no_stores_name(spec):
    objection = store_objection(spec)
    assert "is no store" in objection
    assert "password" not in objection


def test_an_option_with_a_typo_ends_the_start_and_says_what_was_meant(proxy) -> None:
    with pytest.raises(ProxyFailed) as failure:
        proxy(options={"cookies_stoer": "memory:"})
    assert failure.value.code == 1
    assert "--set cookies_stoer: there is no such option, did you mean cookies_store?" in failure.value.log
    assert "Traceback" not in failure.value.log
