"""A report as one page that needs nothing else: styles, scripts and data are in it, and its policy forbids everything else (R10).

The template says where things stand, `static/` how they look and move. The policy names the hash of each script and style.
"""

from base64 import b64encode
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from . import captions
from .chart_data import MOST_TIMEOUTS, chart_json, shown
from .concurrency import MOST_SITES
from .header_sizes import SERVER_LIMITS
from .page import Report
from .text import counted, span

HERE = Path(__file__).parent
MOST_SESSIONS = 300
MOST_FINDINGS = 200
MOST_COOKIES = 500
"""Rows of the tables of a page."""
STYLES = ("uPlot.min.css", "report.css")
SCRIPTS = (
    "uPlot.iife.min.js",
    "report_time.js",
    "report_plot.js",
    "report_sessions.js",
    "report_charts.js",
    "report_page.js",
)
MOST_VALUE = 200
"""Characters of a value."""
_FORMS = {"day": "%Y-%m-%d", "minute": "%Y-%m-%d %H:%M", "second": "%Y-%m-%d %H:%M:%S"}


def as_html(report: Report) -> str:
    """The page."""
    styles, scripts = (tuple(map(_asset, names)) for names in (STYLES, SCRIPTS))
    return _template().render(
        report=report,
        summary=report.summary,
        captions=captions,
        styles=styles,
        scripts=scripts,
        policy=_policy(styles, scripts),
        data=Markup(chart_json(report)),  # noqa: S704  without <, > and &
        most_sessions=MOST_SESSIONS,
        most_findings=MOST_FINDINGS,
        most_cookies=MOST_COOKIES,
        most_sites=MOST_SITES,
        most_timeouts=MOST_TIMEOUTS,
        server_limits=SERVER_LIMITS,
        with_values=any(line.value is not None for line in report.inventory),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "wire": _wire,
        "said": lambda text: shown(text, 600),
        "time": _time,
        "span": span,
        "counted": counted,
        "value": lambda text: shown(text, MOST_VALUE),
    }
    return environment


def _template() -> Template:
    return _environment().get_template("report.html")


@cache
def _asset(name: str) -> Markup:
    """A file of `static/`, as it is."""
    return Markup((HERE / "static" / name).read_text(encoding="utf-8"))  # noqa: S704  ours, or vendored


def _policy(styles: tuple[Markup, ...], scripts: tuple[Markup, ...]) -> str:
    """The Content-Security-Policy: nothing but these."""
    return (
        f"default-src 'none'; style-src {_hashes(styles)}; script-src {_hashes(scripts)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hashes(texts: tuple[Markup, ...]) -> str:
    digests = (b64encode(sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def _wire(text: str) -> Markup:
    """Text off the wire, which does not turn round what stands beside it."""
    return Markup("<bdi>{}</bdi>").format(shown(text))


def _time(time: float | None, form: str = "minute") -> Markup:
    """A time in UTC, which the page's script says in the reader's own zone; `form` is day, minute or second."""
    if time is None:
        return Markup("–")
    try:
        then = datetime.fromtimestamp(time, UTC)
    except (OverflowError, ValueError, OSError):
        return escape("never" if time > 0 else "long ago")
    text = f"{then:{_FORMS[form]}}"
    return Markup('<time datetime="{}" data-form="{}">{}</time>').format(f"{then:%Y-%m-%dT%H:%M:%SZ}", form, text)
