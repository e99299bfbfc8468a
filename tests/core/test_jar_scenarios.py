"""A jar over time: responses set, requests get, the whole jar is compared (RFC 6265bis 5.7, 5.8; R1, R5, R6, R8, R18)."""

from typing import Any, NamedTuple

import pytest

from cookieproxy.core.access import SameSiteContext
from rig.jars import access, contents, jar_of, outcome, receive, sent

SHOP = "https://shop.example/"
HTTP = "http://shop.example/"


class Set(NamedTuple):
    """A response: what each of its fields did."""

    url: str
    fields: dict[str, str]
    after: float = 0.0
    more: dict[str, Any] = {}


class Get(NamedTuple):
    """A request: what it carries."""

    url: str
    header: str
    after: float = 0.0
    more: dict[str, Any] = {}


class Scenario(NamedTuple):
    """What happens, and the jar at the end."""

    steps: list[Set | Get]
    jar: str = ""
    profile: str = "rfc6265bis"


def play(scenario: Scenario) -> None:
    jar = jar_of(scenario.profile)
    for step in scenario.steps:
        to = access(step.url, step.after, **step.more)
        if isinstance(step, Get):
            assert sent(jar, to) == step.header, step
        else:
            did = [outcome(receipt) for receipt in receive(jar, to, *step.fields)]
            assert did == list(step.fields.values()), step
    assert contents(jar) == scenario.jar


STORAGE = {
    "nothing": Scenario([Get(SHOP, "")]),
    "one": Scenario([Set(SHOP, {"a=1": "stored"}), Get(SHOP, "a=1")], "a=1 shop.example/"),
    "the same name overwrites (R5)": Scenario(
        [Set(SHOP, {"a=1": "stored", "a=2": "replaced"}), Get(SHOP, "a=2")], "a=2 shop.example/"
    ),
    "a name in another case is another": Scenario(
        [Set(SHOP, {"a=1": "stored", "A=2": "stored"}), Get(SHOP, "a=1; A=2")], "A=2 shop.example/\na=1 shop.example/"
    ),
    "another path is another cookie (R18)": Scenario(
        [Set(SHOP, {"a=1; Path=/": "stored", "a=2; Path=/x": "stored"}), Get(f"{SHOP}x", "a=2; a=1")],
        "a=1 shop.example/\na=2 shop.example/x",
    ),
    "a path in another case is another": Scenario(
        [
            Set(SHOP, {"a=1; Path=/x": "stored", "a=2; Path=/X": "stored"}),
            Get(f"{SHOP}x", "a=1"),
            Get(f"{SHOP}X", "a=2"),
        ],
        "a=2 shop.example/X\na=1 shop.example/x",
    ),
    "another domain is another cookie": Scenario(
        [
            Set("https://www.shop.example/", {"a=1": "stored", "a=2; Domain=shop.example": "stored"}),
            Get("https://www.shop.example/", "a=1; a=2"),
            Get(SHOP, "a=2"),
        ],
        "a=2 .shop.example/\na=1 www.shop.example/",
    ),
    "host-only or not makes another cookie": Scenario(
        [Set(SHOP, {"a=1": "stored", "a=2; Domain=shop.example": "stored"}), Get(SHOP, "a=1; a=2")],
        "a=1 shop.example/\na=2 .shop.example/",
    ),
    "Secure does not make another cookie": Scenario(
        [Set(SHOP, {"a=1; Secure": "stored", "a=2": "replaced"})], "a=2 shop.example/"
    ),
    "a nameless cookie is one like others": Scenario(
        [Set(SHOP, {"x": "stored", "=y": "replaced", "a=1": "stored"}), Get(SHOP, "y; a=1")],
        "=y shop.example/\na=1 shop.example/",
    ),
    "a field that is refused leaves the old one": Scenario(
        [Set(SHOP, {"a=1": "stored", f"a={'x' * 4096}": "too-large"}), Get(SHOP, "a=1")], "a=1 shop.example/"
    ),
    "the replacing cookie's attributes are its own": Scenario(
        [Set(SHOP, {"a=1; Secure; HttpOnly; SameSite=Strict; Max-Age=9": "stored", "a=2": "replaced"})],
        "a=2 shop.example/",
    ),
    "schemes and ports share a jar": Scenario(
        [Set(HTTP, {"a=1": "stored"}), Get(SHOP, "a=1"), Get(HTTP, "a=1")], "a=1 shop.example/"
    ),
}

DELETION = {
    "by Max-Age (R11)": Scenario([Set(SHOP, {"a=1": "stored", "a=; Max-Age=0": "removed"}), Get(SHOP, "")]),
    "by Expires": Scenario(
        [Set(SHOP, {"a=1": "stored", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT": "removed"}), Get(SHOP, "")]
    ),
    "of nothing": Scenario([Set(SHOP, {"a=; Max-Age=0": "already-expired"})]),
    "that misses the path": Scenario(
        [Set(SHOP, {"a=1; Path=/x": "stored", "a=; Max-Age=0; Path=/": "already-expired"})], "a=1 shop.example/x"
    ),
    "that misses the domain": Scenario(
        [Set(SHOP, {"a=1; Domain=shop.example": "stored", "a=; Max-Age=0": "already-expired"})], "a=1 .shop.example/"
    ),
    "expired by itself": Scenario(
        [
            Set(SHOP, {"a=1; Max-Age=10": "stored"}),
            Get(SHOP, "a=1", 9),
            Get(SHOP, "", 10),
            Set(SHOP, {"b=1": "stored, a: expired"}, 11),
        ],
        "b=1 shop.example/",
    ),
    "a cookie that has expired is not replaced": Scenario(
        [Set(SHOP, {"a=1; Max-Age=10": "stored"}), Set(SHOP, {"a=2": "stored, a: expired"}, 10)], "a=2 shop.example/"
    ),
    "nor deleted": Scenario(
        [Set(SHOP, {"a=1; Max-Age=10": "stored"}), Set(SHOP, {"a=; Max-Age=0": "already-expired, a: expired"}, 10)]
    ),
    "set again in time lives on": Scenario(
        [
            Set(SHOP, {"a=1; Max-Age=10": "stored"}),
            Set(SHOP, {"a=1; Max-Age=10": "replaced"}, 9),
            Get(SHOP, "a=1", 18),
            Get(SHOP, "", 19),
        ],
        "a=1 shop.example/ +19",
    ),
    "set again as a session cookie lives on (R6)": Scenario(
        [Set(SHOP, {"a=1; Max-Age=10": "stored", "a=1": "replaced"}), Get(SHOP, "a=1", 1e9)], "a=1 shop.example/"
    ),
    "set again as a persistent one ends (R6)": Scenario(
        [Set(SHOP, {"a=1": "stored", "a=1; Max-Age=10": "replaced"}), Get(SHOP, "", 10)], "a=1 shop.example/ +10"
    ),
}

ORDER = {
    "longer paths first": Scenario(
        [
            Set(f"{SHOP}a/b/c", {"1=; Path=/": "stored", "2=; Path=/a/b": "stored", "3=; Path=/a": "stored"}),
            Get(f"{SHOP}a/b/c", "2=; 3=; 1="),
        ],
        "1= shop.example/\n3= shop.example/a\n2= shop.example/a/b",
    ),
    "then the older": Scenario(
        [Set(SHOP, {"b=": "stored"}), Set(SHOP, {"a=": "stored"}, 1), Get(SHOP, "b=; a=", 2)],
        "a= shop.example/\nb= shop.example/",
    ),
    "then the earlier in the response": Scenario(
        [Set(SHOP, {"c=": "stored", "a=": "stored", "b=": "stored"}), Get(SHOP, "c=; a=; b=")],
        "a= shop.example/\nb= shop.example/\nc= shop.example/",
    ),
    "domains do not matter": Scenario(
        [
            Set("https://www.shop.example/", {"c=; Domain=shop.example": "stored", "a=": "stored"}),
            Set("https://www.shop.example/", {"b=; Domain=shop.example": "stored"}, 1),
            Get("https://www.shop.example/", "c=; a=; b=", 2),
        ],
        "b= .shop.example/\nc= .shop.example/\na= www.shop.example/",
    ),
    "a replaced cookie keeps its place": Scenario(
        [Set(SHOP, {"a=1": "stored", "b=": "stored"}), Set(SHOP, {"a=2": "replaced"}, 1), Get(SHOP, "a=2; b=", 2)],
        "a=2 shop.example/\nb= shop.example/",
    ),
    "in Chrome only with the same value": Scenario(
        [
            Set(SHOP, {"a=1": "stored", "b=": "stored", "c=": "stored"}),
            Set(SHOP, {"a=1; Secure": "replaced", "b=2": "replaced"}, 1),
            Get(SHOP, "a=1; c=; b=2", 2),
        ],
        "a=1 shop.example/ secure\nb=2 shop.example/\nc= shop.example/",
        "chrome",
    ),
    "in Firefox with any": Scenario(
        [
            Set(SHOP, {"a=1": "stored", "b=": "stored"}),
            Set(SHOP, {"a=2": "replaced"}, 1),
            Get(SHOP, "a=2; b=", 2),
        ],
        "a=2 shop.example/\nb= shop.example/",
        "firefox",
    ),
    "one that had expired in the meantime is new": Scenario(
        [
            Set(SHOP, {"a=1; Max-Age=5": "stored", "b=": "stored"}),
            Set(SHOP, {"a=1": "stored, a: expired"}, 6),
            Get(SHOP, "b=; a=1", 7),
        ],
        "a=1 shop.example/\nb= shop.example/",
        "firefox",
    ),
    "a deleted one is new": Scenario(
        [
            Set(SHOP, {"a=1": "stored", "b=": "stored", "a=; Max-Age=0": "removed"}),
            Set(SHOP, {"a=1": "stored"}, 1),
            Get(SHOP, "b=; a=1", 2),
        ],
        "a=1 shop.example/\nb= shop.example/",
    ),
    "Safari's of one instant come by name": Scenario(
        [
            Set(SHOP, {"z=": "stored", "a=": "stored", "test22=": "stored", "testA=": "stored"}),
            Set(SHOP, {"b=": "stored"}, 1),
            Get(SHOP, "a=; test22=; testA=; z=; b=", 2),
        ],
        "a= shop.example/\nb= shop.example/\ntest22= shop.example/\ntestA= shop.example/\nz= shop.example/",
        "safari",
    ),
    "curl's by path, domain and name, then the newest": Scenario(
        [
            Set(
                "https://www.shop.example/x/",
                {"a=; Path=/": "stored", "b=; Path=/": "stored", "long=; Path=/": "stored", "c=; Path=/x": "stored"},
            ),
            Set("https://www.shop.example/x/", {"d=; Path=/; Domain=shop.example": "stored"}, 1),
            Get("https://www.shop.example/x/", "c=; long=; b=; a=; d=", 2),
        ],
        "d= .shop.example/\na= www.shop.example/\nb= www.shop.example/\nlong= www.shop.example/\nc= www.shop.example/x",
        "curl",
    ),
    "curl's set again keeps its place": Scenario(
        [Set(SHOP, {"a=1": "stored", "b=": "stored", "a=2": "replaced"}), Get(SHOP, "b=; a=2")],
        "a=2 shop.example/\nb= shop.example/",
        "curl",
    ),
}

HOSTS = {
    "host-only stays on its host (R8)": Scenario(
        [Set(SHOP, {"a=1": "stored"}), Get("https://www.shop.example/", ""), Get("https://other.example/", "")],
        "a=1 shop.example/",
    ),
    "but for old Internet Explorers": Scenario(
        [
            Set(SHOP, {"a=1": "stored"}),
            Get("https://www.shop.example/", "a=1"),
            Get("https://a.b.shop.example/", "a=1"),
            Get("https://workshop.example/", ""),
        ],
        "a=1 shop.example/",
        "ie6",
    ),
    "a Domain reaches down": Scenario(
        [
            Set("https://www.shop.example/", {"a=1; Domain=shop.example": "stored"}),
            Get("https://a.b.shop.example/", "a=1"),
            Get("https://workshop.example/", ""),
            Get("https://example/", ""),
        ],
        "a=1 .shop.example/",
    ),
    "an IP address's stays on it": Scenario(
        [
            Set("https://127.0.0.1/", {"a=1; Domain=127.0.0.1": "stored"}),
            Get("https://127.0.0.1/", "a=1"),
            Get("https://0.0.1/", ""),
            Get("https://1.127.0.0/", ""),
        ],
        "a=1 .127.0.0.1/",
    ),
    "even in old Internet Explorers": Scenario(
        [Set("https://0.0.0.1/", {"a=1": "stored"}), Get("https://0.0.0.1/", "a=1"), Get("https://1.0.0.1/", "")],
        "a=1 0.0.0.1/",
        "ie6",
    ),
    "IPv6": Scenario(
        [Set("https://[::1]/", {"a=1": "stored"}), Get("https://[::1]/", "a=1"), Get("https://[::2]/", "")],
        "a=1 [::1]/",
    ),
    "localhost": Scenario(
        [Set("http://localhost/", {"a=1": "stored"}), Get("http://localhost/", "a=1"), Get("http://a.localhost/", "")],
        "a=1 localhost/",
    ),
    "a public suffix is a host of its own": Scenario(
        [
            Set("https://github.io/", {"a=1; Domain=github.io": "stored"}),
            Get("https://github.io/", "a=1"),
            Get("https://me.github.io/", ""),
        ],
        "a=1 github.io/",
    ),
    "customers of a private suffix are strangers": Scenario(
        [
            Set("https://me.github.io/", {"a=1; Domain=me.github.io": "stored"}),
            Get("https://you.github.io/", ""),
            Get("https://x.me.github.io/", "a=1"),
        ],
        "a=1 .me.github.io/",
    ),
    "with and without a trailing dot are two hosts": Scenario(
        [Set(SHOP, {"a=1; Domain=shop.example": "stored"}), Get("https://shop.example./", "")], "a=1 .shop.example/"
    ),
    "IDNA hosts are their A-labels": Scenario(
        [
            Set("https://www.xn--bcher-kva.example/", {"a=1; Domain=xn--bcher-kva.example": "stored"}),
            Get("https://xn--bcher-kva.example/", "a=1"),
        ],
        "a=1 .xn--bcher-kva.example/",
    ),
}

PATHS = {
    "a directory and below": Scenario(
        [
            Set(f"{SHOP}dir/page", {"a=1": "stored"}),
            Get(f"{SHOP}dir", "a=1"),
            Get(f"{SHOP}dir/", "a=1"),
            Get(f"{SHOP}dir/x/y", "a=1"),
            Get(f"{SHOP}directory", ""),
            Get(f"{SHOP}DIR/", ""),
            Get(SHOP, ""),
        ],
        "a=1 shop.example/dir",
    ),
    "with a slash at its end": Scenario(
        [
            Set(SHOP, {"a=1; Path=/dir/": "stored"}),
            Get(f"{SHOP}dir", ""),
            Get(f"{SHOP}dir/", "a=1"),
            Get(f"{SHOP}dir/x", "a=1"),
        ],
        "a=1 shop.example/dir/",
    ),
    "but for curl": Scenario(
        [Set(SHOP, {"a=1; Path=/dir/": "stored", "a=2; Path=/dir": "replaced"}), Get(f"{SHOP}dir", "a=2")],
        "a=2 shop.example/dir",
        "curl",
    ),
}

SECURE = {
    "Secure ones over https only": Scenario(
        [Set(SHOP, {"a=1; Secure": "stored"}), Get(SHOP, "a=1"), Get(HTTP, "")], "a=1 shop.example/ secure"
    ),
    "and to this machine": Scenario(
        [Set("https://localhost/", {"a=1; Secure": "stored"}), Get("http://localhost/", "a=1")],
        "a=1 localhost/ secure",
        "chrome",
    ),
    "not in the draft": Scenario(
        [Set("https://localhost/", {"a=1; Secure": "stored"}), Get("http://localhost/", "")], "a=1 localhost/ secure"
    ),
    "5.7.16 http leaves them alone": Scenario(
        [
            Set(SHOP, {"a=1; Secure": "stored"}),
            Set(HTTP, {"a=2": "overwrites-secure", "a=; Max-Age=0": "overwrites-secure"}),
        ],
        "a=1 shop.example/ secure",
    ),
    "5.7.16 also below their path": Scenario(
        [
            Set(SHOP, {"a=1; Secure; Path=/x": "stored"}),
            Set(
                HTTP,
                {
                    "a=2; Path=/x/y": "overwrites-secure",
                    "a=3; Path=/": "stored",
                    "a=4; Path=/xy": "stored",
                    "b=5; Path=/x": "stored",
                },
            ),
        ],
        "a=3 shop.example/\na=1 shop.example/x secure\nb=5 shop.example/x\na=4 shop.example/xy",
    ),
    "5.7.16 also from below their domain": Scenario(
        [
            Set(SHOP, {"a=1; Secure; Domain=shop.example": "stored"}),
            Set("http://www.shop.example/", {"a=2": "overwrites-secure"}),
        ],
        "a=1 .shop.example/ secure",
    ),
    "5.7.16 also from above their domain": Scenario(
        [
            Set("https://www.shop.example/", {"a=1; Secure": "stored"}),
            Set("http://api.shop.example/", {"a=2; Domain=shop.example": "overwrites-secure", "a=3": "stored"}),
        ],
        "a=3 api.shop.example/\na=1 www.shop.example/ secure",
    ),
    "5.7.16 not over https": Scenario([Set(SHOP, {"a=1; Secure": "stored", "a=2": "replaced"})], "a=2 shop.example/"),
    "5.7.16 not to this machine": Scenario(
        [Set("https://localhost/", {"a=1; Secure": "stored"}), Set("http://localhost/", {"a=2": "replaced"})],
        "a=2 localhost/",
        "chrome",
    ),
    "5.7.16 not in the first browsers": Scenario(
        [Set(SHOP, {"a=1; Secure": "stored"}), Set(HTTP, {"a=2": "replaced"})], "a=2 shop.example/", "classic"
    ),
    "5.7.16 not across partitions": Scenario(
        [
            Set(SHOP, {"a=1; Secure; Partitioned": "stored"}, more={"partition": "https://top.example"}),
            Set(HTTP, {"a=2": "stored"}),
        ],
        "a=2 shop.example/\na=1 shop.example/ secure under https://top.example",
        "chrome",
    ),
    "5.7.23 scripts do not overwrite HttpOnly ones": Scenario(
        [
            Set(SHOP, {"a=1; HttpOnly": "stored", "b=1": "stored"}),
            Set(SHOP, {"a=2": "http-only-from-script", "b=2": "replaced"}, more={"http_api": False}),
            Get(SHOP, "b=2", more={"http_api": False}),
            Get(SHOP, "a=1; b=2"),
        ],
        "a=1 shop.example/ httponly\nb=2 shop.example/",
    ),
}

ONE, TWO = {"partition": "https://one.example"}, {"partition": "https://two.example"}

PARTITIONS = {
    "one jar for each top-level site": Scenario(
        [
            Set(SHOP, {"a=1; Secure; Partitioned": "stored"}, more=ONE),
            Set(SHOP, {"a=2; Secure; Partitioned": "stored", "a=3; Secure": "stored"}, more=TWO),
            Get(SHOP, "a=1; a=3", more=ONE),
            Get(SHOP, "a=2; a=3", more=TWO),
            Get(SHOP, "a=3"),
        ],
        "a=3 shop.example/ secure\n"
        "a=1 shop.example/ secure under https://one.example\n"
        "a=2 shop.example/ secure under https://two.example",
        "chrome",
    ),
    "a deletion is for its own": Scenario(
        [
            Set(SHOP, {"a=1; Secure; Partitioned": "stored"}, more=ONE),
            Set(SHOP, {"a=; Secure; Partitioned; Max-Age=0": "already-expired"}, more=TWO),
            Set(SHOP, {"a=; Secure; Partitioned; Max-Age=0": "removed"}, more=ONE),
        ],
        "",
        "firefox",
    ),
    "not in the draft": Scenario(
        [Set(SHOP, {"a=1; Secure; Partitioned": "stored"}, more=ONE), Get(SHOP, "a=1", more=TWO)],
        "a=1 shop.example/ secure",
    ),
}

SAFE = {"context": SameSiteContext.CROSS_SITE_SAFE_NAVIGATION}
POST = {"context": SameSiteContext.CROSS_SITE_UNSAFE_NAVIGATION}
FRAME = {"context": SameSiteContext.CROSS_SITE}
FOUR = {
    "d=1": "stored",
    "l=1; SameSite=Lax": "stored",
    "s=1; SameSite=Strict": "stored",
    "n=1; SameSite=None; Secure": "stored",
}
FOUR_IN_JAR = "d=1 shop.example/\nl=1 shop.example/ lax\nn=1 shop.example/ secure none\ns=1 shop.example/ strict"

SAME_SITE = {
    "the draft": Scenario(
        [
            Set(SHOP, FOUR),
            Get(SHOP, "d=1; l=1; s=1; n=1"),
            Get(SHOP, "d=1; l=1; n=1", more=SAFE),
            Get(SHOP, "n=1", more=POST),
            Get(SHOP, "n=1", more=FRAME),
        ],
        FOUR_IN_JAR,
    ),
    "Chrome for two minutes": Scenario(
        [
            Set(SHOP, FOUR),
            Get(SHOP, "d=1; n=1", 0, POST),
            Get(SHOP, "d=1; n=1", 120, POST),
            Get(SHOP, "n=1", 120.5, POST),
            Get(SHOP, "n=1", 10, FRAME),
            Get(SHOP, "d=1; l=1; n=1", 10, SAFE),
        ],
        FOUR_IN_JAR,
        "chrome",
    ),
    "Chrome from the time it was created": Scenario(
        [
            Set(SHOP, {"same=1": "stored", "other=1": "stored"}),
            Set(SHOP, {"same=1": "replaced", "other=2": "replaced"}, 100),
            Get(SHOP, "other=2", 200, POST),
        ],
        "other=2 shop.example/\nsame=1 shop.example/",
        "chrome",
    ),
    "Firefox": Scenario(
        [
            Set(SHOP, FOUR),
            Get(SHOP, "d=1; l=1; n=1", more=SAFE),
            Get(SHOP, "d=1; n=1", more=POST),
            Get(SHOP, "d=1; n=1", more=FRAME),
        ],
        FOUR_IN_JAR,
        "firefox",
    ),
    "Safari": Scenario([Set(SHOP, FOUR), Get(SHOP, "d=1; n=1", more=FRAME)], FOUR_IN_JAR, "safari"),
    "curl knows none of it": Scenario(
        [Set(SHOP, dict.fromkeys(("s=1; SameSite=Strict",), "stored")), Get(SHOP, "s=1", more=FRAME)],
        "s=1 shop.example/",
        "curl",
    ),
}

TABLES = {
    "storage": STORAGE,
    "deletion": DELETION,
    "order": ORDER,
    "hosts": HOSTS,
    "paths": PATHS,
    "secure": SECURE,
    "partitions": PARTITIONS,
    "same-site": SAME_SITE,
}


@pytest.mark.parametrize(
    "scenario",
    [pytest.param(row, id=f"{table}: {name}") for table, rows in TABLES.items() for name, row in rows.items()],
)
def test_scenario(scenario: Scenario) -> None:
    play(scenario)
