"""Simulated people with browsers at a simulated application: conversations made from a seed, with what is true of them.

A person comes, goes and forgets, and writes down what happened to each id as it becomes visible to somebody who reads the traffic,
and how long it went unused before. Knows nothing of how a log judges.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heapreplace
from itertools import count

from mitmproxy.http import HTTPFlow

from .sessions import CHROME, FETCH_WITHOUT_CREDENTIALS, FONT, LOGIN, NAVIGATION, PREFLIGHT, START, Talk
from .simulated_server import GUARDED, PUBLIC, Answer, Application, Server

IMAGE = ((b"Sec-Fetch-Site", b"same-origin"), (b"Sec-Fetch-Mode", b"no-cors"), (b"Sec-Fetch-Dest", b"image"))


@dataclass
class Life:
    """What is true of one id of one person, as far as the traffic can tell."""

    who: str
    id: str
    started: float
    causes: frozenset[str] = frozenset(("open",))
    ended: float | None = None
    successor: str | None = None
    least: int = 0
    """Requests that carried it while it was good."""
    most: int = 0
    """Requests that carried it until it was seen to be over."""
    user: bool = False
    sent: float = 0.0
    pending: float = 0.0
    expiry: float | None = None
    survived: float = 0.0
    doubtful: float = 0.0
    """A gap of a stranger's id, of which an application that does not replace ids does not show that it is over."""
    killing: float | None = None
    good: dict[str, float] = field(default_factory=dict)
    """When each page was given last that strangers do not get."""

    def end(self, at: float, *causes: str) -> None:
        self.ended, self.causes = at, frozenset(causes)

    def was_sent(self, at: float, alive: bool, proof: bool) -> None:
        gap = at - self.sent if self.most else at - self.started
        if not self.user:
            self.doubtful = max(self.doubtful, gap)
        self.pending = max(self.pending, gap)
        self.sent = max(self.sent, at)
        self.most += 1
        self.least += alive
        if proof:
            self.survived, self.pending = max(self.survived, self.pending), 0.0


@dataclass(frozen=True)
class Habits:
    """What a person does between visits."""

    address: str
    plain: bool = False
    """The client does not say what its requests are for."""
    agent: bytes = CHROME
    visits: int = 6
    gaps: tuple[float, ...] = (30, 400, 1_100, 1_190, 1_210, 1_500, 3_000)
    closes: float = 0.1
    """Chance that the browser is closed after a visit; the others likewise."""
    leaves: float = 0.15
    parallel: float = 0.3
    noise: float = 0.3
    litter: int = 0
    """Cookies that each public page sets beside."""
    keeps: int | None = None
    """Cookies of a site that the browser keeps: the oldest leaves for one more."""
    begins: float = 0.0


class Person:
    """A browser and whoever sits before it."""

    def __init__(self, habits: Habits, application: Application, talk: Talk, rng: random.Random) -> None:
        self.habits = habits
        self.lives: list[Life] = []
        self._application = application
        self._talk = talk
        self._rng = rng
        self._sid: str | None = None
        self._expiry: float | None = None
        self._others: list[str] = []
        """Names of the cookies that the site has set beside, which last."""
        self._held: list[str] = []
        """Of all cookies, by when they came."""
        self._closed: Life | None = None

    def live(self) -> Iterator[float]:
        """Do something at each of these times, and say when the next thing will be done."""
        now = self.habits.begins
        yield now
        for _ in range(self.habits.visits):
            now = yield from self._visit(now)
            if self._rng.random() < self.habits.closes:
                self._close()
            now += self._rng.choice(self.habits.gaps) + self._rng.random()
            yield now

    def _visit(self, now: float) -> Iterator[float]:
        if self._rng.random() < 0.3:
            now = yield from self._soon(now, self._rng.choice(PUBLIC))
        if not self._look(now, self._rng.choice(GUARDED)):
            now += 2
            yield now
            self._ask(now, self._application.server.login)
            now += 5
            yield now
            self._ask(now, self._application.server.login, credentials=True)
            now = yield from self._soon(now + 1, "/account")
        for _ in range(self._rng.randrange(4)):
            now = yield from self._soon(now, self._rng.choice((*PUBLIC, *GUARDED, *GUARDED)))
        if self._rng.random() < self.habits.leaves:
            now = yield from self._soon(now, "/logout")
            now = yield from self._soon(now, self._rng.choice((*PUBLIC, *GUARDED)))
        return now

    def _soon(self, now: float, path: str) -> Iterator[float]:
        now += 1 + 40 * self._rng.random()
        yield now
        if path != "/logout" and self._rng.random() < self.habits.noise:
            self._make_noise(now - 0.5)
        self._look(now, path) if path != "/logout" else self._ask(now, path)
        return now + 1

    def _look(self, now: float, path: str) -> bool:
        """Open a page, now and then with others at the same time; whether one is logged in."""
        wanted = [path]
        while self._rng.random() < self.habits.parallel and len(wanted) < 3:
            wanted.append(self._rng.choice(GUARDED))
        return self._ask(now, *wanted)

    def _close(self) -> None:
        if self._application.server.max_age is None and self._sid is not None:
            self._closed = self._life(self._sid)
            self._sid = None
            self._held.remove(self._application.server.name)

    def _life(self, sid: str | None) -> Life | None:
        """The life of this id that goes on."""
        return next((life for life in self.lives if life.id == sid and life.ended is None), None)

    def _make_noise(self, now: float) -> None:
        if not self.habits.plain:
            fields = self._rng.choice((FONT, FETCH_WITHOUT_CREDENTIALS, PREFLIGHT))
            method = "OPTIONS" if fields is PREFLIGHT else "GET"
            self._talk.ask(
                now, "/noise", fields=fields, method=method, address=self.habits.address, agent=self.habits.agent
            )
        if self._sid is not None and self._rng.random() < 0.5 and not self._is_expired(now):
            self._ask(now + 0.1, "/logo.png")

    def _is_expired(self, now: float) -> bool:
        return self._expiry is not None and self._expiry <= now

    def _ask(self, now: float, *paths: str, credentials: bool = False) -> bool:
        """Requests at the same time: none has an answer when the others go up."""
        if self._sid is not None and self._is_expired(now):
            life = self._life(self._sid)
            if life is not None:
                assert self._expiry is not None
                life.end(self._expiry, "expired")
            self._sid = None
            self._held.remove(self._application.server.name)
        life = self._life(self._sid)
        if self._closed is not None and self._closed.ended is None:
            self._closed.end(now, "closed")
        self._closed = None
        sid, others = self._sid, tuple(self._others)
        answers = []
        for place, path in enumerate(paths):
            asked = now + place * 0.01
            takes = 0.03 + 0.3 * self._rng.random()
            said = self._application.answer(asked, path, sid, credentials)
            self._write(asked, takes, path, sid, others, said, credentials)
            answers.append((asked + takes, asked, path, said))
        good = [self._take(life, sid, *each) for each in sorted(answers, key=lambda each: each[0])]
        return all(good)

    def _write(
        self,
        asked: float,
        takes: float,
        path: str,
        sid: str | None,
        others: Sequence[str],
        said: Answer,
        credentials: bool,
    ) -> None:
        pairs = [f"{self._application.server.name}={sid}"] if sid is not None else []
        pairs += [f"{name}=1" for name in others]
        fields: Sequence[tuple[bytes, bytes]] = IMAGE if path.endswith(".png") else NAVIGATION
        made = self._talk.ask(
            asked,
            path,
            cookie="; ".join(pairs) or None,
            sets=[*said.sets, *(f"{name}=1; Path=/; Max-Age=31536000" for name in self._given(path, others))],
            body=LOGIN if credentials else b"",
            status=said.status,
            to=said.to,
            fields=() if self.habits.plain else fields,
            agent=self.habits.agent,
            address=self.habits.address,
            takes=takes,
        )
        if path.endswith(".png"):
            made.response.headers["Content-Type"] = "image/png"

    def _given(self, path: str, others: Sequence[str]) -> list[str]:
        """Names of cookies that the site sets on this page, and that the browser did not have when it asked."""
        wanted = ["lang"]
        if path in PUBLIC:
            wanted += [f"{path[1:]}{number}" for number in range(self.habits.litter)]
        return [name for name in wanted if name not in others]

    def _take(self, life: Life | None, sid: str | None, answered: float, asked: float, path: str, said: Answer) -> bool:
        """What an answer shows of the id that was sent, and what it makes of the jar."""
        if life is not None and life.ended is None:
            self._judge(life, answered, asked, path, said)
        elif life is not None and (said.shows == "good" or asked < (life.ended or 0.0)):
            life.most += 1
            life.least += said.alive and asked < (life.ended or 0.0)
        server = self._application.server
        for field_ in said.sets:
            value = field_.partition("=")[2].partition(";")[0]
            self._sid = value or None
            self._expiry = None if server.max_age is None else answered + server.max_age
            if value and (value != sid or self._life(sid) is None):
                born = Life(self.habits.address, value, answered, user=said.shows in ("login", "good"))
                self.lives.append(born)
            if value and (there := self._life(value)) is not None:
                there.expiry = self._expiry
        if said.shows == "login" and said.id is None and sid is not None and self._life(sid) is None:
            self.lives.append(Life(self.habits.address, sid, answered, user=True, expiry=self._expiry))
        self._keep(answered, path)
        return said.shows in ("good", "login")

    def _keep(self, answered: float, path: str) -> None:
        """What the site set beside, and what has to leave for it."""
        name = self._application.server.name
        if self._sid is None:
            self._held = [other for other in self._held if other != name]
        elif name not in self._held:
            self._held.append(name)
        for other in self._given(path, self._others):
            self._others.append(other)
            self._held.append(other)
        while self.habits.keeps is not None and len(self._held) > self.habits.keeps:
            victim = self._held.pop(0)
            if victim != name:
                self._others.remove(victim)
                continue
            if (life := self._life(self._sid)) is not None:
                life.end(answered, "evicted")
            self._sid = None

    def _judge(self, life: Life, answered: float, asked: float, path: str, said: Answer) -> None:
        shows = said.shows
        if shows == "refused" and (life.user or said.id is not None):
            reasons = {
                "idle": ("timed_out",),
                "absolute": ("timed_out", "lost"),
                "logout": ("logout",),
                "rotated": ("rotated",),
            }
            if said.why == "idle" and self._application.server.lottery is not None:
                reasons["idle"] = ("timed_out", "lost")
            life.end(answered, *reasons.get(said.why or "", ("lost",)))
            life.most += said.why == "rotated"
            if said.why == "idle":
                certain = [at for page, at in life.good.items() if page in self._application.guarded]
                life.killing = asked - max(certain, default=life.started)
            return
        if shows == "refused" and said.deletes:
            life.end(answered, "timed_out", "logout", "lost")  # deleted; it had been good for nothing anyway
            return
        if shows == "login" and said.id is not None and not said.rotates:
            life.end(answered, "rotated")  # nobody could see that the stranger's session was over
        if shows == "good":
            life.good[path] = max(asked, life.good.get(path, asked))
        life.was_sent(asked, said.alive, shows in ("good", "bye") or (said.rotates and shows == "login"))
        life.user |= shows == "login" and said.id is None
        if shows == "bye" and self._application.server.logout != "leave":
            life.end(answered, "logout")
        elif said.rotates:
            life.end(answered, "rotated")
            life.successor = said.id


@dataclass
class World:
    """A conversation and its truth."""

    flows: list[HTTPFlow]
    lives: list[Life]


def simulate(server: Server, habits: Sequence[Habits], seed: int) -> World:
    """All of them at one server, in the order in which the answers were complete."""
    talk = Talk(name=server.name)
    application = Application(server, random.Random(seed + 1), count(seed * 1_000))
    people = [Person(each, application, talk, random.Random(f"{seed} {each.address}")) for each in habits]
    waiting = []
    for place, person in enumerate(people):
        living = person.live()
        waiting.append((next(living), place, living))
    heapify(waiting)
    while waiting:
        _, place, living = waiting[0]
        when = next(living, None)
        if when is None:
            heappop(waiting)
        else:
            heapreplace(waiting, (when, place, living))
    flows = sorted(talk.flows, key=lambda flow: flow.response.timestamp_end)
    over = max(flow.response.timestamp_start for flow in flows) - START
    lives = [life for person in people for life in person.lives]
    for life in lives:
        if life.ended is None and life.expiry is not None and life.expiry <= over:
            life.end(life.expiry, "expired")
    return World(flows, sorted(lives, key=lambda life: life.started))
