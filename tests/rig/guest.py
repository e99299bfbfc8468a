"""A person at a guarded server: logs in, comes back after a while, logs out; and keeps a diary of when the session was good.

Talks to one port, be it the server's own or that of a proxy in front of it, and calls it by the server's name. Knows no server:
what it does is open the guarded page and fill in the form that has a password.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from rig.basket import Basket
from rig.visitor import Request, Visitor

PASSWORD = "open sesame"
WELCOME = "Welcome, guest"


@dataclass
class Diary:
    """Unix seconds at which answers showed the session of one login to be good, and the one that showed it to be over."""

    good: list[float] = field(default_factory=list)
    over: float | None = None

    @property
    def survived(self) -> float:
        """The longest time between two uses that it survived, in seconds."""
        return max((later - earlier for earlier, later in pairwise(self.good)), default=0.0)

    @property
    def killing(self) -> float | None:
        """The seconds after its last use when it was found to be over; None if it never was."""
        return None if self.over is None else self.over - self.good[-1]

    @property
    def age(self) -> float | None:
        """The seconds after its login when it was found to be over; None if it never was."""
        return None if self.over is None else self.over - self.good[0]


class FadingBasket(Basket):
    """Cookies that go when their Max-Age is over, too. For sites that have one path for all."""

    def __init__(self) -> None:
        super().__init__()
        self._ends: dict[str, float] = {}

    def take(self, url: str, fields: Iterable[bytes]) -> None:
        fields = list(fields)
        super().take(url, fields)
        for said in fields:
            first, *attributes = [part.strip() for part in said.decode("latin-1").split(";")]
            name = first.partition("=")[0]
            self._ends.pop(name, None)
            for attribute, _, value in (part.partition("=") for part in attributes):
                if attribute.lower() == "max-age":
                    self._ends[name] = time.monotonic() + int(value)

    def header(self, url: str) -> str:
        over = [name for name, end in self._ends.items() if end <= time.monotonic()]
        self.take(url, [f"{name}=; Path=/; Max-Age=0".encode() for name in over])
        return super().header(url)


@dataclass
class Guest(Visitor):
    """A visitor of one guarded page. `diary` is that of the last login; `diaries` has all."""

    url: str = ""
    """The guarded page, by the server's name."""
    forgets: bool = True
    """Whether a cookie goes when its Max-Age is over, as in a browser; or is sent for ever."""
    diaries: list[Diary] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.forgets:
            self._basket = FadingBasket()

    @property
    def diary(self) -> Diary:
        return self.diaries[-1]

    @property
    def is_in(self) -> bool:
        """Whether the window shows the guarded page."""
        return WELCOME in self.page.text

    def log_in(self) -> None:
        """Open the page, and fill in the form that comes instead."""
        self.visit(self.url)
        page = self.submit({"username": "guest", "password": PASSWORD})
        assert self.is_in, f"log in: {page.status} at {page.url}: {page.text[:300]}"
        self.diaries.append(Diary([time.time()]))

    def come_back(self, seconds: float) -> bool:
        """Open the page after that many seconds; whether the session is still good."""
        time.sleep(seconds)
        self.visit(self.page.url if self.is_in else self.url)
        if self.is_in:
            self.diary.good.append(time.time())
        else:
            self.diary.over = self.diary.over or time.time()
        return self.is_in

    def log_out(self) -> None:
        """Press the button that says so; what comes then is the form."""
        page = self.submit(having="logout")
        assert page.form("password").has("username"), f"log out: {page.status} at {page.url}: {page.text[:300]}"

    def leave_with_cookies(self) -> None:
        """Log out, and bring the cookies of before along the next time, as somebody does who has copied them."""
        kept = self._basket.header(self.url)
        self.log_out()
        self._basket.take(self.url, [f"{pair}; Path=/".encode() for pair in kept.split("; ")])

    def _written(self, request: Request) -> bytes:
        """With the path alone in its first line: a proxy's own clients say more than that, a server's do not."""
        return super()._written(request).replace(b" http://" + request.url.split("/")[2].encode(), b" ", 1)
