"""Who may talk to the page's server: no page but its own, under no name but its own."""

import pytest

from bot.sandbox.page.gate import SECURITY_HEADERS, refusal
from bot.sandbox.slack.doorkeeper import own_names
from tests.sandbox.page.site import FakeBot, Site

SERVED = ("127.0.0.1", 8800)
OWN = "http://127.0.0.1:8800"


@pytest.mark.parametrize(
    ("method", "host", "origin", "content_type", "is_let_in"),
    [
        # Looking: a navigation has no Origin
        ("GET", "127.0.0.1:8800", None, "", True),
        ("GET", "localhost:8800", None, "", True),
        ("GET", "LOCALHOST:8800", None, "", True),  # names have no case
        ("HEAD", "127.0.0.1:8800", None, "", True),
        ("GET", "127.0.0.1:8800", OWN, "", True),
        # DNS rebinding: a name of theirs that resolves to this machine
        ("GET", "rebound.example:8800", None, "", False),
        ("POST", "rebound.example:8800", "http://rebound.example:8800", "application/json", False),
        ("GET", "127.0.0.1.example:8800", None, "", False),
        ("GET", "localhost.example:8800", None, "", False),
        ("GET", "127.0.0.1:8800@rebound.example", None, "", False),
        # Not the port that is served
        ("GET", "127.0.0.1:8801", None, "", False),
        ("GET", "127.0.0.1", None, "", False),
        ("GET", "", None, "", False),
        ("GET", None, None, "", False),
        # Another loopback address is another host
        ("GET", "127.0.0.2:8800", None, "", False),
        # Doing: the page's own fetch
        ("POST", "127.0.0.1:8800", OWN, "application/json", True),
        ("POST", "localhost:8800", "http://localhost:8800", "application/json", True),
        # Another page, even one of this machine
        ("POST", "127.0.0.1:8800", "https://evil.example", "application/json", False),
        ("POST", "127.0.0.1:8800", "http://127.0.0.1:8801", "application/json", False),
        ("POST", "127.0.0.1:8800", "https://127.0.0.1:8800", "application/json", False),
        ("POST", "127.0.0.1:8800", "http://localhost:8800", "application/json", False),
        ("POST", "127.0.0.1:8800", "null", "application/json", False),  # a sandboxed frame or a local file
        ("GET", "127.0.0.1:8800", "https://evil.example", "", False),
        # Nobody says where it comes from
        ("POST", "127.0.0.1:8800", None, "application/json", False),
        ("POST", "127.0.0.1:8800", "", "application/json", False),
        # What a plain form can send needs no permission of ours: so it is not taken
        ("POST", "127.0.0.1:8800", OWN, "text/plain", False),
        ("POST", "127.0.0.1:8800", OWN, "application/x-www-form-urlencoded", False),
        ("POST", "127.0.0.1:8800", OWN, "multipart/form-data", False),
        ("POST", "127.0.0.1:8800", OWN, "application/octet-stream", False),  # none given
        # Every other verb is taken for a change
        ("DELETE", "127.0.0.1:8800", None, "application/json", False),
    ],
)
def test_only_the_servers_own_page_is_let_in(
    method: str,
    host: str | None,
    origin: str | None,
    content_type: str,
    is_let_in: bool,  # noqa: FBT001 - a column of the table
) -> None:
    reason = refusal(method=method, served=SERVED, host=host, origin=origin, content_type=content_type)
    assert (reason is None) is is_let_in


@pytest.mark.parametrize(
    ("host", "origin", "is_let_in"),
    [
        ("127.0.0.1", "http://127.0.0.1", True),
        ("localhost", "http://localhost", True),
        ("127.0.0.1:80", "http://127.0.0.1:80", True),
        ("rebound.example", "http://rebound.example", False),
        ("127.0.0.1", "https://127.0.0.1", False),  # that is port 443
        ("127.0.0.1", "http://127.0.0.1:8800", False),
        ("127.0.0.1", "http://localhost", False),
        ("127.0.0.1:", "http://127.0.0.1:", False),
    ],
)
def test_the_port_of_http_itself_goes_without_saying(
    host: str,
    origin: str,
    is_let_in: bool,  # noqa: FBT001 - a column of the table
) -> None:
    served = ("127.0.0.1", 80)
    reason = refusal(method="POST", served=served, host=host, origin=origin, content_type="application/json")
    assert (reason is None) is is_let_in


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
@pytest.mark.parametrize(("port", "goes_without_saying"), [(80, True), (8800, False)])
def test_the_doorkeeper_before_it_agrees(
    name: str,
    port: int,
    goes_without_saying: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert (name in own_names(port)) is goes_without_saying
    assert f"{name}:{port}" in own_names(port)


def test_an_address_of_ip_version_6_is_named_in_brackets() -> None:
    own = "http://[::1]:8800"
    assert refusal(method="GET", served=("::1", 8800), host="[::1]:8800", origin=own, content_type="") is None


@pytest.mark.parametrize("path", ["/", "/page/main.js", "/sandbox/state", "/sandbox/world", "/sandbox/events"])
async def test_every_path_of_the_page_refuses_a_rebound_name(site: Site, path: str) -> None:
    response = await site.http.get(f"{site.origin}{path}", headers={"Host": f"rebound.example:{site.port}"})
    assert response.status == 403


@pytest.mark.parametrize("path", ["/sandbox/act?user=U0ANA", "/sandbox/trouble", "/sandbox/bot"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Content-Type": "application/json", "Origin": "https://evil.example"},
    ],
    ids=["no origin", "foreign origin"],
)
async def test_nothing_is_done_for_another_page(site: Site, path: str, headers: dict[str, str]) -> None:
    response = await site.http.post(f"{site.origin}{path}", data=b'{"do": "kill", "api": "slow"}', headers=headers)
    assert response.status == 403
    assert site.slack.acts == []
    assert site.bot == FakeBot()


async def test_a_plain_forms_post_does_nothing(site: Site) -> None:
    headers = {"Origin": site.origin, "Content-Type": "text/plain"}
    response = await site.http.post(f"{site.origin}/sandbox/bot", data=b'{"do": "kill"}', headers=headers)
    assert response.status == 403
    assert site.bot == FakeBot()


async def test_the_bots_own_requests_are_none_of_the_gates_business(site: Site) -> None:
    response = await site.http.post(f"{site.origin}/api/auth.test", data=b"")
    assert response.status == 200
    assert "Content-Security-Policy" not in response.headers


@pytest.mark.parametrize("path", ["/", "/page/main.js", "/page/nothing.js", "/sandbox/state", "/sandbox/events"])
async def test_every_answer_carries_the_security_headers(site: Site, path: str) -> None:
    async with site.http.get(f"{site.origin}{path}") as response:
        assert {name: response.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


async def test_a_refusal_carries_the_security_headers_too(site: Site) -> None:
    response = await site.http.get(site.origin, headers={"Host": "rebound.example"})
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_policy_allows_no_inline_script_and_no_frame() -> None:
    policy = SECURITY_HEADERS["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
