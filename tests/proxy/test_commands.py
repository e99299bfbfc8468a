"""mitmproxy's commands in a real master with its own addons: tables, completion, selections, files, and what is refused (R10)."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import contentviews, exceptions, hooks, http, options, types
from mitmproxy.addons.view import View
from mitmproxy.command_lexer import quote
from mitmproxy.proxy.layers.http import HttpRequestHeadersHook, HttpResponseHeadersHook, HttpResponseHook
from mitmproxy.test import tflow
from mitmproxy.tools.dump import DumpMaster

from cookieproxy.proxy.assemble import assemble
from cookieproxy.proxy.commands import EVERY, EXPLAINED, TITLES

RULES = """
rules:
  - {name: harden it, match: {cookie: sid}, set: {httponly: true}}
  - {name: keep it, match: {cookie: kept}, hold: true}
"""


class House:
    """A master with mitmproxy's own addons, its view, and ours."""

    def __init__(self, master: DumpMaster, view: View) -> None:
        self.master = master
        self.view = view

    def run(self, *parts: str) -> Any:
        """A command as the console and mitmweb call it: words only."""
        return self.master.commands.call_strings(parts[0], parts[1:])

    def complete(self, text: str) -> list[str]:
        """What the console would offer for the word that is being written."""
        _, wanted = self.master.commands.parse_partial(text)
        kind = types.CommandTypes.get(wanted[0].type)
        assert kind is not None
        return list(kind.completion(self.master.commands, wanted[0].type, ""))

    async def exchange(self, path: str, *set_cookies: str, cookie: str = "", agent: str = "tester/1") -> http.HTTPFlow:
        """One exchange of a client with shop.example."""
        flow = tflow.tflow(live=True, resp=True)
        flow.request.host, flow.request.scheme, flow.request.port = "shop.example", "https", 443
        flow.request.path, flow.request.timestamp_start = path, self._time()
        flow.request.headers = http.Headers([(b"Host", b"shop.example"), (b"User-Agent", agent.encode())])
        if cookie:
            flow.request.headers["Cookie"] = cookie
        flow.response.timestamp_start = self._time()
        flow.response.headers = http.Headers([(b"Set-Cookie", field.encode()) for field in set_cookies])
        response, flow.response = flow.response, None
        await self.master.addons.handle_lifecycle(HttpRequestHeadersHook(flow))
        flow.response = response
        for hook in (HttpResponseHeadersHook(flow), HttpResponseHook(flow)):
            await self.master.addons.handle_lifecycle(hook)
        flow.live = False
        self.view.add([flow])
        return flow

    @staticmethod
    def _time() -> float:
        return asyncio.get_running_loop().time() + 1_800_000_000


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    (tmp_path / "rules.yaml").write_text(RULES)
    master = DumpMaster(
        options.Options(confdir=str(tmp_path)), asyncio.get_running_loop(), with_termlog=False, with_dumper=False
    )
    view = View()
    master.options.set(
        "cookies_store=memory:",
        f"cookies_rules={tmp_path}/rules.yaml",
        "cookies_fast=false",
        "server=false",
        defer=True,
    )
    ours = assemble()
    master.addons.add(view, *ours)
    for addon in ours:
        master.addons.invoke_addon_sync(addon, hooks.ConfigureHook(set(master.options.keys())))
    await master.addons.trigger_event(hooks.RunningHook())
    yield House(master, view)
    await master.addons.trigger_event(hooks.DoneHook())


@pytest.fixture
async def shop(house: House) -> House:
    await house.exchange("/login", "sid=topsecret; Path=/", "kept=1", "bad=1; Domain=other.example", "\x1b[31m=x")
    return house


async def test_jar_is_a_table_without_values(shop: House) -> None:
    titles, *rows = shop.run("cookies.jar")
    assert titles == TITLES
    assert [row[1:6] for row in rows] == [
        ["mirror", "sid", "***9", "shop.example", "/"],
        ["held", "kept", "***1", "shop.example", "/"],
    ]
    assert rows[0][6:] == ["HttpOnly", "session"]
    assert "topsecret" not in str(rows)
    assert len(shop.run("cookies.jar", "* nobody*")) == 1
    assert len(shop.run("cookies.jar", "*", "other.example")) == 1
    assert len(shop.run("cookies.jar", "*tester*", "shop.example")) == 3


async def test_clients_sites_and_formats_complete(shop: House) -> None:
    [client] = shop.run("cookies.clients")
    assert "tester/1" in client
    assert shop.complete("cookies.jar ") == [client]
    assert shop.complete("cookies.forget ") == ["shop.example"]
    assert "netscape" in shop.complete("cookies.export @all ")
    assert "@focus" in shop.complete("cookies.explain ")
    assert "@focus" in shop.complete("cookies.export ")


async def test_every_command_has_help(house: House) -> None:
    for name, one in house.master.commands.commands.items():
        if name.startswith("cookies."):
            assert one.help, name
            assert one.signature_help().startswith(name)


async def test_explain_tells_what_became_of_a_flow_and_what_each_browser_does(shop: House) -> None:
    titles, *rows = shop.run("cookies.explain", "@all")
    assert titles == EXPLAINED
    here = {(cookie, outcome) for cookie, where, outcome, _ in rows if where == "this response"}
    assert {("sid", "stored"), ("bad", "ignored"), ("kept", "stored"), ("sid", "set")} <= here
    browsers = {(cookie, where, outcome) for cookie, where, outcome, _ in rows}
    assert {("bad", EVERY, "ignored"), ("kept", EVERY, "held")} <= browsers
    assert "topsecret" not in str(rows)
    assert "\x1b" not in "".join("".join(row) for row in rows)


async def test_explain_tells_of_a_url_and_its_fields(house: House) -> None:
    _, *rows = house.run("cookies.explain", "https://shop.example/a", "sid=1; Domain=b.example", "__Host-x=1")
    assert [row[:3] for row in rows if row[0] == "sid"] == [["sid", EVERY, "ignored"]]
    assert {("ie6", "stored"), ("chrome", "ignored")} <= {
        (browser, row[2]) for row in rows for browser in row[1].split(", ") if row[0] == "__Host-x"
    }
    assert json.dumps(rows)


async def test_export_writes_what_a_client_has_after_the_flows(shop: House, tmp_path: Path) -> None:
    await shop.exchange("/", "lang=de; Secure; Max-Age=60", cookie="sid=topsecret; seen=before")
    said = shop.run("cookies.export", "@all", "netscape", str(tmp_path / "cookies.txt"))
    assert said.startswith("4 cookies with their values")
    assert "topsecret" not in said
    assert (tmp_path / "cookies.txt").stat().st_mode & 0o777 == 0o600
    lines = (tmp_path / "cookies.txt").read_text().splitlines()
    fields = {tuple(line.split("\t")[5:]) for line in lines if "\t" in line}
    assert {("sid", "topsecret"), ("lang", "de"), ("seen", "before"), ("kept", "1")} <= fields


async def test_export_does_not_mix_clients(shop: House, tmp_path: Path) -> None:
    await shop.exchange("/", "sid=2", agent="another/2")
    with pytest.raises(exceptions.CommandError, match="2 clients"):
        shop.run("cookies.export", "@all", "har", str(tmp_path / "cookies.har"))
    assert not (tmp_path / "cookies.har").exists()


async def test_forget_empties_the_jars(shop: House) -> None:
    assert shop.run("cookies.forget", "shop.example").startswith("1 client: 1 in the browser")
    assert shop.run("cookies.jar") == [["nothing"]]
    assert shop.run("cookies.forget", "https://shop.example/x", "*") == "There was nothing of that site to forget."
    flow = await shop.exchange("/", cookie="sid=topsecret")
    assert "cookie" not in flow.request.headers
    assert flow.response is not None
    assert "Max-Age=0" in flow.response.headers["set-cookie"]


REFUSED: list[Any] = [
    pytest.param(("cookies.forget", "a b"), "is no host", id="no host"),
    pytest.param(("cookies.explain", "ftp://a/", "a=1"), "is no http or https URL", id="no URL"),
    pytest.param(("cookies.explain", "~z"), "Invalid filter", id="no selection"),
    pytest.param(("cookies.export", "@all", "nothing", "/tmp/x"), "Invalid choice", id="no format"),
    pytest.param(("cookies.export", "@marked", "csv", "/tmp/x"), "no cookies in these flows", id="no cookies"),
    pytest.param(("cookies.export", "@all", "csv", "/dev/null"), "no ordinary file", id="no file"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED)
async def test_what_is_wrong_is_said(house: House, words: tuple[str, ...], said: str) -> None:
    await house.exchange("/", "a=1" if "/dev/null" in words else "")
    for flow in house.view:
        flow.marked = ""
    with pytest.raises(exceptions.CommandError, match=said):
        house.run(*words)


async def test_a_line_of_the_console_is_understood(shop: House) -> None:
    line = f"cookies.explain https://shop.example/ {quote('sid=1; Secure')}"
    assert len(shop.master.commands.execute(line)) > 1


# -- the content view ----------------------------------------------------------------------------------------------------------


def shown(flow: http.HTTPFlow, side: str = "response") -> str:
    message = flow.response if side == "response" else flow.request
    assert message is not None
    result = contentviews.prettify_message(message, flow, "cookies")
    assert result.view_name == "Cookies"
    return result.text


async def test_the_view_shows_outcomes_reasons_and_changes(shop: House) -> None:
    await shop.exchange("/", cookie="sid=topsecret; new=1")
    first, second = shop.view
    text = shown(first)
    assert "topsecret" not in text
    assert text.splitlines()[0] == "Request: nothing about cookies"
    assert '  set        by rule "harden it"' in text
    assert "- sid=***9; Path=/\n" in text
    assert "+ sid=***9; Path=/; HttpOnly\n" in text
    assert "bad       ignored    ***1  domain-mismatch: Its Domain does not cover the host that set it." in text
    assert "kept      stored     ***1  In the held jar: the browser never sees it." in text
    assert "\x1b" not in text
    lines = shown(second, "request").splitlines()
    assert lines[0] == "Request"
    assert lines[1].split() == ["sid", "sent", "***9"]
    assert "unknown: Nobody saw it being set" in lines[2]


async def test_the_view_is_the_same_of_a_saved_flow(shop: House) -> None:
    flow = shop.view[0]
    again = http.HTTPFlow.from_state(flow.get_state())
    assert shown(again) == shown(flow)


async def test_the_view_is_never_chosen_by_itself(shop: House) -> None:
    flow = shop.view[0]
    for body in (b"", b"\x00\xff", b"sid=1; Path=/", b"{}"):
        flow.response.content = body
        assert contentviews.prettify_message(flow.response, flow).view_name != "Cookies"


@pytest.mark.parametrize(
    "kept", [None, 3, {"response": 3}, {"response": [3, [], ["stored"] * 9, [None] * 9], "response-more": "x"}]
)
async def test_a_file_may_say_anything(house: House, kept: object) -> None:
    flow = tflow.tflow(resp=True)
    flow.metadata["cookieproxy-seen"] = kept
    assert shown(flow) == "Request: nothing about cookies\nResponse: nothing about cookies\n"


async def test_a_hostile_response_does_not_fill_the_memory(house: House) -> None:
    flow = await house.exchange("/", *[f"c{number}=1" for number in range(1000)])
    assert len(flow.metadata["cookieproxy-seen"]["response"]) == 200
    assert shown(flow).splitlines()[-1] == "  … and 1750 more"
