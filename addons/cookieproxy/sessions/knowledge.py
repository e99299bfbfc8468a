"""What is known of one host: its login pages, what anybody may see, and how it treats the sessions of each cookie.

Bounded, because clients choose the hosts and paths, and servers the names.
"""

import json
from collections import OrderedDict
from collections.abc import Iterator
from zlib import crc32

from ..core.recent import remember
from .cookie_knowledge import CookieKnowledge

MOST_HOSTS = 4_096
MOST_PAGES = 512
MOST_LOGINS = 32
MOST_NAMES = 64
MOST_PATHS = 64
MOST_COOKIES = 256

type CookiePlace = tuple[bytes, str | None, bytes]
"""Name, Domain and Path of a cookie."""


def page(path: bytes) -> int:
    """A path as it is remembered."""
    return crc32(path)


class HostKnowledge:
    """What is known of one host."""

    __slots__ = ("_choosy", "_cookies", "_logins", "_protected", "_public", "flags", "is_changed", "paths")

    def __init__(self) -> None:
        self._logins: OrderedDict[bytes, None] = OrderedDict()
        self._public: OrderedDict[int, None] = OrderedDict()
        self._protected: OrderedDict[int, None] = OrderedDict()
        self._choosy: OrderedDict[int, None] = OrderedDict()
        self._cookies: OrderedDict[bytes, CookieKnowledge] = OrderedDict()
        self.is_changed = False
        """True until a store has been told."""
        self.paths: dict[bytes, bytes] = {}
        """Paths other than / that its cookies were set with, by name."""
        self.flags: OrderedDict[CookiePlace, frozenset[str]] = OrderedDict()
        """All that each of its cookies was ever set with."""

    def is_login(self, path: bytes) -> bool:
        """True if a login was posted there, or from there."""
        return path in self._logins

    def note_login(self, path: bytes) -> None:
        """A login was posted there, or from there."""
        if path not in self._logins:
            remember(self._logins, path, None, MOST_LOGINS)
            self.is_changed = True

    def is_public(self, number: int) -> bool:
        """True if the page was given to somebody who is not logged in."""
        return number in self._public

    def note_public(self, number: int) -> None:
        """The page was given to somebody who is not logged in."""
        if number not in self._public:
            remember(self._public, number, None, MOST_PAGES)
            self.is_changed = True

    def is_protected(self, number: int) -> bool:
        """True if the page was refused to somebody."""
        return number in self._protected

    def note_protected(self, number: int) -> None:
        """The page was refused to somebody."""
        if number not in self._protected:
            remember(self._protected, number, None, MOST_PAGES)
            self.is_changed = True

    def is_choosy(self, number: int) -> bool:
        """True if the page was refused to a session that was good."""
        return number in self._choosy

    def note_choosy(self, number: int) -> None:
        """The page was refused to a session that was good: it wants more than that."""
        remember(self._choosy, number, None, MOST_PAGES)
        self.is_changed = True

    def note_path(self, name: bytes, path: bytes) -> None:
        """One of its cookies was set with this Path."""
        if self.paths.get(name) != path and (name in self.paths or len(self.paths) < MOST_PATHS):
            self.paths[name] = path
            self.is_changed = True

    def note_flags(self, place: CookiePlace, flags: frozenset[str]) -> None:
        """One of its cookies was ever set with these."""
        self.is_changed |= self.flags.get(place) != flags
        remember(self.flags, place, flags, MOST_COOKIES)

    def state(self) -> str:
        """What a proxy started anew needs of it, as JSON."""
        kept = {
            "logins": [path.decode("latin-1") for path in self._logins],
            "public": list(self._public),
            "protected": list(self._protected),
            "choosy": list(self._choosy),
            "paths": [[name.decode("latin-1"), path.decode("latin-1")] for name, path in self.paths.items()],
            "flags": [
                [name.decode("latin-1"), domain, path.decode("latin-1"), *sorted(flags)]
                for (name, domain, path), flags in self.flags.items()
            ],
        }
        return json.dumps({name: value for name, value in kept.items() if value}, separators=(",", ":"))

    def restore(self, state: str) -> None:
        """Know again what was known; a state that is not ours is none."""
        try:
            kept = json.loads(state)
            paths = {name.encode("latin-1"): path.encode("latin-1") for name, path in kept.get("paths", ())}
            flags = {
                (name.encode("latin-1"), domain, path.encode("latin-1")): frozenset(said)
                for name, domain, path, *said in kept.get("flags", ())
            }
            logins = [path.encode("latin-1") for path in kept.get("logins", ())]
            pages = [[int(each) for each in kept.get(name, ())] for name in ("public", "protected", "choosy")]
        except (ValueError, AttributeError, TypeError):
            return
        self._logins.update(dict.fromkeys(logins[-MOST_LOGINS:]))
        for known, numbers in zip((self._public, self._protected, self._choosy), pages, strict=True):
            known.update(dict.fromkeys(numbers[-MOST_PAGES:]))
        self.paths = dict(list(paths.items())[:MOST_PATHS])
        self.flags.update(list(flags.items())[:MOST_COOKIES])

    @property
    def cookie_names(self) -> tuple[bytes, ...]:
        """The names of its sessions' cookies."""
        return tuple(self._cookies)

    def cookie(self, name: bytes) -> CookieKnowledge:
        """How it treats the sessions of this cookie."""
        known = self._cookies.get(name)
        if known is None:
            known = CookieKnowledge()
            remember(self._cookies, name, known, MOST_NAMES)
        return known


class Knowledge:
    """Of all hosts, as far as they were needed of late."""

    def __init__(self) -> None:
        self._hosts: OrderedDict[str, HostKnowledge] = OrderedDict()
        self._latest: tuple[str, HostKnowledge] | None = None

    def __iter__(self) -> Iterator[tuple[str, HostKnowledge]]:
        return iter(self._hosts.items())

    def of(self, host: str) -> HostKnowledge:
        """Of one host."""
        if self._latest is not None and self._latest[0] == host:
            return self._latest[1]
        known = self._hosts.get(host)
        if known is None:
            known = HostKnowledge()
        remember(self._hosts, host, known, MOST_HOSTS)
        self._latest = (host, known)
        return known
