"""What the arguments of `scripts/proxy --workers` say to the supervisor, and which of them go to the workers.

All but a few are mitmproxy's and go to every worker as they are. Where the fleet listens is the balancer's, where a worker does is
its own. What several processes cannot do together is refused with what to do instead.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from ..record.names import POSTGRESQL, without_password
from .haproxy import Place

BASE = Path(__file__).resolve().parents[3]
"""The folder beside `addons/`, where relative paths start."""
LISTEN_HOST, LISTEN_PORT = "127.0.0.1", 8080
MODES = ("regular", "upstream:", "reverse:", "socks5")
OF_ONE_PROCESS = {
    "rfile": "reading saved flows is one process's work: leave out --workers",
    "save_stream_file": "all workers would write into one file",
    "hardump": "all workers would write into one file",
    "server": "workers that do not listen would have nothing to do",
}
"""Options that do not go with workers, and why."""
FLAGS = {"-r": "rfile", "--rfile": "rfile", "-w": "save_stream_file", "--save-stream-file": "save_stream_file", "-n": "server",
         "--no-server": "server"}  # fmt: skip
"""mitmdump's short ways to say so."""


class ArgumentsError(Exception):
    """What was said cannot be done; the message says what can."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A fleet as it was asked for."""

    workers: int
    listen: Place
    rules: Path
    dashboard: str
    """The dashboard's name; empty if it is off."""
    confdir: Path
    """mitmproxy's own folder."""
    given: tuple[str, ...]
    """What every worker gets."""
    prints: bool = False
    """Only the configuration of HAProxy is wanted."""


def read(arguments: Sequence[str]) -> Asked:
    """What was asked for. Raises ArgumentsError; ends the program with exit code 2 where argparse finds fault."""
    parser = argparse.ArgumentParser(prog="scripts/proxy", add_help=False)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--print-haproxy", action="store_true")
    parser.add_argument("--listen-host")
    parser.add_argument("--listen-port", "-p", type=int)
    said, given = parser.parse_known_args(arguments)
    if said.workers < 1:
        raise ArgumentsError(f"--workers {said.workers}: one at least.")
    options = _configured(given) | dict(_set(given))
    host = options.get("listen_host", LISTEN_HOST) if said.listen_host is None else said.listen_host
    port = int(options.get("listen_port") or LISTEN_PORT) if said.listen_port is None else said.listen_port
    if not said.print_haproxy:
        _check(said.workers, given, options)
    rules = BASE / Path(options.get("cookies_rules", "rules.yaml")).expanduser()
    dashboard = options.get("cookies_dashboard", "cookies.mitm")
    return Asked(said.workers, Place(host, port), rules, dashboard, _confdir(given), tuple(given), said.print_haproxy)


def _set(given: Sequence[str]) -> Iterable[tuple[str, str]]:
    """The options that are set by `--set`, and the modes."""
    for flag, value in zip(given, [*given[1:], ""], strict=False):
        name, equals, setting = flag.partition("=")
        if name not in ("--set", "--mode", "-m"):
            continue
        said = setting if equals else value
        if name == "--set":
            option, _, text = said.partition("=")
            yield option, text
        else:
            yield "mode", said


def _confdir(given: Sequence[str]) -> Path:
    return Path(dict(_set(given)).get("confdir", "~/.mitmproxy")).expanduser()


def _configured(given: Sequence[str]) -> dict[str, str]:
    """What mitmproxy's own configuration file sets."""
    home = _confdir(given)
    found = next((home / name for name in ("config.yaml", "config.yml") if (home / name).exists()), None)
    if found is None:
        return {}
    try:
        said = yaml.safe_load(found.read_bytes())
    except (OSError, yaml.YAMLError) as error:
        raise ArgumentsError(f"{found} cannot be read: {error}") from None
    return {str(name): _text(value) for name, value in said.items()} if isinstance(said, Mapping) else {}


def _text(value: object) -> str:
    return str(value[-1]) if isinstance(value, list) and value else "" if value is None else str(value)


def _check(workers: int, given: Sequence[str], options: Mapping[str, str]) -> None:
    """Raises ArgumentsError."""
    flags = {FLAGS[flag] for flag in (each.partition("=")[0] for each in given) if flag in FLAGS}
    if any(each.startswith("-n") and not each.startswith("--") for each in given):
        flags.add("rfile")
    for option, why in OF_ONE_PROCESS.items():
        if option in flags or (option in options and option != "server"):
            raise ArgumentsError(f"--workers does not go with {option}: {why}.")
    modes = [value for name, value in _set(given) if name == "mode"] or [options.get("mode", "regular")]
    if len(modes) > 1 or not modes[0].startswith(MODES) or "@" in modes[0]:
        raise ArgumentsError(
            "--workers takes one mode, regular, upstream, reverse or socks5, and --listen-host and --listen-port instead of @."
        )
    store = options.get("cookies_store", "sqlite:cookies.db")
    if workers > 1 and not store.startswith(POSTGRESQL):
        raise ArgumentsError(
            f"{workers} workers need a store that they can share, and {without_password(store)} belongs to one process. "
            "Say where there is a PostgreSQL database:\n"
            f"  scripts/proxy --workers {workers} --set cookies_store=postgresql://USER@HOST/DATABASE\n"
            "docs/fleet.md says how to make one. Without --workers, or with one, the proxy needs none."
        )
