"""What clients ask the proxy for, as octets: a page, again and again, by one browser or by many in turn.

Knows how a request is written to a proxy, and to a reverse proxy; not who sends it.
"""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urljoin, urlsplit

from . import inputs
from .programs import LOOPBACK


class Protocol(StrEnum):
    """How clients talk to the proxy."""

    HTTP = "HTTP/1.1"
    TLS = "HTTP/1.1 over TLS"
    HTTP2 = "HTTP/2"
    """Over TLS."""

    @property
    def is_encrypted(self) -> bool:
        """Whether there is TLS on both sides of the proxy, which is a reverse proxy then: no client that is fast knows CONNECT."""
        return self is not Protocol.HTTP


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is asked for, by whom."""

    page: str = inputs.PAGE
    cookie: str = inputs.COOKIE
    """The Cookie field of each request; `{client}` in it is the client's number."""
    clients: int = 1
    """Each with a user agent of its own."""
    connections: int = inputs.CONNECTIONS
    """Requests that are under way at any time."""
    protocol: Protocol = Protocol.HTTP

    def requests(self, origin: str, proxy_port: int, first: int = 0) -> list[bytes]:
        """One of each client, beginning with the one whose turn it is after so many; `origin` is its URL."""
        url = urljoin(origin, self.page)
        if self.protocol.is_encrypted:
            target, host = urlsplit(url).path, f"{LOOPBACK}:{proxy_port}"
        else:
            target, host = url, urlsplit(url).netloc
        return [self._request(target, host, client) for client in self._turns(first)]

    def _turns(self, first: int) -> list[int]:
        return [(first + turn) % self.clients for turn in range(self.clients)]

    def headers(self, client: int = 0) -> dict[str, str]:
        """The fields of its requests but for Host."""
        agent = f"{inputs.USER_AGENT} {client}" if client else inputs.USER_AGENT
        cookie = {"Cookie": self.cookie.format(client=client)} if self.cookie else {}
        return {"User-Agent": agent, "Accept-Language": "en", **cookie}

    def _request(self, target: str, host: str, client: int) -> bytes:
        fields = {"Host": host, **self.headers(client)}
        lines = (f"{name}: {value}\r\n" for name, value in fields.items())
        return f"GET {target} HTTP/1.1\r\n{''.join(lines)}\r\n".encode()
