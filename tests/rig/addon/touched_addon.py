"""Loaded into a proxy before the script under test, to say what of mitmproxy is not as it was then.

A request for http://touched.test/ is answered with a line for each name in mitmproxy's modules, classes, functions and running
parts that is new, gone or has another value.
"""

import gc
import sys
from types import FunctionType

from mitmproxy import addonmanager, ctx, http

type Place = tuple[str, str]

COUNTED = {"__last_debug_message", "_abc_impl", "__weakref__", "__dict__"}
INSIDE = ("__code__", "__defaults__", "__kwdefaults__", "__closure__")


def is_mitmproxys(module: str) -> bool:
    return module.partition(".")[0] == "mitmproxy"


def everything() -> dict[Place, object]:
    """All that mitmproxy's modules, and the classes and functions in them, consist of."""
    found: dict[Place, object] = {}
    for module_name, module in list(sys.modules.items()):
        if module is None or not is_mitmproxys(module_name) or module_name == "mitmproxy.ctx":
            continue
        for name, value in list(vars(module).items()):
            found[module_name, name] = value
            if isinstance(value, type) and value.__module__ == module_name:
                found |= {(f"{module_name}.{name}", part): each for part, each in vars(value).items()}
    functions = [(".".join(place), value) for place, value in found.items() if isinstance(value, FunctionType)]
    return found | {(name, part): getattr(value, part) for name, value in functions for part in INSIDE}


def differences(before: dict[Place, object], after: dict[Place, object]) -> set[Place]:
    return {
        place
        for place in before.keys() | after.keys()
        if before.get(place) is not after.get(place) and place[1] not in COUNTED
    }


def running_parts() -> set[str]:
    """What the parts that run have for attributes, and of which class the connections' layers are."""
    addons = addonmanager.traverse(ctx.master.addons.chain)
    parts = [
        part for part in (ctx.master, ctx.master.addons, ctx.options, *addons) if is_mitmproxys(type(part).__module__)
    ]
    handlers = ctx.master.addons.get("proxyserver").connections.values()
    return {
        *(f"{type(part).__module__}.{type(part).__name__}.{name}" for part in parts for name in vars(part)),
        *(f"a layer is {type(handler.layer).__module__}.{type(handler.layer).__name__}" for handler in handlers),
        f"{gc.get_freeze_count()} objects are not looked at for garbage",
    }


class Touched:
    def __init__(self) -> None:
        self.before = everything()

    def request(self, flow: http.HTTPFlow) -> None:
        if flow.request.host == "touched.test":
            named = {".".join(place) for place in differences(self.before, everything())}
            flow.response = http.Response.make(200, "\n".join(sorted(named | running_parts())))


addons = [Touched()]
