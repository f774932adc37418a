"""A way to Postgres that counts round trips, loses COMMIT or its answer, and falls silent."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

_READY = b"Z\0\0\0\5"
"""How the server's last message of each answer begins; one byte follows."""


class Proxy:
    """Listens on a port of its own and passes on what comes, in both directions."""

    def __init__(self, host: str, port: int) -> None:
        self.trips = 0
        """How often somebody asked and waited for the answer: however much they sent at once is one trip."""
        self.lose: Literal["nothing", "COMMIT", "its end", "its answer"] = "nothing"
        """What is lost next, and the connection with it."""
        self.loses_only = b""
        """What must have been written in the same message as the COMMIT that is lost."""
        self.keeps_server = False
        """Whether the server's side of a lost connection stays, as when the network goes down: it learns nothing."""
        self.is_silent = False
        """Whether answers are swallowed, while the connection stays."""
        self._to = (host, port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def refuse(self) -> None:
        """Let nobody connect any more."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def close(self) -> None:
        self.refuse()
        for each in self._sockets:
            _end(each)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                _Passage(self, client, self._connected())

    def _connected(self) -> socket.socket:
        server = socket.create_connection(self._to)
        self._sockets.append(server)
        return server


class _Passage:
    """One connection. The client's thread and the server's each read one side and write the other."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._is_answered = True
        self._loses_answer = False
        for work in (self._pass_questions, self._pass_answers):
            threading.Thread(target=self._until_the_end, args=(work,), daemon=True).start()

    def _until_the_end(self, work: Callable[[], None]) -> None:
        with suppress(OSError):
            work()
        _end(self._client)
        if not self._proxy.keeps_server:
            _end(self._server)

    def _pass_questions(self) -> None:
        while data := self._client.recv(65536):
            if self._is_answered:
                self._is_answered = False
                self._proxy.trips += 1
            is_lost = b"COMMIT\0" in data and self._proxy.loses_only in data
            if is_lost and self._proxy.lose != "nothing":
                lost, self._proxy.lose = self._proxy.lose, "nothing"
                self._loses_answer = lost == "its answer"
                if not self._loses_answer:
                    self._server.sendall(data[:-5] if lost == "its end" else b"")
                    return
            self._server.sendall(data)

    def _pass_answers(self) -> None:
        while (data := self._server.recv(65536)) and not self._loses_answer:
            if data[-6:-1] == _READY:
                self._is_answered = True
            if not self._proxy.is_silent:
                self._client.sendall(data)


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
