"""The configuration of HAProxy that stands before proxies: which client goes to which, and when none may go to one.

Written to be read: `scripts/proxy --workers N --print-haproxy` prints it as the start of one for several machines. For HAProxy 2.6,
which Debian 12 has, and newer.
"""

from collections.abc import Sequence
from typing import NamedTuple

from .orders import HEALTH_PATH

BACKEND = "workers"
CHECK_SECONDS = 1
DOWN_AFTER = 3
"""Questions after its health in a row that a worker leaves without a good answer."""


class Place(NamedTuple):
    """Where something listens."""

    host: str
    """Empty for all addresses of the machine."""
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host or '*'}:{self.port}"


class Settings(NamedTuple):
    """What is different from one fleet to another."""

    listen: Place
    workers: Sequence[Place]
    admin_socket: str
    source: str | None
    """The address from which HAProxy connects to the workers; None for whatever the system takes."""
    drain_seconds: int
    """For connections that go on when it is to end."""


def name_of(number: int) -> str:
    """What a worker is called, here and in the log; they are counted from 1."""
    return f"w{number}"


def configuration(settings: Settings) -> str:
    """The file."""
    source = "" if settings.source is None else f" source {settings.source}"
    servers = "\n".join(
        f"    server {name_of(number)} {place}{source}" for number, place in enumerate(settings.workers, 1)
    )
    return f"""\
# HAProxy in front of {len(settings.workers)} proxies: it hands on connections as they come, TLS and all, and reads nothing in them.

global
    # For `echo "show stat" | socat - {settings.admin_socket}`; who may write there may do everything.
    stats socket {settings.admin_socket} mode 600 level admin
    # After SIGUSR1 nobody new gets in, and who is in may stay for so long.
    hard-stop-after {settings.drain_seconds}s

defaults
    mode tcp
    timeout connect 5s
    timeout check 2s
    # Downloads, tunnels and WebSockets are silent for minutes; a worker itself gives up after ten.
    timeout client 1h
    timeout server 1h
    timeout tunnel 1h
    timeout client-fin 30s
    option clitcpka
    option srvtcpka
    # A worker that does not answer the first time is passed over at once.
    retries 3
    option redispatch 1

frontend clients
    bind {settings.listen}
    default_backend {BACKEND}

backend {BACKEND}
    # An address goes to the same worker each time; when one is gone, its addresses alone go to others, until it is back.
    balance source
    hash-type consistent sdbm avalanche
    # The worker's own word that its rules are in force and that it is not about to end.
    option httpchk GET {HEALTH_PATH}
    http-check expect status 200
    # 404 says that it is about to end: nobody new goes there, and who is there may stay.
    http-check disable-on-404
    # send-proxy: the line that says whose connection it is (PROXY protocol, version 1). A worker that is down has its connections
    # cut, so that no client talks to two. The weight is how many places on the ring a worker has: more of them, more even.
    default-server check inter {CHECK_SECONDS}s fall {DOWN_AFTER} rise 1 send-proxy on-marked-down shutdown-sessions weight 100
{servers}
"""
