"""Ids of sessions in URLs, as applications without cookies put them there: `;jsessionid=`, `?PHPSESSID=`, `/(S(…))/` (R16).

Knows the three ways in which servers write them and the parameters that are known for it. Nothing here decodes or raises.
"""

import re
from functools import lru_cache
from typing import NamedTuple

PARAMETERS = (
    *("jsessionid", "phpsessid", "sessionid", "session_id", "sessid", "asp.net_sessionid", "cfid", "cftoken"),
    *(
        "sid",
        "oscsid",
        "xtcsid",
        "zenid",
        "osc_sid",
        "s_id",
        "sap-contextid",
        "cgisessid",
        "aspsessionid",
        "sessiontoken",
    ),
)
"""Names of parameters, in lower case."""
SHORT_NAMES = frozenset(("sid", "s_id", "cfid"))
"""Names that mean other things too: their value has to look like an id."""
ID_OCTETS = 8
"""A shorter value is no id of a session."""
SHORT_ID_OCTETS = 16
"""A value under a short name has to have so many octets, or digits and letters."""
MOST_OCTETS = 8_192

_NAMES = "|".join(re.escape(name) for name in sorted(PARAMETERS, key=len, reverse=True))
_ID = re.compile(
    rb"/\((?:[A-Z]\([^()/]*\))*S\((?P<aspnet>[a-z0-9]{8,80})\)(?:[A-Z]\([^()/]*\))*\)(?=/|$)"
    rb"|[;?&](?P<name>" + _NAMES.encode() + rb")=(?P<value>[A-Za-z0-9._~!,%+=-]{8,512})",
    re.IGNORECASE,
)
_PLAIN = re.compile(rb"[a-z]{1,20}|[0-9]{1,15}", re.IGNORECASE)
_OTHERS = re.compile(rb"cs_(?:test|live)_")
"""Ids of another kind under these names: those of Stripe's checkout."""
_TRANSPORT = re.compile(rb"[?&]EIO=[0-9]")
"""Engine.IO numbers its connections under `sid`; that is no session of the application."""
ASPNET = b"ASP.NET_SessionId"


class UrlId(NamedTuple):
    """One id in a URL."""

    name: bytes
    """Of its parameter as it is written; ASP.NET's ids, which have none, get that of its cookie."""
    value: bytes


def may_have_id(target: bytes) -> bool:
    """True if it is worth looking."""
    return (b"=" in target or b"(" in target) and len(target) <= MOST_OCTETS


def ids_in(target: bytes) -> tuple[UrlId, ...]:
    """The ids in a URL, or in a request's target."""
    return _ids_in(target) if may_have_id(target) else ()


@lru_cache(maxsize=1_024)
def _ids_in(target: bytes) -> tuple[UrlId, ...]:
    found = []
    is_transport = _TRANSPORT.search(target) is not None
    for match in _ID.finditer(target.partition(b"#")[0]):
        if match["aspnet"] is not None:
            found.append(UrlId(ASPNET, match["aspnet"]))
        elif not is_transport and _is_id(match["name"], match["value"]):
            found.append(UrlId(match["name"], match["value"]))
    return tuple(dict.fromkeys(found))


def cookie_name(parameter: bytes) -> bytes:
    """The name of the cookie that a parameter stands for."""
    upper = parameter.upper()
    return upper if upper in (b"JSESSIONID", b"PHPSESSID") else parameter


def _is_id(name: bytes, value: bytes) -> bool:
    if _OTHERS.match(value):
        return False
    if name.decode("latin-1").lower() not in SHORT_NAMES:
        return True
    return len(value) >= SHORT_ID_OCTETS and _PLAIN.fullmatch(value) is None
