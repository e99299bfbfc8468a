"""`python -m cookieproxy.fleet --workers N …`, which is what `scripts/proxy --workers N …` starts."""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from .arguments import ArgumentsError, Asked, read
from .haproxy import Place, Settings, configuration
from .supervisor import DRAIN_SECONDS, Supervisor

EXAMPLE_SOCKET = "/run/cookies-haproxy.sock"
PLACES = ("/usr/sbin", "/usr/local/sbin")
"""Where Debian's HAProxy lies, which is not on the PATH of every user."""
MISSING = """--workers needs HAProxy, which hands each client to its worker, and there is none here.
On Debian and Ubuntu: apt-get install haproxy
If it lies where nobody looks, put its folder on the PATH."""


def main() -> int:
    """The exit code."""
    try:
        asked = read(sys.argv[1:])
    except ArgumentsError as error:
        print(error, file=sys.stderr)
        return 2
    if asked.prints:
        print(example(asked), end="")
        return 0
    haproxy = shutil.which("haproxy") or next(filter(None, (shutil.which("haproxy", path=one) for one in PLACES)), None)
    if haproxy is None:
        print(MISSING, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="cookies-fleet-") as place:
        return asyncio.run(run(asked, haproxy, Path(place)))


async def run(asked: Asked, haproxy: str, place: Path) -> int:
    """The exit code; a supervisor has to be made where its loop is."""
    return await Supervisor(asked, haproxy, place).run()


def example(asked: Asked) -> str:
    """The configuration, with ports next to each other and what to know before it is used elsewhere."""
    workers = [Place("127.0.0.1", asked.listen.port + number) for number in range(1, asked.workers + 1)]
    head = f"""\
# What scripts/proxy --workers {asked.workers} gives to HAProxy, with other ports: to be read, and to begin with for more machines.
#
# There, each `server` line at the end names a proxy on another machine, started with
#   COOKIES_BALANCERS=ADDRESS-OF-THIS-MACHINE scripts/proxy --listen-host ITS-OWN-ADDRESS --set cookies_store=postgresql://…
# so that it takes connections from here alone, and takes our word for whose they are. docs/fleet.md says the rest.

"""
    return head + configuration(Settings(asked.listen, workers, EXAMPLE_SOCKET, None, DRAIN_SECONDS))


if __name__ == "__main__":
    sys.exit(main())
