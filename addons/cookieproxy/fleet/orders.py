"""What a proxy is told by who starts it as one of several: by two variables of its environment, which are no options.

`COOKIES_BALANCERS` is for everybody who puts a balancer before a proxy: the addresses or networks, separated by commas, of those
who say whose connection it is (`proxy_line`). A proxy that is told so takes connections from nobody else. `COOKIES_WORKER` is
private to `scripts/proxy --workers` and its workers: JSON with the file descriptor of a channel between them, the dashboard's
token, which all workers share, and HAProxy's port. On the channel the worker says `ready` and `idle`, its supervisor `drain`;
each in a line.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network

BALANCERS = "COOKIES_BALANCERS"
WORKER = "COOKIES_WORKER"
READY = b"ready"
IDLE = b"idle"
DRAIN = b"drain"
HEALTH_PATH = "/cookies.mitm/health"
"""Where a balancer asks whether a proxy does its work: no application has that path."""


class OrdersError(ValueError):
    """A variable says something that cannot be meant."""


@dataclass(frozen=True, slots=True)
class Worker:
    """What the supervisor tells one of its workers."""

    channel: int
    """A file descriptor: our end of a pair of sockets."""
    token: str
    """The dashboard's, for clients on other machines."""
    port: int = 0
    """Where HAProxy listens on this machine."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What a proxy was told."""

    balancers: tuple[IPv4Network | IPv6Network, ...] = ()
    worker: Worker | None = None

    def trusts(self, address: str) -> bool:
        """Whether who connects from this address may say whose connection it is."""
        try:
            peer = ip_address(address)
        except ValueError:
            return False
        mapped = None if isinstance(peer, IPv4Address) else peer.ipv4_mapped
        return any((mapped or peer) in network for network in self.balancers)

    def environment(self) -> dict[str, str]:
        """The variables that say so."""
        said = {BALANCERS: ",".join(map(str, self.balancers))} if self.balancers else {}
        if self.worker is not None:
            said[WORKER] = json.dumps(asdict(self.worker))
        return said


ALONE = Orders()
"""What a proxy is told that is not one of several: nothing."""


def read(environment: Mapping[str, str]) -> Orders:
    """What these variables say. Raises OrdersError."""
    return Orders(_balancers(environment.get(BALANCERS, "")), _worker(environment.get(WORKER, "")))


def _balancers(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    networks = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            networks.append(ip_network(part, strict=False))
        except ValueError:
            raise OrdersError(
                f'{BALANCERS}: "{part}" is no IP address or network, such as 10.0.0.5 or 10.0.0.0/24.'
            ) from None
    return tuple(networks)


def _worker(text: str) -> Worker | None:
    if not text:
        return None
    try:
        said = json.loads(text)
        return Worker(int(said["channel"]), str(said["token"]), int(said.get("port", 0)))
    except (ValueError, TypeError, KeyError):
        raise OrdersError(f"{WORKER} is set by scripts/proxy --workers, and by nobody else.") from None
