"""Sub-keys, headers, sealed and packed cookies through a real mitmdump: what curl and the application see on the wire."""

from rig.messages import Answer


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
