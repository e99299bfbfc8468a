"""What is measured of pages with sessions in the URL: reading and editing them, alone and on their way through the proxy."""

from cookieproxy.cookieless.entry import CarrierKind

from . import markup, streaming, through
from .results import at_least, at_most
from .row import Line, Row, Section
from .slow_origin import CODINGS

MB_A_SECOND = "MB/s"

PAGE_ROWS = (
    Row(
        "markup",
        Section.COOKIELESS,
        (
            Line("tokenizer on pages full of links", at_least(35), MB_A_SECOND),
            Line("tokenizer on ordinary pages", at_least(60), MB_A_SECOND),
            *(
                Line(f"links edited for {carrier}, on {kind}", unit=MB_A_SECOND)
                for carrier in CarrierKind
                for kind in ("pages full of links", "ordinary pages")
            ),
        ),
        markup.real_pages,
    ),
    Row(
        "hostile-markup",
        Section.COOKIELESS,
        (
            Line("tokenizer on the worst of the hostile pages", at_least(5), MB_A_SECOND),
            Line("links edited for path, on the worst of the hostile pages", unit=MB_A_SECOND),
            Line("tags of <svg> found by re alone, which does nothing with them", unit=MB_A_SECOND),
        ),
        markup.hostile_pages,
    ),
    Row(
        "lol-html",
        Section.COOKIELESS,
        (
            Line("tokenizer on pages full of links, against lol-html"),
            Line("tokenizer on ordinary pages, against lol-html"),
            Line("links edited for path, on pages full of links, against lol-html changing each"),
            Line("links edited for path, on ordinary pages, against lol-html changing each"),
        ),
        markup.against_lol_html,
    ),
    Row(
        "html-parser",
        Section.COOKIELESS,
        (
            Line("tokenizer on pages full of links, against html.parser"),
            Line("tokenizer on ordinary pages, against html.parser"),
        ),
        markup.against_html_parser,
    ),
    *(
        Row(
            name,
            Section.COOKIELESS,
            (
                Line(f"requests/s of pages of {size} with sessions in the URL, against bare"),
                Line(f"requests/s of pages of {size} with sessions in the URL, against ours without"),
                Line(f"processor time that adds to a page of {size}", unit="ms"),
            ),
            measure,
        )
        for name, size, measure in (
            ("page-tiny", "1 KB", through.tiny_pages),
            ("page-small", "100 KB", through.small_pages),
            ("page-large", "700 KB", through.large_pages),
        )
    ),
    Row(
        "first-octet",
        Section.COOKIELESS,
        tuple(
            Line(f"first octet of a page of {size}, as a share of the time until its last is sent", at_most(1))
            for size in streaming.SIZES
        ),
        streaming.first_octets,
    ),
    Row(
        "page-memory",
        Section.COOKIELESS,
        tuple(Line(f"memory of a page of 700 KB under way, {coding}", at_most(1024), "KB") for coding in CODINGS),
        streaming.memory,
    ),
)
