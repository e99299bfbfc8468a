"""Flows of mitmproxy's, made of the facts that cookies depend on, without certificates, ciphers and bodies of responses.

They are real flows of real messages, so that everything that reads flows reads these, filters included; only their making is ours,
because mitmproxy's takes longer than all our work on a flow. Connections that say the same are one object.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from mitmproxy.connection import Client, Server
from mitmproxy.flow import Error
from mitmproxy.http import Headers, HTTPFlow, Message, MessageData, Request, RequestData, Response, ResponseData
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.websocket import WebSocketData

from . import flow_facts
from .flow_facts import NOBODY, Address, FlowFacts

MOST_CONNECTIONS = 4_096

_NEW_FLOW: Mapping[str, Any] = {
    **{"live": False, "timestamp_created": 0.0, "intercepted": False, "_resume_event": None, "_backup": None},
    **{"response": None, "error": None, "websocket": None},
}
_NEW_MESSAGE: dict[str, Any] = {"content": None, "trailers": None, "timestamp_end": None}


def light_flow(facts: FlowFacts) -> HTTPFlow:
    """The flow with these facts. Raises ValueError if mitmproxy knows no such mode."""
    flow = HTTPFlow.__new__(HTTPFlow)  # __init__ would throw dice for an id
    vars(flow).update(
        _NEW_FLOW,
        id=facts.id,
        client_conn=_client(facts.client),
        server_conn=_server(facts.server),
        request=_message(Request, RequestData, facts.request),
        metadata=facts.metadata,
        comment=facts.comment,
        marked=facts.marked,
        is_replay=facts.is_replay,
    )
    if facts.response is not None:
        flow.response = _message(Response, ResponseData, facts.response)
    if facts.error is not None:
        flow.error = Error(facts.error, 0.0)
    if facts.is_websocket:
        flow.websocket = WebSocketData()
    return flow


def _message[M: Message](kind: type[M], data_kind: type[MessageData], said: flow_facts.Message) -> M:
    """A message with these data, whose types were looked at: mitmproxy would look at them once more, for 50 µs."""
    message, data, headers = kind.__new__(kind), data_kind.__new__(data_kind), Headers.__new__(Headers)
    headers.fields = said["headers"]
    vars(data).update(_NEW_MESSAGE | said, headers=headers)
    message.data = data
    return message


@lru_cache(MOST_CONNECTIONS)
def _client(client: flow_facts.Client) -> Client:
    peername, mode, tls = client
    return Client(peername=peername, sockname=NOBODY, proxy_mode=ProxyMode.parse(mode), tls=tls, timestamp_start=0.0)


@lru_cache(MOST_CONNECTIONS)
def _server(address: Address | None) -> Server:
    return Server(address=address)
