"""A real mitmdump, mitmweb or mitmproxy with the script under test, in a process and a directory of its own.

Knows how it is started, when it listens, what it says and how it ends. Does not know cookies.
"""

import contextlib
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rig import clients, nursery

ROOT = Path(__file__).parents[2]
ADDON = ROOT / "addons" / "cookies.py"
RIG_ADDON = Path(__file__).parent / "addon" / "rig_addon.py"
BIN = Path(sys.executable).parent
MITMDUMP = str(BIN / "mitmdump")
START_SECONDS = 30
STOP_SECONDS = 20

type Option = str | int | bool | Sequence[str]

OPTIONS: dict[str, Option] = {}
"""What every proxy with the script is started with, unless a test says otherwise."""


class ProxyFailed(Exception):
    """The process ended before it listened. `code` is its exit code, `log` all it said."""

    def __init__(self, code: int, log: str) -> None:
        super().__init__(f"exit code {code}\n{log}")
        self.code = code
        self.log = log


@dataclass(frozen=True)
class Site:
    """What every process of a test run shares: the origin's ports, and the directory with the proxy's own CA."""

    http_port: int
    https_port: int
    confdir: Path

    @property
    def ca(self) -> Path:
        return self.confdir / "mitmproxy-ca-cert.pem"


def environment(**more: str) -> dict[str, str]:
    """This process's environment without proxies, and with output that is not held back."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, "PYTHONUNBUFFERED": "1", "TERM": "xterm-256color", **more}


def set_arguments(options: Mapping[str, Option]) -> list[str]:
    """mitmproxy's --set arguments: booleans in lower case, a list as one argument an item."""
    arguments = []
    for name, value in options.items():
        values = [str(value).lower()] if isinstance(value, bool) else [value] if isinstance(value, str | int) else value
        arguments += [part for item in values for part in ("--set", f"{name}={item}")]
    return arguments


@dataclass
class Proxy:
    """One running proxy. Its store and its rules file lie in `home`; another proxy started on the same home finds them."""

    site: Site
    home: Path
    options: Mapping[str, Option] = field(default_factory=dict)
    mode: str | Sequence[str] = "regular"
    ui: str = "mitmdump"
    addon: Path | None = ADDON
    arguments: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    allow_traceback: bool = False
    fresh: bool = False
    """True if even Python and mitmproxy are to be started anew; as they are for other commands and environments."""

    def __post_init__(self) -> None:
        self._output = bytearray()
        self._said = threading.Condition()

    @property
    def store_path(self) -> Path:
        return self.home / "cookies.db"

    @property
    def rules_path(self) -> Path:
        return self.home / "rules.yaml"

    @property
    def port(self) -> int:
        """The port of the first mode."""
        return self.ports[0]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def command(self) -> list[str]:
        modes = [self.mode] if isinstance(self.mode, str) else self.mode
        options: dict[str, Option] = {
            "confdir": str(self.site.confdir),
            "listen_host": "127.0.0.1",
            "connection_strategy": "lazy",
            "ssl_insecure": True,
            "mode": modes,
        }
        if self.ui == "mitmweb":
            options |= {"web_open_browser": False, "web_host": "127.0.0.1", "web_port": clients.free_port()}
        if self.addon == ADDON:
            options |= {"cookies_store": f"sqlite:{self.store_path}", "cookies_rules": str(self.rules_path), **OPTIONS}
        scripts = [part for script in (self.addon, RIG_ADDON) if script for part in ("-s", str(script))]
        return [
            *(str(BIN / self.ui), "--listen-port", "0", *scripts),
            *set_arguments(options | dict(self.options)),
            *self.arguments,
        ]

    def start(self) -> None:
        """Returns once the proxy listens; raises ProxyFailed if it ends instead."""
        ready, told = os.pipe()
        self._terminal, output = terminal() if self.ui == "mitmproxy" else os.pipe()
        rig = {
            "RIG_READY": str(told),
            "RIG_HTTP_PORT": str(self.site.http_port),
            "RIG_HTTPS_PORT": str(self.site.https_port),
        }
        command = self.command()
        is_fresh = self.fresh or any(not name.startswith("COOKIES_") for name in self.env)
        launch = _popen if is_fresh or command[0] != MITMDUMP else nursery.fork
        try:
            with open(os.devnull) as nothing:
                stdin = output if self.ui == "mitmproxy" else nothing.fileno()
                env = environment(**rig, **self.env)
                self._process = launch(command, self.home, env, [stdin, output, output, told])
        finally:
            os.close(told)
            os.close(output)
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        self.ports = self._wait_until_ready(ready)

    def log(self) -> str:
        """All it has said so far, standard output and standard error together."""
        with self._said:
            return self._output.decode("utf-8", "replace")

    def wait_for_log(self, pattern: str, seconds: float = 10) -> re.Match[str]:
        """Waits until the log has something that matches the regular expression."""
        deadline = time.monotonic() + seconds
        with self._said:
            while not (found := re.search(pattern, self._output.decode("utf-8", "replace"))):
                if not self._said.wait(deadline - time.monotonic()):
                    raise TimeoutError(
                        f"no {pattern!r} within {seconds} s in:\n{self._output.decode('utf-8', 'replace')}"
                    )
        return found

    def write_rules(self, text: str) -> None:
        """Saves rules in place, as an editor does; a running proxy picks them up."""
        self.rules_path.write_text(text)

    def cookies(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Runs the command line on this proxy's store: `cookies("jar", "--json")`."""
        return run_cookies(*self._with_store(arguments), stdin=stdin, cwd=self.home)

    def cookies_json(self, *arguments: str) -> list[dict[str, object]]:
        """The rows that such a subcommand lists: the command line as it is, but in this process, because tests ask often."""
        from cookieproxy.cli.main import main

        said, told = io.StringIO(), io.StringIO()
        with contextlib.chdir(self.home), contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
            code = main(self._with_store((*arguments, "--json")))
        if code:
            raise AssertionError(f"exit code {code}\n{told.getvalue()}")
        rows: list[dict[str, object]] = json.loads(said.getvalue())
        return rows

    def _with_store(self, arguments: tuple[str, ...]) -> list[str]:
        if arguments[:1] == ("check",) or "--store" in arguments:
            return list(arguments)
        return [*arguments, "--store", f"sqlite:{self.store_path}"]

    def curl(self, url: str, *arguments: str) -> clients.CurlAnswer:
        """Fetches through this proxy with real curl; in reverse mode any host is taken to it."""
        if str(self.mode).startswith("reverse:"):
            route = ("--connect-to", f"::127.0.0.1:{self.port}", "--insecure")
        else:
            route = ("--proxy", self.url, "--cacert", str(self.site.ca))
        return clients.curl(self.home, environment(), *route, *arguments, url)

    def raw(self, *requests: bytes, tunnel: str | None = None) -> list[clients.RawAnswer]:
        """Sends exactly these bytes, one request after the other on one connection; `tunnel` is "host:port" for https."""
        return clients.raw(self.port, requests, tunnel)

    def stop(self) -> int:
        """Asks it to end, as Ctrl-C or a service manager does; its exit code."""
        return self._end(signal.SIGTERM)

    def interrupt(self) -> int:
        return self._end(signal.SIGINT)

    def kill(self) -> int:
        """Ends it without asking."""
        return self._end(signal.SIGKILL)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Waits for it to end by itself (`-n`, `-r`); its exit code."""
        code = self._process.wait(seconds)
        self._reader.join(seconds)
        return code

    def _end(self, number: signal.Signals) -> int:
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.wait()
            raise AssertionError(f"it did not end within {STOP_SECONDS} s of {number.name}\n{self.log()}") from None

    def _listen(self) -> None:
        with open(self._terminal, "rb", buffering=0) as output:
            while data := read(output.fileno()):
                with self._said:
                    self._output += data
                    self._said.notify_all()

    def _wait_until_ready(self, ready: int) -> list[int]:
        with open(ready, "rb", buffering=0) as pipe:
            readable, _, _ = select.select([pipe], [], [], START_SECONDS)
            said = pipe.read(65536) if readable else None
        if said:
            ports: list[int] = json.loads(said)
            return ports
        if said is None:
            self._process.kill()
        raise ProxyFailed(self.wait(), self.log())


def _popen(
    command: Sequence[str], cwd: Path, env: Mapping[str, str], streams: Sequence[int]
) -> subprocess.Popen[bytes]:
    stdin, stdout, stderr, told = streams
    return subprocess.Popen(command, cwd=cwd, env=env, stdin=stdin, stdout=stdout, stderr=stderr, pass_fds=[told])


def terminal() -> tuple[int, int]:
    """A terminal of 40 lines and 120 columns: our end and the process's."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 120))
    return ours, theirs


def read(descriptor: int) -> bytes:
    """Reads what is there; b"" at the end, which a terminal reports as an error."""
    with contextlib.suppress(OSError):
        return os.read(descriptor, 65536)
    return b""


def run_cookies(*arguments: str, stdin: str | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the command line as scripts/cookies does, without its set-up."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "cookieproxy.cli", *arguments],
        env=environment(PYTHONPATH=str(ROOT / "addons")),
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def eventually(seconds: float = 5) -> Iterator[None]:
    """Lets a loop look again and again: `for _ in eventually(): if done(): break`, and fails when the time is over."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < deadline:
        yield
        pause.wait(0.02)
    raise AssertionError(f"it did not come true within {seconds} s")
