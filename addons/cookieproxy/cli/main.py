"""One run of the command line: arguments in, exit code out.

Exit codes: 0 done; 1 what was asked about is wrong; 2 the command line is. Whoever closes the pipe early (`| head`) has seen
enough, which is no mistake. Commands are imported when they are called, so that help and the quick ones stay quick.
"""

import io
import os
import sys
import time
from collections.abc import Callable, Sequence

from .arguments import Arguments
from .grammar import parse
from .output import Refused, remark

INTERRUPTED = 130

type Command = Callable[[Arguments], int]


def main(argv: Sequence[str] | None = None, now: float | None = None) -> int:
    """Run one command. `now` in Unix seconds is what durations in the arguments count back from."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = _run(sys.argv[1:] if argv is None else argv, time.time() if now is None else now)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        return 0
    except OSError as error:  # such as a full disk behind the redirection
        _forget_output()
        remark(f"The output could not be written: {error}")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _run(argv: Sequence[str], now: float) -> int:
    try:
        arguments = parse(argv, now)
    except SystemExit as end:  # argparse has said everything
        return end.code if isinstance(end.code, int) else 0
    try:
        return _command(arguments.command)(arguments)
    except Refused as error:
        remark(str(error))
        return 1


def _command(name: str) -> Command:
    match name:
        case "events":
            from .events import run
        case "clients":
            from .clients import run
        case "jar":
            from .jar import run
        case "sessions":
            from .sessions import run
        case "findings":
            from .findings import run
        case "report":
            from .report import run
        case "export":
            from .export import run
        case "import":
            from .take_in import run
        case "forget":
            from .forget import run
        case "replay":
            from .replay import run
        case "explain":
            from .explain import run
        case _:
            from .check import run
    return run


def _forget_output() -> None:
    """What is still buffered would fail once more when the interpreter ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
