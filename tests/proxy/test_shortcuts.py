"""Every shortcut answers what the original answers, errors and their words included, and all of them can be taken back."""

import asyncio
import copy
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import http, log, optmanager
from mitmproxy.addons.maplocal import MapLocal
from mitmproxy.connection import Client, Server
from mitmproxy.hooks import ConfigureHook, Hook, RunningHook
from mitmproxy.net import check
from mitmproxy.net.http import url
from mitmproxy.options import Options
from mitmproxy.proxy import server
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HttpRequestHook
from mitmproxy.test import taddons, tflow
from mitmproxy.utils import typecheck

from cookieproxy.proxy import shortcuts
from cookieproxy.proxy.shortcuts import ORIGINALS, SHORTCUTS, Shortcut


def original_of(owner: object, name: str) -> Callable[..., Any]:
    return next(original for one, original in zip(SHORTCUTS, ORIGINALS, strict=True) if one[:2] == (owner, name))


def shortcut_of(owner: object, name: str) -> Callable[..., Any]:
    return next(one.instead for one in SHORTCUTS if one[:2] == (owner, name))


def outcome(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What it returns, with its type, or what it raises, with its words."""
    try:
        result = function(*arguments, **named)
    except Exception as error:  # noqa: BLE001  # whatever it raises, both must
        return type(error), str(error)
    return type(result), result


def both(owner: object, name: str, *arguments: Any, **named: Any) -> None:
    """Asks both the same, the shortcut twice: the second time it may remember."""
    expected = outcome(original_of(owner, name), *arguments, **named)
    assert outcome(shortcut_of(owner, name), *arguments, **named) == expected
    assert outcome(shortcut_of(owner, name), *arguments, **named) == expected


NAMES = st.sampled_from([b"Cookie", b"cookie", b"SET-COOKIE", b"Via", b"caf\xc3\xa9", b"\xff", b""])
FIELDS = st.lists(st.tuples(NAMES, st.binary(max_size=8)), max_size=6)
ASKED = st.one_of(
    NAMES, st.sampled_from(["cookie", "COOKIE", "set-cookie", "via", "café", "\udcff", "İ"]), st.sampled_from([None, 7])
)


@given(fields=FIELDS, name=ASKED)
@pytest.mark.parametrize("method", ["get_all", "__getitem__", "get", "__contains__"])
def test_headers(method: str, fields: list[tuple[bytes, bytes]], name: Any) -> None:
    both(http.Headers, method, http.Headers(fields), name)


@given(fields=FIELDS, name=ASKED)
def test_a_header_that_is_not_there_has_the_value_that_is_asked_for(fields: Any, name: Any) -> None:
    both(http.Headers, "get", http.Headers(fields), name, "another")
    both(http.Headers, "get", http.Headers(fields), name, default=[])


class CaseMatters(http.Headers):
    """Headers as nobody has them."""

    @staticmethod
    def _kconv(key: Any) -> Any:
        return key

    @staticmethod
    def _reduce_values(values: Any) -> Any:
        return values[-1]


@given(fields=FIELDS, name=ASKED)
@pytest.mark.parametrize("method", ["get_all", "__getitem__", "get", "__contains__"])
def test_headers_of_another_kind(method: str, fields: list[tuple[bytes, bytes]], name: Any) -> None:
    both(http.Headers, method, CaseMatters(fields), name)


class Text(str):
    __slots__ = ()


ODD_VALUES = [
    None,
    b"",
    b"x",
    "x",
    Text("x"),
    7,
    True,
    7.5,
    http.Headers(),
    CaseMatters(),
    [],
    ("a", "b"),
    ["a", 1],
    {},
]
FIELD_NAMES = [field.name for field in dataclasses.fields(http.RequestData)]


@pytest.mark.parametrize("field", FIELD_NAMES)
@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
def test_the_fields_of_a_message(field: str, value: object) -> None:
    data = copy.copy(tflow.tflow().request.data)
    setattr(data, field, value)
    both(http.MessageData, "__post_init__", data)


TYPES = [bool, int, str, float, bytes, str | None, int | None, tuple[str, str], optmanager.Sequence[str], Any, list]


@pytest.mark.parametrize("typeinfo", TYPES, ids=repr)
@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
def test_the_types_of_options(value: object, typeinfo: Any) -> None:
    both(typecheck, "check_option_type", "name", value, typeinfo)


LABELS = st.sampled_from(
    ["example", "xn--caf-dma", "café", "a_b", "-", "*", "", "x" * 64, "ex ample", "1", "\udcff", "ß"]
)
HOSTS = st.one_of(
    st.lists(LABELS, max_size=4).map(".".join),
    st.sampled_from(["127.0.0.1", "::1", "[::1]", "[::", "example.", "e" * 300, "a." * 130]),
)
PORTS = st.sampled_from(["", ":80", ":0", ":65536", ":", ":x", ":-1", ":²"])


def octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@given(host=HOSTS)
def test_hosts(host: str) -> None:
    for name, owner in (("is_valid_host", check), ("is_valid_host", url)):
        both(owner, name, host)
        both(owner, name, octets(host))


@given(host=HOSTS, port=PORTS, checked=st.booleans())
def test_authorities(host: str, port: str, checked: bool) -> None:
    for authority in (host + port, octets(host + port)):
        both(url, "parse_authority", authority, checked)
        both(url, "parse_authority", authority, check=checked)


@given(
    scheme=st.sampled_from(["http://", "HTTPS://", "//", "", "x:"]), host=HOSTS, port=PORTS, path=st.text(max_size=8)
)
def test_urls(scheme: str, host: str, port: str, path: str) -> None:
    for text in (f"{scheme}{host}{port}/{path}", octets(f"{scheme}{host}{port}") + b"/" + path.encode()):
        both(url, "parse", text)


def test_long_texts_are_answered_and_not_remembered() -> None:
    asked: list[str] = []
    remembering = shortcuts.remembering(lambda text: asked.append(text) or len(text))
    short, long = "x" * shortcuts.MOST_CHARACTERS, "x" * (shortcuts.MOST_CHARACTERS + 1)
    assert [remembering(text) for text in (short, short, long, long)] == [256, 256, 257, 257]
    assert asked == [short, long, long]


@pytest.mark.parametrize("default", ODD_VALUES, ids=repr)
@pytest.mark.parametrize("value", [optmanager.unset, "said", ["said"]], ids=["unset", "a text", "a list"])
def test_values_of_options_are_as_safe_from_their_readers_as_before(value: object, default: object) -> None:
    option = optmanager._Option("name", object, default, "", None)  # type: ignore[arg-type]
    option.value = value
    both(optmanager._Option, "current", option)
    read = shortcuts.option_current(option)
    if isinstance(read, list | dict | http.Headers):
        assert read is not option.value
        assert read is not option._default


def test_what_hooks_are_called_with() -> None:
    flow = tflow.tflow()
    for hook in (
        HttpRequestHook(flow),
        ConfigureHook({"mode"}),
        RunningHook(),
        log.AddLogHook(log.LogEntry("", "info")),
    ):
        both(Hook, "args", hook)


@pytest.mark.parametrize("way", [original_of, shortcut_of], ids=["mitmproxy", "shortcut"])
async def test_a_watchdog_does_not_count_while_hooks_run(way: Callable[..., Callable[..., Any]]) -> None:
    """Hooks may overlap, and may fail."""
    disarm = way(server.TimeoutWatchdog, "disarm")

    async def nothing() -> None: ...

    watchdog = server.TimeoutWatchdog(600, nothing)
    watchdog.last_activity = 0.0
    seen = []
    with disarm(watchdog):
        seen.append((watchdog.can_timeout.is_set(), watchdog.blocker))
        try:
            with disarm(watchdog):
                seen.append((watchdog.can_timeout.is_set(), watchdog.blocker))
                raise ValueError("no good")
        except ValueError:
            seen.append((watchdog.can_timeout.is_set(), watchdog.blocker))
        seen.append((watchdog.can_timeout.is_set(), watchdog.last_activity > 0))
    seen.append((watchdog.can_timeout.is_set(), watchdog.blocker, watchdog.last_activity > 0))
    assert seen == [(False, 1), (False, 2), (False, 1), (False, False), (True, 0, True)]


class OtherContext(Context):
    """A context as nobody has it."""


@pytest.mark.parametrize("kind", [Context, OtherContext])
def test_forked_contexts(kind: type[Context]) -> None:
    client = Client(peername=("127.0.0.1", 1), sockname=("127.0.0.1", 2), timestamp_start=0)
    context = kind(client, Options())
    context.server = Server(address=("origin.example", 80))
    context.layers = [object()]  # type: ignore[list-item]
    original, ours = (way(Context, "fork")(context) for way in (original_of, shortcut_of))
    assert type(ours) is type(original)
    assert vars(ours) == vars(original)
    assert ours.layers is not context.layers
    assert ours.server is context.server


def test_local_files_are_mapped_as_before(tmp_path: Any) -> None:
    (tmp_path / "file").write_text("local")
    for specs, content in (([], None), ([f"|//address:22/|{tmp_path / 'file'}"], b"local")):
        for way in (original_of, shortcut_of):
            addon, flow = MapLocal(), tflow.tflow()
            with taddons.context(addon) as context:
                context.configure(addon, map_local=specs)
                way(MapLocal, "request")(addon, flow)
            assert (flow.response and flow.response.content) == content


# -- taking them and giving them back ------------------------------------------------------------------------------------


def now() -> list[object]:
    return [getattr(one.owner, one.name) for one in SHORTCUTS]


@pytest.fixture
def users() -> Iterator[tuple[object, object]]:
    pair = object(), object()
    yield pair
    for user in pair:
        shortcuts.uninstall(user)


def test_they_are_taken_back_when_the_last_one_leaves(users: tuple[object, object]) -> None:
    one, another = users
    before = [vars(shortcut.owner).get(shortcut.name) for shortcut in SHORTCUTS]
    assert shortcuts.install(one) is shortcuts.install(another) is shortcuts.install(one) is None
    assert now() == [shortcut.instead for shortcut in SHORTCUTS]
    shortcuts.uninstall(one)
    shortcuts.uninstall(one)
    assert now() == [shortcut.instead for shortcut in SHORTCUTS]
    shortcuts.uninstall(another)
    assert now() == list(ORIGINALS)
    assert [vars(shortcut.owner).get(shortcut.name) for shortcut in SHORTCUTS] == before
    assert shortcuts.install(one) is None


def test_they_are_left_alone_where_another_stands(
    users: tuple[object, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(url, "parse_authority", lambda authority, check: ("", None))
    before = now()
    assert "already changed" in (shortcuts.install(users[0]) or "")
    assert now() == before


def test_they_are_left_alone_in_another_mitmproxy(
    users: tuple[object, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shortcuts, "KNOWN_SOURCES", "0" * 64)
    assert "in another way" in (shortcuts.install(users[0]) or "")
    assert now() == list(ORIGINALS)


def test_what_somebody_else_put_there_meanwhile_stays(users: tuple[object, object]) -> None:
    assert shortcuts.install(users[0]) is None
    kept = url.parse_authority
    url.parse_authority = theirs = lambda authority, check: ("", None)
    try:
        shortcuts.uninstall(users[0])
        assert url.parse_authority is theirs
    finally:
        url.parse_authority = kept
        place = [one[:2] for one in SHORTCUTS].index((url, "parse_authority"))
        url.parse_authority = ORIGINALS[place]


def test_each_says_what_it_saves() -> None:
    assert all(isinstance(one, Shortcut) and one.saves for one in SHORTCUTS)
    assert asyncio.iscoroutinefunction(server.ConnectionHandler.server_event)
