"""A report as HTML, Markdown and JSON: everything off the wire is text, and no page asks for anything (R10)."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.core.events import EndCause
from cookieproxy.report import html
from cookieproxy.report.as_json import FIELDS, as_json
from cookieproxy.report.chart_data import chart_json
from cookieproxy.report.gaps import timeouts
from cookieproxy.report.html import as_html
from cookieproxy.report.markdown import as_markdown, escaped
from cookieproxy.report.page import Report, Source, make_report
from rig.report_rows import NOW, adopted_row, census, finding, session, set_row

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "\x1b]0;own\x07\u202egnp.exe",
    "=HYPERLINK(1)|`x`|[a](javascript:1)",
    "{{ 7 * 7 }}",
    "\u2028'\"&amp;",
)


def report_of(text: str = "sid") -> Report:
    """A report in which everything that others write is this text."""
    wire = {"client": text, "host": text, "site": text, "cookie": text}
    dead = {"longest_gap": 5.0, "killing_gap": 20.0, "end_cause": EndCause.TIMED_OUT}
    rows = [
        session(NOW - 9000, NOW - 5000, **wire, **dead, end_sentence=text, policy=text),
        session(NOW - 60, **wire),
    ]
    cookies = census(set_row(text, host=text, site=text, path=text), adopted_row(text, text))
    findings = [finding(host=text, cookie=text, client=text, advice=text)]
    return make_report(Source(cookies, rows, findings, timeouts(rows, {})), NOW, text, {"site": text})


class Elements(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


# -- HTML ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_element(text: str) -> None:
    plain, hostile = (Elements(as_html(report_of(each))) for each in ("sid", text))
    assert hostile.tags == plain.tags
    assert not [name for name, _ in hostile.attributes if name.startswith("on") or name == "style"]


def test_controls_and_marks_of_direction_are_shown() -> None:
    page = as_html(report_of(HOSTILE[2]))
    assert "\\x1b]0;own\\x07\\u202egnp.exe" in page
    assert not set(page) & {"\x1b", "\x07", "\u202e"}


def test_the_page_asks_for_nothing() -> None:
    said = Elements(as_html(report_of())).attributes
    addresses = [value for name, value in said if name in ("src", "href", "action", "srcset", "data", "poster")]
    assert all(value is not None and (value.startswith("#") or value == "data:,") for value in addresses)


def test_the_policy_allows_its_own_scripts_and_styles_and_nothing_else() -> None:
    page = as_html(report_of())
    policy = unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])
    assert policy.startswith("default-src 'none'; ")
    for kind in ("script", "style"):
        directive = re.search(rf"{kind}-src ([^;]*)", policy)[1]
        inline = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        hashes = [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in inline]
        assert directive.split() == hashes
        assert len(inline) >= 2


@pytest.mark.parametrize("path", sorted((Path(html.HERE) / "static").glob("*.[cj]s*")), ids=lambda path: path.name)
def test_nothing_in_an_asset_ends_its_element(path: Path) -> None:
    text = path.read_text(encoding="utf-8").lower()
    assert "</script" not in text
    assert "</style" not in text
    assert "<!--" not in text
    assert "\r" not in text
    assert "@import" not in text
    assert "url(" not in text


@given(st.text(max_size=40))
def test_chart_data_cannot_end_its_element(text: str) -> None:
    data = chart_json(report_of(text.encode("utf-8", "replace").decode()))
    assert data.isascii()
    assert not set("<>&") & set(data)
    json.loads(data)


def test_tables_and_sentences_are_there_without_a_script() -> None:
    page = re.sub(r"<script.*?</script>", "", as_html(report_of()), flags=re.DOTALL)
    assert "2 sessions, 1 of them ended." in page
    assert "sessions-table" in page
    assert "at most 1 session at once" in page


def test_an_empty_store_makes_a_page_too() -> None:
    page = as_html(make_report(Source(census(requests=0), (), (), ()), NOW, "memory:", {}))
    assert "Nothing was recorded yet" in page
    assert "data-chart=" not in re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.DOTALL)


# -- Markdown --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_nothing_to_markdown(text: str) -> None:
    plain, hostile = (as_markdown(report_of(each)).splitlines() for each in ("sid", text))
    assert len(plain) == len(hostile)
    bars = [len(re.findall(r"(?<!\\)\|", line)) for line in plain]
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in hostile] == bars


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a|b", r"a\|b"),
        ("`x`", r"\`x\`"),
        ("[a](b)", r"\[a\]\(b\)"),
        ("<b>", r"\<b\>"),
        ("https://evil.example", r"https\://evil.example"),
        ("www.evil.example", r"www\.evil.example"),
        ("a\\", "a\\\\"),
        ("a\nb", r"a\\nb"),
        ("_ga", r"\_ga"),
    ],
)
def test_text_off_the_wire_in_markdown(text: str, said: str) -> None:
    assert escaped(text) == said


# -- JSON ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_json_says_the_text_itself(text: str) -> None:
    written = as_json(report_of(text))
    assert not set(written) & {"\x1b", "\x07", "\u202e", "\u2028"}
    said = json.loads(written)
    assert tuple(said) == FIELDS
    assert said["sessions"][0]["cookie"] == said["findings"][0]["cookie"] == said["inventory"][0]["name"] == text


def test_json_has_names_for_everything() -> None:
    said = json.loads(as_json(report_of()))
    assert said["survival"][0]["steps"][0].keys() >= {"seconds", "survival", "low", "high", "at_risk"}
    assert said["online"][0]["points"][0].keys() == {"time", "sessions"}
    assert said["sessions"][1]["longest_gap_seconds"] == 5.0
    assert said["sessions"][1]["lifetime_seconds"] == 4000.0
    assert said["sessions"][0]["lifetime_seconds"] is None
    assert said["summary"]["severities"] == {"high": 0, "medium": 1, "low": 0, "info": 0}
