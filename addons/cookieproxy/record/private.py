"""Files that hold cookies' values: for their owner alone, whole or not at all, and never through a link (R10).

Knows how such a file is written. Does not know what is in it.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp


class NotReplaced(OSError):
    """What is there already is no ordinary file, and was left alone."""


def write_private(path: Path, data: bytes) -> None:
    """Write a file of mode 0600, whatever the umask, in the place of an older one if there is one.

    It is made beside the place and moved there, so that nobody ever sees half of it. Raises OSError, and ValueError for a path
    with a NUL.
    """
    _refuse_odd(path)
    descriptor, made = mkstemp(prefix=".cookies-", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(made, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(made)
        raise


def _refuse_odd(path: Path) -> None:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise NotReplaced(0, "it is a link: name the file itself", str(path))
    if not stat.S_ISREG(mode):
        raise NotReplaced(0, "it is no ordinary file: name a new one, or leave it away for standard output", str(path))
