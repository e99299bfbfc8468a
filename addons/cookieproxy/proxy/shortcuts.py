"""Knows what mitmproxy computes for every exchange though the answer is known, and answers sooner, to the letter the same.

A profile of mitmproxy 12.2.3 shows a sixth of its time in a dozen small functions: each message's fields are checked against
their annotations, with a new exception at hand for each; hosts and URLs are taken apart again for every request; a header that is
not there is an exception raised and caught; an option's value is a deep copy. Each row of `SHORTCUTS` stands in for one of these.
What a row cannot answer, the original does; `tests/proxy/test_shortcuts.py` asks both the same questions.

All of it is process-wide, from the first `install` to the last `uninstall`. Does not know cookies, nor the event loop.
"""

import copy
from collections.abc import Callable
from dataclasses import fields
from functools import lru_cache
from types import NoneType, TracebackType, UnionType
from typing import Any, NamedTuple, get_args

from mitmproxy import hooks, http, optmanager
from mitmproxy.addons.maplocal import MapLocal
from mitmproxy.coretypes import multidict
from mitmproxy.net import check
from mitmproxy.net.http import url
from mitmproxy.proxy import context, server
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.server import TimeoutWatchdog
from mitmproxy.utils import strutils, typecheck

from . import known_sources

KNOWN_SOURCES = "b6dc74149729c3f96ecd26049b1d71bc8c226978d8413cc4cb905f7b4301c118"
REMEMBERED = 2_048
"""Hosts, authorities and URLs, of each."""
MOST_CHARACTERS = 256
"""Of what is remembered: longer ones would fill the memory."""


class Shortcut(NamedTuple):
    """One function of mitmproxy, and what stands in for it."""

    owner: Any
    """The module or class that has it, or inherits it."""
    name: str
    instead: Callable[..., Any]
    saves: str
    """What is not done any more."""


# -- headers -----------------------------------------------------------------------------------------------------------

_get_all, _get, _getitem, _contains = (
    getattr(http.Headers, name) for name in ("get_all", "get", "__getitem__", "__contains__")
)


def headers_get_all(self: http.Headers, name: str | bytes) -> list[str]:
    """All values of a header."""
    if type(self) is not http.Headers:
        found: list[str] = _get_all(self, name)
        return found
    wanted = (strutils.always_bytes(name, "utf-8", "surrogateescape")).lower()
    return [value.decode("utf-8", "surrogateescape") for each, value in self.fields if each.lower() == wanted]


def headers_getitem(self: http.Headers, key: str | bytes) -> str:
    """The values of a header in one. Raises KeyError."""
    if type(self) is not http.Headers:
        return str(_getitem(self, key))
    if not (values := headers_get_all(self, key)):
        raise KeyError(key)
    return values[0] if len(values) == 1 else ", ".join(values)


def headers_get(self: http.Headers, key: str | bytes, default: Any = None) -> Any:
    """The same without an exception."""
    if type(self) is not http.Headers:
        return _get(self, key, default)
    values = headers_get_all(self, key)
    return ", ".join(values) if values else default


def headers_contains(self: http.Headers, key: object) -> bool:
    """Whether there is such a header."""
    if type(self) is not http.Headers:
        return bool(_contains(self, key))
    wanted = strutils.always_bytes(key, "utf-8", "surrogateescape").lower()  # type: ignore[call-overload]  # as it comes
    return any(each.lower() == wanted for each, _ in self.fields)


# -- the types of a message's fields -----------------------------------------------------------------------------------

_check_message = http.MessageData.__post_init__
_check_option_type = typecheck.check_option_type


def check_message(self: http.MessageData) -> None:
    """Raises TypeError if a field of a message has another type than it is said to have."""
    values = vars(self)
    for name, types in _types_of_fields(type(self)):
        if type(values[name]) not in types:
            _check_message(self)  # type: ignore[no-untyped-call]  # mitmproxy gives it no types
            return


@lru_cache(maxsize=64)
def _types_of_fields(kind: type[http.MessageData]) -> tuple[tuple[str, frozenset[object]], ...]:
    return tuple((field.name, frozenset(_alternatives(field.type))) for field in fields(kind))


def _alternatives(annotation: Any) -> tuple[object, ...]:
    """Types of which a value passes for certain."""
    if isinstance(annotation, UnionType):
        return get_args(annotation)
    return (float, int) if annotation is float else (annotation,)


def check_option_type(name: str, value: object, typeinfo: Any) -> None:
    """Raises TypeError if a value is not of that type."""
    if type(value) is not typeinfo:
        _check_option_type(name, value, typeinfo)


# -- hosts and URLs ----------------------------------------------------------------------------------------------------


def remembering[Answer](function: Callable[..., Answer]) -> Callable[..., Answer]:
    """The function of a text, and of nothing else, with its last answers at hand; what it raises it raises each time."""
    remembered = lru_cache(maxsize=REMEMBERED, typed=True)(function)

    def answer(text: str | bytes, *more: Any, **named: Any) -> Answer:
        if type(text) in (str, bytes) and len(text) <= MOST_CHARACTERS:
            return remembered(text, *more, **named)
        return function(text, *more, **named)

    return answer


is_valid_host = remembering(check.is_valid_host)
parse_authority = remembering(url.parse_authority)
parse_url = remembering(url.parse)


# -- options -----------------------------------------------------------------------------------------------------------

PLAIN = frozenset((bool, int, str, float, NoneType))


def option_current(self: optmanager._Option) -> Any:
    """An option's value, copied where it could be changed."""
    value = self._default if self.value is optmanager.unset else self.value
    return value if type(value) in PLAIN else copy.deepcopy(value)


# -- hooks -------------------------------------------------------------------------------------------------------------


def hook_args(self: hooks.Hook) -> list[Any]:
    """What a hook is called with."""
    return [getattr(self, name) for name in _names_of_fields(type(self))]  # type: ignore[arg-type]  # classes can be hashed


@lru_cache(maxsize=256)
def _names_of_fields(kind: type[hooks.Hook]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))  # type: ignore[arg-type]  # every hook is a dataclass


class Disarmed:
    """The time in which a watchdog counts no seconds."""

    __slots__ = ("_watchdog",)

    def __init__(self, watchdog: TimeoutWatchdog) -> None:
        self._watchdog = watchdog

    def __enter__(self) -> None:
        self._watchdog.can_timeout.clear()
        self._watchdog.blocker += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        watchdog = self._watchdog
        watchdog.blocker -= 1
        if watchdog.blocker == 0:
            watchdog.register_activity()  # type: ignore[no-untyped-call]  # mitmproxy gives it no types
            watchdog.can_timeout.set()


def watchdog_disarm(self: TimeoutWatchdog) -> Disarmed:
    """A context in which the connection is not closed for doing nothing."""
    return Disarmed(self)


# -- layers and addons -------------------------------------------------------------------------------------------------


def context_fork(self: Context) -> Context:
    """Another context of the same connections, with the layers so far."""
    if type(self) is not Context:
        return _fork(self)
    other = Context.__new__(Context)
    other.client = self.client
    other.options = self.options
    other.server = self.server
    other.layers = self.layers.copy()
    return other


_fork = Context.fork
_map_local = MapLocal.request


def map_local_request(self: MapLocal, flow: http.HTTPFlow) -> None:
    """Answer from a local file."""
    if self.replacements:
        _map_local(self, flow)


SHORTCUTS = (
    Shortcut(http.Headers, "get_all", headers_get_all, "one function call a field"),
    Shortcut(http.Headers, "__getitem__", headers_getitem, "folding a single value"),
    Shortcut(http.Headers, "get", headers_get, "an exception for a header that is not there"),
    Shortcut(http.Headers, "__contains__", headers_contains, "folding values nobody looks at"),
    Shortcut(http.MessageData, "__post_init__", check_message, "checking eight to twelve annotations"),
    Shortcut(typecheck, "check_option_type", check_option_type, "making an exception in case it is wrong"),
    Shortcut(check, "is_valid_host", is_valid_host, "IDNA, there and back"),
    Shortcut(url, "is_valid_host", is_valid_host, "the same under its other name"),
    Shortcut(url, "parse_authority", parse_authority, "taking the same authority apart"),
    Shortcut(url, "parse", parse_url, "taking the same URL apart, only to see that it can be"),
    Shortcut(optmanager._Option, "current", option_current, "two deep copies of a bool"),
    Shortcut(hooks.Hook, "args", hook_args, "asking a dataclass for its fields"),
    Shortcut(TimeoutWatchdog, "disarm", watchdog_disarm, "a generator for each hook"),
    Shortcut(Context, "fork", context_fork, "a server connection with an id of its own that is thrown away"),
    Shortcut(MapLocal, "request", map_local_request, "writing down a URL to hold against no rule"),
)
ORIGINALS = tuple(getattr(shortcut.owner, shortcut.name) for shortcut in SHORTCUTS)
BUILT_ON = (
    *((shortcut.owner, shortcut.name) for shortcut in SHORTCUTS if shortcut.owner is not http.Headers),
    *((http, "Headers"), (multidict, "_MultiDict"), (strutils, "always_bytes")),
    *((optmanager, "_Option"), (context, "Context"), (server, "TimeoutWatchdog")),
)
"""What is stood in for, and what that would be wrong without."""
_users: set[object] = set()
_were_there: dict[int, bool] = {}


def objection() -> str | None:
    """Why they cannot be installed; None if they can."""
    if _users:
        return None
    if any(
        getattr(shortcut.owner, shortcut.name) is not known
        for shortcut, known in zip(SHORTCUTS, ORIGINALS, strict=True)
    ):
        return "Something else has already changed mitmproxy, so cookies_fast leaves that as it is."
    return known_sources.objection("answers what is asked for every exchange", BUILT_ON, KNOWN_SOURCES)


def install(user: object) -> str | None:
    """Takes the shortcuts on behalf of somebody; None if it did, else why not."""
    if reason := objection():
        return reason
    if not _users:
        for place, (owner, name, instead, _) in enumerate(SHORTCUTS):
            _were_there[place] = name in vars(owner)
            setattr(owner, name, instead)
    _users.add(user)
    return None


def uninstall(user: object) -> None:
    """Gives everything back when nobody is left on whose behalf it was taken."""
    if user not in _users:
        return
    _users.discard(user)
    if _users:
        return
    for place, (owner, name, instead, _) in enumerate(SHORTCUTS):
        if vars(owner).get(name) is not instead:
            continue  # somebody has changed it since
        if _were_there[place]:
            setattr(owner, name, ORIGINALS[place])
        else:
            delattr(owner, name)
