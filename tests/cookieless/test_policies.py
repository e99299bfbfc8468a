"""Content-Security-Policy values and what becomes of them: rows by the section of CSP3 that they show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.cookieless.policies import extended, nonce_of

HASH = "'sha256-YWJj'"
ENDPOINT = "http://shop.example/.cookieproxy/cookies"


def rows(*cases: tuple[str, str, str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("policy", "expected"), [case[1:] for case in cases], ids=[case[0] for case in cases]
    )


@rows(
    ("script-src", "script-src 'self'", f"script-src 'self' {HASH}"),
    (
        "script-src-elem governs",
        "script-src 'self'; script-src-elem a.example",
        f"script-src 'self'; script-src-elem a.example {HASH}",
    ),
    ("fallback", "default-src 'self'", f"default-src 'self'; script-src 'self' {HASH}"),
    ("fallback, closed", "default-src 'self';", f"default-src 'self'; script-src 'self' {HASH}"),
    ("script-src-attr does not", "script-src-attr 'none'; connect-src *", "script-src-attr 'none'; connect-src *"),
    ("none alone", "script-src 'none'", f"script-src {HASH}"),
    ("none in capitals", "script-src 'NONE' ; img-src *", f"script-src {HASH} ; img-src *"),
    ("none beside others says nothing", "script-src 'none' a.example", f"script-src 'none' a.example {HASH}"),
    ("empty list", "script-src", f"script-src {HASH}"),
    ("empty list before another", "script-src ;img-src *", f"script-src {HASH} ;img-src *"),
    ("inline allowed", "script-src 'unsafe-inline'", "script-src 'unsafe-inline'"),
    ("inline allowed by the fallback", "default-src * 'Unsafe-Inline'", "default-src * 'Unsafe-Inline'"),
    ("inline void by nonce", "script-src 'unsafe-inline' 'nonce-x'", f"script-src 'unsafe-inline' 'nonce-x' {HASH}"),
    ("inline void by hash", "script-src 'unsafe-inline' 'sha384-x'", f"script-src 'unsafe-inline' 'sha384-x' {HASH}"),
    (
        "inline void by strict-dynamic",
        "script-src 'unsafe-inline' 'strict-dynamic'",
        f"script-src 'unsafe-inline' 'strict-dynamic' {HASH}",
    ),
    ("a nonce that is none", "script-src 'unsafe-inline' 'nonce-'", "script-src 'unsafe-inline' 'nonce-'"),
    ("already there", f"script-src {HASH}", f"script-src {HASH}"),
    (
        "the first of two counts",
        "script-src a; SCRIPT-SRC 'unsafe-inline'",
        f"script-src a {HASH}; SCRIPT-SRC 'unsafe-inline'",
    ),
    ("names in any case", "Script-Src a", f"Script-Src a {HASH}"),
    ("white space", "\t script-src\ta \t;\t", f"\t script-src\ta {HASH} \t;\t"),
    ("two policies", "script-src a, script-src b", f"script-src a {HASH}, script-src b {HASH}"),
    ("a policy that says nothing of scripts", "img-src 'none', script-src b", f"img-src 'none', script-src b {HASH}"),
    ("nothing", "", ""),
    ("sandboxed", "sandbox; script-src a", "sandbox; script-src a"),
    ("sandboxed with scripts", "sandbox Allow-Scripts; script-src a", f"sandbox Allow-Scripts; script-src a {HASH}"),
    ("not a directive", "script-src ä; script-src b", f"script-src ä; script-src b {HASH}"),
)
def test_the_script_may_run(policy: str, expected: str) -> None:
    """CSP3 6.7.3.2, 6.8.3."""
    # The fallback governs connections as well: not what these rows are about.
    quiet = "connect-src *; "
    answer = extended(", ".join(quiet + one.strip() for one in policy.split(",")).encode(), HASH, ENDPOINT)
    assert answer.decode() == ", ".join(quiet + one.strip() for one in expected.split(","))


@rows(
    ("not restricted", "script-src 'none'", "script-src 'none'"),
    ("connect-src", "connect-src api.example", f"connect-src api.example {ENDPOINT}"),
    ("none", "connect-src 'none'", f"connect-src {ENDPOINT}"),
    ("empty", "connect-src", f"connect-src {ENDPOINT}"),
    (
        "fallback",
        "default-src cdn.example data:",
        f"default-src cdn.example data:; connect-src cdn.example data: {ENDPOINT}",
    ),
    ("fallback, none", "default-src 'none'", f"default-src 'none'; connect-src {ENDPOINT}"),
    ("fallback, self", "default-src 'Self'", "default-src 'Self'"),
    ("self", "connect-src 'self'", "connect-src 'self'"),
    ("anything", "connect-src *", "connect-src *"),
    ("the scheme", "connect-src http:", "connect-src http:"),
    ("another scheme", "connect-src https:", f"connect-src https: {ENDPOINT}"),
    ("the host", "connect-src SHOP.example", "connect-src SHOP.example"),
    ("a host below", "connect-src a.shop.example", f"connect-src a.shop.example {ENDPOINT}"),
    ("all hosts below", "connect-src *.example", "connect-src *.example"),
    ("a wildcard is not its own apex", "connect-src *.shop.example", f"connect-src *.shop.example {ENDPOINT}"),
    ("the origin", "connect-src http://shop.example:80", "connect-src http://shop.example:80"),
    ("any port", "connect-src shop.example:*", "connect-src shop.example:*"),
    ("another port", "connect-src shop.example:8080", f"connect-src shop.example:8080 {ENDPOINT}"),
    ("no port", "connect-src shop.example:99999999999", f"connect-src shop.example:99999999999 {ENDPOINT}"),
    ("secure only", "connect-src https://shop.example", f"connect-src https://shop.example {ENDPOINT}"),
    ("below a path", "connect-src shop.example/.cookieproxy/", "connect-src shop.example/.cookieproxy/"),
    (
        "the path, encoded",
        "connect-src shop.example/%2Ecookieproxy/cookies",
        "connect-src shop.example/%2Ecookieproxy/cookies",
    ),
    ("another path", "connect-src shop.example/api", f"connect-src shop.example/api {ENDPOINT}"),
    ("sandboxed", "sandbox allow-forms; connect-src 'none'", "sandbox allow-forms; connect-src 'none'"),
)
def test_the_endpoint_may_be_asked(policy: str, expected: str) -> None:
    """CSP3 6.7.2; without a hash nothing is said of scripts, as in `<meta>`."""
    assert extended(policy.encode(), None, ENDPOINT).decode() == expected


@rows(
    ("the upgrade of a scheme", "connect-src http:", "connect-src http:"),
    ("the upgrade of a source", "connect-src http://shop.example:80", "connect-src http://shop.example:80"),
    (
        "not another port",
        "connect-src shop.example:444",
        "connect-src shop.example:444 https://shop.example/a%3Bsid=1%2C2",
    ),
)
def test_the_endpoint_is_https(policy: str, expected: str) -> None:
    assert extended(policy.encode(), None, "https://shop.example/a;sid=1,2?x=1").decode() == expected


def test_one_fallback_becomes_two_directives() -> None:
    assert extended(b"default-src 'none'", HASH, ENDPOINT).decode() == (
        f"default-src 'none'; script-src {HASH}; connect-src {ENDPOINT}"
    )


@pytest.mark.parametrize(
    ("policies", "nonce"),
    [
        pytest.param([], None, id="no policy"),
        pytest.param(["script-src 'nonce-abc=='"], "abc==", id="one"),
        pytest.param(["script-src 'NONCE-aB'"], "aB", id="case of the keyword"),
        pytest.param(["default-src 'nonce-a'"], "a", id="fallback"),
        pytest.param(["script-src-elem 'self'; script-src 'nonce-a'"], None, id="not the directive that governs"),
        pytest.param(["script-src 'nonce-a' 'nonce-b'", "script-src 'nonce-b'"], "b", id="in both"),
        pytest.param(["script-src 'nonce-a', script-src 'nonce-b'"], None, id="in neither"),
        pytest.param(["script-src 'nonce-a'", "img-src 'none'"], "a", id="scripts not restricted"),
        pytest.param(["script-src 'nonce-a'", "script-src 'unsafe-inline'"], "a", id="inline allowed"),
        pytest.param(["script-src 'nonce-a'", "script-src 'sha256-x'"], None, id="a hash elsewhere"),
        pytest.param(["script-src 'nonce-\"'"], None, id="no nonce"),
        pytest.param(["style-src 'nonce-a'"], None, id="of styles"),
    ],
)
def test_the_nonce(policies: list[str], nonce: str | None) -> None:
    assert nonce_of([policy.encode() for policy in policies]) == nonce


NAMES = [
    "default-src",
    "script-src",
    "Script-Src-Elem",
    "connect-src",
    "img-src",
    "sandbox",
    "upgrade-insecure-requests",
    "",
]
SOURCES = [
    *[
        "'none'",
        "'self'",
        "*",
        "http:",
        "https:",
        "shop.example",
        "'unsafe-inline'",
        "'nonce-a'",
        "'strict-dynamic'",
        "allow-scripts",
    ],
    *["'sha256-x'", "ä", "a.example/x"],
]
directives = st.builds(
    lambda name, sources, space: space + space.join([name, *sources]) + space,
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(SOURCES), max_size=4),
    st.sampled_from([" ", "\t", "  "]),
)
policies = st.lists(directives, max_size=5).map(";".join)
values = st.one_of(st.lists(policies, max_size=3).map(",".join), st.text(alphabet="'abn-src;,: \t*/", max_size=30))


@given(values, st.sampled_from([None, HASH]))
def test_what_is_extended_needs_no_more(value: str, script_hash: str | None) -> None:
    once = extended(value.encode(), script_hash, ENDPOINT)
    assert extended(once, script_hash, ENDPOINT) == once


@given(values, st.sampled_from([None, HASH]))
def test_extending_only_adds(value: str, script_hash: str | None) -> None:
    """Every octet of the value is still there, in order, but for a 'none' that no longer holds."""
    rest = iter(extended(value.encode(), script_hash, ENDPOINT).replace(b"'none'", b""))
    assert all(octet in rest for octet in value.encode().replace(b"'none'", b""))


@given(values)
def test_nothing_else_is_allowed(value: str) -> None:
    """What is new are copies of the fallback's sources, our hash and our endpoint."""
    new = extended(value.encode(), HASH, ENDPOINT).decode()
    ours = {HASH, ENDPOINT, "script-src", "connect-src"}
    assert (
        set(new.replace(";", " ").replace(",", " ").split())
        <= set(value.replace(";", " ").replace(",", " ").split()) | ours
    )
