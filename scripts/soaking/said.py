"""What the proxy says during a soak, which is asked to say warnings and errors alone: so every line must be accounted for.

Only the refusal of a broken rules file is: each mistake with its place, and that the last good rules stay in force. That the
origin is away is no warning of mitmproxy's, so nothing is forgiven for it.
"""

import re
from pathlib import Path

_TIME = r"\[\d\d:\d\d:\d\d\.\d{3}\] "


class Said:
    """The log of one proxy, as far as it is written."""

    def __init__(self, log: Path, rules: Path) -> None:
        """`rules` is the file that is broken now and then."""
        self._log = log
        self._mistake = re.compile(rf"{_TIME}{re.escape(str(rules))}:\d+:\d+: .+")
        self._refusal = re.compile(
            rf"{_TIME}The last good rules stay in force until {re.escape(rules.name)} is mended\."
        )

    def refusals(self) -> int:
        """How many broken files it has refused."""
        return sum(self._refusal.fullmatch(line) is not None for line in self._lines())

    def unaccounted(self) -> list[str]:
        """The lines that nothing explains: errors of ours or of mitmproxy's, lines of tracebacks, warnings nobody provoked."""
        return [line for line in self._lines() if not (self._mistake.fullmatch(line) or self._refusal.fullmatch(line))]

    def _lines(self) -> list[str]:
        return self._log.read_text(errors="replace").splitlines()
