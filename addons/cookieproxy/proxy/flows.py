"""From a flow to an exchange and back: the browser's URL, the fields as they came, the fields as they go.

Knows what mitmproxy does to a flow in each of its modes. In reverse and transparent mode the browser's host stands in Host and its
scheme in the client's TLS; elsewhere both stand in the request target, which alone says where the request really goes.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from math import isfinite
from typing import Any

from mitmproxy.http import Headers, HTTPFlow
from mitmproxy.proxy import mode_specs

from ..core.hosts import canonical_host
from ..core.syntax import join_fields
from ..exchange import PassedField, RequestHead, ResponseHead
from ..exchange.headers import Edits
from ..rules.headers import with_header
from ..suffixes import load

METADATA = "cookieproxy"
"""Where the fields as they came are kept in a flow that we changed: `cookie`, `set-cookie`, and `host` in reverse mode."""
MOST_HOST_CHARACTERS = 1_024
"""No host is that long; longer ones are not looked at, or the memory of hosts would be filled with them."""
_PORT = re.compile(r":[0-9]{1,5}\Z")
SET_COOKIE = b"set-cookie"
MOST_MASKED = 64
"""Ids in one text; no honest one has more than two."""
TLS_SCHEMES = frozenset(("https", "tls", "http3", "quic", "dtls"))
ASKED_DIRECTLY = (
    mode_specs.ReverseMode,
    mode_specs.TransparentMode,
    mode_specs.LocalMode,
    mode_specs.WireGuardMode,
    mode_specs.TunMode,
    mode_specs.Socks5Mode,
)
"""Modes in which the browser does not know of the proxy, or names only an address to it."""


def request_head(flow: HTTPFlow) -> RequestHead | None:
    """The request as the browser sent it; None if it has no host that cookies could belong to."""
    request = flow.request
    host = _kept_host(flow) or _browser_host(flow)
    canonical = _canonical(host) if len(host) <= MOST_HOST_CHARACTERS else None
    if canonical is None:
        return None
    fields = request.headers.fields
    if (cookies := _kept_fields(flow, "cookie")) is not None:
        fields = _with_cookies(fields, cookies)
    return RequestHead(
        _browser_scheme(flow), canonical, request.method, request.data.path, fields, request.timestamp_start, flow.id
    )


def response_head(flow: HTTPFlow) -> ResponseHead:
    """The response as the application sent it."""
    response = flow.response
    assert response is not None
    fields = response.headers.fields
    if (set_cookies := _kept_fields(flow, "set-cookie")) is not None:
        others = tuple(field for field in fields if field[0].lower() != b"set-cookie")
        fields = (*others, *((b"set-cookie", value) for value in set_cookies))
    times = (response.timestamp_start, flow.request.timestamp_end, flow.request.timestamp_start)
    time = next((time for time in times if time and isfinite(time)), 0.0)
    return ResponseHead(response.status_code, fields, time)


def _kept(flow: HTTPFlow) -> dict[str, Any]:
    """What was kept of a flow that we changed; a file may say anything."""
    kept = flow.metadata.get(METADATA) if flow.metadata else None
    return kept if isinstance(kept, dict) else {}


def upstream_cookie(flow: HTTPFlow) -> bytes | None:
    """The cookies that the application got, where rules made them others than the browser sent; None if they are the same."""
    if not flow.metadata or _kept_fields(flow, "cookie") is None:
        return None
    return join_fields([value for name, value in flow.request.headers.fields if name.lower() == b"cookie"])


def kept_session(flow: HTTPFlow) -> str | None:
    """The digest of the session without cookies that a flow belongs to, if it does."""
    digest = _kept(flow).get("session")
    return digest if isinstance(digest, str) else None


def _kept_host(flow: HTTPFlow) -> str | None:
    host = _kept(flow).get("host")
    return host if isinstance(host, str) else None


def _kept_fields(flow: HTTPFlow, what: str) -> list[bytes] | None:
    """The fields as they came; None if they are unchanged."""
    values = _kept(flow).get(what)
    return [value for value in values if isinstance(value, bytes)] if isinstance(values, list | tuple) else None


def _browser_host(flow: HTTPFlow) -> str:
    if isinstance(flow.client_conn.proxy_mode, ASKED_DIRECTLY):
        return flow.request.pretty_host
    return flow.request.host


def is_reverse(flow: HTTPFlow) -> bool:
    """True if the browser takes the proxy for one application, so that what has another port does not lead through it."""
    return isinstance(flow.client_conn.proxy_mode, mode_specs.ReverseMode)


def _browser_scheme(flow: HTTPFlow) -> str:
    if isinstance(flow.client_conn.proxy_mode, ASKED_DIRECTLY):
        return "https" if flow.client_conn.tls else "http"
    return "https" if flow.request.scheme in ("https", "wss") else "http"


def browser_authority(flow: HTTPFlow, head: RequestHead) -> str:
    """Host and port as the browser's URL has them, before anything was re-addressed."""
    if isinstance(flow.client_conn.proxy_mode, ASKED_DIRECTLY):
        said = next((value for name, value in head.fields if name.lower() == b"host"), b"").decode("latin-1")
        said = said or flow.request.authority
        port = _PORT.search(said)
        return head.host + (port[0] if port else "")
    port_number = flow.request.port
    is_usual = port_number == (443 if head.scheme == "https" else 80)
    return head.host if is_usual else f"{head.host}:{port_number}"


@lru_cache(maxsize=8192)
def _canonical(host: str) -> str | None:
    bare = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return canonical_host(bare, load().to_ascii)


# -- writing back ------------------------------------------------------------------------------------------------------


def write_cookie(flow: HTTPFlow, cookie: bytes) -> None:
    """Put the Cookie field the application gets in the place of those that came; empty takes them away."""
    headers = flow.request.headers
    came = [value for name, value in headers.fields if name.lower() == b"cookie"]
    keep_original(flow, "cookie", came)
    headers.fields = _with_cookies(headers.fields, [cookie] if cookie else [], spelled(flow, b"Cookie"))


def _with_cookies(
    fields: tuple[tuple[bytes, bytes], ...], values: list[bytes], spelling: bytes = b"Cookie"
) -> tuple[tuple[bytes, bytes], ...]:
    """The fields with these Cookie values where the first one stood, or at the end."""
    places = [index for index, (name, _) in enumerate(fields) if name.lower() == b"cookie"]
    others = [field for field in fields if field[0].lower() != b"cookie"]
    place = places[0] if places else len(others)
    name = fields[place][0] if places else spelling
    return (*others[:place], *((name, value) for value in values), *others[place:])


def write_set_cookies(flow: HTTPFlow, passed: list[PassedField]) -> None:
    """Set back all Set-Cookie fields in one assignment: each where its original stood, our own behind them."""
    response = flow.response
    assert response is not None
    fields = response.headers.fields
    sources = {each.position: each.source for each in passed if each.position is not None}
    came: list[bytes] = []
    written: list[tuple[bytes, bytes]] = []
    end = None
    for field in fields:
        name, value = field
        if len(name) != len(SET_COOKIE) or name.lower() != SET_COOKIE:
            written.append(field)
            continue
        if (source := sources.get(len(came))) is not None:
            written.append((name, source))
        came.append(value)
        end = len(written)
    keep_original(flow, "set-cookie", came)
    if len(sources) < len(passed):
        spelling = spelled(flow, b"Set-Cookie")
        end = len(written) if end is None else end
        written[end:end] = [(spelling, each.source) for each in passed if each.position is None]
    response.headers.fields = tuple(written)


def write_fields(
    flow: HTTPFlow,
    came: tuple[tuple[bytes, bytes], ...],
    fields: tuple[tuple[bytes, bytes], ...],
    ids: Sequence[bytes],
) -> None:
    """Make of the request's fields as they came these others, name by name; what mitmproxy changed meanwhile stays.

    A Referer that had an id is remembered with stars for it.
    """
    headers = flow.request.headers
    for name in dict.fromkeys(key.lower() for key, _ in came):
        before = [value for key, value in came if key.lower() == name]
        after = [value for key, value in fields if key.lower() == name]
        if before == after:
            continue
        if name == b"referer":
            keep_original(flow, "referer", masked(before[0], after[0] if after else b"", ids))
        rest = iter(after)
        others = ((key, next(rest, None) if key.lower() == name else value) for key, value in headers.fields)
        headers.fields = tuple((key, value) for key, value in others if value is not None)


def masked(text: bytes, clean: bytes, ids: Sequence[bytes]) -> bytes:
    """The text with stars for ids; the clean one where they are not written as they are."""
    if len(ids) > MOST_MASKED:
        return clean
    stars = text
    for one in ids:
        stars = stars.replace(one, b"***")
    return clean if stars == text else stars


def write_headers(flow: HTTPFlow, headers: Headers, edits: Edits) -> None:
    """Do to the header fields of one of the flow's messages what rules want done."""
    fields = headers.fields
    for name, text in edits:
        fields = with_header(fields, spelled(flow, name), text)
    headers.fields = fields


def spelled(flow: HTTPFlow, name: bytes) -> bytes:
    """A field's name as the protocol writes it."""
    return name.lower() if is_binary(flow) else name


def is_binary(flow: HTTPFlow) -> bool:
    """True of HTTP/2 and HTTP/3, where field names are written in lower case and bodies have no chunks."""
    return flow.request.is_http2 or flow.request.is_http3


def keep_original(flow: HTTPFlow, what: str, value: Any) -> None:
    """Remember in the flow how something came, once, so that a saved flow still tells."""
    flow.metadata.setdefault(METADATA, {}).setdefault(what, value)
