"""User agents that are known to keep no cookies: the table of mode `device` (R22, R31).

WAP browsers and gateways of the first phones, and viewers that came with them; `devices` in rules.yaml adds others.
"""

import re

COOKIELESS_DEVICES = re.compile(
    r"""
    \bUP\.(?:Browser|Link)\b        # Openwave and its gateways, by themselves
    | \bWAP(?:Browser|per)?\b | \bWinWAP\b | \bKlondike\b
    | \bDoCoMo/[12]\.0\b            # i-mode before its browser 2.0 of 2009
    | \bJ-PHONE/[23]\b | \bKDDI-[A-Z]{2}[0-9A-Z]{2}\b.*UP\.Browser/6
    | \bPortalmmm/ | \bASTEL/1\.0 | \bPDXGW/
    | \bNokia(?:[1-9][0-9]{3}|N-Gage)\b(?!.*Series60)
    | \bMMP/[12]\.0\b | \bAvantGo\b | \bProxiNet\b | \bElaine/[12]\b
    | \bEricsson(?:[RAT][0-9]|MC)\S* | \bSIE-[A-Z]{1,2}[0-9]{2}\b | \bMOT-(?:[TVC][0-9]|PHX)\S*
    | \bSAGEM-my\S* | \bAlcatel-(?:BE|BF|BG|BH)\S* | \bPhilips-(?:Xenium|FISIO)\S* | \bPanasonic-(?:GAD|X)\S*
    """,
    re.VERBOSE | re.IGNORECASE,
)


def is_cookieless_device(user_agent: str) -> bool:
    """True if this User-Agent is in the table."""
    return COOKIELESS_DEVICES.search(user_agent) is not None
