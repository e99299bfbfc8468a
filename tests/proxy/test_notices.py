"""What a person sees: readable lines about what matters, once, with names, hosts and reasons and never a value; and marks on flows.

Every value in here has the word PLANTED in it, and nobody may say it.
"""

import logging
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.test import tflow

from cookieproxy.core.events import Change, Event, EventKind, JarKind, SetCookieSeen
from cookieproxy.core.outcome import CookielessReason, IgnoreReason, MissingReason, RemovalCause
from cookieproxy.proxy.notices import MARKER, Notices, clipped, printable
from rig.flows import read_flows
from rig.messages import Answer
from rig.shared import get

CLIENT = "127.0.0.1 Chrome/156 3fa9c1"
SECRET = b"PLANTED"


def event(kind, name=b"sid", reason=None, sentence=None, **more):
    return Event(
        1.0, more.pop("client", CLIENT), "shop.example", "www.shop.example", name, kind, reason, sentence, **more
    )


def removed(cause, by=None, **more):
    return event(EventKind.REMOVED, reason=cause.value, sentence=cause.sentence, by=by, **more)


def cookieless(reason):
    return event(EventKind.COOKIELESS, None, reason.value, reason.sentence, before=SECRET, after=SECRET)


def seen(kind, reason=None, changes=(), name=b"sid"):
    sentence = None if reason is None else reason.sentence
    return SetCookieSeen(
        *(1.0, CLIENT, "shop.example", "shop.example", "https", b"/", "flow", 200, name, SECRET, name + b"=" + SECRET),
        *(
            SECRET,
            kind,
            JarKind.MIRROR,
            None if reason is None else reason.value,
            sentence,
            SECRET,
            None,
            tuple(changes),
        ),
    )


def change(action, rule="my rule", observed=False):
    return Change(rule, action, SECRET, SECRET, observed)


LINES = [
    pytest.param(
        seen(EventKind.IGNORED, IgnoreReason.DOMAIN_MISMATCH),
        f"shop.example sid: refused: Its Domain does not cover the host that set it. [{CLIENT}]",
        id="refused",
    ),
    pytest.param(seen(EventKind.IGNORED, IgnoreReason.ALREADY_EXPIRED), None, id="a deletion of what is not there"),
    pytest.param(seen(EventKind.STORED), None, id="stored"),
    pytest.param(
        seen(EventKind.STORED, changes=[change("set")]),
        f'shop.example sid: changed by rule "my rule" [{CLIENT}]',
        id="changed",
    ),
    pytest.param(
        seen(EventKind.STORED, changes=[change("drop", observed=True)]),
        f'shop.example sid: would be dropped by rule "my rule" [{CLIENT}]',
        id="observed",
    ),
    pytest.param(
        seen(EventKind.STORED, changes=[change("hold")]),
        f'shop.example sid: kept from the browser by rule "my rule" [{CLIENT}]',
        id="held",
    ),
    pytest.param(
        seen(EventKind.IGNORED, IgnoreReason.NAMELESS, name=b""),
        f"shop.example (nameless): refused: It has no name, and this browser stores no nameless cookies. [{CLIENT}]",
        id="without a name",
    ),
    pytest.param(
        removed(RemovalCause.EVICTED_SITE, "other"),
        "www.shop.example sid: evicted for other: It was thrown out because the site has more cookies than the browser keeps."
        f" [{CLIENT}]",
        id="evicted",
    ),
    pytest.param(
        removed(RemovalCause.EVICTED_TOTAL, jar=JarKind.HELD),
        "www.shop.example sid: evicted from what the proxy holds: It was thrown out because the browser holds more cookies than"
        f" it keeps in all. [{CLIENT}]",
        id="evicted from the held jar",
    ),
    pytest.param(removed(RemovalCause.EXPIRED), None, id="expired"),
    pytest.param(
        event(EventKind.MISSING, reason=MissingReason.REFUSED.value, sentence=MissingReason.REFUSED.sentence),
        f"www.shop.example sid: missing: {MissingReason.REFUSED.sentence} [{CLIENT}]",
        id="missing",
    ),
    pytest.param(
        event(EventKind.CHANGED, reason="rename", sentence="…", rule="my rule", before=SECRET, after=SECRET),
        f'www.shop.example sid: renamed by rule "my rule" [{CLIENT}]',
        id="changed on the way up",
    ),
    pytest.param(
        event(EventKind.CHANGED, reason="deletion", sentence="It is deleted there.", after=SECRET),
        f"www.shop.example sid: deleted: It is deleted there. [{CLIENT}]",
        id="deleted by us",
    ),
    pytest.param(
        event(EventKind.CHANGED, None, "header", "…", rule="my rule", before=SECRET),
        f'www.shop.example: header changed by rule "my rule" [{CLIENT}]',
        id="a header",
    ),
    pytest.param(
        event(EventKind.CLOCK_SKEW, None, "ahead", "The server's clock is 90 seconds ahead of ours.", after=b"+90"),
        f"www.shop.example: The server's clock is 90 seconds ahead of ours. [{CLIENT}]",
        id="a clock",
    ),
    *(
        pytest.param(
            cookieless(reason),
            None
            if reason in (CookielessReason.STARTED, CookielessReason.RENEWED)
            else f"www.shop.example: {reason.sentence} [{CLIENT}]",
            id=f"an id in the URL: {reason}",
        )
        for reason in CookielessReason
    ),
    pytest.param(event(EventKind.WITHHELD, reason="expired", sentence="…"), None, id="withheld"),
    pytest.param(event(EventKind.UNEXPECTED, reason="unknown", sentence="…"), None, id="unexpected"),
    pytest.param(
        seen(EventKind.IGNORED, IgnoreReason.NO_CONTENT, name=b"\x1b[2J\r\n\xe2\x80\xae\x00"),
        rf"shop.example \x1b[2J\r\n\u202e\x00: refused: It has neither a name nor a value. [{CLIENT}]",
        id="what a terminal might obey",
    ),
    pytest.param(
        seen(EventKind.IGNORED, IgnoreReason.NO_CONTENT, name=b"n" * 65_536),
        f"shop.example {'n' * 79}…: refused: It has neither a name nor a value. [{CLIENT}]",
        id="a name of 64 KB",
    ),
]


@pytest.fixture
def told(caplog):
    """Tells observations and gives the new log lines: `told([observation, …])`."""
    caplog.set_level(logging.INFO)
    notices = Notices()

    def tell(observations, flow=None):
        caplog.clear()
        notices.tell(observations, flow)
        return [record.getMessage() for record in caplog.records]

    return tell


@pytest.mark.parametrize(("observation", "line"), LINES)
def test_what_matters_is_one_line(told, observation, line):
    assert told([observation]) == ([] if line is None else [line])


@pytest.mark.parametrize(("observation", "line"), [row for row in LINES if row.values[1] is not None])
def test_a_line_comes_once(told, observation, line):
    assert len(told([observation])) == 1
    assert told([observation]) == []


def test_a_change_is_one_thing_whatever_the_jar_makes_of_it_and_whichever_way_it_goes(told):
    assert len(told([seen(EventKind.STORED, changes=[change("set")])])) == 1
    assert told([seen(EventKind.REPLACED, changes=[change("set")])]) == []
    assert told([event(EventKind.CHANGED, reason="set", rule="my rule")]) == []


def test_other_clients_sites_cookies_and_reasons_are_told_too(told):
    missing = event(EventKind.MISSING, reason="gone", sentence="Gone.")
    assert len(told([missing])) == 1
    assert len(told([missing._replace(client="127.0.0.2")])) == 1
    assert len(told([missing._replace(site="other.example", host="other.example")])) == 1
    assert len(told([missing._replace(cookie=b"other")])) == 1
    assert len(told([missing._replace(reason="path", sentence="Path.")])) == 1
    assert told([missing._replace(host="api.shop.example")]) == []


def test_the_same_of_many_cookies_is_one_line(told):
    purge = [removed(RemovalCause.EVICTED_SITE, "new")._replace(cookie=b"c%d" % number) for number in range(31)]
    (line,) = told(purge)
    assert line.startswith("www.shop.example c0, c1, c2, ")
    assert " c19 and 11 more: evicted for new: It was thrown out" in line
    (line,) = told([*purge, removed(RemovalCause.EVICTED_SITE, "new")._replace(cookie=b"late")])
    assert line.startswith("www.shop.example late: evicted")


def test_one_message_says_a_bounded_number_of_lines(told):
    flood = [event(EventKind.MISSING, reason=str(number), sentence=f"Reason {number}.") for number in range(1_000)]
    lines = told(flood)
    assert len(lines) == 21
    assert lines[-1] == f"www.shop.example: … and 980 more things like these [{CLIENT}]"


def test_what_was_told_is_remembered_within_bounds(told):
    for number in range(200):
        told([seen(EventKind.IGNORED, IgnoreReason.NO_CONTENT, name=b"%d-%d" % (number, n)) for n in range(200)])
    assert told([seen(EventKind.IGNORED, IgnoreReason.NO_CONTENT, name=b"199-199")]) == []


def test_flows_get_a_comment_and_a_marker_also_where_nothing_new_is_told(told):
    refused = seen(EventKind.IGNORED, IgnoreReason.DOMAIN_MISMATCH)
    told([refused])
    flow = tflow.tflow()
    flow.comment = "my own note"
    told([refused, refused], flow)
    assert flow.comment == "my own note\nshop.example sid: refused: Its Domain does not cover the host that set it."
    assert flow.marked == MARKER


def test_flows_without_anything_to_tell_stay_as_they_are(told):
    flow = tflow.tflow()
    told([seen(EventKind.STORED)], flow)
    assert (flow.comment, flow.marked) == ("", "")


def test_a_marker_of_the_users_stays(told):
    flow = tflow.tflow()
    flow.marked = ":red_circle:"
    told([seen(EventKind.IGNORED, IgnoreReason.DOMAIN_MISMATCH)], flow)
    assert flow.marked == ":red_circle:"


@given(st.binary(max_size=60), st.text(max_size=60))
def test_no_name_host_or_rule_moves_a_cursor(name, text):
    notices, flow = Notices(), tflow.tflow()
    one = event(EventKind.MISSING, name, text, text, by=text, client=text)._replace(host=text)
    notices.tell([one, seen(EventKind.STORED, changes=[change("set", rule=text)], name=name)], flow)
    assert flow.comment
    assert all(line.isprintable() for line in flow.comment.split("\n"))


@given(st.text(max_size=60), st.integers(1, 30))
def test_text_is_printable_and_short(text, most):
    assert printable(text).isprintable()
    assert len(clipped(text, most)) <= most
    assert text.isprintable() is (printable(text) == text)


RULES = """
rules:
  - {name: hardening, match: {cookie: harden}, set: {httponly: true, value: PLANTED2}}
  - {name: short, match: {cookie: cap}, cap: 7d}
  - {name: away, match: {cookie: drop}, drop: true}
  - {name: other name, match: {cookie: rename}, rename: "x-{name}"}
  - {name: ours, match: {cookie: hold}, hold: true}
  - {name: text, match: {cookie: replace}, replace: {find: PLANTED, with: x}}
  - {name: look, match: {cookie: watched}, drop: true, mode: observe}
  - {name: more, match: {host: shop.example}, add: {name: added, value: PLANTED, to: response}}
"""
NAVIGATION = (b"Sec-Fetch-Site: none", b"Sec-Fetch-Mode: navigate", b"Sec-Fetch-Dest: document")


def test_a_day_of_a_proxy_as_its_user_reads_it(proxy, origin, tmp_path):
    """Refused, changed, observed, held, missing, evicted, too large: each is said, with no value, and stands on its flow."""
    changed = [b"harden", b"cap", b"drop", b"rename", b"hold", b"replace", b"watched"]
    answers = {
        "/refused": [
            b"sid=PLANTED; Domain=other.example",
            b"\x1b[31mred=PLANTED; Secure",
            b"PLANTED; Domain=other.example",
        ],
        "/rules": [name + b"=PLANTED; Max-Age=9999999; Path=/" for name in changed],
        "/set": [b"seen=PLANTED; Path=/"],
        "/many": [b"c%d=PLANTED" % number for number in range(200)],
        "/large": [],
    }
    for path, fields in answers.items():
        origin.answers[path] = Answer([b"Set-Cookie: " + field for field in fields])
    saved = tmp_path / "flows"
    agent = b"User-Agent: Chrome/156"
    running = proxy(rules=RULES, options={"save_stream_file": str(saved), "flow_detail": 0})
    for _ in range(2):
        get(running, "http://shop.example/refused", agent)
        get(running, "http://shop.example/rules", agent, b"Cookie: drop=PLANTED; watched=PLANTED")
        get(running, "http://shop.example/set", agent)
        get(running, "http://shop.example/gone", agent, *NAVIGATION)
    get(running, "http://many.example/many", agent)
    get(running, "http://large.example/large", agent, b"Cookie: big=" + b"PLANTED" * 2_000)
    running.stop()
    log = running.log()
    assert "PLANTED" not in log
    assert "\x1b[31mred" not in log
    for line in [
        r"shop.example sid, \(nameless\): refused: Its Domain does not cover the host that set it. \[127.0.0.1 Chrome/156 ",
        r"shop.example \\x1b\[31mred: refused: ",
        r'shop.example harden: changed by rule "hardening" \[',
        r'shop.example cap: shortened by rule "short" \[',
        r'shop.example drop: dropped by rule "away" \[',
        r'shop.example rename: renamed by rule "other name" \[',
        r'shop.example hold: kept from the browser by rule "ours" \[',
        r'shop.example replace: changed by rule "text" \[',
        r'shop.example watched: would be (dropped|changed) by rule "look" \[',
        r'shop.example added: added by rule "more" \[',
        r"shop.example .*seen.*: missing: ",
        r"many.example c0, .* more: evicted for c180: ",
        r"large.example: The Cookie header has 14012 bytes, more than 8190: .* The largest: big \(14004 B\)",
    ]:
        assert len(re.findall(line, log)) == 1, f"{line}\n{log}"
    flows = {flow.request.path: flow for flow in reversed(read_flows(saved))}
    assert not any("PLANTED" in flow.comment for flow in flows.values())
    assert 'harden: changed by rule "hardening"' in flows["/rules"].comment
    assert {path for path, flow in flows.items() if flow.marked} >= {"/refused", "/rules", "/gone", "/many", "/large"}
