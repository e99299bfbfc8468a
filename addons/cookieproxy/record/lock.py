"""One writer for each store file: a lock beside it that names its holder and dies with it.

An advisory lock of the kernel (flock) on `PATH.lock`, which holds the holder's process id as text. The file itself stays when
the lock is given back: removing it would let two holders lock two files of one name. A lock without a living holder does not
exist, so there is nothing stale to clean up.
"""

import fcntl
import os
import time
from pathlib import Path

TRIES = 5
"""A reader that looks whether there is a holder takes the lock for a moment, so one refusal proves nothing."""
PAUSE_SECONDS = 0.02


class Held(Exception):
    """Somebody else has it; `pid` is who, if that is known."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(pid)
        self.pid = pid


class WriterLock:
    """The lock of one store; taken when made."""

    def __init__(self, store: Path) -> None:
        """Raises `Held`, or OSError if the lock's file cannot be made."""
        self._descriptor = os.open(lock_path(store), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _take(self._descriptor)
        except BaseException:
            os.close(self._descriptor)
            raise
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, b"%d\n" % os.getpid(), 0)

    def release(self) -> None:
        """Give it back; again does nothing."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1


def lock_path(store: Path) -> Path:
    """The file whose lock it is."""
    return store.with_name(store.name + ".lock")


def holder_of(store: Path) -> int | None:
    """The process that writes into this store; None if there is none."""
    try:
        descriptor = os.open(lock_path(store), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid_in(descriptor) or 0
    else:
        return None
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> None:
    for attempt in range(TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if attempt + 1 == TRIES:
                raise Held(_pid_in(descriptor)) from None
            time.sleep(PAUSE_SECONDS)
        else:
            return


def _pid_in(descriptor: int) -> int | None:
    text = os.pread(descriptor, 20, 0).strip()
    return int(text) if text.isdigit() else None
