"""`scripts/cookies replay`: files of recorded traffic, as if it passed the proxy now."""

import logging
import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..config import ConfigError
from ..formats.traffic_files import STDIN, EndsEarly, TrafficFile, Unreadable, opened
from ..proxy.keys import KeysError
from ..proxy.policy import Policy
from ..proxy.replay import Counts, Replay, flows_of, policy_of, settled
from ..record.protocol import StoreError
from ..report.text import moment
from ..suffixes import load
from . import findings, sessions
from .arguments import BASE, Arguments
from .grammar_replay import IN_PASSING
from .interrupting import Interrupting
from .output import Refused, remark, write_json
from .progress import Progress, progress
from .rulesfile import default_rules, read_rules


def run(arguments: Arguments) -> int:
    """Read the files, and list what was found or say where it is."""
    with _warnings():
        replay = Replay(arguments.store, BASE, _policy(arguments), load())
        try:
            replay.open()
        except StoreError as error:
            raise Refused(str(error)) from error
        try:
            return _run(replay, arguments)
        finally:
            replay.close()


def _run(replay: Replay, arguments: Arguments) -> int:
    with Interrupting(lambda: replay.trouble is not None) as interrupting, settled():
        code = _Reading(replay, interrupting, arguments.files).read()
        replay.finish()
    trouble = replay.trouble
    remark(summary(replay.counts, arguments.now))
    if trouble is not None:
        raise Refused(trouble)
    _tell(replay, arguments)
    return interrupting.exit_code or code


def _tell(replay: Replay, arguments: Arguments) -> None:
    """The sessions, and the findings where they have a place."""
    store = replay.store
    if store is None or (arguments.store != IN_PASSING and not arguments.json):
        return
    if not replay.counts.exchanges and not replay.counts.known:
        if arguments.json:
            write_json(())
        return
    arguments.store = ", ".join(_shown(name) for name in arguments.files)
    sessions.tell(store, arguments)
    if not arguments.json:
        print()
        findings.tell(store, arguments)


# -- reading -----------------------------------------------------------------------------------------------------------


class _Reading:
    """Goes through the files."""

    def __init__(self, replay: Replay, interrupting: Interrupting, names: Sequence[str]) -> None:
        self._replay = replay
        self._interrupting = interrupting
        self._names = names
        self._before = 0
        """Octets of the files that are read."""
        self._next_show = 0.0

    def read(self) -> int:
        """All of them, each as far as it goes; the exit code."""
        shown = progress(_total(self._names))
        self._next_show = time.monotonic() + shown.every_seconds
        code = 0
        try:
            for name in self._names:
                code = max(code, self._read_one(name, shown))
        except KeyboardInterrupt:
            if self._interrupting.by is None or not self._interrupting.may_break:
                raise
        finally:
            self._interrupting.may_break = False
            shown.close()
        return code

    def _read_one(self, name: str, shown: Progress) -> int:
        if self._interrupting.by is not None:
            return 0
        try:
            with opened(name) as file:
                self._take_all(file, shown)
                self._before += file.size or file.position()
        except EndsEarly as error:
            remark(f"{_shown(name)}: {error}; what came before was read.")
        except Unreadable as error:
            remark(f"{_shown(name)}: {error}")
            return 1
        return 0

    def _take_all(self, file: TrafficFile, shown: Progress) -> None:
        """Only while it waits for the file it may be broken off: what is taken has to be taken whole."""
        flows = flows_of(file, lambda said: remark(f"{file.name}: {said}"))
        interrupting = self._interrupting
        while interrupting.by is None:
            interrupting.may_break = True
            flow = next(flows, None)
            interrupting.may_break = False
            if flow is None:
                return
            self._replay.take(flow)
            now = time.monotonic()
            if now >= self._next_show:
                self._next_show = now + shown.every_seconds
                shown.show(self._before + file.position(), self._replay.counts.flows)


def _total(names: Sequence[str]) -> int | None:
    """Octets of all files; None if one is a pipe."""
    total = 0
    for name in names:
        try:
            status = os.fstat(0) if name == STDIN else os.stat(name)
        except (OSError, ValueError):  # it is told of when its turn comes
            continue
        if not stat.S_ISREG(status.st_mode):
            return None
        total += status.st_size
    return total


def _shown(name: str) -> str:
    return "stdin" if name == STDIN else name


# -- rules -------------------------------------------------------------------------------------------------------------


def _policy(arguments: Arguments) -> Policy:
    """The rules named, or the default ones if there are any; as when the proxy starts, wrong ones are refused."""
    if arguments.without_rules or (arguments.rules is None and not default_rules().exists()):
        return policy_of(b"", "", BASE, load())
    octets, name = read_rules(arguments.rules)
    directory = default_rules().parent if arguments.rules is None else Path(arguments.rules).absolute().parent
    try:
        return policy_of(octets, name, directory, load())
    except KeysError as error:
        raise Refused(str(error)) from error
    except ConfigError as error:
        for mistake in error.mistakes:
            remark(str(mistake))
        raise Refused(f"{name} is not good, so nothing was read; --no-rules leaves it out.") from error


# -- saying ------------------------------------------------------------------------------------------------------------


def summary(counts: Counts, now: float) -> str:
    """How much was read, of what time, and what was not."""
    said = f"{counts.exchanges:,} exchanges of {counts.flows:,} flows were read"
    if counts.first is not None and counts.last is not None:
        said += f", from {moment(counts.first, now)} to {moment(counts.last, now)}"
    left_out = (
        (counts.known, "known before"),
        (counts.unreadable, "unreadable"),
        (counts.others, "of other protocols or repeated by mitmproxy"),
    )
    return "; ".join([said, *(f"{number:,} {why}" for number, why in left_out if number)]) + "."


class _Remarks(logging.Handler):
    """What the proxy would log as a warning, as a line."""

    def emit(self, record: logging.LogRecord) -> None:
        remark(record.getMessage())


@contextmanager
def _warnings() -> Iterator[None]:
    logger, handler = logging.getLogger("cookieproxy"), _Remarks(logging.WARNING)
    logger.addHandler(handler)
    propagates, logger.propagate = logger.propagate, False
    try:
        yield
    finally:
        logger.propagate = propagates
        logger.removeHandler(handler)
