"""Who may ask what: the one place where a request to the dashboard is let in or turned away.

A page of another site, open in the same browser, can make requests too: it may neither read nor change anything. So the name that
the browser asked for must be one of ours (against DNS rebinding), nobody else's page may be the cause, and what changes something
or shows a value needs a header that no foreign page can send. Clients on other machines need the token. Pure.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from hmac import compare_digest
from typing import NamedTuple
from urllib.parse import urlsplit

OWN_SITES = frozenset((None, "same-origin", "none"))
"""Values of Sec-Fetch-Site; browsers say nothing to plain-http names."""
CHANGING = frozenset(("POST",))
READING = frozenset(("GET", "HEAD"))
OWN_HEADER = "X-Cookies"
"""Only pages of our own can send it: for others' the browser asks first, and is told no."""
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


class Peer(StrEnum):
    """Where a request really comes from."""

    LOCAL = "this machine"
    REMOTE = "another machine"
    FORGED = "the proxy, without its word for it"


class Asked(NamedTuple):
    """A request, as far as it matters who may."""

    method: str
    headers: Mapping[str, str]
    """Names in any case."""
    peer: Peer
    token: str | None
    """What a client on another machine has shown."""


class Refusal(NamedTuple):
    """Why a request is turned away."""

    status: int
    sentence: str


class Gate:
    """Judges requests to one dashboard."""

    def __init__(self, magic: str, port: int, token: str) -> None:
        self.magic = magic
        """The name by which it is reached through the proxy; empty if by none."""
        self.direct_url = f"http://{LOOPBACK_NAMES[0]}:{port}/"
        self._direct = frozenset(f"{name}:{port}" for name in LOOPBACK_NAMES)
        self._token = token

    def refusal(self, asked: Asked, is_public: bool) -> Refusal | None:
        """Why this request is turned away; None if it may pass. `is_public` for what shows nothing: the empty page, the login."""
        headers = asked.headers
        host = headers.get("Host", "").lower()
        if not self._is_own(host):
            return Refusal(
                403, f"The dashboard is not here: open {f'http://{self.magic}/' if self.magic else self.direct_url}."
            )
        if asked.peer is Peer.FORGED:
            return Refusal(403, "Ask through the proxy by the dashboard's own name.")
        if asked.method not in READING | CHANGING:
            return Refusal(405, "The dashboard knows GET, HEAD and POST.")
        if (refusal := self._foreign(asked, host)) is not None:
            return refusal
        if asked.peer is Peer.REMOTE and not is_public and not self.is_token(asked.token):
            return Refusal(401, "From another machine the token is needed that the proxy printed when it started.")
        return None

    def is_direct(self, host: str) -> bool:
        """Whether this is the address on this machine, which browsers trust like https."""
        return host.lower() in self._direct

    def is_token(self, said: str | None) -> bool:
        """Whether this is the token."""
        return said is not None and compare_digest(said.encode(), self._token.encode())

    def _is_own(self, host: str) -> bool:
        name, colon, port = host.rpartition(":")
        if not colon:
            name = host
        return host in self._direct or (bool(self.magic) and name == self.magic and (not colon or port.isdigit()))

    def _foreign(self, asked: Asked, host: str) -> Refusal | None:
        """Whether a page of another site, or nobody knows which, is the cause."""
        headers = asked.headers
        site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
        is_visit = asked.method in READING and site == "cross-site" and headers.get("Sec-Fetch-Mode") == "navigate"
        if site not in OWN_SITES and not (is_visit and headers.get("Sec-Fetch-Dest") == "document"):
            return Refusal(403, "Another site's page asked for it.")
        if origin is not None and not _is_origin_of(origin, host):
            return Refusal(403, "Another site's page asked for it.")
        if asked.method not in CHANGING:
            return None
        if headers.get(OWN_HEADER) is None or not _is_json(headers.get("Content-Type", "")):
            return Refusal(403, f"What changes something needs JSON and the header {OWN_HEADER}: 1.")
        return None


def _is_origin_of(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin.lower())
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc == host


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def is_local(address: str, fields: Collection[str]) -> bool:
    """Whether a peer of this IP address is on this machine; not if it says that it speaks for somebody else.

    `fields` are the names of the request's fields, in lower case.
    """
    if any(name in fields for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via")):
        return False
    return address.removeprefix("::ffff:").startswith("127.") or address == "::1"
