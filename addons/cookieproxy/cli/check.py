"""`scripts/cookies check`: is a rules file good, and do its tests pass?

Imports mitmproxy, which takes its time, only for a file that may have a `when` in it.
"""

from ..config import Config, ConfigError, parse_config, run_tests
from ..report.text import counted, printable
from ..rules.fields import CompileFilter
from ..suffixes import load
from .arguments import Arguments
from .output import remark
from .rulesfile import read_rules


def run(arguments: Arguments) -> int:
    """Say everything that is wrong or doubtful, and whether it is good."""
    octets, name = read_rules(arguments.file)
    try:
        config = parse_config(octets, name, _compile_filter(octets))
    except ConfigError as error:
        for mistake in error.mistakes:
            remark(str(mistake))
        _sum_up(name, counted(len(error.mistakes), "mistake"))
        return 1
    for warning in config.warnings:
        remark(f"{warning.file}:{warning.line}:{warning.column}: warning: {warning.message}")
    return _test(config, name, arguments)


def _test(config: Config, name: str, arguments: Arguments) -> int:
    results = run_tests(config, load(), arguments.now)
    failed = [result for result in results if not result.passed]
    for result in failed:
        remark(str(result))
    parts = [counted(len(config.rules.names), "rule"), _tests(len(results), len(failed))]
    if config.entries:
        parts.insert(1, counted(len(config.entries), "cookieless site"))
    if config.warnings:
        parts.append(counted(len(config.warnings), "warning"))
    _sum_up(name, ", ".join(part for part in parts if part))
    return 1 if failed or (arguments.strict and config.warnings) else 0


def _tests(number: int, failed: int) -> str:
    if failed:
        return f"{failed} of {counted(number, 'test')} failed"
    return f"{counted(number, 'test')} passed" if number else ""


def _sum_up(name: str, result: str) -> None:
    print(printable(f"{name}: {result}"))


def _compile_filter(octets: bytes) -> CompileFilter | None:
    if not any(b"when" in line for line in octets.splitlines() if not line.lstrip().startswith(b"#")):
        return None
    from ..proxy.policy import compile_filter

    return compile_filter
