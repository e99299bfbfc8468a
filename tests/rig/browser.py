"""A real Chromium, headless, whose every request goes through the proxy of a test. Imported only by tests that drive it."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-gpu",
]
# Chromium's own errands (updates, its search engine) do not come to the proxy beside the test's requests: their hosts are
# fetched without it, and without it no name is found. Nothing leaves the machine either way.
BYPASS = "<-loopback>,*.google.com,*.googleapis.com,*.gstatic.com,*.gvt1.com"
NO_NAMES = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


def executable() -> str | None:
    """Where Chromium lies: $CHROMIUM, or the first of the usual names on the path; None if there is none."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def profile(directory: Path, proxy_url: str, cookies_blocked: bool = False, **options: Any) -> Iterator[BrowserContext]:
    """A browser on that profile directory, which keeps its cookies there; `options` are launch_persistent_context's."""
    directory.mkdir(parents=True, exist_ok=True)
    if cookies_blocked:
        block_cookies(directory)
    arguments = [*ARGUMENTS, NO_NAMES, *options.pop("args", ())]
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            directory,
            executable_path=executable(),
            args=arguments,
            proxy={"server": proxy_url, "bypass": BYPASS},
            ignore_https_errors=True,
            **options,
        )
        try:
            yield context
        finally:
            context.close()


def block_cookies(directory: Path) -> None:
    """Makes the profile refuse all cookies, as a user does in the settings."""
    preferences = directory / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True, exist_ok=True)
    preferences.write_text(json.dumps({"profile": {"default_content_setting_values": {"cookies": 2}}}))


def devtools_cookies(context: BrowserContext) -> list[dict[str, Any]]:
    """All cookies of the profile as the DevTools protocol reports them."""
    page = context.pages[0] if context.pages else context.new_page()
    session = context.new_cdp_session(page)
    cookies: list[dict[str, Any]] = session.send("Network.getAllCookies")["cookies"]
    session.detach()
    return cookies


def allow_third_parties(directory: Path) -> None:
    """Makes the profile take cookies of third parties, which Debian's Chromium does not without being told."""
    preferences = directory / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True, exist_ok=True)
    preferences.write_text(json.dumps({"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}))
