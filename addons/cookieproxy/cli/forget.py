"""`scripts/cookies forget`: makes clients forget every cookie of a site (R11)."""

from ..exchange.forgetting import Forgotten, forget, held_for_sessions, let_go
from ..record.filters import Filter
from ..record.protocol import Store
from ..report.stored import stored_browser
from ..report.text import counted
from ..suffixes import load
from .arguments import Arguments
from .doing import Result, do, keep
from .output import remark
from .stores import nothing
from .tables import Cell, Column, Table, show

COLUMNS = (
    Column("client"),
    Column("in the browser", right=True, wraps=False),
    Column("held by the proxy", right=True, wraps=False),
)


def run(arguments: Arguments) -> int:
    """Have it done, and say what was."""
    words = {"site": arguments.site, "client": arguments.client}
    told = _told(do(arguments, "forget", words, lambda store: _offline(store, arguments)))
    if not told:
        remark(nothing(arguments, "cookies"))
        return 0
    show(Table(COLUMNS, [(Cell(each.client), Cell(str(each.mirror)), Cell(str(each.held))) for each in told]))
    mirrored = sum(each.mirror for each in told)
    if mirrored:
        remark(f"{counted(mirrored, 'cookie')} will be deleted in the browser by the next responses of their hosts.")
    return 0


def _told(result: Result) -> list[Forgotten]:
    clients = result["clients"]
    assert isinstance(clients, list)
    return [Forgotten(**each) for each in clients]


def _offline(store: Store, arguments: Arguments) -> Result:
    site, now = arguments.site or "", arguments.now
    told = []
    for row in store.questions.clients(Filter(site=site, client=arguments.client)):
        browser = stored_browser(store, row)
        forgotten, observations = forget(browser, site, now, load())
        held = list(held_for_sessions(store.load_jars(row.client), site, now))
        observations += [seen for session, cookie in held for seen in let_go(row.client, session, cookie, now, load())]
        keep(store, browser, observations, now)
        forgotten = forgotten._replace(held=forgotten.held + len(held))
        if forgotten.mirror or forgotten.held:
            told.append(forgotten._asdict())
    return {"clients": told}
