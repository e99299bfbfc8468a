"""Real exchanges through a real mitmdump: what curl and the application see on the wire."""

from rig.messages import Answer

HOLD = """
browser: rfc6265bis
rules:
  - name: keep it
    match: {cookie: "*"}
    hold: true
"""


def test_untouched_fields_keep_their_bytes_in_both_directions(proxy, origin):
    fields = [
        b'prefs={"a":1,"b":2}; Path=/; HttpOnly',
        b'quoted="x y" ;  secure ;PATH=/a,b;;',
        b"odd=\xe9\xff; Expires=Wed, 21-Oct-2035 07:28:00 GMT; max-age=60",
        b"=nameless",
        b"bare",
    ]
    origin.answers["*"] = Answer([b"Set-Cookie: " + field for field in fields])
    running = proxy()
    answer = running.curl("http://shop.example/", "-H", 'Cookie: a=1;b=2;  c="3" ; bare; =x; j={"k":1}')
    assert answer.all(b"set-cookie") == fields
    assert origin.cookies_at("/") == [b'a=1;b=2;  c="3" ; bare; =x; j={"k":1}']


def test_held_cookies_go_upstream_and_never_to_the_browser(proxy, origin):
    origin.answers["*"] = Answer(
        [b"Set-Cookie: sid=1; Path=/", b"Set-Cookie: deep=2; Path=/a", b"Set-Cookie: nameless"]
    )
    running = proxy(rules=HOLD)
    assert running.curl("http://shop.example/a/b").all(b"set-cookie") == []
    running.curl("http://shop.example/a/c")
    assert origin.cookies_at("/a/c") == [b"deep=2; nameless; sid=1"]
    running.curl("http://other.example/a/d")
    assert origin.cookies_at("/a/d") == [b""]


def test_jar_survives_a_restart(proxy, origin):
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1; Path=/"])
    running = proxy(rules=HOLD)
    running.curl("http://shop.example/set")
    assert running.stop() == 0
    again = proxy(home=running.home)
    origin.answers["*"] = Answer([])
    again.curl("http://shop.example/get")
    assert origin.cookies_at("/get") == [b"sid=1"]


def test_enforced_limits_delete_the_evicted(proxy, origin):
    origin.answers["*"] = Answer([b"Set-Cookie: c%d=x" % number for number in range(25)])
    running = proxy(rules="browser: classic\nenforce: true")
    jar = running.home / "jar.txt"
    running.curl("http://shop.example/", "-c", str(jar), "-b", str(jar))
    kept = [line for line in jar.read_text().splitlines() if line.count("\t") == 6]
    assert len(kept) == 20
