"""default-path and path-match (RFC 6265bis 5.1.4; R8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.core.paths import default_path, path_match


@pytest.mark.parametrize(
    ("uri_path", "expected"),
    [
        pytest.param(b"", b"/", id="empty"),
        pytest.param(b"*", b"/", id="asterisk-form"),
        pytest.param(b"a/b", b"/", id="no leading slash"),
        pytest.param(b"/", b"/", id="root"),
        pytest.param(b"/a", b"/", id="one segment"),
        pytest.param(b"/a/", b"/a", id="directory"),
        pytest.param(b"/a/b", b"/a", id="file in a directory"),
        pytest.param(b"/a/b/", b"/a/b", id="deeper directory"),
        pytest.param(b"//", b"/", id="two slashes"),
        pytest.param(b"//a/b", b"//a", id="empty first segment stays"),
        pytest.param(b"/A%2Fb/c", b"/A%2Fb", id="nothing is decoded"),
        pytest.param(b"/a/../b/c", b"/a/../b", id="dot segments stay"),
    ],
)
def test_default_path_is_the_directory_of_the_request(uri_path: bytes, expected: bytes) -> None:
    assert default_path(uri_path) == expected


@pytest.mark.parametrize(
    ("request_path", "cookie_path", "matches"),
    [
        pytest.param(b"/", b"/", True, id="root on root"),
        pytest.param(b"/a", b"/", True, id="root covers all"),
        pytest.param(b"/a", b"/a", True, id="identical"),
        pytest.param(b"/a/b", b"/a", True, id="below"),
        pytest.param(b"/a/b", b"/a/", True, id="below a path that ends at a slash"),
        pytest.param(b"/a/", b"/a", True, id="its own directory"),
        pytest.param(b"/a", b"/a/", False, id="the directory's name without its slash"),
        pytest.param(b"/ab", b"/a", False, id="longer segment"),
        pytest.param(b"/a", b"/ab", False, id="shorter segment"),
        pytest.param(b"/b/a", b"/a", False, id="not at the start"),
        pytest.param(b"/A", b"/a", False, id="case counts"),
        pytest.param(b"/a%2Fb", b"/a", False, id="an encoded slash is none"),
        pytest.param(b"", b"/", False, id="no path at all"),
    ],
)
def test_path_match_ends_at_a_segment(request_path: bytes, cookie_path: bytes, matches: bool) -> None:
    assert path_match(request_path, cookie_path) is matches


paths = st.lists(st.sampled_from([b"/", b"a", b"B", b"%2F", b".", b"\xff"])).map(lambda parts: b"/" + b"".join(parts))


@given(paths)
def test_a_path_matches_itself_root_and_its_default_path(path: bytes) -> None:
    assert path_match(path, path)
    assert path_match(path, b"/")
    assert path_match(path, default_path(path))


@given(paths, paths)
def test_what_matches_is_a_prefix_that_ends_where_a_segment_does(request_path: bytes, cookie_path: bytes) -> None:
    rest = request_path.removeprefix(cookie_path)
    expected = request_path.startswith(cookie_path) and (rest[:1] in (b"", b"/") or cookie_path[-1:] == b"/")
    assert path_match(request_path, cookie_path) is expected
