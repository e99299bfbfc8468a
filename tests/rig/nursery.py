"""Starts mitmdump as a fork of a process that has imported it already: most of what a start costs is imports.

A fork has arguments, a directory, an environment, standard streams and an end of its own. What it shares with the others is only
what mitmproxy, other packages and the one under test are once they are imported, and the public suffix list. The script itself is
loaded anew; so is its package when the script is saved, or is another copy of it. This file is also the program of that process,
which lives as long as the one that asked for it and never runs anything but forks.
"""

import atexit
import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import IO, NoReturn

IMPORTED = (
    "mitmproxy.tools.main",
    "mitmproxy.tools.dump",
    # What the script imports from elsewhere.
    *(
        "can_ada",
        "prometheus_client",
        "publicsuffixlist",
        "pydantic.fields",
        "pydantic.types",
        "sqlite3",
        "tornado.web",
    ),
    *("yaml", "zoneinfo"),
)
STREAMS = 3
ADDONS = Path(__file__).parents[2] / "addons"


class Forked:
    """One fork, with what subprocess.Popen has of a process: how it is waited for and told to end."""

    def __init__(self, status: IO[bytes]) -> None:
        self._status = status
        self.pid = int(status.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("mitmdump", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _look(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode


def fork(command: Sequence[str], cwd: Path, env: Mapping[str, str], streams: Sequence[int]) -> Forked:
    """Runs `mitmdump …` with these as its standard input, output and error; a fourth is what RIG_READY will name."""
    ours, theirs = os.pipe()
    with tempfile.TemporaryFile("w+") as job:
        json.dump({"command": list(command), "cwd": str(cwd), "env": dict(env)}, job)
        job.flush()
        socket.send_fds(nursery(), [b"."], [job.fileno(), theirs, *streams])
    os.close(theirs)
    return Forked(open(ours, "rb", buffering=0))


def run(command: Sequence[str], cwd: Path, env: Mapping[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
    """Runs it to its end, as subprocess.run does that captures the output."""
    with open(os.devnull) as nothing, tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        forked = fork(command, cwd, env, [nothing.fileno(), out.fileno(), err.fileno()])
        try:
            code = forked.wait(timeout)
        finally:
            forked.kill()
            forked.wait()
        said = [file.seek(0) or file.read() for file in (out, err)]
    return subprocess.CompletedProcess(command, code, *said)


@cache
def nursery() -> socket.socket:
    """The way to this process's nursery, which ends when the way is closed."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", __file__, str(theirs.fileno())],
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours


# -- in the nursery --------------------------------------------------------------------------------------------------------


class Once(MetaPathFinder, Loader):
    """Gives a package as it is once it is imported to whoever imports it first from where it came from, and nobody else."""

    def __init__(self, package: str, modules: dict[str, ModuleType]) -> None:
        self._package = package
        self._modules = modules

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self._package:
            return None
        sys.meta_path.remove(self)
        found, ours = PathFinder.find_spec(name, path), self._modules[name].__spec__
        if found is None or ours is None or found.origin != ours.origin:
            return None
        sys.modules.update(self._modules)
        return spec_from_loader(name, self, origin=ours.origin, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """It is done."""


def _import_for_once(package: str, module: str) -> None:
    """With the public suffix list, which the package reads once."""
    sys.path.insert(0, str(ADDONS))
    import_module(module)
    import_module(f"{package}.suffixes").load()
    sys.path.remove(str(ADDONS))
    names = [name for name in sys.modules if name.partition(".")[0] == package]
    sys.meta_path.insert(0, Once(package, {name: sys.modules.pop(name) for name in names}))


def main(descriptor: int) -> None:
    """Forks for each job. It returns only in a fork, which is by then all that mitmdump needs it to be."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for those who asked
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here waits for those that tell
    sys.path.insert(0, str(Path(sys.executable).parent))  # as for the command itself
    for name in IMPORTED:
        import_module(name)
    _import_for_once("cookieproxy", "cookieproxy.proxy.assemble")
    gc.collect()
    gc.freeze()  # what all forks share is neither looked at for garbage nor copied for that
    with socket.socket(fileno=descriptor) as control:
        while True:
            said, passed, _, _ = socket.recv_fds(control, 1, 6)
            if not said:
                os._exit(0)
            if not os.fork():
                break
            for each in passed:
                os.close(each)
    job, status, *streams = passed
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if child := os.fork():
        for each in (job, *streams):
            os.close(each)
        tell(status, child)
    os.close(status)
    become(job, streams)


def tell(status: int, child: int) -> NoReturn:
    """Says who the fork is, and how it ended."""
    os.write(status, b"%d\n" % child)
    os.write(status, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    os._exit(0)


def become(job: int, streams: Sequence[int]) -> None:
    """Take on what a process of its own has from its start."""
    with open(job) as file:
        file.seek(0)
        said = json.load(file)
    os.environ.clear()
    os.environ.update(said["env"])
    if streams[STREAMS:]:
        os.environ["RIG_READY"] = str(streams[STREAMS])
    for number, stream in enumerate(streams[:STREAMS]):
        os.dup2(stream, number)
    for stream in set(streams[:STREAMS]):
        os.close(stream)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(said["cwd"])
    sys.argv = said["command"]


if __name__ == "__main__":
    main(int(sys.argv[1]))
    from mitmproxy.tools.main import mitmdump

    sys.exit(mitmdump())
