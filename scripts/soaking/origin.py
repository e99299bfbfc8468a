"""The origin of a soak: an nginx that goes away and comes back on the same port, and when it was away.

Knows nginx's configuration: that of the benchmarks, and places more where a session begins, goes on and ends.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from benchmarks import inputs, load, pages
from benchmarks.programs import LOOPBACK, find, free_port, on_core, running

from .book import Span

AWAY_SECONDS = 0.5
GRACE_SECONDS = 1.0
"""After it listens again: what began while it was away may fail until then."""
LOG_IN, LOOK, LOG_OUT = "/visit/in", "/visit/page", "/visit/out"
SESSION_FIELD = "X-Session"
"""The request field in which a login says what its session's id is to be."""
LARGE_PAGE = f"{inputs.PAGES}/{load.LARGE_PAGE}"
_SESSIONS = {
    LOG_IN: f"sid=$http_{SESSION_FIELD.lower().replace('-', '_')}; Path=/; HttpOnly",
    LOOK: "sid=$cookie_sid; Path=/; HttpOnly",
    LOG_OUT: "sid=; Path=/; Max-Age=0",
}
"""What each place sets; variables are nginx's."""
_EVERYWHERE = "    location / {"


def configuration(port: int) -> str:
    """nginx's configuration. Each answer has two Set-Cookie fields."""
    places = "".join(_place(path, session) for path, session in _SESSIONS.items())
    before, found, after = inputs.nginx_configuration(port).partition(_EVERYWHERE)
    assert found
    return before + places + found + after


def _place(path: str, session: str) -> str:
    return f"""    location = {path} {{
      add_header Set-Cookie "{session}";
      add_header Set-Cookie "{inputs.SET_COOKIES[1]}";
      return 200 "here";
    }}
"""


class Origin:
    """Runs while it is entered, but for its gaps."""

    def __init__(self, home: Path, core: int | None) -> None:
        """Makes its files below `home`, which must not exist."""
        self.port = free_port()
        self.gaps: list[Span] = []
        """When it was away, until a moment after it came back."""
        self._home = home
        self._command = on_core(core, [find("nginx"), "-p", home, "-e", "stderr", "-c", home / "nginx.conf"])
        page = home / LARGE_PAGE.strip("/")
        page.parent.mkdir(parents=True)
        page.write_bytes(pages.contents(load.PAGES[load.LARGE_PAGE]))
        (home / "nginx.conf").write_text(configuration(self.port))
        self._running = contextlib.ExitStack()

    def url(self, path: str) -> str:
        """Of a page of it."""
        return f"http://{LOOPBACK}:{self.port}{path}"

    def __enter__(self) -> "Origin":
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def restart(self) -> None:
        """Stop it, leave it away for a moment, and start it again."""
        with self._gap():
            self._running.close()
            time.sleep(AWAY_SECONDS)
            self._start()

    def restart_every(self, seconds: float, over: threading.Event) -> None:
        """Again and again until it is over."""
        pause = seconds / 2
        while not over.wait(pause):
            self.restart()
            pause = seconds

    def _start(self) -> None:
        self._running.enter_context(running(self._command, self.port, self._home))

    @contextlib.contextmanager
    def _gap(self) -> Iterator[None]:
        """While it lasts, it has no end that anybody knows."""
        begin, place = time.monotonic(), len(self.gaps)
        self.gaps.append(Span(begin, float("inf")))
        yield
        self.gaps[place] = Span(begin, time.monotonic() + GRACE_SECONDS)
