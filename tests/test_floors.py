"""Holds every import of the package to the table of rooms: what lies on which floor, and what it may use.

Knows the table and the names of the rooms; knows nothing of what they do. The table is the one in README.md, "Developing".
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ADDONS = Path(__file__).parents[1] / "addons"
PACKAGE = ADDONS / "cookieproxy"

FLOORS = {
    "core": 0,
    "suffixes": 1,
    "rules": 1,
    "cookieless": 1,
    "sessions": 1,
    "record": 1,
    "formats": 1,
    "config": 2,
    "exchange": 2,
    "report": 3,
    "fleet": 3,
    "dashboard": 4,
    "proxy": 5,
    "cli": 6,
}
# The command line looks down past the proxy's floor, but for these: replaying saved flows, and compiling `when` for `check`.
MAY_USE_PROXY = {"cli.replay", "cli.check"}


def imported(source: str, module: str) -> Iterator[str]:
    """Yields the dotted name of everything a module's source imports, wherever in it; `module` is its own dotted name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".")[: -node.level] if node.level else []
            origin = ".".join([*package, *filter(None, [node.module])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def complaints(source: str, module: str) -> list[str]:
    """Says what a module imports against the table; `module` is its dotted name with the package's (`cookieproxy.core.dates`)."""
    return [said for name in imported(source, module) if (said := complaint(name, module))]


def complaint(name: str, module: str) -> str | None:
    top, _, rest = name.partition(".")
    room = module.split(".")[1] if "." in module else ""
    if top == "cookieproxy":
        return complaint_about_room(rest.split(".")[0], room, module)
    if top == "mitmproxy" and room != "proxy":
        return f"{module} imports {name}, which is the proxy room's alone"
    if room in {"core", ""} and top not in sys.stdlib_module_names:
        return f"{module} imports {name}, which is not in the standard library"
    return None


def complaint_about_room(target: str, room: str, module: str) -> str | None:
    if target not in FLOORS or target == room:
        return None  # the package's own constants, or the room itself
    if not room or FLOORS[target] >= FLOORS[room]:
        return f"{module} imports the room {target}, which is not below it"
    if room == "cli" and target == "proxy" and module.partition(".")[2] not in MAY_USE_PROXY:
        return f"{module} imports the room proxy; only {sorted(MAY_USE_PROXY)} may"
    return None


def name_of(path: Path) -> str:
    """The dotted name under which `path` is imported."""
    parts = path.relative_to(ADDONS).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_base(path: Path) -> str:
    """The dotted name that relative imports count from: a package's own name stands one level deeper."""
    return f"{name_of(path)}.__init__" if path.name == "__init__.py" else name_of(path)


@pytest.mark.parametrize("path", [pytest.param(p, id=name_of(p)) for p in sorted(PACKAGE.rglob("*.py"))])
def test_a_module_imports_only_what_its_floor_may(path: Path) -> None:
    assert complaints(path.read_text(), imports_base(path)) == []


def test_every_room_stands_in_the_table() -> None:
    rooms = {p.stem for p in PACKAGE.iterdir() if p.is_dir() or p.suffix == ".py"}
    assert rooms - {"__init__", "__pycache__", "py"} <= FLOORS.keys()


def test_beside_the_script_there_is_only_the_package() -> None:
    """`addons/` is first on the path of the whole process, so any other module in it would shadow somebody's."""
    assert {p.name for p in ADDONS.iterdir()} <= {"cookies.py", "cookieproxy", "__pycache__"}


def test_the_script_is_wiring_only() -> None:
    names = set(imported((ADDONS / "cookies.py").read_text(), "cookies"))
    assert {
        n for n in names if not n.startswith("cookieproxy.proxy.") and n.split(".")[0] not in {"sys", "__future__"}
    } == set()


@pytest.mark.parametrize(
    ("module", "source", "said"),
    [
        pytest.param("core.dates", "import mitmproxy.http", "proxy room's alone", id="mitmproxy in core"),
        pytest.param(
            "core.dates", "def f():\n    import yaml", "standard library", id="a library in core, inside a function"
        ),
        pytest.param("rules.engine", "from cookieproxy.record import store", "not below", id="a neighbour"),
        pytest.param("rules.engine", "from ..record import store", "not below", id="a neighbour, relatively"),
        pytest.param("rules.engine", "from cookieproxy import record", "not below", id="a neighbour, by name"),
        pytest.param("core.jar", "import cookieproxy.exchange", "not below", id="a higher floor"),
        pytest.param("cli.jar", "from cookieproxy.proxy import flows", "only", id="the command line and the proxy"),
        pytest.param("proxy", "from cookieproxy.cli import main", "not below", id="the proxy and the command line"),
    ],
)
def test_a_wrong_import_is_noticed(module: str, source: str, said: str) -> None:
    assert said in complaints(source, f"cookieproxy.{module}")[0]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.jar", "from cookieproxy.core.dates import parse_rfc\nfrom .hosts import domain_match\nimport bisect"),
        ("rules.engine", "from cookieproxy.core import syntax\nfrom . import model\nimport yaml"),
        ("exchange", "from cookieproxy.rules.engine import Rules\nfrom cookieproxy import VERSION"),
        ("proxy.flows", "from mitmproxy import http\nfrom cookieproxy.exchange import Exchange"),
        ("cli.replay", "from cookieproxy.proxy.assemble import assemble"),
        ("cli.jar", "from cookieproxy.report import pages\nimport rich.table"),
    ],
)
def test_a_right_import_is_let_pass(module: str, source: str) -> None:
    assert complaints(source, f"cookieproxy.{module}") == []
