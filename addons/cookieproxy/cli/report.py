"""`scripts/cookies report`: one page, or text, or JSON, about everything that was recorded."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ..record.private import write_private
from ..record.protocol import Reader
from ..record.store import without_password
from ..report.as_json import as_json
from ..report.gaps import timeouts
from ..report.html import as_html
from ..report.markdown import as_markdown
from ..report.page import Report, Source, make_report
from ..report.timeouts import bounds_by_place
from .arguments import Arguments
from .output import Refused, remark
from .stores import opened, wanted

WRITERS: dict[str, Callable[[Report], str]] = {"html": as_html, "md": as_markdown, "json": as_json}
ENDINGS = {".html": "html", ".htm": "html", ".md": "md", ".markdown": "md", ".json": "json"}
DEFAULT_FORMAT = "html"


def run(arguments: Arguments) -> int:
    """Write it."""
    with opened(arguments) as reader:
        source = _source(reader, arguments)
    report = make_report(source, arguments.now, without_password(arguments.store), _narrowed_to(arguments))
    _put(WRITERS[_format(arguments)](report).encode("utf-8", "backslashreplace"), arguments.output)
    remark(report.summary.sentence)
    if arguments.values:
        remark("The report holds values of cookies: whoever has it is logged in.")
    return 0


def _source(reader: Reader, arguments: Arguments) -> Source:
    narrowed, asked = wanted(arguments), reader.questions
    sessions = asked.sessions(narrowed)
    return Source(
        asked.census(narrowed),
        sessions,
        asked.findings(narrowed),
        timeouts(sessions, bounds_by_place(asked.gaps())),
        asked.header_sizes(narrowed),
        asked.jar(narrowed, values=True) if arguments.values else (),
    )


def _narrowed_to(arguments: Arguments) -> dict[str, str]:
    since = None if arguments.since is None else f"{datetime.fromtimestamp(arguments.since, UTC):%Y-%m-%d %H:%M} UTC"
    given = {"site": arguments.site, "client": arguments.client, "since": since}
    return {option: said for option, said in given.items() if said is not None}


def _format(arguments: Arguments) -> str:
    """The one named; else the file's ending says it."""
    if arguments.format is not None:
        return arguments.format
    return ENDINGS.get(Path(arguments.output or "").suffix.lower(), DEFAULT_FORMAT)


def _put(written: bytes, output: str | None) -> None:
    if output is None or output == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(written)
        return
    try:
        write_private(Path(output), written)
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else error
        raise Refused(f"{output}: {cause}. Nothing was written.") from error
