"""Loaded into a proxy by tests that look at its log by level, or change its options while it runs.

Says every warning and error again as a line of its own, `LEVEL WARNING …`; and answers requests for http://control.test/ with a
field `X-Option: name=value` by setting that option, 409 and the reason if it was refused. `X-Touch: path` touches a file instead.
"""

import logging
import sys
from pathlib import Path

from mitmproxy import ctx, exceptions, http


class Levels(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            sys.stderr.write("".join(f"LEVEL {record.levelname} {line}\n" for line in record.getMessage().splitlines()))
            sys.stderr.flush()


class Control:
    def __init__(self) -> None:
        self.levels = Levels()
        logging.getLogger().addHandler(self.levels)

    def done(self) -> None:
        logging.getLogger().removeHandler(self.levels)

    def request(self, flow: http.HTTPFlow) -> None:
        if flow.request.host != "control.test":
            return
        try:
            if "x-touch" in flow.request.headers:
                Path(flow.request.headers["x-touch"]).touch()
            else:
                ctx.options.set(flow.request.headers["x-option"])
        except exceptions.OptionsError as error:
            flow.response = http.Response.make(409, str(error))
        else:
            flow.response = http.Response.make(200, "done")


addons = [Control()]
