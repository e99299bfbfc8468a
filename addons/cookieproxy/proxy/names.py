"""What two browsers are told apart by: the name of the client a flow belongs to (`clients:` in rules.yaml).

A client is those values joined by a space, the user agent shortened to its product and six digits of a hash:
`127.0.0.1 Chrome/156 3fa9c1`. Names are shown and logged, so nothing in them can move a cursor.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256

from mitmproxy.http import HTTPFlow

PRODUCTS = ("Edg", "OPR", "CriOS", "FxiOS", "Firefox", "Chromium", "HeadlessChrome", "Chrome", "MSIE", "Trident")
"""The tokens that name a browser, the most telling first; else the first token counts."""
MAX_PART = 64
"""Characters of one part of a name."""
SHOWN_PART = 24
"""Characters that are shown of a longer one, before its hash."""
MAX_USER_AGENT = 1_024
"""Octets of a user agent that are kept; of a longer one the rest becomes a hash, so that two of them are still two."""

type Namer = Callable[[HTTPFlow], str]


@lru_cache(maxsize=8192)
def short_user_agent(user_agent: str) -> str:
    """`Chrome/156 3fa9c1`: product, major version and a hash of the whole; `-` if there is none."""
    if not user_agent:
        return "-"
    digits = sha256(user_agent.encode("utf-8", "surrogateescape")).hexdigest()[:6]
    return f"{_product(user_agent)} {digits}"


def _product(user_agent: str) -> str:
    for product in PRODUCTS:
        found = re.search(rf"\b{product}[/ ](\d{{1,6}})", user_agent, re.ASCII)
        if found:
            return f"{product}/{found[1]}"
    safari = re.search(r"Version/(\d{1,6}).*Safari/", user_agent, re.ASCII)
    if safari:
        return f"Safari/{safari[1]}"
    first = re.match(r"[\w.+-]+(/\d+)?", user_agent, re.ASCII)
    return first[0][:MAX_PART] if first else "-"


def plain(text: str) -> str:
    """A part of a name without spaces and controls, and of bounded length; what had to be changed ends in a hash of the whole.

    Without it two clients could come to have one name, and so one jar: tokens often begin alike.
    """
    shown = re.sub(r"[^!-~\u00a1-\u07ff]", "_", text)
    if shown == text and len(text) <= MAX_PART:
        return text or "-"
    return f"{shown[:SHOWN_PART]}~{sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"


def namer(parts: Sequence[str]) -> Namer:
    """The function that names the client of a flow by these parts: address, user-agent, proxy-user, header:NAME."""
    readers = [_reader(part) for part in parts]
    return lambda flow: " ".join([read(flow) for read in readers])


def _reader(part: str) -> Namer:
    if part.startswith("header:"):
        name = part.removeprefix("header:")
        return lambda flow: plain(flow.request.headers.get(name, ""))
    return READERS[part]


def address_of(flow: HTTPFlow) -> str:
    """The client's IP address; IPv4 ones that came over IPv6 as IPv4."""
    peer = flow.client_conn.peername
    return peer[0].removeprefix("::ffff:") if peer else "-"


def user_agent_of(flow: HTTPFlow) -> str:
    """The User-Agent field; empty if there is none."""
    for name, value in flow.request.headers.fields:
        if len(name) == 10 and name.lower() == b"user-agent":
            return bounded(value).decode("utf-8", "surrogateescape")
    return ""


def bounded(user_agent: bytes) -> bytes:
    """A user agent of a length that can be kept for each of many clients."""
    if len(user_agent) <= MAX_USER_AGENT:
        return user_agent
    return user_agent[:MAX_USER_AGENT] + b" " + sha256(user_agent).hexdigest().encode()


def _proxy_user(flow: HTTPFlow) -> str:
    credentials = flow.metadata.get("proxyauth")
    return plain(str(credentials[0])) if isinstance(credentials, list | tuple) and credentials else "-"


READERS: dict[str, Namer] = {
    "address": address_of,
    "user-agent": lambda flow: short_user_agent(user_agent_of(flow)),
    "proxy-user": _proxy_user,
}
