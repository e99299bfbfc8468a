"""A session in the URL, begun as a browser without cookies begins one: by asking for a page and looking where its links lead."""

import re
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from . import inputs
from .programs import LOOPBACK, CannotMeasure

_SEGMENT = re.compile(rb"/\(S\([a-z0-9]+\)\)")
ANSWER_SECONDS = 20


def begun(proxy_port: int, page: str) -> str:
    """The segment of a new session, as it stands in the links of that page. Raises CannotMeasure if there is none."""
    connection = HTTPConnection(LOOPBACK, proxy_port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", page, headers={"User-Agent": inputs.USER_AGENT})
        response = connection.getresponse()
        found = _SEGMENT.search(response.read())
    except (OSError, HTTPException) as error:
        raise CannotMeasure(f"the proxy gave no page: {error}") from None
    finally:
        connection.close()
    if found is None or response.getheader("Set-Cookie") is not None:
        raise CannotMeasure("the proxy put no session into the links of a page")
    return found[0].decode()


def within(segment: str, url: str) -> str:
    """The URL in that session."""
    parts = urlsplit(url)
    return parts._replace(path=segment + parts.path).geturl()
