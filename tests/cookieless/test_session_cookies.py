"""Which cookies are a session's id: real names and values of frameworks, and what only looks alike (R33)."""

import pytest

from cookieproxy.cookieless.session_cookies import is_session_id

HEX32 = b"0a1b2c3d4e5f60718293a4b5c6d7e8f9"
UUID = b"9b2f1a34-5c6d-4e7f-8a9b-0c1d2e3f4a5b"
B64_43 = b"Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE"

SESSIONS = {
    "PHP": (b"PHPSESSID", b"r2t5uvjq435r4q7ib3vtdjq120"),
    "PHP, six bits a character": (b"PHPSESSID", b"A,b-C9dEfGhIjKlMnOpQ12"),
    "Tomcat": (b"JSESSIONID", b"0123456789ABCDEF0123456789ABCDEF"),
    "Tomcat behind a balancer": (b"JSESSIONID", b"0123456789ABCDEF0123456789ABCDEF.tomcat1"),
    "Jetty": (b"JSESSIONID", b"node01kd8pf3x5d6qn1m2v3k4j5h6g7.node0"),
    "WebLogic": (b"JSESSIONID", b"GpLkT1hQ2nJv5yXyZ8jWlKZbC6wM3rD9sF4!-1234567890!987654321"),
    "WebSphere": (b"JSESSIONID", b"0000A1b2C3d4E5f6G7h8I9j0K1l:1a2b3c4d5"),
    "ASP.NET": (b"ASP.NET_SessionId", b"lit3py55t21z5v55vlm25s55"),
    "ASP": (b"ASPSESSIONIDQADCBSTR", b"FGHIJKLMNOPABCDEFGHIJKLM"),
    "ASP.NET, login": (b".ASPXAUTH", b"8F3A" * 60),
    "ASP.NET Core": (b".AspNetCore.Session", b"CfDJ8" + b"aB3-_" * 40),
    "ASP.NET Core, login": (b".AspNetCore.Identity.Application", b"CfDJ8" + b"aB3-_" * 100),
    "Express": (b"connect.sid", b"s%3A" + b"aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0hJ" + b"." + B64_43.replace(b"Z", b"%2B")),
    "Express, not encoded": (b"connect.sid", b"s:" + b"aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0hJ" + b"." + B64_43),
    "Django": (b"sessionid", b"q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6"),
    "Rails with a store": (b"_shop_session", HEX32),
    "Flask-Session": (b"session", UUID),
    "Flask-Session, signed": (b"session", UUID + b".Zm9vYmFyYmF6cXV4Zm9vYmFyYmE"),
    "Laravel, not encrypted": (b"laravel_session", b"aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0hJaB3dE6gH"),
    "CodeIgniter": (b"ci_session", b"0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"),
    "CakePHP": (b"CAKEPHP", b"r2t5uvjq435r4q7ib3vtdjq120"),
    "Drupal": (b"SSESS" + HEX32, b"aB3dE6gH9jK2mN5pQ8sT-1vW4yZ7cF0hJ_aB3dE6gH"),
    "Joomla": (HEX32, b"r2t5uvjq435r4q7ib3vtdjq120"),
    "TYPO3": (b"fe_typo_user", HEX32),
    "Moodle": (b"MoodleSession", b"r2t5uvjq435r4q7ib3vtdjq120"),
    "phpBB": (b"phpbb3_1a2b3_sid", HEX32),
    "DokuWiki": (b"DokuWiki", b"r2t5uvjq435r4q7ib3vtdjq120"),
    "DokuWiki, login": (b"DW68700bfd16c2027de7de74a5a8202a6f", b"YWRtaW4%3D%7C0%7CrT5x%2BQ2k0aQ%3D"),
    "WordPress": (b"wordpress_logged_in_" + HEX32, b"admin%7C1800000000%7C" + B64_43 + b"%7C" + HEX32 * 2),
    "WordPress over https": (b"wordpress_sec_" + HEX32, b"admin%7C1800000000%7C" + B64_43 + b"%7C" + HEX32 * 2),
    "ColdFusion": (b"CFTOKEN", b"a1b2c3d4e5f6a7b8-1A2B3C4D-5E6F-7A8B-9C0D1E2F3A4B5C6D"),
    "Keycloak": (b"AUTH_SESSION_ID", UUID + b".keycloak-0-12345"),
    "GitLab": (b"_gitlab_session", HEX32),
    "Rails remember me": (b"remember_token", b"aB3dE6gH9jK2mN5pQ8sT1v"),
}

OTHERS = {
    "Django's token": (b"csrftoken", b"q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6"),
    "Laravel's token": (b"XSRF-TOKEN", b"eyJpdiI6IkZvb2JhciJ9"),
    "a token in a session's name": (b"session_csrf", HEX32),
    "Google Analytics": (b"_ga", b"GA1.2.1234567890.1600000000"),
    "an experiment": (b"_gid", b"GA1.2.1234567890.1600000000"),
    "a balancer": (b"AWSALB", b"aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0hJ"),
    "a language": (b"lang", b"de"),
    "JWT": (b"access_token", b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ." + B64_43),
    "JWT as a session": (b"session", b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ." + B64_43),
    "Flask": (b"session", b"eyJ1c2VyIjoxfQ.ZVxYzA.Zm9vYmFyYmF6cXV4Zm9vYmFyYmE"),
    "Flask, compressed": (b"session", b".eJwlzjEOwjAMAEC_ZGZw7NhO-pnKTmxgbemE-DuVWG-6D7zqi.ZVxYzA.Zm9vYmFyYmF6cXV4"),
    "Django, signed": (b"sessionid", b"eyJ1c2VyIjoxfQ:1rABcd:" + B64_43),
    "Django, signed and compressed": (b"sessionid", b".eJxVjEEOwiAQRe_C2hAGpgVcuvcMZIBpqRpISrsy3t2:1rABcd:" + B64_43),
    "Laravel": (b"laravel_session", b"eyJpdiI6IkZvb2JhciIsInZhbHVlIjoiQmF6In0%3D"),
    "Rails, signed": (b"_shop_session", b"BAh7CEkiD3Nlc3Npb25faWQGOgZFVEki--" + HEX32 + b"01234567"),
    "Rails, encrypted": (b"_shop_session", b"q2Z1%2FaB3dE6gH9jK2mN5pQ8s--aB3dE6gH9jK2mN5p--pQ8sT1vW4yZ7cF0hJaB3dE%3D%3D"),
    "cookie-session": (b"koa.sess", b"eyJ2aWV3cyI6MX0="),
    "its signature": (b"koa.sess.sig", b"aB3dE6gH9jK2mN5pQ8sT1vW4yZ7"),
    "a clock in milliseconds": (b"session_last_seen", b"1800000000123"),
    "a date": (b"last_login", b"2026-11-20T14%3A30%3A00Z"),
    "too short for an id": (b"session", b"1"),
    "an empty one": (b"PHPSESSID", b""),
    "deleted by PHP": (b"PHPSESSID", b"deleted"),
    "too long for an id": (b"session", b"a" * 5_000),
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), SESSIONS.values(), ids=SESSIONS)
def test_a_session_s_id(name: bytes, value: bytes) -> None:
    assert is_session_id(name, value)


@pytest.mark.parametrize(("name", "value"), OTHERS.values(), ids=OTHERS)
def test_anything_else(name: bytes, value: bytes) -> None:
    assert not is_session_id(name, value)
