"""What is sent live is what the store lists afterwards, field by field."""

from pathlib import Path

from cookieproxy.core.events import Observation
from cookieproxy.dashboard.rows import rows_of
from cookieproxy.record.store import open_store
from cookieproxy.record.values import ValuePolicy
from cookieproxy.report.listed import event_fields
from rig.conversation import OWN_NAVIGATION, START, Conversation

SHOP = "https://shop.example/"
RULES = """
- {name: harden, match: {cookie: sid}, set: {secure: true}}
- {name: watch, match: {cookie: theme}, cap: 1d, mode: observe}
- {name: gone, match: {cookie: drop}, drop: true}
"""


def observed() -> list[Observation]:
    talk = Conversation(RULES)
    told = [
        talk.answer(SHOP, b"sid=1; Path=/", b"theme=dark; Max-Age=999999", b"drop=1", b"x=1; Domain=evil.example"),
        talk.request(SHOP, b"sid=1; theme=other; new=1", headers=OWN_NAVIGATION),
        talk.answer(SHOP, b"sid=2; Path=/; Max-Age=5", b"theme=; Max-Age=0", b"\xff\xfe=1"),
        talk.request(SHOP, b"sid=2", headers=OWN_NAVIGATION, time=START + 1_000),
    ]
    return [each for one in told for each in one.observations]


def test_live_rows_are_the_listed_ones(tmp_path: Path) -> None:
    observations = observed()
    store = open_store("memory:", tmp_path)
    try:
        store.write(observations, store.masker(ValuePolicy.DROP))
        listed = [event_fields(row, False) for row in sorted(store.questions.events(), key=lambda row: row.seq)]
    finally:
        store.close()
    live = [row for each in observations for row in rows_of(each)]
    assert {row["event"] for row in live} >= {"stored", "changed", "sent", "ignored", "removed", "unexpected"}
    assert [{name: value for name, value in row.items() if name != "seq"} for row in live] == listed
