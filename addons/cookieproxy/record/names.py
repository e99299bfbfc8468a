"""A store's name as it may be shown: the names of databases may have a password in them."""

import re

POSTGRESQL = ("postgresql:", "postgres:")
HIDDEN = "postgresql://…"

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]*)(:[0-9]*)?")
_SCHEMA = re.compile(r"(?:^|&)schema=(\w+)(?:&|$)")


def without_password(spec: str) -> str:
    """The name without a password and options; where it cannot be told which part that is, hardly anything of it."""
    if not spec.startswith(POSTGRESQL):
        return spec
    _, _, rest = spec.partition("://")
    place, _, options = rest.partition("?")
    authority, slash, database = place.partition("/")
    before, at, hosts = authority.rpartition("@")
    if not rest or "@" in before + database + options or "/" in database:
        return HIDDEN
    if not all(map(_HOST.fullmatch, hosts.split(","))):
        return HIDDEN
    schema = _SCHEMA.search(options)
    return f"postgresql://{before.partition(':')[0]}{at}{hosts}{slash}{database}" + (
        f"?schema={schema[1]}" if schema else ""
    )
