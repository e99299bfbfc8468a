"""Sub-keys, headers, sealed and packed cookies through a real mitmdump: what curl and the application see on the wire."""

import pytest

from rig.messages import Answer
from rig.process import ProxyFailed, eventually


def test_a_header_of_the_response_is_set_and_another_removed(proxy, origin):
    origin.answers["*"] = Answer([b"Server: old", b"p3p: CP=x", b"Set-Cookie: a=1"])
    running = proxy(rules="rules: [{name: policy, header: {P3P: 'CP=\"CAO PSA OUR\"', Server: false, X-New: 1}}]")
    answer = running.curl("http://shop.example/")
    assert answer.all(b"p3p") == [b'CP="CAO PSA OUR"']
    assert answer.all(b"server") == []
    assert answer.all(b"x-new") == [b"1"]
    assert answer.all(b"set-cookie") == [b"a=1"]
    running.stop()
    events = [row for row in running.cookies_json("events") if row["rule"] == "policy"]
    assert [(row["event"], row["reason"], row["cookie"]) for row in events] == [("changed", "header", None)] * 3


def test_a_response_without_cookies_gets_its_header_too(proxy, origin):
    origin.answers["*"] = Answer([])
    running = proxy(rules="rules: [{header: {P3P: x}}]")
    assert running.curl("http://shop.example/").all(b"p3p") == [b"x"]


def test_the_application_is_told_the_scopes_of_its_cookies(proxy, origin):
    origin.answers["/set"] = Answer(
        [
            b"Set-Cookie: sid=secret; Domain=shop.example; Path=/; HttpOnly; SameSite=Lax",
            b"Set-Cookie: kept=secret; Path=/",
        ]
    )
    origin.answers["*"] = Answer([])
    running = proxy(
        rules="""
browser: rfc6265bis
rules:
  - match: {cookie: kept}
    hold: true
  - match: {direction: request}
    header: {X-Cookie-Scopes: "{cookies}"}
"""
    )
    running.curl("http://shop.example/set")
    running.curl("http://shop.example/get", "-H", "Cookie: sid=secret; other=1", "-H", "X-Cookie-Scopes: forged")
    running.curl("http://other.example/none", "-H", "X-Cookie-Scopes: forged")
    (request,) = origin.at("/get")
    assert request.all(b"x-cookie-scopes") == [
        b'"sid";domain="shop.example";path="/";httponly;samesite=lax, '
        b'"kept";domain="shop.example";host-only;path="/", "other";unknown'
    ]
    assert origin.at("/none")[0].all(b"x-cookie-scopes") == []


def test_a_subkey_on_the_way_down_and_on_the_way_up(proxy, origin):
    origin.answers["*"] = Answer([b"Set-Cookie: u=userName=patrick&lastVisit=now&x=\xff; Path=/"])
    running = proxy(
        rules="""
rules:
  - match: {cookie: u}
    subkey: {remove: lastVisit}
  - match: {cookie: u, direction: request}
    subkey: {set: {userName: guest}}
"""
    )
    answer = running.curl("http://shop.example/", "-H", "Cookie: a=1;u=userName=patrick&x=2 ; b")
    assert answer.all(b"set-cookie") == [b"u=userName=patrick&x=\xff; Path=/"]
    assert origin.cookies_at("/") == [b"a=1;u=userName=guest&x=2 ; b"]


SEAL = "rules: [{name: s, match: {cookie: sid}, seal: true}]"


def test_a_sealed_cookie_on_the_wire(proxy, origin):
    origin.answers["/set"] = Answer([b"Set-Cookie: sid=secret; Path=/; HttpOnly"])
    origin.answers["*"] = Answer([])
    running = proxy(rules=SEAL)
    (field,) = running.curl("http://shop.example/set").all(b"set-cookie")
    assert field.startswith(b"sid=sealed.")
    assert field.endswith(b"; Path=/; HttpOnly")
    sealed = field.partition(b";")[0].decode()
    for path, cookie in {
        "/good": f"a=1; {sealed}",
        "/edited": f"a=1; {sealed[:-5]}AAAAA",
        "/foreign": "a=1; sid=made-up",
        "/other": f"a=1; other={sealed[4:]}",
    }.items():
        running.curl(f"http://shop.example{path}", "-H", f"Cookie: {cookie}")
    assert origin.cookies_at("/good") == [b"a=1; sid=secret"]
    assert origin.cookies_at("/edited") == origin.cookies_at("/foreign") == origin.cookies_at("/other") == [b"a=1"]
    running.curl("http://elsewhere.example/site", "-H", f"Cookie: {sealed}")
    assert origin.cookies_at("/site") == [b""]
    running.stop()
    told = [row for row in running.cookies_json("events") if row["reason"] == "seal" and row["event"] == "changed"]
    assert [(row["cookie"], row["rule"]) for row in told] == [
        ("sid", "s"),
        ("sid", "s"),
        ("sid", "s"),
        ("other", "a former rule"),
        ("sid", "s"),
    ]


def test_the_key_file_is_made_for_its_owner_and_rotated_while_the_proxy_runs(proxy, origin):
    origin.answers["/set"] = Answer([b"Set-Cookie: sid=secret"])
    origin.answers["*"] = Answer([])
    running = proxy(rules=SEAL)
    keys = running.home / "cookies.keys"
    assert keys.stat().st_mode & 0o777 == 0o600
    first = sealed_pair(running)
    keys.write_text("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=\n" + keys.read_text())
    for _ in eventually():
        second = sealed_pair(running)
        if second[:16] != first[:16]:
            break
    running.curl("http://shop.example/old", "-H", f"Cookie: {first}")
    running.curl("http://shop.example/new", "-H", f"Cookie: {second}")
    assert origin.cookies_at("/old") == origin.cookies_at("/new") == [b"sid=secret"]
    running.stop()
    again = proxy(home=running.home)
    again.curl("http://shop.example/again", "-H", f"Cookie: {first}")
    assert origin.cookies_at("/again") == [b"sid=secret"]


def sealed_pair(running):
    (field,) = running.curl("http://shop.example/set").all(b"set-cookie")
    return field.decode()


def test_a_broken_key_file_is_a_mistake_with_its_place(proxy, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "cookies.keys").write_text("# keys\nnot a key\n")
    with pytest.raises(ProxyFailed) as failed:
        proxy(rules=SEAL, home=home)
    assert failed.value.code == 1
    assert "cookies.keys:2: this is no key" in failed.value.log
    assert "not a key" not in failed.value.log


def test_no_key_file_where_no_rule_seals(proxy):
    running = proxy(rules="rules: [{drop: true}]")
    assert not (running.home / "cookies.keys").exists()


def test_what_the_browser_had_before_the_rule_passes_as_long_as_nobody_edits_it(proxy, origin):
    origin.answers["/set"] = Answer([b"Set-Cookie: sid=secret; Path=/"])
    origin.answers["*"] = Answer([])
    running = proxy(rules="rules: []")
    running.curl("http://shop.example/set")
    running.write_rules(SEAL)
    running.wait_for_log("1 rule in force")
    running.curl("http://shop.example/same", "-H", "Cookie: sid=secret")
    running.curl("http://shop.example/edited", "-H", "Cookie: sid=Secret")
    running.curl("http://shop.example/edited", "-H", "Cookie: sid=Secret")
    assert origin.cookies_at("/same") == [b"sid=secret"]
    assert origin.cookies_at("/edited") == [b"", b""]


PACK = "browser: rfc6265bis\nrules: [{name: p, match: {cookie: 'c*'}, pack: jar}]"


def test_packed_cookies_on_the_wire(proxy, origin):
    origin.answers["/two"] = Answer(
        [b"Set-Cookie: c1=a=1&b; Path=/", b"Set-Cookie: x=1", b"Set-Cookie: c2=%\xff; Path=/"]
    )
    origin.answers["/more"] = Answer([b"Set-Cookie: c3=3; Path=/"])
    origin.answers["/less"] = Answer([b"Set-Cookie: c1=; Path=/; Max-Age=0"])
    origin.answers["*"] = Answer([])
    running = proxy(rules=PACK)
    jar = running.home / "jar.txt"

    def visit(path, *arguments):
        return running.curl(f"http://shop.example{path}", "-b", str(jar), "-c", str(jar), *arguments).all(b"set-cookie")

    assert visit("/two") == [b"x=1", b"jar=c1=a=1%26b&c2=%25%FF; Path=/"]
    assert visit("/more") == [b"jar=c1=a=1%26b&c2=%25%FF&c3=3; Path=/"]
    assert visit("/less") == [b"jar=c2=%25%FF&c3=3; Path=/"]
    assert visit("/none") == []
    assert origin.cookies_at("/more") == [b"c1=a=1&b; c2=%\xff; x=1"]
    assert origin.cookies_at("/none") == [b"c2=%\xff; c3=3; x=1"]


def test_packs_survive_a_restart_and_the_end_of_their_rule(proxy, origin):
    origin.answers["/set"] = Answer([b"Set-Cookie: c1=1; Path=/", b"Set-Cookie: c2=2; Path=/"])
    origin.answers["/more"] = Answer([b"Set-Cookie: c3=3; Path=/"])
    origin.answers["*"] = Answer([])
    running = proxy(rules=PACK)
    assert running.curl("http://shop.example/set").all(b"set-cookie") == [b"jar=c1=1&c2=2; Path=/"]
    running.stop()
    again = proxy(home=running.home)
    (field,) = again.curl("http://shop.example/more", "-H", "Cookie: jar=c1=1&c2=2").all(b"set-cookie")
    assert field == b"jar=c1=1&c2=2&c3=3; Path=/"
    again.write_rules("browser: rfc6265bis")
    again.wait_for_log("0 rules in force")
    again.curl("http://shop.example/after", "-H", "Cookie: jar=c1=1&c2=2&c3=3")
    assert origin.cookies_at("/after") == [b"c1=1; c2=2; c3=3"]


def test_what_the_browser_has_from_before_is_deleted_when_it_is_packed(proxy, origin):
    origin.answers["*"] = Answer([b"Set-Cookie: c1=new; Path=/"])
    running = proxy(rules="browser: rfc6265bis")
    running.curl("http://shop.example/")
    running.write_rules(PACK)
    running.wait_for_log("1 rule in force")
    fields = running.curl("http://shop.example/", "-H", "Cookie: c1=new").all(b"set-cookie")
    assert fields[0] == b"jar=c1=new; Path=/"
    assert fields[1].startswith(b"c1=; Path=/; Max-Age=0;")
    running.curl("http://shop.example/both", "-H", "Cookie: c1=old; jar=c1=new")
    assert origin.cookies_at("/both") == [b"c1=new"]


def test_packed_cookies_that_are_sealed(proxy, origin):
    origin.answers["/set"] = Answer([b"Set-Cookie: c1=one; Path=/", b"Set-Cookie: c2=two; Path=/"])
    origin.answers["*"] = Answer([])
    running = proxy(
        rules="browser: rfc6265bis\nrules: [{match: {cookie: 'c*'}, pack: jar}, {match: {cookie: c1}, seal: true}]"
    )
    (field,) = running.curl("http://shop.example/set").all(b"set-cookie")
    assert field.startswith(b"jar=c1=sealed.")
    pack = field.partition(b";")[0].decode()
    running.curl("http://shop.example/good", "-H", f"Cookie: {pack}")
    running.curl("http://shop.example/edited", "-H", f"Cookie: {pack.replace('sealed.', 'sealed.A')}")
    assert origin.cookies_at("/good") == [b"c1=one; c2=two"]
    assert origin.cookies_at("/edited") == [b"c2=two"]


def test_the_application_is_told_the_scope_and_the_end_of_each_member(proxy, origin):
    origin.answers["/set"] = Answer(
        [b"Set-Cookie: c1=1; Path=/; Max-Age=1000", b"Set-Cookie: c2=2; Path=/; Max-Age=100"]
    )
    origin.answers["*"] = Answer([])
    running = proxy(
        rules="browser: rfc6265bis\nrules: [{match: {cookie: 'c*'}, pack: jar}, "
        "{match: {direction: request}, header: {X-Scopes: '{cookies}'}}]"
    )
    (field,) = running.curl("http://shop.example/set").all(b"set-cookie")
    pack = field.partition(b";")[0].decode()
    running.curl("http://shop.example/get", "-H", f"Cookie: {pack}")
    (told,) = origin.at("/get")[0].all(b"x-scopes")
    first, second = told.split(b", ")
    assert first.startswith(b'"c1";domain="shop.example";host-only;path="/";expires=')
    assert int(first.rpartition(b"=")[2]) - int(second.rpartition(b"=")[2]) == 900
