"""Flows of mitmproxy's, made without what nobody asks a saved flow for: certificates, ciphers, bodies of responses.

They are real flows of real messages, so that everything that reads flows reads these, filters included; only their making is ours,
because mitmproxy's takes longer than all our work on a flow. Connections that say the same are one object. What a file says is
checked here, field by field; what does not fit is a ValueError or TypeError.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import NoneType
from typing import Any

from mitmproxy.connection import Client, Server
from mitmproxy.flow import Error
from mitmproxy.http import Headers, HTTPFlow, Message, MessageData, Request, RequestData, Response, ResponseData
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.websocket import WebSocketData

from ..formats.har_exchanges import HarExchange
from ..formats.tnetstrings import How, Wanted, load_wanted
from ..sessions.logins import MOST_BODY as MOST_SEARCHED
from .sessions import MOST_BODY

MOST_CONNECTIONS = 4_096
MOST_UNREAD = 256
"""Connections that are known by all that a flow says of them, certificates included."""
HAR_CLIENT = ("127.0.0.1", 0)
"""HAR does not say who the client was."""
NOBODY = ("-", 0)
REGULAR = "regular"

type Fields = Mapping[str, type | tuple[type, ...]]

_NUMBER = (int, float)
_MESSAGE: Fields = {"http_version": bytes, "timestamp_start": _NUMBER}
_REQUEST: Fields = {
    **dict.fromkeys(("method", "scheme", "authority", "path"), bytes),
    **{"host": str, "port": int, "content": (bytes, NoneType), "timestamp_end": (*_NUMBER, NoneType)},
    **_MESSAGE,
}
_RESPONSE: Fields = {"status_code": int, "reason": bytes, **_MESSAGE}
_NEW_FLOW: Mapping[str, Any] = {
    **{"live": False, "timestamp_created": 0.0, "intercepted": False, "marked": "", "is_replay": None, "comment": ""},
    **{"_resume_event": None, "_backup": None, "response": None, "error": None, "websocket": None},
}
_NOTHING: Mapping[str, Any] = {"content": None, "trailers": None, "timestamp_end": None}


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


def flow_from_state(state: Mapping[Any, Any]) -> HTTPFlow:
    """The HTTP flow with this state, as the newest flow files have it; connections may be unread."""
    error = state["error"]
    flow = _flow(state["id"], _client_of(state["client_conn"]), _server_of(state["server_conn"]))
    flow.metadata = _checked(state["metadata"], dict)
    flow.comment, flow.marked = _checked(state["comment"], str), _checked(state["marked"], str)
    flow.is_replay = _checked(state["is_replay"], (str, NoneType))
    flow.request = _request(state["request"])
    flow.response = None if state["response"] is None else _response(state["response"])
    flow.error = None if error is None else Error(_checked(error["msg"], str), 0.0)
    flow.websocket = None if state["websocket"] is None else WebSocketData()
    return flow


def flow_from_har(exchange: HarExchange) -> HTTPFlow:
    """The exchange as a flow of a proxy that the browser was set to use."""
    client, server = _client(HAR_CLIENT, REGULAR, exchange.scheme == "https"), _server((exchange.host, exchange.port))
    flow = _flow(exchange.id, client, server)
    request, response = exchange, exchange.response
    flow.request = _message(
        Request,
        RequestData,
        {
            **{"host": request.host, "port": request.port, "authority": b"", "path": request.path},
            **{"method": request.method.encode(), "scheme": request.scheme.encode(), "content": request.body},
            **{"http_version": request.version.encode(), "timestamp_start": request.started},
        },
        request.fields,
    )
    if response is not None:
        said = {"status_code": response.status, "reason": b"", "timestamp_start": response.answered}
        said["http_version"] = response.version.encode()
        flow.response = _message(Response, ResponseData, said, response.fields)
    return flow


def _flow(one: str, client: Client, server: Server) -> HTTPFlow:
    """A flow without messages; mitmproxy would throw dice for an id."""
    flow = HTTPFlow.__new__(HTTPFlow)
    vars(flow).update(_NEW_FLOW, id=_checked(one, str), client_conn=client, server_conn=server, metadata={})
    return flow


def _request(state: Mapping[Any, Any]) -> Request:
    said = {name: _checked(state[name], kind) for name, kind in _REQUEST.items()}
    said["timestamp_start"] = float(said["timestamp_start"])
    said["content"] = _beginning(said["content"])
    return _message(Request, RequestData, said, state["headers"])


def _beginning(body: bytes | None) -> bytes | None:
    """As much as is looked at: flows wait in memory for others of their time."""
    return body if not body else body[:MOST_SEARCHED] if len(body) <= MOST_BODY else b""


def _response(state: Mapping[Any, Any]) -> Response:
    said = {name: _checked(state[name], kind) for name, kind in _RESPONSE.items()}
    said["timestamp_start"] = float(said["timestamp_start"])
    if not 0 <= said["status_code"] < 1000:
        raise ValueError("there is no such status")
    return _message(Response, ResponseData, said, state["headers"])


def _message[M: Message](
    kind: type[M], data_kind: type[MessageData], said: Mapping[str, Any], fields: Iterable[tuple[bytes, bytes]]
) -> M:
    """A message with these data, whose types were looked at: mitmproxy would look at them once more, for 50 µs."""
    message, data = kind.__new__(kind), data_kind.__new__(data_kind)
    vars(data).update(_NOTHING, headers=Headers(fields), **said)
    message.data = data
    return message


def _checked(value: Any, kind: type | tuple[type, ...]) -> Any:
    if not isinstance(value, kind):
        raise TypeError("a value has another type")
    return value


def _address(said: Any) -> tuple[str, int] | None:
    """Address and port; IPv6 has two more numbers."""
    return None if said is None else (_checked(said[0], str), _checked(said[1], int))


def _client_of(state: bytes | Mapping[Any, Any]) -> Client:
    if isinstance(state, bytes):
        return _unread_client(state)
    return _client(_address(state["peername"]) or NOBODY, state["proxy_mode"], bool(state["tls"]))


def _server_of(state: bytes | Mapping[Any, Any]) -> Server:
    return _unread_server(state) if isinstance(state, bytes) else _server(_address(state["address"]))


@lru_cache(MOST_UNREAD)
def _unread_client(octets: bytes) -> Client:
    return _client_of(load_wanted(octets, 0, len(octets), _CLIENT))


@lru_cache(MOST_UNREAD)
def _unread_server(octets: bytes) -> Server:
    return _server_of(load_wanted(octets, 0, len(octets), _SERVER))


@lru_cache(MOST_CONNECTIONS)
def _client(peername: tuple[str, int], mode: str, tls: bool) -> Client:
    return Client(peername=peername, sockname=NOBODY, proxy_mode=ProxyMode.parse(mode), tls=tls, timestamp_start=0.0)


@lru_cache(MOST_CONNECTIONS)
def _server(address: tuple[str, int] | None) -> Server:
    return Server(address=address)
