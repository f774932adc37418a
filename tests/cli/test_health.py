"""``phoneid health``: one sentence and an exit code, for containers."""

import http.server
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.cli.health import NoPort, find_port
from tests.shell import QuickShell, Ran

PORTS = [
    ({"PHONEID_HEALTH_PORT": "9090", "SLACK_APP_TOKEN": "xapp-1"}, 9090),
    ({"PHONEID_HEALTH_PORT": " 9090 ", "PORT": "3001"}, 9090),
    ({"PORT": "3001"}, 3001),
    ({}, 3000),
    # What Kubernetes tells of a service called phoneid-health is nobody's setting.
    ({"PHONEID_HEALTH_PORT": "tcp://10.0.0.1:80"}, 3000),
]

NO_PORTS = [
    ({"SLACK_APP_TOKEN": "xapp-1", "PORT": "3001"}, "Set PHONEID_HEALTH_PORT."),
    ({"SLACK_APP_TOKEN_FILE": "/run/secrets/app", "PORT": "3001"}, "Set PHONEID_HEALTH_PORT."),
    ({"SLACK_APP_TOKEN": "xapp-1", "PHONEID_HEALTH_PORT": ""}, "Set PHONEID_HEALTH_PORT."),
    ({"SLACK_APP_TOKEN": "xapp-1", "PHONEID_HEALTH_PORT": "tcp://10.0.0.1:80"}, "Set PHONEID_HEALTH_PORT."),
    ({"PHONEID_HEALTH_PORT": "nine"}, "PHONEID_HEALTH_PORT is not a port."),
    ({"PHONEID_HEALTH_PORT": "99999"}, "PHONEID_HEALTH_PORT is not a port."),
    ({"PHONEID_HEALTH_PORT": "9" * 5000}, "PHONEID_HEALTH_PORT is not a port."),
    ({"PORT": "-1"}, "PORT is not a port."),
    ({"PHONEID_HEALTH_PORT": "0"}, "PHONEID_HEALTH_PORT is 0: the bot listens on any free port"),
    ({"SLACK_APP_TOKEN": "xapp-1", "PHONEID_HEALTH_PORT": "0"}, "PHONEID_HEALTH_PORT is 0: the bot"),
    ({"PORT": "0"}, "PORT is 0: the bot listens on any free port"),
]


@pytest.mark.parametrize(("environment", "port"), PORTS)
def test_it_asks_where_the_bot_with_the_same_settings_answers(environment: dict[str, str], port: int) -> None:
    assert find_port(environment) == port


@pytest.mark.parametrize(("environment", "said"), NO_PORTS)
def test_where_no_port_is_known_it_says_what_to_do(environment: dict[str, str], said: str) -> None:
    with pytest.raises(NoPort, match=re.escape(said)):
        find_port(environment)


@contextmanager
def answering(status: int, body: bytes, *, host: str = "127.0.0.1") -> Iterator[tuple[int, list[str]]]:
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

    with http.server.HTTPServer((host, 0), Handler) as server:
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


async def test_it_asks_at_another_address_if_told_to(tmp_path: Path) -> None:
    with answering(200, b"ready\n", host="127.0.0.2") as (port, _):
        shell = QuickShell(tmp_path, {"PHONEID_HEALTH_PORT": str(port)})
        assert (await shell.run("health")).status == 1
        assert (await shell.run("health", "--host", "127.0.0.2")).status == 0


def test_it_does_not_wait_for_what_only_other_commands_need() -> None:
    """A container asks every few seconds."""
    command = "import sys; from bot.cli.main import phoneid; phoneid.commands['health']; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert not {"pydantic", "httpx", "aiohttp", "asyncio", "sqlite3", "slack_sdk"} & {*done.stdout.split()}
