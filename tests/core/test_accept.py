"""From a Set-Cookie field to a cookie or a reason, by the rules of the draft (RFC 6265bis 5.4 to 5.7; R5, R6, R8, R20)."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.core.accept import accept
from cookieproxy.core.access import SameSiteContext
from cookieproxy.core.cookie import Cookie
from cookieproxy.core.outcome import IgnoreReason
from cookieproxy.core.profiles import CURL, PROFILES
from cookieproxy.core.syntax import parse_set_cookie
from rig.jars import PAGE, SUFFIXES, access, judged

HTTP = "http://www.shop.example/dir/page"
DAYS_400 = "+34560000"
AT = "www.shop.example/dir"
"""Where a cookie of PAGE belongs without attributes."""


class Row(NamedTuple):
    """A field, the URL of the response it is in, and what becomes of it."""

    field: str
    becomes: str
    url: str = PAGE


def rows(table: dict[str, Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in table.items()])


# -- 5.6: the field ----------------------------------------------------------------------------------------------------

SYNTAX = {
    "5.6.1 a control character in the value": Row("a=b\x01c", "control-character"),
    "5.6.1 in the name": Row("a\x1f=b", "control-character"),
    "5.6.1 in an attribute": Row("a=b; Path=/\x08", "control-character"),
    "5.6.1 in an unknown attribute": Row("a=b; x=\x0b", "control-character"),
    "5.6.1 NUL": Row("a=b\x00", "control-character"),
    "5.6.1 CR": Row("a=b\rc", "control-character"),
    "5.6.1 LF": Row("a=b\nc", "control-character"),
    "5.6.1 DEL": Row("a=\x7f", "control-character"),
    "5.6.1 a tab is none": Row("a=b\tc", f"a=b\tc {AT}"),
    "5.6.1 0x80 to 0x9f are none": Row("a=\x80\x9f", f"a=\x80\x9f {AT}"),
    "5.6.2 the pair ends at the first ;": Row("a=b;Path=/", "a=b www.shop.example/"),
    "5.6.2 no ;": Row("a=b", f"a=b {AT}"),
    "5.6.3 no =": Row("foo", f"=foo {AT}"),
    "5.6.3 an = only after the ;": Row("foo; Path=/", "=foo www.shop.example/"),
    "5.6.3 the first = divides": Row("a=b=c", f"a=b=c {AT}"),
    "5.6.3 empty name": Row("=foo", f"=foo {AT}"),
    "5.6.3 empty name, = in the value": Row("==foo", f"==foo {AT}"),
    "5.6.3 empty value": Row("a=", f"a= {AT}"),
    "5.6.4 white space around": Row(" \ta \t= \tb \t", f"a=b {AT}"),
    "5.6.4 white space inside": Row("a b=c d", f"a b=c d {AT}"),
    "5.6.4 quotes are plain": Row('a="b"', f'a="b" {AT}'),
    "5.6.4 quotes protect nothing": Row('a="b;c"', f'a="b {AT}'),
    "5.6.4 commas are plain": Row("a=b, c=d", f"a=b, c=d {AT}"),
    "5.6.5 4096 octets": Row(f"a={'x' * 4095}", f"a={'x' * 4095} {AT}"),
    "5.6.5 4097 octets": Row(f"a={'x' * 4096}", "too-large"),
    "5.6.5 4096 octets of name": Row(f"{'n' * 4096}=", f"{'n' * 4096}= {AT}"),
    "5.6.5 4097 octets of name": Row(f"{'n' * 4097}=", "too-large"),
    "5.6.5 4096 octets without a name": Row("x" * 4096, f"={'x' * 4096} {AT}"),
    "5.6.5 white space around does not count": Row(f"a = {'x' * 4095} ", f"a={'x' * 4095} {AT}"),
    "5.6.5 attributes do not count": Row(f"a={'x' * 4095}; Path=/y", f"a={'x' * 4095} www.shop.example/y"),
    "5.6 octets are counted, not characters": Row(f"a={'Ã©' * 2047}", f"a={'Ã©' * 2047} {AT}"),
    "5.6 UTF-8 that is too long": Row(f"a={'Ã©' * 2048}", "too-large"),
    "5.7.2 no name and no value": Row("=", "no-content"),
    "5.7.2 an empty field": Row("", "no-content"),
    "5.7.2 only attributes": Row("; Path=/", "no-content"),
    "5.7.2 only white space": Row(" \t ", "no-content"),
    "5.7.2 an = between white space": Row(" = ; Path=/", "no-content"),
}

ATTRIBUTES = {
    "5.6 av.3 no =": Row("a=b; Secure", f"a=b {AT} secure"),
    "5.6 av.4 white space around": Row("a=b;\t Path \t=\t /x \t", "a=b www.shop.example/x"),
    "5.6 av.5 names in any case": Row("a=b; PATH=/x; sEcUrE; HTTPONLY", "a=b www.shop.example/x secure httponly"),
    "5.6 av.6 1024 octets": Row(f"a=b; Path=/{'x' * 1023}", f"a=b www.shop.example/{'x' * 1023}"),
    "5.6 av.6 1025 octets": Row(f"a=b; Path=/{'x' * 1024}", f"a=b {AT}"),
    "5.6 av.6 too long, but an earlier one": Row(f"a=b; Path=/x; Path=/{'x' * 1024}", "a=b www.shop.example/x"),
    "5.6 av.6 a too long Domain": Row(f"a=b; Domain=shop.example; Domain={'x' * 1025}", "a=b .shop.example/dir"),
    "5.6 av.6 a too long Max-Age": Row(f"a=b; Max-Age={'1' * 1025}", f"a=b {AT}"),
    "5.6 av.6 a too long Secure": Row(f"a=b; Secure={'x' * 1025}", f"a=b {AT}"),
    "5.6 av.6 a too long unknown one": Row(f"a=b; x={'x' * 1025}; Secure", f"a=b {AT} secure"),
    "5.6 unknown ones": Row("a=b; x; y=z; =w; Version=1", f"a=b {AT}"),
    "5.6 empty ones": Row("a=b;;; ;Path=/x;", "a=b www.shop.example/x"),
    "5.6 a value with =": Row("a=b; Path=/x=y", "a=b www.shop.example/x=y"),
    "5.6 hundreds": Row("a=b; " + "x=y; " * 500 + "Path=/z", "a=b www.shop.example/z"),
    "5.6 the last one counts": Row("a=b; Path=/x; Path=/y", "a=b www.shop.example/y"),
    "5.6.5 Secure with a value": Row("a=b; Secure=false", f"a=b {AT} secure"),
    "5.6.6 HttpOnly with a value": Row("a=b; HttpOnly=0", f"a=b {AT} httponly"),
    "5.6 Priority is not the draft's": Row("a=b; Priority=High", f"a=b {AT}"),
    "5.6 nor is Partitioned": Row("a=b; Partitioned", f"a=b {AT}"),
}

EXPIRY = {
    "5.7.6 neither": Row("a=b", f"a=b {AT}"),
    "5.6.1 Expires": Row("a=b; Expires=Fri, 15 Jan 2027 08:01:40 GMT", f"a=b {AT} +100"),
    "5.6.1 a date in the past": Row("a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT", f"a=b {AT} deletes"),
    "5.6.1 this very second": Row("a=b; Expires=Fri, 15 Jan 2027 08:00:00 GMT", f"a=b {AT} deletes"),
    "5.6.1 no date": Row("a=b; Expires=soon", f"a=b {AT}"),
    "5.6.1 an empty one": Row("a=b; Expires=", f"a=b {AT}"),
    "5.6.1 no date, but an earlier one": Row("a=b; Expires=Fri, 15 Jan 2027 08:01:40 GMT; Expires=x", f"a=b {AT} +100"),
    "5.6.1 the last of two": Row(
        "a=b; Expires=Fri, 15 Jan 2027 08:01:40 GMT; Expires=Fri, 15 Jan 2027 08:00:50 GMT", f"a=b {AT} +50"
    ),
    "5.6.2 Max-Age": Row("a=b; Max-Age=100", f"a=b {AT} +100"),
    "5.6.2 with leading zeros": Row(f"a=b; Max-Age={'0' * 30}100", f"a=b {AT} +100"),
    "5.6.2 zero": Row("a=b; Max-Age=0", f"a=b {AT} deletes"),
    "5.6.2 zeros": Row("a=b; Max-Age=000", f"a=b {AT} deletes"),
    "5.6.2 negative": Row("a=b; Max-Age=-1", f"a=b {AT} deletes"),
    "5.6.2 minus zero": Row("a=b; Max-Age=-0", f"a=b {AT} deletes"),
    "5.6.2 hugely negative": Row(f"a=b; Max-Age=-{'9' * 900}", f"a=b {AT} deletes"),
    "5.6.2 only a minus": Row("a=b; Max-Age=-", f"a=b {AT}"),
    "5.6.2 two minuses": Row("a=b; Max-Age=--1", f"a=b {AT}"),
    "5.6.2 a plus": Row("a=b; Max-Age=+1", f"a=b {AT}"),
    "5.6.2 empty": Row("a=b; Max-Age=", f"a=b {AT}"),
    "5.6.2 bare": Row("a=b; Max-Age", f"a=b {AT}"),
    "5.6.2 a word": Row("a=b; Max-Age=abc", f"a=b {AT}"),
    "5.6.2 digits and a word": Row("a=b; Max-Age=100s", f"a=b {AT}"),
    "5.6.2 a fraction": Row("a=b; Max-Age=1.5", f"a=b {AT}"),
    "5.6.2 other digits": Row("a=b; Max-Age=\xb2", f"a=b {AT}"),
    "5.6.2 quoted": Row('a=b; Max-Age="100"', f"a=b {AT}"),
    "5.6.2 the last of two": Row("a=b; Max-Age=50; Max-Age=100", f"a=b {AT} +100"),
    "5.6.2 bad, but an earlier one": Row("a=b; Max-Age=100; Max-Age=x", f"a=b {AT} +100"),
    "5.6.2 bad, and an earlier one too long": Row(f"a=b; Max-Age={'1' * 1025}; Max-Age=x", f"a=b {AT}"),
    "5.7.6 Max-Age beats Expires": Row("a=b; Max-Age=100; Expires=Thu, 01 Jan 1970 00:00:00 GMT", f"a=b {AT} +100"),
    "5.7.6 in either order": Row("a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=100", f"a=b {AT} +100"),
    "5.7.6 a deleting Max-Age beats Expires": Row(
        "a=b; Expires=Fri, 15 Jan 2027 08:01:40 GMT; Max-Age=0", f"a=b {AT} deletes"
    ),
    "5.7.6 a bad Max-Age does not": Row("a=b; Max-Age=x; Expires=Fri, 15 Jan 2027 08:01:40 GMT", f"a=b {AT} +100"),
    "5.5 Max-Age at most 400 days": Row("a=b; Max-Age=34560001", f"a=b {AT} {DAYS_400}"),
    "5.5 exactly 400 days": Row("a=b; Max-Age=34560000", f"a=b {AT} {DAYS_400}"),
    "5.5 Expires at most 400 days": Row("a=b; Expires=Fri, 31 Dec 2060 23:59:59 GMT", f"a=b {AT} {DAYS_400}"),
    "5.5 beyond any calendar": Row(f"a=b; Max-Age={'9' * 1000}", f"a=b {AT} {DAYS_400}"),
}

DOMAIN = {
    "5.7.7 none": Row("a=b", f"a=b {AT}"),
    "5.6.3 a parent": Row("a=b; Domain=shop.example", "a=b .shop.example/dir"),
    "5.6.3 one leading dot": Row("a=b; Domain=.shop.example", "a=b .shop.example/dir"),
    "5.6.3 two leading dots": Row("a=b; Domain=..shop.example", "domain-mismatch"),
    "5.6.3 upper case": Row("a=b; Domain=SHOP.Example", "a=b .shop.example/dir"),
    "5.6.3 the host itself": Row("a=b; Domain=www.shop.example", "a=b .www.shop.example/dir"),
    "5.6.3 empty": Row("a=b; Domain=", f"a=b {AT}"),
    "5.6.3 bare": Row("a=b; Domain", f"a=b {AT}"),
    "5.6.3 a lone dot": Row("a=b; Domain=.", f"a=b {AT}"),
    "5.6.3 an empty last one": Row("a=b; Domain=shop.example; Domain=", f"a=b {AT}"),
    "5.6.3 an empty first one": Row("a=b; Domain=; Domain=shop.example", "a=b .shop.example/dir"),
    "5.6.3 a foreign first one": Row("a=b; Domain=other.example; Domain=shop.example", "a=b .shop.example/dir"),
    "5.6.3 a foreign last one": Row("a=b; Domain=shop.example; Domain=other.example", "domain-mismatch"),
    "5.7.8 not ASCII": Row("a=b; Domain=sh\xf6p.example", "domain-not-ascii"),
    "5.7.8 not ASCII, though it means the host": Row(
        "a=b; Domain=b\xc3\xbccher.example", "domain-not-ascii", "https://xn--bcher-kva.example/"
    ),
    "5.7.8 A-labels": Row(
        "a=b; Domain=XN--bcher-kva.example", "a=b .xn--bcher-kva.example/", "https://a.xn--bcher-kva.example/"
    ),
    "5.7.9 a public suffix": Row("a=b; Domain=example", "public-suffix"),
    "5.7.9 of two labels": Row("a=b; Domain=co.uk", "public-suffix", "https://shop.co.uk/"),
    "5.7.9 of the private section": Row("a=b; Domain=github.io", "public-suffix", "https://me.github.io/"),
    "5.7.9 that is the host": Row("a=b; Domain=co.uk", "a=b co.uk/", "https://co.uk/"),
    "5.7.9 that is the host, private": Row("a=b; Domain=github.io", "a=b github.io/", "https://github.io/"),
    "5.7.9 a wildcard's": Row("a=b; Domain=any.ck", "public-suffix", "https://shop.any.ck/"),
    "5.7.9 but its exception": Row("a=b; Domain=www.ck", "a=b .www.ck/", "https://a.www.ck/"),
    "5.7.9 localhost": Row("a=b; Domain=localhost", "a=b localhost/", "https://localhost/"),
    "5.7.9 localhost from below": Row("a=b; Domain=localhost", "public-suffix", "https://a.localhost/"),
    "5.7.9 an intranet host": Row("a=b; Domain=intranet", "a=b intranet/", "https://intranet/"),
    "5.7.10 a child": Row("a=b; Domain=a.www.shop.example", "domain-mismatch"),
    "5.7.10 a sibling": Row("a=b; Domain=ftp.shop.example", "domain-mismatch"),
    "5.7.10 another site": Row("a=b; Domain=other.example", "domain-mismatch"),
    "5.7.10 a suffix of letters": Row("a=b; Domain=hop.example", "domain-mismatch"),
    "5.7.10 with a port": Row("a=b; Domain=shop.example:443", "domain-mismatch"),
    "5.7.10 a URL": Row("a=b; Domain=https://shop.example", "domain-mismatch"),
    "5.7.10 a glob": Row("a=b; Domain=*.shop.example", "domain-mismatch"),
    "5.7.10 quoted": Row('a=b; Domain="shop.example"', "domain-mismatch"),
    "5.7.10 percent-encoded": Row("a=b; Domain=%73hop.example", "domain-invalid"),
    "5.7.10 a trailing dot": Row("a=b; Domain=shop.example.", "domain-mismatch"),
    "5.7.10 a host with a trailing dot": Row("a=b; Domain=shop.example", "domain-mismatch", "https://shop.example./"),
    "5.7.10 both with a trailing dot": Row(
        "a=b; Domain=shop.example.", "a=b .shop.example./", "https://www.shop.example./"
    ),
    "5.1.2 a host with two trailing dots": Row("a=b", "domain-invalid", "https://shop.example../"),
    "5.1.3 the same IP address": Row("a=b; Domain=127.0.0.1", "a=b .127.0.0.1/", "https://127.0.0.1/"),
    "5.1.3 a part of an IP address": Row("a=b; Domain=0.0.1", "domain-mismatch", "https://127.0.0.1/"),
    "5.1.3 another IP address": Row("a=b; Domain=127.0.0.2", "domain-mismatch", "https://127.0.0.1/"),
    "5.1.3 a name on an IP address": Row("a=b; Domain=localhost", "domain-mismatch", "https://127.0.0.1/"),
    "5.1.3 an IPv6 address": Row("a=b; Domain=[::1]", "a=b .[::1]/", "https://[::1]/"),
    "5.1.3 an IPv6 address without brackets": Row("a=b; Domain=::1", "domain-mismatch", "https://[::1]/"),
}

PATH = {
    "5.1.4 of a page": Row("a=b", "a=b www.shop.example/dir"),
    "5.1.4 of the root": Row("a=b", "a=b www.shop.example/", "https://www.shop.example/"),
    "5.1.4 of a page in the root": Row("a=b", "a=b www.shop.example/", "https://www.shop.example/page"),
    "5.1.4 of a directory": Row("a=b", "a=b www.shop.example/a/b", "https://www.shop.example/a/b/"),
    "5.1.4 of two slashes": Row("a=b", "a=b www.shop.example/", "https://www.shop.example//"),
    "5.6.4 said": Row("a=b; Path=/other", "a=b www.shop.example/other"),
    "5.6.4 need not cover the page": Row("a=b; Path=/dir/page/sub", "a=b www.shop.example/dir/page/sub"),
    "5.6.4 a slash at its end stays": Row("a=b; Path=/other/", "a=b www.shop.example/other/"),
    "5.6.4 empty": Row("a=b; Path=", f"a=b {AT}"),
    "5.6.4 bare": Row("a=b; Path", f"a=b {AT}"),
    "5.6.4 relative": Row("a=b; Path=other", f"a=b {AT}"),
    "5.6.4 quoted": Row('a=b; Path="/other"', f"a=b {AT}"),
    "5.6.4 an empty last one": Row("a=b; Path=/x; Path=", f"a=b {AT}"),
    "5.6.4 a relative last one": Row("a=b; Path=/x; Path=y", f"a=b {AT}"),
    "5.6.4 nothing is decoded": Row("a=b; Path=/%2F", "a=b www.shop.example/%2F"),
    "5.6.4 with spaces": Row("a=b; Path=/x y", "a=b www.shop.example/x y"),
    "5.6.4 not ASCII": Row("a=b; Path=/\xc3\xa9", "a=b www.shop.example/\xc3\xa9"),
}

SECURITY = {
    "5.7.12 Secure over https": Row("a=b; Secure", f"a=b {AT} secure"),
    "5.7.13 Secure over http": Row("a=b; Secure", "secure-over-http", HTTP),
    "5.7.13 deleting a Secure one over http": Row("a=; Secure; Max-Age=0", "secure-over-http", HTTP),
    "5.7.14 HttpOnly": Row("a=b; HttpOnly", f"a=b {AT} httponly"),
    "5.6.7 Strict": Row("a=b; SameSite=Strict", f"a=b {AT} strict"),
    "5.6.7 Lax in any case": Row("a=b; SameSite=lAX", f"a=b {AT} lax"),
    "5.6.7 None": Row("a=b; SameSite=None; Secure", f"a=b {AT} secure none"),
    "5.6.7 unknown": Row("a=b; SameSite=Sometimes", f"a=b {AT}"),
    "5.6.7 empty": Row("a=b; SameSite=", f"a=b {AT}"),
    "5.6.7 bare": Row("a=b; SameSite", f"a=b {AT}"),
    "5.6.7 an unknown last one": Row("a=b; SameSite=Strict; SameSite=x", f"a=b {AT}"),
    "5.7.19 None without Secure": Row("a=b; SameSite=None", "same-site-none-insecure"),
    "5.7.19 None without Secure over http": Row("a=b; SameSite=None", "same-site-none-insecure", HTTP),
    "5.4.1 __Secure-": Row("__Secure-a=b; Secure", f"__Secure-a=b {AT} secure"),
    "5.4.1 without Secure": Row("__Secure-a=b", "prefix-secure"),
    "5.4.1 in any case": Row("__sEcUrE-a=b", "prefix-secure"),
    "5.4.1 over http": Row("__Secure-a=b; Secure", "secure-over-http", HTTP),
    "5.4.1 with a Domain": Row("__Secure-a=b; Secure; Domain=shop.example", "__Secure-a=b .shop.example/dir secure"),
    "5.4.1 only the prefix": Row("__Secure-=b", "prefix-secure"),
    "5.4.1 almost the prefix": Row("__Secure=b", f"__Secure=b {AT}"),
    "5.4.1 not at the beginning": Row("x__Secure-a=b", f"x__Secure-a=b {AT}"),
    "5.4.2 __Host-": Row("__Host-a=b; Secure; Path=/", "__Host-a=b www.shop.example/ secure"),
    "5.4.2 in any case": Row("__HOST-a=b; Secure", "prefix-host"),
    "5.4.2 without Secure": Row("__Host-a=b; Path=/", "prefix-secure"),
    "5.4.2 without Path": Row("__Host-a=b; Secure", "prefix-host", "https://www.shop.example/"),
    "5.4.2 with another Path": Row("__Host-a=b; Secure; Path=/dir", "prefix-host"),
    "5.4.2 the last Path counts": Row("__Host-a=b; Secure; Path=/; Path=/x", "prefix-host"),
    "5.4.2 a Path that comes out as /": Row(
        "__Host-a=b; Secure; Path=", "__Host-a=b www.shop.example/ secure", "https://www.shop.example/"
    ),
    "5.4.2 with a Domain": Row("__Host-a=b; Secure; Path=/; Domain=www.shop.example", "prefix-host"),
    "5.4.2 with an empty Domain": Row("__Host-a=b; Secure; Path=/; Domain=", "__Host-a=b www.shop.example/ secure"),
    "5.4.2 with the public suffix it is set by": Row(
        "__Host-a=b; Secure; Path=/; Domain=co.uk", "__Host-a=b co.uk/ secure", "https://co.uk/"
    ),
    "5.4 __Http- is not the draft's": Row("__Http-a=b", f"__Http-a=b {AT}"),
    "5.4 __Host-Http- is a __Host-": Row("__Host-Http-a=b; Secure; Path=/", "__Host-Http-a=b www.shop.example/ secure"),
    "5.7.22 nameless like __Secure-": Row("__Secure-a; Secure", "prefix-nameless"),
    "5.7.22 nameless like __Host-": Row("=__host-a=b; Secure; Path=/", "prefix-nameless"),
    "5.7.22 nameless otherwise": Row("=__Hosta; Secure", f"=__Hosta {AT} secure"),
}


@rows(SYNTAX | ATTRIBUTES | EXPIRY | DOMAIN | PATH | SECURITY)
def test_the_draft(row: Row) -> None:
    assert judged(row.field, access(row.url)) == row.becomes


@pytest.mark.parametrize(
    ("field", "context", "becomes"),
    [
        pytest.param("a=b; SameSite=Strict", SameSiteContext.CROSS_SITE, "same-site-strict", id="5.7.18 Strict"),
        pytest.param("a=b; SameSite=Lax", SameSiteContext.CROSS_SITE, "same-site-lax", id="5.7.18 Lax"),
        pytest.param("a=b", SameSiteContext.CROSS_SITE, "same-site-default", id="5.7.18 Default"),
        pytest.param(
            "a=b; SameSite=None; Secure", SameSiteContext.CROSS_SITE, f"a=b {AT} secure none", id="5.7.18 None"
        ),
        pytest.param(
            "a=b; SameSite=Strict",
            SameSiteContext.CROSS_SITE_SAFE_NAVIGATION,
            f"a=b {AT} strict",
            id="5.7.18 a navigation may set Strict",
        ),
        pytest.param(
            "a=b",
            SameSiteContext.CROSS_SITE_UNSAFE_NAVIGATION,
            f"a=b {AT}",
            id="5.7.18 a POST navigation may set Default",
        ),
    ],
)
def test_responses_to_other_sites_set_only_same_site_none(field: str, context: SameSiteContext, becomes: str) -> None:
    assert judged(field, access(PAGE, context=context)) == becomes


def test_scripts_may_not_set_http_only_cookies() -> None:
    """5.7 step 15."""
    assert judged("a=b; HttpOnly", access(PAGE, http_api=False)) == "http-only-from-script"
    assert judged("a=b", access(PAGE, http_api=False)) == f"a=b {AT}"


# -- properties ----------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [b"Path=", b"Domain=", b"Max-Age=", b"Expires=", b"Secure", b"HttpOnly", b"SameSite=", b"Priority=", b"Partitioned",
     b"None", b"Lax", b"/", b"/dir", b"shop.example", b".", b"100", b"-1", b"Fri, 15 Jan 2027 09:00:00 GMT", b"__Host-",
     b"__Secure-", b"=", b";", b"; ", b" ", b"\t", b'"', b",", b"\x00", b"\n", b"\xff"]
)  # fmt: skip
FIELDS = st.one_of(st.binary(max_size=80), st.lists(WORDS, max_size=16).map(b"".join))
PLACES = st.sampled_from(
    [
        PAGE,
        HTTP,
        "https://shop.example/",
        "http://localhost/x",
        "https://127.0.0.1/",
        "http://[::1]/a/b",
        "https://co.uk/",
    ]
)


@given(FIELDS, PLACES, st.sampled_from(list(PROFILES)), st.sampled_from(list(SameSiteContext)), st.booleans())
def test_any_octets_come_to_a_cookie_within_the_browsers_rules_or_to_a_reason(
    field: bytes, url: str, browser: str, context: SameSiteContext, http_api: bool
) -> None:
    profile, at = PROFILES[browser], access(url, context=context, http_api=http_api)
    cookie = accept(parse_set_cookie(field), at, profile, SUFFIXES, 1)
    if isinstance(cookie, IgnoreReason):
        return
    assert cookie.path.startswith(b"/")
    assert at.host == cookie.domain or (not cookie.host_only and at.host.endswith(f".{cookie.domain}"))
    assert cookie.size_bytes <= (profile.per_cookie_bytes or 5118)
    assert cookie.name or cookie.value
    if cookie.expiry_time is not None and profile.max_age_cap is not None:
        assert cookie.expiry_time <= at.time + profile.max_age_cap
    if cookie.secure_only and profile.refuses_secure_from_http:
        assert profile.trusts(at.scheme, at.host)


@given(FIELDS)
def test_curl_takes_no_flag_that_has_a_value(field: bytes) -> None:
    cookie = accept(parse_set_cookie(field), access(PAGE), CURL, SUFFIXES, 1)
    if isinstance(cookie, Cookie) and cookie.secure_only:
        assert any(a.name == b"secure" and not a.value for a in parse_set_cookie(field).attributes)
