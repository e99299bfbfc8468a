"""Canonical hosts, IP addresses, loopback, domain-match and site (RFC 6265bis 5.1.2 and 5.1.3; R8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy import suffixes
from cookieproxy.core.hosts import canonical_host, domain_match, is_ip_address, is_loopback, site_of

SUFFIXES = suffixes.load()


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("0.0.0.0", True),
        ("255.255.255.255", True),
        ("[::1]", True),
        ("[2001:db8::1]", True),
        ("::1", True),
        ("[::ffff:1.2.3.4]", True),
        ("256.0.0.1", False),
        ("1.2.3", False),
        ("1.2.3.4.5", False),
        ("01.2.3.4", False),
        ("1.2.3.4.", False),
        ("1.2.3.4.example", False),
        ("[::1", False),
        ("[1.2.3.4]", False),
        ("[fe80::1%eth0]", False),
        ("shop.example", False),
        ("٣.1.1.1", False),
        ("", False),
        (".", False),
    ],
)
def test_ip_addresses_are_canonical_quads_or_ipv6(host: str, expected: bool) -> None:
    assert is_ip_address(host) is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("localhost.", True),
        ("a.b.localhost", True),
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("[::1]", True),
        ("::1", True),
        ("[::2]", False),
        ("128.0.0.1", False),
        ("127.example", False),
        ("127.0.0.1.example", False),
        ("notlocalhost", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_loopback_is_what_browsers_never_ask_dns_for(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("host", "domain", "matches"),
    [
        pytest.param("example.com", "example.com", True, id="identical"),
        pytest.param("www.example.com", "example.com", True, id="below"),
        pytest.param("a.b.example.com", "example.com", True, id="far below"),
        pytest.param("example.com", "www.example.com", False, id="above"),
        pytest.param("badexample.com", "example.com", False, id="suffix of a label"),
        pytest.param("example.com.", "example.com", False, id="trailing dot is another host"),
        pytest.param("www.example.com.", "example.com.", True, id="below, both with a trailing dot"),
        pytest.param("127.0.0.1", "127.0.0.1", True, id="same address"),
        pytest.param("127.0.0.1", "0.0.1", False, id="suffix of an address"),
        pytest.param("[::1]", "[::1]", True, id="same IPv6 address"),
        pytest.param("4.3.2.1.example", "example", True, id="digits do not make an address"),
        pytest.param("example.com", "", False, id="no domain"),
        pytest.param("example.com.", "", False, id="no domain, trailing dot"),
        pytest.param("", "example.com", False, id="no host"),
        pytest.param("example.com", ".example.com", False, id="a leading dot is not stripped here"),
    ],
)
def test_domain_match_is_identity_or_a_label_boundary(host: str, domain: str, matches: bool) -> None:
    assert domain_match(host, domain) is matches


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("shop.example", "shop.example", id="as it is"),
        pytest.param("SHOP.Example", "shop.example", id="lower case"),
        pytest.param("shop.example.", "shop.example.", id="trailing dot stays"),
        pytest.param("my_shop.example", "my_shop.example", id="underscore"),
        pytest.param("3com.com", "3com.com", id="leading digit"),
        pytest.param("localhost", "localhost", id="one label"),
        pytest.param("Bücher.example", "xn--bcher-kva.example", id="U-label"),
        pytest.param("BÜCHER.EXAMPLE", "xn--bcher-kva.example", id="U-label in upper case"),
        pytest.param("XN--BCHER-KVA.example", "xn--bcher-kva.example", id="A-label in upper case"),
        pytest.param("faß.example", "xn--fa-hia.example", id="sharp s is kept, as in browsers"),
        pytest.param("食狮.中国", "xn--85x722f.xn--fiqs8s", id="Chinese"),
        pytest.param("ｓｈｏｐ.example", "shop.example", id="full width"),
        pytest.param("shop。example", "shop.example", id="ideographic full stop"),
        pytest.param("127.0.0.1", "127.0.0.1", id="IPv4"),
        pytest.param("127.1", "127.0.0.1", id="short IPv4"),
        pytest.param("0x7f.0.0.1", "127.0.0.1", id="hexadecimal IPv4"),
        pytest.param("2130706433", "127.0.0.1", id="IPv4 as one number"),
        pytest.param("0x7f000001", "127.0.0.1", id="IPv4 as one hexadecimal number"),
        pytest.param("1.2.3.4.", "1.2.3.4", id="IPv4 with a trailing dot"),
        pytest.param("[::1]", "[::1]", id="IPv6"),
        pytest.param("::1", "[::1]", id="bare IPv6"),
        pytest.param("[2001:DB8:0:0::1]", "[2001:db8::1]", id="long IPv6"),
        pytest.param("", None, id="empty"),
        pytest.param(".", None, id="a dot"),
        pytest.param(".shop.example", None, id="leading dot"),
        pytest.param("shop..example", None, id="empty label"),
        pytest.param("shop.example..", None, id="two trailing dots"),
        pytest.param("a b", None, id="space"),
        pytest.param("shop.example:80", None, id="port"),
        pytest.param("user@shop.example", None, id="user"),
        pytest.param("shop.example/x", None, id="path"),
        pytest.param("shop\\x", None, id="backslash"),
        pytest.param("sh%6fp.example", None, id="percent"),
        pytest.param("shop\x00.example", None, id="NUL"),
        pytest.param("shop\n.example", None, id="line feed"),
        pytest.param("256.1.1.1", None, id="not an address, yet ends in a number"),
        pytest.param("1.2.3.4.5", None, id="five numbers"),
        pytest.param("xn--a", None, id="broken A-label"),
        pytest.param("[::1", None, id="open bracket"),
        pytest.param("[1.2.3.4]", None, id="IPv4 in brackets"),
        pytest.param("\ud800.example", None, id="lone surrogate"),
        pytest.param("a" * 300, None, id="too long for DNS"),
        pytest.param("ü" * 5000, None, id="far too long"),
    ],
)
def test_canonical_host_is_as_a_browser_writes_it(host: str, expected: str | None) -> None:
    assert canonical_host(host, SUFFIXES.to_ascii) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("www.shop.example", "shop.example"),
        ("shop.example", "shop.example"),
        ("www.example.co.uk", "example.co.uk"),
        ("foo.github.io", "foo.github.io"),
        ("co.uk", "co.uk"),
        ("localhost", "localhost"),
        ("app.localhost", "app.localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "[::1]"),
    ],
)
def test_the_site_is_the_registrable_domain_or_the_host_itself(host: str, expected: str) -> None:
    assert site_of(host, SUFFIXES) == expected


labels = st.text("abz09-_", min_size=1, max_size=4)
names = st.lists(labels, min_size=1, max_size=4).map(".".join)
addresses = st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(lambda address: f"[{address}]"))


@given(names, names)
def test_a_name_matches_itself_and_all_above(name: str, above: str) -> None:
    below = f"{name}.{above}"
    assert domain_match(above, above)
    assert domain_match(below, above) or is_ip_address(below)
    assert not domain_match(above, below)


@given(addresses, st.integers(min_value=1, max_value=30))
def test_an_address_matches_nothing_but_itself(address: str, cut: int) -> None:
    assert is_ip_address(address)
    assert domain_match(address, address)
    assert not domain_match(address, address[cut:])


@given(st.one_of(st.text(max_size=30), names, addresses, st.text("aX.-%:[]0é。\t", max_size=20)))
def test_a_canonical_host_is_its_own_canonical_host(host: str) -> None:
    canonical = canonical_host(host, SUFFIXES.to_ascii)
    if canonical is not None:
        assert canonical.isascii()
        assert canonical == canonical.lower()
        assert canonical_host(canonical, SUFFIXES.to_ascii) == canonical


@given(st.text(max_size=40))
def test_no_host_raises(host: str) -> None:
    is_ip_address(host)
    is_loopback(host)
    domain_match(host, host[1:])
    assert site_of(host, SUFFIXES) in (host, SUFFIXES.registrable_domain(host))
