"""What is kept of a finding: how often, since when, what shows it, whom it is about, and which findings are not told at all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cookieproxy.core.events import Event, EventKind, FindingSeen
from cookieproxy.core.outcome import CookielessReason
from cookieproxy.sessions.catalogue import CHECKS, CODES, Severity, as_markdown
from cookieproxy.sessions.exchanges import Exchange
from cookieproxy.sessions.findings import FIRST_PROOFS, LAST_PROOFS, MOST_FINDINGS, Findings, Where
from cookieproxy.sessions.tracker import Tracker
from rig.sessions import START, Talk, an_id, configured, tracked

A, B, C, D = (an_id(number) for number in range(1, 5))
README = Path(__file__).parents[2] / "README.md"
HTTP = "http://shop.example"


def found(build: Callable[[Talk], Any], code: str, **more: str) -> FindingSeen:
    """The one finding of this code in a conversation."""
    talk = Talk()
    build(talk)
    return tracked(talk, **more).finding(code)


# -- evidence ----------------------------------------------------------------------------------------------------------


def test_a_finding_has_the_flows_that_show_it_and_their_times() -> None:
    talk = Talk()
    talk.ask(0, sets=A)
    talk.ask(10, "/", A, base=HTTP)
    talk.ask(20, "/", A)
    talk.ask(30, "/", A, base=HTTP)
    finding = tracked(talk).finding("plain-http")
    assert [proof.flow_id for proof in finding.evidence] == [talk.flows[1].id, talk.flows[3].id]
    assert [round(proof.time - START) for proof in finding.evidence] == [10, 30]
    assert (finding.times, round(finding.first_seen - START), round(finding.last_seen - START)) == (2, 10, 30)
    assert (finding.site, finding.host, finding.cookie) == ("shop.example", "shop.example", b"sid")


@pytest.mark.parametrize("code", ["resurrection", "alive-after-logout"])
def test_what_two_exchanges_show_together_has_both_the_earlier_first(code: str) -> None:
    talk = Talk()
    talk.login(0, None, A)
    talk.ask(1, "/account", A)
    late = talk.ask(10, "/slow", A, takes=5, sets=A if code == "resurrection" else None)
    logout = talk.delete(11, A)
    after = talk.ask(20, "/account", A)
    finding = tracked(talk).finding(code)
    second = late if code == "resurrection" else after
    assert [proof.flow_id for proof in finding.evidence] == [logout.id, second.id]
    assert finding.times == 1


def test_repetitions_count_and_keep_the_first_and_the_latest_exchanges() -> None:
    talk = Talk(base=HTTP, flags="; Path=/; HttpOnly; SameSite=Lax")
    talk.ask(0, sets=A)
    for second in range(1, 1_001):
        talk.ask(second, f"/{second % 7}", A)
    finding = tracked(talk).finding("plain-http")
    assert finding.times == 1_001
    assert len(finding.evidence) <= FIRST_PROOFS + LAST_PROOFS
    assert finding.evidence[0].flow_id == talk.flows[0].id
    assert finding.evidence[-1].flow_id == talk.flows[-1].id
    assert round(finding.last_seen - START) == 1_000


def test_proofs_that_say_different_things_are_bounded_too() -> None:
    findings = Findings()
    for number in range(1_000):
        findings.note("churn", Where("s", "h", "c", float(number), str(number)), b"sid", f"{number} ids")
    (finding,) = findings.everything()
    assert [proof.said for proof in finding.evidence] == [f"{n} ids" for n in (0, 1, 2, 995, 996, 997, 998, 999)]
    assert finding.times == 1_000


def test_findings_themselves_are_bounded() -> None:
    findings = Findings()
    for number in range(MOST_FINDINGS + 5):
        findings.note("plain-http", Where("s", f"h{number}", "c", 1.0, None), b"sid", "said")
    assert len(list(findings.everything())) == MOST_FINDINGS
    assert findings.let_go == 5


def test_what_is_about_the_server_is_found_once_for_all_clients() -> None:
    talk = Talk(flags="; Path=/; HttpOnly; SameSite=Lax")
    talk.ask(0, sets=A)
    assert tracked(talk).finding("missing-secure").client is not None
    talk.ask(5, sets=B, address="10.0.0.2")
    finding = tracked(talk).finding("missing-secure")
    assert (finding.client, finding.times) == (None, 2)


def test_what_is_about_a_client_is_found_for_each() -> None:
    talk = Talk()
    for number in range(6):
        talk.ask(number * 5, sets=an_id(number), address=f"10.0.0.{number % 2}")
    clients = [finding.client for finding in tracked(talk).findings if finding.code == "churn"]
    assert len(set(clients)) == len(clients) == 2


def test_no_finding_says_a_value() -> None:
    talk = Talk(base=HTTP, flags="")
    talk.ask(0, sets=A)
    talk.ask(1, f"/?PHPSESSID={B}", A, sets=[f"mail=ann%40shop.example%3B{C}", f"sid={A}; Max-Age=99999999"])
    talk.login(2, A)
    talk.ask(3, "/logout", A)
    said = repr(tracked(talk).findings)
    assert said.count("FindingSeen") >= 6
    assert not [value for value in (A, B, C, "ann%40", "ann@") if value in said]


# -- what turns out to be something else -------------------------------------------------------------------------------


def test_a_logout_that_only_asked_first_is_not_counted_and_the_others_are() -> None:
    talk = Talk()
    talk.login(0, None, A)
    talk.ask(1, "/account", A)
    talk.ask(2, "/logout", A)
    talk.delete(3, A)
    talk.login(10, None, B)
    left = talk.ask(12, "/logout", B)
    finding = tracked(talk).finding("logout-incomplete")
    assert [proof.flow_id for proof in finding.evidence] == [left.id]
    assert finding.times == 1


def test_a_cookie_that_comes_back_late_was_not_refused() -> None:
    talk = Talk()
    talk.ask(0, sets=["lang=de; Path=/; Secure"])
    talk.ask(5, "/")
    assert "refused-by-client" in tracked(talk).codes
    talk.ask(9, "/", cookie="lang=de")
    assert tracked(talk).codes == []


# -- severities and words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pair", "severity", "said"),
    [
        ("contact=ann%40shop.example", "medium", "e-mail"),
        ("card=4111111111111111", "high", "16 digits"),
        ("password=letmein99", "high", "password"),
        ("username=ann", "low", "user"),
        ("data=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIiwiZXhwIjoxODAwMDAwMDAwfQ.c2lnbmF0dXJl", "info", "until 2027-01-15"),
        ("data=eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "high", "without a signature"),
    ],
)
def test_what_a_value_gives_away_is_as_bad_as_it_is(pair: str, severity: str, said: str) -> None:
    finding = found(lambda talk: talk.ask(0, cookie=pair), "sensitive-value")
    assert finding.severity == severity
    assert said in finding.evidence[0].said


@pytest.mark.parametrize(
    ("size", "severity"), [(4_089, "low"), (8_183, "medium"), (16_377, "high")], ids=["4096", "8190", "16384"]
)
def test_a_header_is_too_large_from_one_octet_more_on(size: int, severity: str) -> None:
    padding = "v" * (size - len("n="))
    assert found(lambda talk: talk.ask(0, cookie=f"n={padding}"), "header-too-large").severity == severity
    fits = Talk()
    fits.ask(0, cookie=f"n={padding[1:]}")
    assert severity not in [finding.severity for finding in tracked(fits).findings]


def test_a_header_that_is_refused_is_worse_and_its_family_is_named() -> None:
    pairs = "; ".join(f"__txn_{an_id(number)[:8]}={'v' * 400}" for number in range(12))
    finding = found(lambda talk: talk.ask(0, cookie=f"sid={A}; {pairs}", status=431), "header-too-large")
    assert finding.severity == "high"
    assert "12 of them are named __txn_* and make up 5,004 octets" in finding.evidence[0].said
    assert "refused it with 431" in finding.evidence[0].said


def test_a_planted_id_is_worse_when_it_survives_a_login() -> None:
    talk = Talk()
    talk.ask(0, sets=A)
    talk.ask(1, "/", A)
    talk.ask(5, "/", B)
    assert tracked(talk).finding("fixation").severity == "medium"
    talk.login(6, B)
    assert tracked(talk).finding("fixation").severity == "high"


def test_an_id_from_before_anybody_looked_that_survives_a_login_may_be_planted() -> None:
    finding = found(lambda talk: talk.login(0, A), "fixation")
    assert finding.severity == "medium"


def test_a_session_that_was_thrown_out_is_worse_than_one_that_may_be() -> None:
    def fill(talk: Talk, count: int) -> None:
        talk.ask(0, sets=A)
        talk.ask(1, "/", A, sets=[f"c{number}=1; Path=/" for number in range(count)])

    rules = "browser: classic\n"
    near = found(lambda talk: fill(talk, 17), "near-eviction", rules=rules)
    assert near.severity == "medium"
    assert "18 of the 20 cookies" in near.evidence[0].said
    assert "would log you out" in near.evidence[0].said
    assert found(lambda talk: fill(talk, 25), "near-eviction", rules=rules).severity == "high"


@pytest.mark.parametrize(
    ("field", "base", "word"),
    [
        ("Path=/App; Secure", "https://shop.example", "Path /App does not cover /"),
        ("Path=/; Domain=other.example; Secure", "https://shop.example", "Domain"),
        ("Path=/; Secure", "http://shop.example", "Secure"),
        ("Path=/; SameSite=None", "https://shop.example", "SameSite=None"),
        ("Path=/; Secure", "https://shop.example", "refuses cookies"),
    ],
    ids=["path", "domain", "secure", "samesite", "refused"],
)
def test_churn_says_its_likeliest_cause(field: str, base: str, word: str) -> None:
    def churn(talk: Talk) -> None:
        for number in range(3):
            talk.ask(number * 5, "/", sets=[f"sid={an_id(number)}; HttpOnly; {field}"], base=base)

    assert word in found(churn, "churn").evidence[0].said


def test_a_deletion_that_misses_says_both_scopes() -> None:
    def miss(talk: Talk) -> None:
        talk.ask(0, "/app/", sets=[f"sid={A}; Path=/app; Secure; HttpOnly; SameSite=Lax"])
        talk.ask(1, "/app/", A)
        talk.delete(5, A, "/app/logout")

    said = found(miss, "deletion-misses").evidence[0].said
    assert "deleted as Path=/ of shop.example" in said
    assert "is Path=/app of shop.example" in said


@pytest.mark.parametrize(
    ("lifetime", "more"), [(397, ""), (400, ""), (401, "browsers shorten that to 400 days")], ids=str
)
def test_a_long_life_says_what_browsers_make_of_it(lifetime: int, more: str) -> None:
    said = (
        found(lambda talk: talk.ask(0, sets=[f"a=1; Secure; Max-Age={lifetime * 86_400}"]), "lifetime-long")
        .evidence[0]
        .said
    )
    assert f"{lifetime} days" in said
    assert said.endswith(f"{more}.")
    assert ("400" in said) == (lifetime >= 400)


def test_an_id_in_our_own_urls_that_is_another_clients_is_shared() -> None:
    """R17: the client got a session of its own, and it is told."""
    tracker = Tracker(lambda value: value.hex(), lambda host: host)
    reason = CookielessReason.FOREIGN
    for each in (CookielessReason.STARTED, reason):
        event = Event(1.0, "c", "s", "h", None, EventKind.COOKIELESS, each.value, each.sentence, flow_id="f")
        tracker.tell(Exchange("c", "s", "h", "https", "GET", b"/", "f", 1.0, 1.1, 200, (), [event]))
        codes = [each.code for each in tracker.everything() if isinstance(each, FindingSeen)]
        assert codes == ([] if each is CookielessReason.STARTED else ["shared-id"])


# -- findings that are known and accepted ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "left"),
    [
        ("{code: missing-secure}", []),
        ("{code: missing-secure, host: www.shop.example}", ["shop.example", "other.example"]),
        ("{code: missing-secure, host: '*.shop.example'}", ["shop.example", "other.example"]),
        ("{code: missing-secure, site: shop.example}", ["other.example"]),
        ("{code: missing-secure, cookie: sid}", ["other.example"]),
        ("{code: missing-secure, cookie: 'PHP*', host: other.example}", ["shop.example", "www.shop.example"]),
        (
            "{code: missing-secure, cookie: 'PHP*', site: shop.example}",
            ["shop.example", "www.shop.example", "other.example"],
        ),
        ("{code: missing-secure, site: shop.example, host: shop.example}", ["www.shop.example", "other.example"]),
        ("{code: missing-httponly}", ["shop.example", "www.shop.example", "other.example"]),
    ],
)
def test_accepted_findings_are_not_told(entry: str, left: list[str]) -> None:
    talk = Talk(flags="; Path=/; HttpOnly; SameSite=Lax")
    talk.ask(0, sets=A, base="https://shop.example")
    talk.ask(1, sets=B, base="https://www.shop.example")
    talk.name = "PHPSESSID"
    talk.ask(2, sets=C, base="https://other.example")
    hosts = [finding.host for finding in tracked(talk, f"findings:\n  except: [{entry}]\n").findings]
    assert hosts == left


def test_a_finding_without_a_cookie_is_accepted_by_its_host() -> None:
    talk = Talk()
    talk.ask(0, says=[(b"Date", b"Fri, 15 Jan 2027 09:00:00 GMT")])
    assert tracked(talk, "findings: {except: [{code: clock-skew, cookie: '*'}]}\n").codes == ["clock-skew"]
    assert tracked(talk, "findings: {except: [{code: clock-skew, host: shop.example}]}\n").codes == []


# -- the catalogue -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", CODES)
def test_every_finding_says_what_was_seen_and_what_to_do(code: str) -> None:
    check = CHECKS[code]
    assert check.code == code
    assert check.severity in Severity
    for sentence in (check.meaning, check.advice):
        assert sentence[0].isupper()
        assert sentence.endswith((".", "…"))
    assert configured(f"findings: {{except: [{{code: {code}}}]}}\n").tracking.is_excepted(code, "s", "h", None)


def test_the_table_has_a_row_for_every_finding() -> None:
    lines = as_markdown().splitlines()
    assert [line.split("`")[1] for line in lines[2:]] == list(CODES)
    assert len({line.count(" | ") for line in lines}) == 1


def test_the_readme_has_that_table_if_it_has_one() -> None:
    readme = README.read_text()
    assert as_markdown() in readme or "| `missing-secure` |" not in readme
