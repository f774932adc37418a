"""The page's files, read once: a fixed list, so that no path can lead anywhere else."""

from dataclasses import dataclass
from importlib import resources
from pathlib import PurePath

from aiohttp import web

CONTENT_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class File:
    """One file as a browser gets it."""

    body: bytes
    content_type: str

    def response(self) -> web.Response:
        return web.Response(body=self.body, content_type=self.content_type, charset="utf-8")


def read_files() -> dict[str, File]:
    """Every file of the page, by name."""
    folder = resources.files("bot.sandbox.page") / "static"
    return {
        entry.name: File(entry.read_bytes(), CONTENT_TYPES[PurePath(entry.name).suffix]) for entry in folder.iterdir()
    }
