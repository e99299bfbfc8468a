"""Where a PostgreSQL store is: `postgresql://USER@HOST:PORT/DATABASE`, with `?schema=NAME` for more than one in a database.

Everything else that libpq knows may stand behind the `?` too (`sslmode=verify-full`). A password may stand in it, but better does
in `~/.pgpass` or `PGPASSWORD`; it is in nothing that is shown.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from ..names import without_password
from ..protocol import StoreError

DEFAULT_SCHEMA = "cookieproxy"

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,39}")
_PORTS = re.compile(r"[0-9,]*")
_FORM = (
    "Write it like `postgresql://USER@HOST:5432/DATABASE`; in names, `@`, `/`, `?` and `%` are %40, %2F, %3F and %25."
)


@dataclass(frozen=True, slots=True)
class Address:
    """One store."""

    name: str
    """As it may be shown."""
    schema: str
    parameters: dict[str, object] = field(repr=False)
    """libpq's, with the password if there is one."""


def parse(spec: str) -> Address:
    """The address with this name. Raises StoreError."""
    name = without_password(spec)
    place, _, query = spec.partition("?")
    options = parse_qsl(query, keep_blank_values=True)
    schema = dict(options).get("schema", DEFAULT_SCHEMA)
    if not _SCHEMA.fullmatch(schema):
        raise StoreError(name, "its schema is no plain name", "Use lower-case letters, digits and `_`, 40 at most.")
    rest = urlencode([option for option in options if option[0] != "schema"])
    try:
        parameters = conninfo_to_dict(f"{place}?{rest}" if rest else place)
    except ProgrammingError:  # its message repeats what could not be read, which may be the password
        raise StoreError(name, "this is no address of a database", _FORM) from None
    if not _PORTS.fullmatch(str(parameters.get("port", ""))):
        raise StoreError(name, "this is no address of a database", _FORM)
    return Address(name, schema, dict(parameters))
