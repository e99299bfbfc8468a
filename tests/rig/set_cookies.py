"""Set-Cookie fields as no sane application says them: the same ones for the same seed.

Every name says which field it is (`c17`), so that a difference is traced to its cause; some fields take up a name that was there
before. NUL, CR and LF are missing, because they end a header line. Knows what can be said, not what comes of it.
"""

import re
from collections.abc import Iterator, Sequence
from random import Random

from cookieproxy.core.octets import has_control

DAY = 86_400
DATES = (
    b"Wed, 21 Oct 2037 07:28:00 GMT",
    b"Wed, 21-Oct-37 07:28:00 GMT",
    b"Wed, 21-Oct-2037 07:28:00 +0300",
    b"Wednesday, 21-Oct-37 07:28:00 PST",
    b"Wed Oct 21 07:28:00 2037",
    b"21 oct 2037 7:8:9",
    b"2037-10-21 07:28:00",
    b"2037-10-21T07:28:00Z",
    b"2037/10/21 07:28:00",
    b"10/21/2037 07:28:00",
    b"21/Oct/2037:07:28:00",
    b"Oct 21 2037 07:28",
    b"Oct 21 2037",
    b"07:28:00 21 Oct 37",
    b"07:28:00 37 Oct 21",
    b"37 Oct 21 07:28:00",
    b"Thu, 01 Jan 1970 00:00:00 GMT",
    b"Thu, 01-Jan-70 00:00:01 GMT",
    b"Fri, 31 Dec 9999 23:59:59 GMT",
    b"Fri, 31 Dec 99999 23:59:59 GMT",
    b"Fri, 31 Dec 100000 23:59:59 GMT",
    b"Mon, 01 Jan 1601 00:00:00 GMT",
    b"Mon, 01 Jan 1600 00:00:00 GMT",
    b"Mon, 01 Jan 69 00:00:00 GMT",
    b"Mon, 01 Jan 70 00:00:00 GMT",
    b"Mon, 01 Jan 099 00:00:00 GMT",
    b"Mon, 01 Jan 0 00:00:00 GMT",
    b"30 Feb 2037 00:00:00",
    b"29 Feb 2037 00:00:00",
    b"29 Feb 2036 00:00:00",
    b"31 Apr 2037 00:00:00",
    b"0 Jan 2037 00:00:00",
    b"32 Jan 2037 00:00:00",
    b"21 Oct 2037 24:00:00",
    b"21 Oct 2037 23:60:00",
    b"21 Oct 2037 23:59:60",
    b"21 Oct 2037 23:59:59.999",
    b"21 Oct 2037 007:28:00",
    b"21 Oct 2037 7:28:00PM",
    b"21 Oct 2037 07:28:00x",
    b"21 Oct 2037 x07:28:00",
    b"21st Oct 2037 07:28:00",
    b"21 October 2037 07:28:00",
    b"21 Octopus 2037 07:28:00",
    b"21 Oc 2037 07:28:00",
    b"21 xOct 2037 07:28:00",
    b"21 Okt 2037 07:28:00",
    b"21Oct2037 07:28:00",
    b"21-Oct-2037-07:28:00",
    b"021 Oct 2037 07:28:00",
    b"21 Oct 2037 07:28:00 21 Nov 2038 08:00:00",
    b'"Wed, 21 Oct 2037 07:28:00 GMT"',
    b"Wed, 21 Oct 2037 07:28:00\tGMT",
    b"Wed,21,Oct,2037,07:28:00",
    b"Wed. 21. Oct. 2037 07:28:00",
    b"\xe9 21 Oct 2037 07:28:00",
    b"2145830400",
    b"never",
    b"0",
    b"-1",
    b"",
)
MAX_AGES = (
    b"0",
    b"-0",
    b"00",
    b"-1",
    b"1000",
    b"01000",
    b"+1000",
    b"1000.5",
    b"1e3",
    b"1000s",
    b"1,000",
    b"0x10",
    b"1 000",
    b'"1000"',
    b"-",
    b"--1",
    b"abc",
    b"",
    b"%d" % (399 * DAY),
    b"%d" % (400 * DAY),
    b"%d" % (400 * DAY + 100),
    b"%d" % (5000 * DAY),
    b"2147483648",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"9" * 30,
    b"-" + b"9" * 30,
    b"\xd9\xa1\xd9\xa2",
    b"1000\xa0",
)
SAME_SITES = (
    b"Lax",
    b"strict",
    b"NONE",
    b"None",
    b"none; Secure",
    b"",
    b"Unspecified",
    b"lax ",
    b'"Lax"',
    b"no_restriction",
    b"Extended",
    b"Lax, Strict",
    b"L\xc3\xa4x",
)
PRIORITIES = (b"Low", b"low", b"Medium", b"HIGH", b"high ", b"", b"urgent", b'"High"')
PATHS = (
    b"/",
    b"/a",
    b"/a/",
    b"/a/b",
    b"/A",
    b"/a/b/c/d",
    b"/other",
    b"//",
    b"/a//b",
    b"/a/../b",
    b"/a/./b",
    b"/%61",
    b"/a%20b",
    b"/a b",
    b"/a?x=1",
    b"/a#x",
    b"/a\\b",
    b"/\xc3\xa4",
    b"/\xe4",
    b"/a,b=c",
    b'"/a"',
    b"'/a'",
    b"a",
    b"./a",
    b"\\a",
    b"http://shop.example/a",
    b"",
    b"*",
    b"/a" * 512,
    b"/a" * 512 + b"b",
)
VALUES = (
    b"",
    b"1",
    b"x y",
    b"  x  ",
    b"\t x\t",
    b"a=b=c",
    b"=",
    b"==",
    b'"quoted"',
    b'"half',
    b'"a b, c"',
    b"a,b",
    b'{"a":1,"b":[2]}',
    b"%C3%A9%3B",
    b"\xc3\xa9",
    b"\xe9",
    b"\xff\xfe",
    b"\xf0\x9f\x8d\xaa",
    b"\xed\xa0\x80",
    b"\xc0\x80",
    b"\xef\xbb\xbf",
    b"\xc2\x85",
    b"\xc2\xa0x\xc2\xa0",
    b"\xef\xbf\xbf",
    b"\\",
    b"<script>",
    b"a\tb",
    b"a\x01b",
    b"a\x0bb",
    b"\x0c",
    b"a\x7fb",
    b"a\x1b[31m",
    b"x" * 500,
)
ODD_NAMES = (
    b"%s x",
    b'"%s"',
    b"%s,",
    b"\xc3\xa9%s",
    b"\xe9%s",
    b"%s\xff",
    b"$%s",
    b"%s[a]",
    b"{%s}",
    b" %s ",
    b"\t%s\t",
    b"%s\tx",
    b"%s\x02",
    b"(%s)@:/?",
    b"__Secure-%s",
    b"__secure-%s",
    b"__SECURE-%s",
    b"__Host-%s",
    b"__host-%s",
    b"__HoSt-%s",
    b"__Http-%s",
    b"__http-%s",
    b"__Host-Http-%s",
    b"__host-HTTP-%s",
    b"__Hos-%s",
    b"__Host%s",
    b" __Host-%s",
    b"_ _Host-%s",
    b"__Secure%s",
)
NAMELESS = (
    b"=%s",
    b"%s",
    b" %s ",
    b" = %s",
    b"=%s=x",
    b"==%s",
    b"=__Host-%s",
    b"__Host-%s",
    b"=__Secure-%s",
    b"= __host-%s",
    b"=\t__Http-%s",
    b"=__Host-Http-%s",
    b"__Secure-%s",
    b"=__Host%s",
    b'="__Host-%s"',
    b"=__Hos-%s",
)


def domains_for(host: str) -> list[bytes]:
    """Domain attributes a host may be served with: its own, its parents', others', and nonsense."""
    labels = host.split(".")
    parents = [".".join(labels[start:]) for start in range(len(labels))]
    said = [spelling for parent in parents for spelling in (parent, f".{parent}", parent.upper())]
    said += [f"..{host}", f"{host}.", f".{host}.", f"www.{host}", f"x{host}", f"sibling.{parents[-2:][0]}"]
    said += [
        "",
        ".",
        "..",
        " ",
        "example",
        "com",
        ".com",
        "co.uk",
        "github.io",
        "127.0.0.1",
        ".127.0.0.1",
        "127.1",
        "0x7f.1",
    ]
    said += [
        "localhost",
        ".localhost",
        "[::1]",
        "::1",
        "1",
        "*",
        f"*.{host}",
        f"{host}:80",
        f"http://{host}",
        f"{host}/",
    ]
    said += [host[1:], f"{host}%00", f"%73{host[1:]}", f'"{host}"', f"{host},{host}", f"{host} x", f"{host}\\"]
    return [text.encode() for text in said] + [
        "bücher.example".encode(),
        "BÜCHER.example".encode(),
        b"xn--bcher-kva.example",
        b"b\xfccher.example",
        "shop。example".encode(),
        "ｓｈｏｐ.example".encode(),
        host.encode() + b"\xff",
        b"a" * 1025,
    ]


class Generator:
    """Fields for one host after another. What it said is in `sources`, with the host."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._number = 0
        self.sources: list[tuple[str, bytes]] = []

    def fields(self, host: str, count: int, controls: bool = True) -> list[bytes]:
        """That many fields; without `controls` all may go over HTTP/2, where control characters void the whole response."""
        domains = domains_for(host)
        made: list[bytes] = []
        while len(made) < count:
            field = self._field(domains)
            if controls or not has_control(field):
                made.append(field)
        self.sources += [(host, field) for field in made]
        return made

    def about(self, line: str) -> list[tuple[str, bytes]]:
        """The fields that a difference may come from, by the names in it."""
        named = [f"{name}".encode() for name in re.findall(r"c?\d+", line)]
        return [
            (host, field)
            for host, field in self.sources
            if any(re.search(rb"%s(?!\d)" % name, field) for name in named)
        ]

    def _field(self, domains: Sequence[bytes]) -> bytes:
        attributes = list(self._attributes(domains))
        self._random.shuffle(attributes)
        separators = self._random.choices(
            (b"; ", b";", b" ; ", b";;", b";\t", b"; ;"), (20, 4, 2, 1, 1, 1), k=len(attributes)
        )
        pieces = [separator + attribute for separator, attribute in zip(separators, attributes, strict=True)]
        return b"".join([self._pair(), *pieces])

    def _name(self) -> bytes:
        if self._number and self._chance(0.15):
            return b"c%d" % self._random.randint(max(0, self._number - 30), self._number)
        self._number += 1
        return b"c%d" % self._number

    def _pair(self) -> bytes:
        name = self._name()
        if self._chance(0.06):
            return self._random.choice(NAMELESS) % name
        if self._chance(0.25):
            name = self._random.choice(ODD_NAMES) % name
        if self._chance(0.03):
            size = self._random.choice((4095, 4096, 4097))
            return name + b"=" + b"v" * (size - len(name.strip(b" \t")))
        return name + b"=" + self._random.choice(VALUES)

    def _attributes(self, domains: Sequence[bytes]) -> Iterator[bytes]:
        for _ in range(self._times(0.5)):
            yield self._spelled(b"Path") + b"=" + self._random.choice(PATHS)
        for _ in range(self._times(0.45)):
            yield self._spelled(b"Domain") + b"=" + self._random.choice(domains)
        for _ in range(self._times(0.3)):
            yield self._spelled(b"Max-Age") + b"=" + self._random.choice(MAX_AGES)
        for _ in range(self._times(0.4)):
            yield self._spelled(b"Expires") + b"=" + self._random.choice(DATES)
        for _ in range(self._times(0.3)):
            yield self._spelled(b"SameSite") + b"=" + self._random.choice(SAME_SITES)
        for _ in range(self._times(0.2)):
            yield self._spelled(b"Priority") + b"=" + self._random.choice(PRIORITIES)
        for flag, likely in ((b"Secure", 0.5), (b"HttpOnly", 0.4), (b"Partitioned", 0.08)):
            for _ in range(self._times(likely)):
                yield self._spelled(flag) + self._random.choices((b"", b"=", b"=false", b"=0"), (12, 1, 1, 1))[0]
        if self._chance(0.1):
            yield self._random.choice(
                (
                    b"Unknown=x",
                    b"Comment=\xff",
                    b"Version=1",
                    b"=x",
                    b"Port=80",
                    b"Bad\x01",
                    b"X=\x02",
                    b"Y=a\tb",
                    b"Z\tz=1",
                )
            )

    def _spelled(self, name: bytes) -> bytes:
        how = self._random.randrange(10)
        return (name.upper(), name.lower(), b" " + name + b" ")[how] if how < 3 else name

    def _times(self, likely: float) -> int:
        return 0 if not self._chance(likely) else 2 if self._chance(0.08) else 1

    def _chance(self, likely: float) -> bool:
        return self._random.random() < likely
