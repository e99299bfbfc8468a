"""The one switch: off, nothing of mitmproxy is touched; on, only what is written down here; all that was taken is given back."""

import gc
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import connection
from mitmproxy import hooks as mitmproxy_hooks
from mitmproxy.addons import proxyserver, readfile, stickycookie
from mitmproxy.proxy import mode_servers, mode_specs
from mitmproxy.proxy.layers.modes import HttpProxy
from mitmproxy.test import taddons

from cookieproxy.proxy import connections, dispatch, fast, shortcuts
from cookieproxy.proxy.addon import Cookies
from cookieproxy.proxy.connections import FastLayer
from rig.addon.touched_addon import INSIDE, differences, everything
from rig.flows import write_flows
from rig.process import ADDON, Proxy
from rig.shared import CONTROL, get, set_option

TOUCHED = Path(__file__).parents[1] / "rig" / "addon" / "touched_addon.py"


class Stage:
    """Our addon in a mitmproxy that has one connection."""

    def __init__(self, addon: Cookies, context: Any) -> None:
        self.addon, self.master, self.configure = addon, context.master, context.options.update
        client = connection.Client(peername=("127.0.0.1", 1), sockname=("127.0.0.1", 2), timestamp_start=0)
        client.proxy_mode = mode_specs.ProxyMode.parse("regular")
        self.handler = mode_servers.ProxyConnectionHandler(
            self.master, None, Writer(client), context.options, client.proxy_mode
        )
        self.handler.layer = HttpProxy(self.handler.layer.context)
        self.client = self.handler.client
        self.own_layer = self.handler.layer

    def connect(self) -> None:
        self.master.addons.get("proxyserver").connections[self.client.id] = self.handler
        self.addon.client_connected(self.client)


class Writer:
    """What mitmproxy asks of a connection."""

    def __init__(self, client: connection.Client) -> None:
        self.client = client

    def get_extra_info(self, name: str, default: object = None) -> object:
        return {"peername": self.client.peername, "sockname": self.client.sockname}.get(name, default)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Callable[[bool], Stage]]:
    """Starts our addon with cookies_fast on or off."""
    (tmp_path / "rules.yaml").write_text("version: 1")
    addon = Cookies()
    with taddons.context(readfile.ReadFile(), stickycookie.StickyCookie(), proxyserver.Proxyserver()) as context:

        def start(is_fast: bool) -> Stage:
            context.options.set(
                f"cookies_rules={tmp_path / 'rules.yaml'}",
                "cookies_store=memory:",
                f"cookies_fast={is_fast}".lower(),
                defer=True,
            )
            context.master.addons.add(addon)
            context.master.addons.invoke_addon_sync(addon, mitmproxy_hooks.ConfigureHook(set(context.options.keys())))
            addon.running()
            return Stage(addon, context)

        yield start
        addon.done()


async def test_off_nothing_of_mitmproxy_is_touched(stage: Callable[[bool], Stage]) -> None:
    before = everything()
    off = stage(False)
    off.connect()
    assert differences(before, everything()) == set()
    assert "trigger_event" not in vars(off.master.addons)
    assert off.handler.layer is off.own_layer
    assert gc.get_freeze_count() == 0


async def test_on_only_what_is_said_is_touched_and_all_of_it_is_given_back(stage: Callable[[bool], Stage]) -> None:
    before = everything()
    on = stage(True)
    on.connect()
    replaced = [one.instead for one in shortcuts.SHORTCUTS]
    after = everything()
    touched = differences(before, after)
    assert len(touched) >= len(replaced)
    assert all(any(after[place] is each for each in replaced) for place in touched if place[1] not in INSIDE)
    assert vars(on.master.addons)["trigger_event"]
    assert isinstance(on.handler.layer, FastLayer)
    assert gc.get_freeze_count() > 0
    on.configure(cookies_fast=False)
    assert differences(before, everything()) == set()
    assert "trigger_event" not in vars(on.master.addons)
    assert on.handler.layer is on.own_layer
    assert gc.get_freeze_count() == 0
    on.configure(cookies_fast=True)
    assert gc.get_freeze_count() > 0
    assert isinstance(on.handler.layer, FastLayer), "connections that are there already are taken, too"
    on.addon.done()
    assert differences(before, everything()) == set()
    assert on.handler.layer is on.own_layer


@pytest.mark.once
def test_a_mitmdump_with_it_off_is_as_it_was_before_our_script(proxy: Callable[..., Proxy], tmp_path: Path) -> None:
    """Also after it was switched on and off: mitmproxy's modules, what its parts have for attributes, and the connections."""
    (tmp_path / "rules.yaml").write_text("version: 1")
    options = {
        "cookies_rules": str(tmp_path / "rules.yaml"),
        "cookies_store": f"sqlite:{tmp_path / 'cookies.db'}",
        "cookies_fast": False,
    }
    bare = touched(proxy(addon=TOUCHED, arguments=CONTROL, fresh=True))
    running = proxy(addon=TOUCHED, arguments=("-s", str(ADDON), *CONTROL), options=options, fresh=True)
    assert touched(running) == bare
    for _ in range(2):
        assert set_option(running, "cookies_fast=true").status == 200
        while_on = touched(running) - bare
        assert len(while_on) > len(shortcuts.SHORTCUTS)
        assert while_on > {
            "mitmproxy.addonmanager.AddonManager.trigger_event",
            "a layer is cookieproxy.proxy.connections.FastLayer",
        }
        assert set_option(running, "cookies_fast=false").status == 200
        assert touched(running) == bare


def test_proxies_have_the_setting_that_the_tests_are_run_with(
    proxy: Callable[..., Proxy], mitmdump: Callable[..., Any], cookies_fast: bool, tmp_path: Path
) -> None:
    script = tmp_path / "tell.py"
    script.write_text(
        "from mitmproxy import ctx\ndef done():\n    print('cookies_fast is', ctx.options.cookies_fast)\n"
    )
    running = proxy(arguments=("-s", str(script)))
    assert running.stop() == 0
    read = mitmdump("-n", "-r", write_flows(tmp_path / "flows", []), "-s", script)
    for said in (running.log(), read.stdout):
        assert f"cookies_fast is {cookies_fast}" in said


def touched(running: Proxy) -> set[str]:
    """What its first addon finds changed since it was loaded, and what is as it is in any mitmproxy."""
    return set(get(running, "http://touched.test/").body.decode().splitlines())


@pytest.mark.parametrize("part", [dispatch, connections, shortcuts], ids=lambda part: part.__name__.rpartition(".")[2])
async def test_each_part_steps_aside_with_a_warning_of_its_own(
    stage: Callable[[bool], Stage], part: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(part, "KNOWN_SOURCES", "0" * 64)
    with caplog.at_level(logging.WARNING):
        on = stage(True)
        on.connect()
    said = [record.getMessage() for record in caplog.records if "cookies_fast" in record.getMessage()]
    assert len(said) == 1
    assert said[0].startswith("cookies_fast: mitmproxy ")
    assert "in another way than 12.2.3 does" in said[0]
    assert ("trigger_event" in vars(on.master.addons)) == (part is not dispatch)
    assert isinstance(on.handler.layer, FastLayer) == (part is not connections)


def test_garbage_is_settled_and_unsettled() -> None:
    fast.settle_garbage()
    assert gc.get_freeze_count() > 0
    fast.unsettle_garbage()
    assert gc.get_freeze_count() == 0
