"""The line by which a balancer says whose connection it hands on: the PROXY protocol, version 1.

`PROXY TCP4 192.0.2.7 198.51.100.1 40123 8080` and CR LF come before everything else, in at most 107 octets (HAProxy's
doc/proxy-protocol.txt, section 2.1). `PROXY UNKNOWN` says that the balancer speaks for itself, as it does to ask after our health,
or for a client without an address; what follows it in the line counts for nothing. Version 2 is binary and not spoken here. Pure.
"""

from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

MOST_OCTETS = 107
"""Of a line with its end; what is longer is none (section 2.1)."""
BEGINNING = b"PROXY "
END = b"\r\n"
SECOND_VERSION = b"\r\n\r\n\x00\r\nQUIT\n"
"""What version 2 begins with (section 2.2)."""
FAMILIES = {b"TCP4": IPv4Address, b"TCP6": IPv6Address}
MOST_PORT = 65_535


class Said(NamedTuple):
    """A line, and how many octets it was."""

    client: tuple[str, int] | None
    """Address and port of the client; None if the balancer does not know, or speaks for itself."""
    length: int


class NoLine(Enum):
    """Why octets are no line."""

    UNFINISHED = "it has not come to its end"
    MISSING = "it begins with something else"
    VERSION_2 = "it is of version 2, and only version 1 is spoken here: send-proxy instead of send-proxy-v2"
    TOO_LONG = f"it has no end within {MOST_OCTETS} octets"
    MALFORMED = "it says no two addresses and ports"


def parse(octets: bytes) -> Said | NoLine:
    """What the first octets of a connection say, as far as they have come."""
    if not octets.startswith(BEGINNING[: len(octets)]):
        return _another(octets)
    end = octets.find(END, 0, MOST_OCTETS)
    if end < 0:
        return NoLine.UNFINISHED if len(octets) < MOST_OCTETS else NoLine.TOO_LONG
    family, *rest = octets[len(BEGINNING) : end].split(b" ")
    if family == b"UNKNOWN":
        return Said(None, end + len(END))
    client = _client(family, rest)
    return NoLine.MALFORMED if client is None else Said(client, end + len(END))


def emit(client: tuple[str, int], server: tuple[str, int]) -> bytes:
    """The line for a connection from one to the other; both addresses are of one family. Raises ValueError."""
    source, target = ip_address(client[0]), ip_address(server[0])
    if source.version != target.version:
        raise ValueError(f"{source} and {target} are not of one family")
    return f"PROXY TCP{source.version} {source} {target} {client[1]} {server[1]}\r\n".encode()


def _another(octets: bytes) -> NoLine:
    if SECOND_VERSION.startswith(octets):
        return NoLine.UNFINISHED
    return NoLine.VERSION_2 if octets.startswith(SECOND_VERSION) else NoLine.MISSING


def _client(family: bytes, rest: list[bytes]) -> tuple[str, int] | None:
    kind = FAMILIES.get(family)
    if kind is None or len(rest) != 4:
        return None
    source, target, *ports = rest
    try:
        address = kind(source.decode("ascii"))
        kind(target.decode("ascii"))
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return None
    if not all(_is_port(port) for port in ports):
        return None
    return str(address), int(ports[0])


def _is_port(text: bytes) -> bool:
    """Decimal, without leading zeros."""
    return text.isdigit() and len(text) <= 5 and (text == b"0" or not text.startswith(b"0")) and int(text) <= MOST_PORT
