"""A small application that lives on JavaScript, and what a page of it does, step by step, with what must come of it.

Its start page opens a session; everything else answers 403 without that session's cookie, and what changes something wants the
token from the other cookie in a header. Knows nothing of proxies. Each step begins on a fresh start page with a new session.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import parse_qs

from rig.messages import Answer, Received
from rig.origin import Origin

SESSION, TOKEN = "app", "csrf"
HTML, JSON, SCRIPT, EVENTS = (
    b"Content-Type: " + kind
    for kind in (b"text/html; charset=utf-8", b"application/json", b"text/javascript", b"text/event-stream")
)
NO_STORE = b"Cache-Control: no-store"
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"/>'
START = b"""<!doctype html><title>Start</title><link rel=icon href="data:,">
<form id=form method=post action=/form><input name=x value=1></form>
<form id=get action=/form><input name=x value=2></form>
<div id=box></div><p id=landed>start</p>
<script>
const cookie = name => document.cookie.split('; ').find(pair => pair.startsWith(name + '='))?.split('=')[1];
const settled = target => new Promise((done, failed) => { target.onload = () => done(target); target.onerror = failed; });
const append = (name, more) => document.body.appendChild(Object.assign(document.createElement(name), more));
</script>"""


class Way(StrEnum):
    """How a step ends."""

    RETURNS = "returns"
    """Its script returns what is expected."""
    NAVIGATES = "navigates"
    """The page goes somewhere else, whose `#landed` has the expected text."""
    OPENS = "opens"
    """A window opens, whose `#landed` has the expected text."""


class Step(NamedTuple):
    """Something a page does: the body of an async function, and what must come of it."""

    name: str
    script: str
    expected: object
    way: Way = Way.RETURNS


STEPS = (
    Step("read document.cookie", "return document.cookie === 'csrf=' + cookie('csrf') && cookie('csrf').length", 16),
    Step(
        "write document.cookie",
        "document.cookie = 'theme=dark; path=/'; return [cookie('theme'), (await (await fetch('/cookies')).json()).theme]",
        ["dark", "dark"],
    ),
    Step(
        "change document.cookie",
        "document.cookie = 'theme=dark; path=/'; document.cookie = 'theme=light; path=/';"
        "return [cookie('theme'), (await (await fetch('/cookies')).json()).theme]",
        ["light", "light"],
    ),
    Step(
        "delete in document.cookie",
        "document.cookie = 'theme=dark; path=/'; document.cookie = 'theme=; path=/; max-age=0';"
        "return [cookie('theme') ?? null, (await (await fetch('/cookies')).json()).theme ?? null, document.cookie.length]",
        [None, None, 21],
    ),
    Step(
        "HttpOnly stays hidden",
        "document.cookie = 'app=mine; path=/'; return [cookie('app') ?? null, (await fetch('/api')).status]",
        [None, 200],
    ),
    Step("fetch", "return (await fetch('/api')).json()", "get"),
    Step("fetch, relative", "return (await fetch('api?x=1')).json()", "get"),
    Step("fetch, absolute", "return (await fetch(location.origin + '/api')).json()", "get"),
    Step("fetch, a URL", "return (await fetch(new URL('/api', location.href))).json()", "get"),
    Step("fetch, a Request", "return (await fetch(new Request('/api'))).json()", "get"),
    Step(
        "fetch with the token",
        "return (await fetch('/api', {method: 'POST', headers: {'X-Token': cookie('csrf')}, body: 'x=1'})).json()",
        "x=1",
    ),
    Step("fetch without the token", "return (await fetch('/api', {method: 'POST', body: 'x=1'})).status", 419),
    Step("fetch, redirected", "return (await fetch('/redirect')).json()", "get"),
    Step(
        "XMLHttpRequest",
        "const request = new XMLHttpRequest(); request.open('POST', '/api');"
        "request.setRequestHeader('X-Token', cookie('csrf')); const over = settled(request); request.send('y=2');"
        "return JSON.parse((await over).responseText)",
        "y=2",
    ),
    Step(
        "WebSocket",
        "const socket = new WebSocket(location.origin.replace('http', 'ws') + '/socket');"
        "socket.onopen = () => socket.send('hello');"
        "return new Promise((done, failed) => { socket.onmessage = said => done(said.data); socket.onerror = failed; })",
        "hello",
    ),
    Step(
        "EventSource",
        "const source = new EventSource('/events');"
        "return new Promise((done, failed) => { source.onerror = failed;"
        "source.onmessage = said => { source.close(); done(said.data); }; })",
        "tick",
    ),
    Step(
        "sendBeacon",
        "navigator.sendBeacon('/beacon', 'leaving');"
        "for (let tries = 0; tries < 100; tries++) {"
        "  const heard = await (await fetch('/beacons')).json(); if (heard.length) return heard; } return []",
        ["leaving"],
    ),
    Step("picture", "return (await settled(append('img', {src: '/picture.svg'}))).naturalWidth", 4),
    Step("script", "await settled(append('script', {src: '/script.js'})); return window.answer", 42),
    Step(
        "module",
        "return await new Promise(done => { window.done = done; append('script', {type: 'module',"
        " textContent: \"import answer from '/module.js'; window.done(answer)\"}) })",
        42,
    ),
    Step(
        "frame",
        "return (await settled(append('iframe', {src: '/land?frame'}))).contentDocument.querySelector('p').textContent",
        "get frame",
    ),
    Step(
        "links by innerHTML",
        "box.innerHTML = '<a href=\"/land?inner\">x</a>'; box.firstChild.click()",
        "get inner",
        Way.NAVIGATES,
    ),
    Step(
        "form by innerHTML",
        "box.innerHTML = '<form method=post action=/form><input name=x value=3><button>b</button></form>';"
        "box.querySelector('button').click()",
        "post 3",
        Way.NAVIGATES,
    ),
    Step("location.href", "location.href = '/land?href'", "get href", Way.NAVIGATES),
    Step("location.assign", "location.assign('land?assign')", "get assign", Way.NAVIGATES),
    Step("location.replace", "location.replace(location.origin + '/land?replace')", "get replace", Way.NAVIGATES),
    Step("form.submit, post", "form.submit()", "post 1", Way.NAVIGATES),
    Step("form.submit, get", "document.getElementById('get').submit()", "get x=2", Way.NAVIGATES),
    Step("form.requestSubmit", "form.requestSubmit()", "post 1", Way.NAVIGATES),
    Step(
        "pushState, then reload", "history.pushState({}, '', '/deep/page?a'); location.reload()", "deep", Way.NAVIGATES
    ),
    Step(
        "replaceState, then reload",
        "history.replaceState({}, '', 'deep/page'); location.reload()",
        "deep",
        Way.NAVIGATES,
    ),
    Step(
        "pushState, then relative fetch",
        "history.pushState({}, '', '/deep/page'); return (await fetch('../api')).json()",
        "get",
    ),
    Step("window.open", "window.open('/land?window')", "get window", Way.OPENS),
    Step("location.reload", "await fetch('/flag'); location.reload()", "flagged", Way.NAVIGATES),
)


def cookies_of(request: Received) -> dict[str, str]:
    """The cookies that came."""
    pairs = b"; ".join(request.all(b"cookie")).decode("latin-1").split("; ")
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs) if name}


def landing(text: str) -> Answer:
    return Answer([HTML, NO_STORE], f"<!doctype html><title>There</title><p id=landed>{text}</p>".encode())


def as_json(value: object, status: int = 200) -> Answer:
    return Answer([JSON, NO_STORE], json.dumps(value).encode(), status)


def _closed(answer: Answer) -> Answer:
    """Ends its connection: the rig re-addresses hosts, so that mitmproxy uses none again and waits for one after five."""
    answer.close = answer.status != 101
    return answer


@dataclass
class Session:
    """What the application knows of one session."""

    token: str
    beacons: list[str] = field(default_factory=list)
    is_flagged: bool = False


class Application:
    """The application, once it is put into an origin under a host."""

    def __init__(self, origin: Origin, host: str) -> None:
        self._sessions: dict[str, Session] = {}
        origin.answers[host + "/"] = lambda request: _closed(self.start(request))
        places: dict[str, Callable[[Received, Session], Answer]] = {
            "/api": self.api,
            "/cookies": lambda request, session: as_json(cookies_of(request)),
            "/redirect": lambda request, session: Answer([b"Location: /api", NO_STORE], status=302),
            "/socket": lambda request, session: Answer(status=101),
            "/events": lambda request, session: Answer([EVENTS, NO_STORE], b"data: tick\n\n"),
            "/beacon": self.beacon,
            "/beacons": lambda request, session: as_json(session.beacons),
            "/picture.svg": lambda request, session: Answer([b"Content-Type: image/svg+xml", NO_STORE], PICTURE),
            "/script.js": lambda request, session: Answer([SCRIPT, NO_STORE], b"window.answer = 42"),
            "/module.js": lambda request, session: Answer([SCRIPT, NO_STORE], b"export default 42"),
            "/land": lambda request, session: landing("get " + request.target.partition("?")[2]),
            "/form": self.form,
            "/deep/page": lambda request, session: landing("deep"),
            "/flag": self.flag,
        }
        for path, place in places.items():
            origin.answers[host + path] = self._guarded(place)

    def start(self, request: Received) -> Answer:
        """The start page, with a new session unless the client has one."""
        session = self._session_of(request)
        if session is None:
            key, token = secrets.token_hex(8), secrets.token_hex(8)
            self._sessions[key] = Session(token)
            cookies = [f"{SESSION}={key}; Path=/; HttpOnly", f"{TOKEN}={token}; Path=/; SameSite=Lax"]
            return Answer([HTML, NO_STORE, *(b"Set-Cookie: " + one.encode() for one in cookies)], START)
        return landing("flagged") if session.is_flagged else Answer([HTML, NO_STORE], START)

    def api(self, request: Received, session: Session) -> Answer:
        """Says what was posted, if the token came with it."""
        if request.method == "GET":
            return as_json("get")
        if request.all(b"x-token") != [session.token.encode()]:
            return as_json("no token", 419)
        return as_json(request.body.decode())

    def beacon(self, request: Received, session: Session) -> Answer:
        session.beacons.append(request.body.decode())
        return Answer(status=204)

    def form(self, request: Received, session: Session) -> Answer:
        """What a form sent, by its method."""
        if request.method == "GET":
            return landing("get " + request.target.partition("?")[2])
        return landing("post " + parse_qs(request.body.decode())["x"][0])

    def flag(self, request: Received, session: Session) -> Answer:
        session.is_flagged = True
        return as_json("flagged")

    def _session_of(self, request: Received) -> Session | None:
        return self._sessions.get(cookies_of(request).get(SESSION, ""))

    def _guarded(self, place: Callable[[Received, Session], Answer]) -> Callable[[Received], Answer]:
        """The place for those with a session, 403 for the others."""

        def answer(request: Received) -> Answer:
            session = self._session_of(request)
            refusal = Answer([NO_STORE], b"<p id=landed>no session</p>", 403)
            return _closed(place(request, session) if session else refusal)

        return answer
