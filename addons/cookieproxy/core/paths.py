"""Where a cookie's Path applies: default-path and path-match (RFC 6265bis 5.1.4; R8).

Works on the octets of the request target's path as sent, without its query: nothing is decoded, case counts, and `.`
segments are the browser's business. Does not know cookies.
"""


def default_path(uri_path: bytes) -> bytes:
    """The Path of a cookie set without one: the request's directory, without its trailing slash (5.1.4).

    >>> default_path(b"/a/b.html")
    b'/a'
    """
    if not uri_path.startswith(b"/"):
        return b"/"
    return uri_path[: uri_path.rfind(b"/")] or b"/"


def path_match(request_path: bytes, cookie_path: bytes) -> bool:
    """Whether a cookie of that path goes with a request (5.1.4): equal, or a prefix that ends at a slash."""
    if not request_path.startswith(cookie_path):
        return False
    return len(request_path) == len(cookie_path) or cookie_path.endswith(b"/") or request_path[len(cookie_path)] == 0x2F
