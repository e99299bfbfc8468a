"""User agents without cookies, and those that only look alike (R22, R31)."""

import pytest

from cookieproxy.cookieless.devices import is_cookieless_device

WITHOUT = [
    "Nokia7110/1.0 (05.01)",
    "Nokia6230/2.0 (04.44) Profile/MIDP-2.0 Configuration/CLDC-1.1",
    "SonyEricssonT68/R201A UP.Link/5.1.2.9",
    "UP.Browser/3.1-NT95 UP.Link/4.0",
    "OPWV-SDK/62 UP.Browser/6.2.2.1.208 (GUI) MMP/2.0",
    "DoCoMo/1.0/D503i/c10",
    "DoCoMo/2.0 N2001(c10;ser0123456789abcde)",
    "J-PHONE/3.0/J-SH10",
    "KDDI-CA39 UP.Browser/6.2.0.13.1.5 (GUI) MMP/2.0",
    "portalmmm/2.0 N400i(c20;TB)",
    "EricssonT68/R101",
    "SIE-C45/31",
    "MOT-T720/S_G_05.30.0CR MIB/2.0",
    "Mozilla/3.0 (compatible; AvantGo 3.2)",
    "Mozilla/2.0 (compatible; Elaine/1.1)",
    "WinWAP 3.0 PRO",
]
WITH = [
    "",
    "-",
    "curl/8.14.1",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0",
    "Mozilla/5.0 (Linux; Android 14; Nokia G42 5G) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36",
    "Nokia6630/1.0 (2.3.129) SymbianOS/8.0 Series60/2.6 Profile/MIDP-2.0 Configuration/CLDC-1.1",
    "Mozilla/5.0 (SymbianOS/9.2; U; Series60/3.1 NokiaN95/11.0.026) AppleWebKit/413 (KHTML, like Gecko) Safari/413",
    "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1; U; en) Presto/2.8.119",
    "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)",
    "SoftBank/1.0/943SH/SHJ001",
]  # fmt: skip


@pytest.mark.parametrize("user_agent", WITHOUT)
def test_in_the_table(user_agent: str) -> None:
    assert is_cookieless_device(user_agent)


@pytest.mark.parametrize("user_agent", WITH)
def test_not_in_the_table(user_agent: str) -> None:
    assert not is_cookieless_device(user_agent)


def test_case_does_not_count() -> None:
    assert is_cookieless_device("NOKIA7110/1.0")
