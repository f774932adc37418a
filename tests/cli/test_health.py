"""``phoneid health``: one sentence and an exit code, for containers."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.cli.health import find_port
from tests.shell import QuickShell, Ran

PORTS = [
    ({"PHONEID_HEALTH_PORT": "9090", "SLACK_APP_TOKEN": "xapp-1"}, 9090),
    ({"PHONEID_HEALTH_PORT": " 9090 ", "PORT": "3001"}, 9090),
    ({"PORT": "3001"}, 3001),
    ({}, 3000),
    ({"SLACK_APP_TOKEN": "xapp-1", "PORT": "3001"}, None),
    ({"SLACK_APP_TOKEN_FILE": "/run/secrets/app", "PORT": "3001"}, None),
    ({"SLACK_APP_TOKEN": "xapp-1", "PHONEID_HEALTH_PORT": ""}, None),
    # What Kubernetes tells of a service called phoneid-health is nobody's setting.
    ({"SLACK_APP_TOKEN": "xapp-1", "PHONEID_HEALTH_PORT": "tcp://10.0.0.1:80"}, None),
    ({"PHONEID_HEALTH_PORT": "tcp://10.0.0.1:80"}, 3000),
    ({"PHONEID_HEALTH_PORT": "nine"}, None),
    ({"PHONEID_HEALTH_PORT": "99999"}, None),
]


@pytest.mark.parametrize(("environment", "port"), PORTS)
def test_it_asks_where_the_bot_with_the_same_settings_answers(environment: dict[str, str], port: int | None) -> None:
    assert find_port(environment) == port


@contextmanager
def answering(status: int, body: bytes) -> Iterator[tuple[int, list[str]]]:
    """A port where this is said, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, asked
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("arguments", "status", "body", "code", "said"),
    [
        ([], 200, b"ready\ndatabase: ok\n", 0, "says: ready (database: ok)."),
        ([], 503, b"not ready\nbot: stopping\n", 1, "says: not ready (bot: stopping)."),
        ([], 404, b"", 1, "says: ."),
        (["--live"], 200, b"alive\n", 0, "says: alive."),
    ],
)
async def test_the_answer_is_a_sentence_and_an_exit_code(
    tmp_path: Path, arguments: list[str], status: int, body: bytes, code: int, said: str
) -> None:
    with answering(status, body) as (port, asked):
        ran = await QuickShell(tmp_path, {"PHONEID_HEALTH_PORT": str(port)}).run("health", *arguments)
    sentence = f"The bot on port {port} {said}\n"
    assert ran == Ran(code, "" if code else sentence, sentence if code else "")
    assert asked == ["/healthz" if arguments else "/readyz"]


async def test_where_nothing_answers_it_says_so(tmp_path: Path, unused_tcp_port: int) -> None:
    ran = await QuickShell(tmp_path, {"PHONEID_HEALTH_PORT": str(unused_tcp_port)}).run("health")
    assert ran == Ran(1, "", f"The bot does not respond on port {unused_tcp_port}: Connection refused.\n")


async def test_without_a_port_it_says_which_setting_is_missing(tmp_path: Path) -> None:
    ran = await QuickShell(tmp_path, {"SLACK_APP_TOKEN": "xapp-invented"}).run("health")
    assert ran.status == 1
    assert "Set PHONEID_HEALTH_PORT" in ran.err
