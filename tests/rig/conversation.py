"""One client's exchanges through the two sides, without a proxy: what the application gets, what the browser gets, what is told.

`Conversation` plays the wire for a client that a test speaks for; `Surfer` is a client with a jar of its own, as browsers have.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cookieproxy.config import parse_config
from cookieproxy.core.access import Access
from cookieproxy.core.cookie import Cookie, CookieKey
from cookieproxy.core.events import Event, EventKind, Observation, RequestSeen, SentPair, SetCookieSeen
from cookieproxy.core.jar import Jar
from cookieproxy.core.profiles import PROFILES, Overrides, Profile
from cookieproxy.core.syntax import parse_set_cookie, serialise, wire_text
from cookieproxy.exchange import Browser, RequestHead, RequestResult, RequestSide, ResponseHead, ResponseSide
from cookieproxy.suffixes import load

START = 1_800_000_000.0
SUFFIXES = load()

type Headers = Sequence[tuple[bytes, bytes]]


def fetch(site: str | None = None, mode: str | None = None, dest: str | None = None) -> Headers:
    """Fetch Metadata as a browser says it."""
    said = ((b"Sec-Fetch-Site", site), (b"Sec-Fetch-Mode", mode), (b"Sec-Fetch-Dest", dest))
    return tuple((name, value.encode()) for name, value in said if value is not None)


OWN_NAVIGATION = fetch("none", "navigate", "document")
SAME_ORIGIN_NAVIGATION = fetch("same-origin", "navigate", "document")
CROSS_SITE_NAVIGATION = fetch("cross-site", "navigate", "document")
CROSS_SITE_IMAGE = (*fetch("cross-site", "no-cors", "image"), (b"Referer", b"https://news.example/"))
SAME_ORIGIN_FETCH = fetch("same-origin", "cors", "empty")


@dataclass
class Told:
    """What one message came to."""

    fields: list[bytes]
    """The Cookie or Set-Cookie fields that go on, in order."""
    changed: bool
    """True if they are set anew."""
    observations: list[Observation]
    request: RequestResult | None = None

    @property
    def pairs(self) -> list[SentPair]:
        return [pair for seen in self.observations if isinstance(seen, RequestSeen) for pair in seen.pairs]

    @property
    def events(self) -> list[Event]:
        return [each for each in self.observations if isinstance(each, Event)]

    @property
    def seen(self) -> list[SetCookieSeen]:
        return [each for each in self.observations if isinstance(each, SetCookieSeen)]

    def said(self, *kinds: EventKind) -> list[str]:
        """`missing sid refused` for each event, of these kinds or of all."""
        return [
            f"{each.event.value} {'' if each.cookie is None else wire_text(each.cookie)} {each.reason}"
            for each in self.events
            if not kinds or each.event in kinds
        ]

    def sent(self) -> list[str]:
        """`sid sent` or `sid unexpected changed` for each pair."""
        return [f"{wire_text(pair.name)} {pair.event.value} {pair.reason or ''}".rstrip() for pair in self.pairs]

    def outcomes(self) -> list[str]:
        """`sid stored` or `sid ignored secure-over-http` for each Set-Cookie field."""
        return [f"{wire_text(seen.name)} {seen.event.value} {seen.reason or ''}".rstrip() for seen in self.seen]


@dataclass
class Url:
    scheme: str
    host: str
    path: bytes

    @classmethod
    def of(cls, url: str) -> "Url":
        scheme, _, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        return cls(scheme, host, (slash + path or "/").encode("latin-1"))


@dataclass
class Conversation:
    """A client, a configuration, and a clock that goes on by a second with each message."""

    rules: str = ""
    browser: str = "chrome"
    enforce: bool = False
    limits: Overrides = field(default_factory=Overrides)
    time: float = START
    client: Browser = field(init=False)

    def __post_init__(self) -> None:
        self.client = Browser("client", self.profile, SUFFIXES, self.enforce)
        self.configure(self.rules)

    @property
    def profile(self) -> Profile:
        return PROFILES[self.browser].with_limits(self.limits)

    def configure(self, rules: str = "") -> None:
        """Other rules are in force."""
        text = f"rules:\n{rules}" if rules else ""
        config = parse_config(text.encode(), "rules.yaml")
        self.requests = RequestSide(config.rules, SUFFIXES)
        self.responses = ResponseSide(config.rules, SUFFIXES, self.enforce)

    def restart(self) -> None:
        """The proxy is started anew: the client's jars come out of a store."""
        before, self.client = self.client, Browser("client", self.profile, SUFFIXES, self.enforce)
        stored: dict[object, tuple[object, Cookie]] = {}
        for kind, key, cookie in before.drain_changes():
            if cookie is None:
                stored.pop((kind, key), None)
            else:
                stored[kind, key] = (kind, cookie)
        for kind, cookie in stored.values():
            self.client.restore(kind, cookie)
        list(self.client.drain_changes())

    def request(
        self,
        url: str,
        *cookies: bytes,
        headers: Headers = (),
        method: str = "GET",
        time: float | None = None,
        watch: bool = False,
    ) -> Told:
        """A request with these Cookie fields."""
        self.time = self.time + 1 if time is None else time
        at = Url.of(url)
        fields = (*headers, *((b"Cookie", cookie) for cookie in cookies))
        head = RequestHead(at.scheme, at.host, method, at.path, fields, self.time, f"flow-{self.time:.0f}")
        result = self.requests.process(self.client, head, watch=watch)
        gets = list(cookies) if result.cookie is None else [result.cookie] if result.cookie else []
        return Told(gets, result.cookie is not None, result.observations, result)

    def response(
        self,
        asked: Told,
        *set_cookies: bytes,
        headers: Headers = (),
        time: float | None = None,
        watch: bool = False,
        status: int = 200,
    ) -> Told:
        """The response to a request, with these Set-Cookie fields."""
        assert asked.request is not None
        self.time = self.time + 1 if time is None else time
        fields = (*headers, *((b"Set-Cookie", source) for source in set_cookies))
        result = self.responses.process(
            self.client, asked.request, ResponseHead(status, fields, self.time), watch=watch
        )
        passed = list(set_cookies) if result.set_cookies is None else [each.source for each in result.set_cookies]
        return Told(passed, result.set_cookies is not None, result.observations)

    def answer(self, url: str, *set_cookies: bytes, cookie: bytes | None = None, headers: Headers = ()) -> Told:
        """A request, with this Cookie field if there is one, and what its response with these fields comes to."""
        asked = self.request(url, *(() if cookie is None else (cookie,)), headers=headers)
        return self.response(asked, *set_cookies)

    @property
    def mirror(self) -> list[str]:
        return in_jar(self.client.mirror)

    @property
    def held(self) -> list[str]:
        return in_jar(self.client.held)

    @property
    def leaving(self) -> list[str]:
        return sorted(wire_text(each.cookie.name) for each in self.client.leaving)


def in_jar(jar: Iterable[Cookie]) -> list[str]:
    """`name=value domain/path`, domain cookies with a dot, adopted ones with a question mark; sorted."""
    return sorted(
        f"{wire_text(serialise(each.name, each.value))} {'' if each.host_only else '.'}{each.domain}{wire_text(each.path)}"
        f"{'?' if each.adopted else ''}"
        for each in jar
    )


class Surfer:
    """A client with a jar of its own that goes through a conversation, as a browser does."""

    def __init__(self, conversation: Conversation, browser: str | None = None) -> None:
        self.conversation = conversation
        self.jar = Jar(PROFILES[browser or conversation.browser], SUFFIXES)

    def visit(self, url: str, *set_cookies: bytes, headers: Headers = OWN_NAVIGATION) -> tuple[Told, Told]:
        """Open a URL: what the application got, and what the browser."""
        talk = self.conversation
        at = Url.of(url)
        path = at.path.partition(b"?")[0]
        access = Access(at.scheme, at.host, path, talk.time + 1, partition=f"{at.scheme}://{self._site(at.host)}")
        self.jar.expire(access.time)
        cookies = self.jar.retrieve(access)
        field = b"; ".join(serialise(cookie.name, cookie.value) for cookie in cookies)
        asked = talk.request(url, *([field] if cookies else []), headers=headers)
        answered = talk.response(asked, *set_cookies)
        arrival = Access(at.scheme, at.host, path, talk.time, partition=access.partition, flow_id=access.flow_id)
        for position, source in enumerate(answered.fields):
            said = parse_set_cookie(source, self.jar.profile.quotes_protect)
            self.jar.receive(said, arrival, position)
        return asked, answered

    @staticmethod
    def _site(host: str) -> str:
        return SUFFIXES.registrable_domain(host) or host

    def has(self) -> dict[CookieKey, bytes]:
        return self._alive(self.jar)

    def should_have(self) -> dict[CookieKey, bytes]:
        return self._alive(self.conversation.client.mirror)

    def _alive(self, jar: Jar) -> dict[CookieKey, bytes]:
        now = self.conversation.time
        return {each.key: each.value for each in jar if each.expiry_time is None or each.expiry_time > now}
