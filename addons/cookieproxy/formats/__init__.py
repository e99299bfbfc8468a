"""Cookies in and out of other tools, as files of the formats that those tools have (R10, R19, R38).

    from cookieproxy.formats import FORMATS, expect

    for one in expect(data).read(data, now):            # or FORMATS["netscape"]
        if not one.expired:
            jar.place(one.cookie)
    written = FORMATS["storagestate"].write(list(jar), now)
    print(*written.losses, sep="\\n", file=sys.stderr)

Where to look: `table` (which formats there are) · `format` (what a format is) · one module a format · `values` (what reading and
writing comes to) · `reading` (from what a file says to cookies) · `narrow` (what a format can say, and losses) · `faults` (what no
cookie may hold) · `document` (JSON), `shell` (command lines), `times`, `hosts`.

Knows values, not files, stores or the time. Cookies are credentials: their values are in what is written and nowhere else,
not in a loss, a note, an error or a repr.
"""

from .format import MOST_BYTES, Format
from .hosts import place_of
from .table import FORMATS, as_markdown, expect, recognise
from .values import Field, FormatError, Loss, Mistake, Note, Place, Read, Written

__all__ = [
    "FORMATS",
    "MOST_BYTES",
    "Field",
    "Format",
    "FormatError",
    "Loss",
    "Mistake",
    "Note",
    "Place",
    "Read",
    "Written",
    "as_markdown",
    "expect",
    "place_of",
    "recognise",
]
