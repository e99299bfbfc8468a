"""The grammar of the commands that list applications' sessions and what is wrong with them: sessions, findings."""

from .arguments import SEVERITIES, codes
from .grammar_parts import Commands, add_command, add_listing


def add_sessions(commands: Commands, now: float) -> None:
    """`sessions`."""
    parser = add_command(
        commands,
        "sessions",
        "how long sessions of applications lived, and what ended them",
        "Lists the sessions of applications, by their start: how long each lived, what ended it and how that showed, between which "
        "bounds the idle timeout lies by what all sessions of this cookie survived and died of, and when the policy in rules.yaml "
        "would have ended it. --since is about the last use or the end.",
        "sessions",
        "sessions --site shop.example --since 1d",
        "sessions --json | jq '.[] | select(.end_cause == \"lost\")'",
    )
    add_listing(parser, now)


def add_findings(commands: Commands, now: float) -> None:
    """`findings`."""
    parser = add_command(
        commands,
        "findings",
        "what is wrong with cookies and sessions, and what to do",
        "Lists what is wrong, the most severe first, with what to do about it and the exchanges that show it. What is about no "
        "client in particular is listed for any --client. --since is about when it was last seen.",
        "findings",
        "findings --site shop.example --severity medium",
        "findings --code missing-secure,not-rotated --json",
        "findings --since 1h --fail-on high || echo 'do not deploy'",
    )
    add_listing(parser, now)
    parser.add_argument("--severity", choices=SEVERITIES, help="only what is at least so severe")
    parser.add_argument("--code", dest="codes", type=codes, metavar="CODE[,CODE]", help="only these, such as fixation")
    parser.add_argument("--fail-on", choices=SEVERITIES, help="exit code 1 if anything listed is at least so severe")
