"""What cookies depend on in a saved flow: read from its state in a flow file, each value looked at, or from a HAR file's exchange.

Plain values, which can be handed to another process. Connections that say the same are read once. What does not fit is a
ValueError, TypeError, or whatever else nonsense leads to.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import NoneType
from typing import Any, NamedTuple

from ..formats.har_exchanges import HarExchange
from ..formats.tnetstrings import How, Wanted, load_wanted
from ..sessions.logins import MOST_BODY as MOST_SEARCHED
from .sessions import MOST_BODY

MOST_CONNECTIONS = 256
"""Connections that are known by all that a flow says of them, certificates included."""
HAR_CLIENT = ("127.0.0.1", 0)
"""HAR does not say who the client was."""
NOBODY = ("-", 0)
REGULAR = "regular"

type State = Mapping[Any, Any]
type Address = tuple[str, int]
type Client = tuple[Address, str, bool]
"""Its address, the mode of the proxy, and whether it spoke TLS."""
type Message = dict[str, Any]
"""Attributes of a message's data; its headers are a tuple of pairs."""
type Kinds = Mapping[str, type | tuple[type, ...]]


class FlowFacts(NamedTuple):
    """One HTTP flow."""

    id: str
    client: Client
    server: Address | None
    request: Message
    response: Message | None
    metadata: dict[Any, Any]
    comment: str
    marked: str
    is_replay: str | None
    error: str | None
    is_websocket: bool


_NUMBER = (int, float)
_MESSAGE: Kinds = {"http_version": bytes, "timestamp_start": _NUMBER}
_REQUEST: Kinds = {
    **dict.fromkeys(("method", "scheme", "authority", "path"), bytes),
    **{"host": str, "port": int, "content": (bytes, NoneType), "timestamp_end": (*_NUMBER, NoneType)},
    **_MESSAGE,
}
_RESPONSE: Kinds = {"status_code": int, "reason": bytes, **_MESSAGE}


def _read(names: Iterable[str]) -> Wanted:
    return {name.encode(): How.READ for name in names}


WANTED: Wanted = {
    **_read(("version", "type", "id", "metadata", "comment", "marked", "is_replay")),
    **{b"request": _read((*_REQUEST, "headers")), b"response": _read((*_RESPONSE, "headers"))},
    **{b"client_conn": How.UNREAD, b"server_conn": How.UNREAD, b"error": _read(("msg",)), b"websocket": {}},
}
"""What is needed of the state of a flow in a file."""
_CLIENT: Wanted = _read(("peername", "proxy_mode", "tls"))
_SERVER: Wanted = _read(("address",))


def facts_of_state(state: State) -> FlowFacts:
    """The facts in a state, as the newest flow files have it; connections may be unread."""
    client, server, response, error = (state[name] for name in ("client_conn", "server_conn", "response", "error"))
    return FlowFacts(
        _checked(state["id"], str),
        _unread_client(client) if isinstance(client, bytes) else _client(client),
        _unread_server(server) if isinstance(server, bytes) else _server(server),
        _request(state["request"]),
        None if response is None else _response(response),
        _checked(state["metadata"], dict),
        _checked(state["comment"], str),
        _checked(state["marked"], str),
        _checked(state["is_replay"], (str, NoneType)),
        None if error is None else _checked(error["msg"], str),
        state["websocket"] is not None,
    )


def facts_of_exchange(exchange: HarExchange) -> FlowFacts:
    """The facts in an exchange, as of a proxy that the browser was set to use."""
    request: Message = {
        **{"host": exchange.host, "port": exchange.port, "authority": b"", "path": exchange.path},
        **{"method": exchange.method.encode(), "scheme": exchange.scheme.encode(), "content": exchange.body},
        **{"http_version": exchange.version.encode(), "timestamp_start": exchange.started, "headers": exchange.fields},
    }
    response: Message | None = None
    if (came := exchange.response) is not None:
        response = {"status_code": came.status, "reason": b"", "timestamp_start": came.answered}
        response |= {"http_version": came.version.encode(), "headers": came.fields}
    client = (HAR_CLIENT, REGULAR, exchange.scheme == "https")
    server = (exchange.host, exchange.port)
    return FlowFacts(exchange.id, client, server, request, response, {}, "", "", None, None, False)


def _request(state: State) -> Message:
    said = _said(state, _REQUEST)
    said["content"] = _beginning(said["content"])
    return said


def _response(state: State) -> Message:
    said = _said(state, _RESPONSE)
    if not 0 <= said["status_code"] < 1000:
        raise ValueError("there is no such status")
    return said


def _said(state: State, kinds: Kinds) -> Message:
    said = {name: _checked(state[name], kind) for name, kind in kinds.items()}
    said["timestamp_start"] = float(said["timestamp_start"])
    said["headers"] = tuple([(_checked(name, bytes), _checked(value, bytes)) for name, value in state["headers"]])
    return said


def _beginning(body: bytes | None) -> bytes | None:
    """As much as is looked at: flows wait in memory for others of their time."""
    return body if not body else body[:MOST_SEARCHED] if len(body) <= MOST_BODY else b""


def _checked(value: Any, kind: type | tuple[type, ...]) -> Any:
    if not isinstance(value, kind):
        raise TypeError("a value has another type")
    return value


def _client(state: State) -> Client:
    return _address(state["peername"]) or NOBODY, _checked(state["proxy_mode"], str), bool(state["tls"])


def _server(state: State) -> Address | None:
    return _address(state["address"])


def _address(said: Any) -> Address | None:
    """Address and port; IPv6 has two more numbers."""
    return None if said is None else (_checked(said[0], str), _checked(said[1], int))


@lru_cache(MOST_CONNECTIONS)
def _unread_client(octets: bytes) -> Client:
    return _client(load_wanted(octets, 0, len(octets), _CLIENT))


@lru_cache(MOST_CONNECTIONS)
def _unread_server(octets: bytes) -> Address | None:
    return _server(load_wanted(octets, 0, len(octets), _SERVER))
