"""A real server with a page for guests who have logged in, and with sessions that end after seconds.

What PHP, Django and Tomcat have in common here: they are started on a port of their own when they are entered, and ended when
they are left. Each has the page, a form for guests that leads to it, and a button that ends the session. Knows no proxies.
"""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from rig import clients
from rig.office import serving


@dataclass
class Guarded:
    """One such server. `with server:` it runs at `port`, as `host`; the page is at `url`, its session cookie is `cookie`."""

    factory: pytest.TempPathFactory
    name: str
    timeout: int = 4
    """Seconds without use, or of age, after which the server gives a session up."""
    is_busy: bool = False
    """Whether other people come by all the time."""
    port: int = field(init=False, default=0)

    cookie = ""
    page = "/"
    """The guarded page's path."""

    @property
    def host(self) -> str:
        return f"{self.name}.example"

    @property
    def url(self) -> str:
        return f"http://{self.host}{self.page}"

    def prepare(self, home: Path) -> tuple[list[str], dict[str, str]]:
        """Write what it needs into its directory; its command and environment. Skips the test if it cannot be had."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.port = clients.free_port()
        home = self.factory.mktemp(self.name)
        command, env = self.prepare(home)
        with ExitStack() as stack:
            stack.enter_context(serving(command, home, env, f"http://127.0.0.1:{self.port}{self.page}"))
            self._running = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()
