"""What a listing is narrowed to (`record.filters`), as conditions in PostgreSQL's SQL.

Patterns are for LIKE, whose `%` and `_` are our `*` and `?`; both compare by characters, and case counts.
"""

from ..filters import Filter, Where, is_pattern
from .text import plain

_ESCAPED = {"\\": r"\\", "%": r"\%", "_": r"\_"}
_LITERAL = str.maketrans(_ESCAPED)
_LIKE = str.maketrans(_ESCAPED | {"*": "%", "?": "_"})


def like(pattern: str) -> str:
    """Our pattern for LIKE."""
    return plain(pattern).translate(_LIKE)


def below(site: str) -> tuple[str, str]:
    """The site itself and a pattern for all hosts below it."""
    return plain(site), "%." + plain(site).translate(_LITERAL)


def where_client(where: Where, wanted: Filter) -> None:
    """Narrow by the column `client`."""
    if wanted.client is not None:
        where.add("client LIKE %s", like(wanted.client))


def where_site(where: Where, wanted: Filter) -> None:
    """Narrow by the columns `site` and `host`."""
    if wanted.site is not None:
        where.add("(site = %s OR site LIKE %s OR host = %s OR host LIKE %s)", *below(wanted.site), *below(wanted.site))


def where_cookie(where: Where, wanted: Filter, column: str) -> None:
    """Narrow by a column of kept names."""
    if wanted.cookie is None:
        return
    if is_pattern(wanted.cookie):
        where.add(f"shown({column}) LIKE %s", like(wanted.cookie))
    else:
        where.add(f"shown({column}) = %s", plain(wanted.cookie))


def where_since(where: Where, wanted: Filter, column: str) -> None:
    """Narrow by a column of times."""
    if wanted.since is not None:
        where.add(f"{column} >= %s", wanted.since)
