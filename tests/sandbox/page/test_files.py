"""The page's files: a fixed list, nothing else, and nothing from elsewhere."""

import re

import pytest

from bot.sandbox.page.files import read_files
from tests.sandbox.page.site import Site

FILES = read_files()
SCRIPTS = sorted(name for name in FILES if name.endswith(".js"))


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/page/main.js", "text/javascript; charset=utf-8"),
        ("/page/tokens.css", "text/css; charset=utf-8"),
        ("/page/icon.svg", "image/svg+xml; charset=utf-8"),
    ],
)
async def test_a_file_comes_with_its_type(site: Site, path: str, content_type: str) -> None:
    response = await site.get(path)
    assert (response.status, response.headers["Content-Type"]) == (200, content_type)


@pytest.mark.parametrize(
    "path",
    [
        "/page/",
        "/page/files.py",
        "/page/..%2f..%2fpage_api.py",
        "/page/%2e%2e/page_api.py",
        "/page/static/main.js",
        "/page/..%5cfiles.py",
        "/page/main.js%00.css",
        "/page//etc/passwd",
    ],
)
async def test_no_path_leads_out_of_the_list(site: Site, path: str) -> None:
    response = await site.http.get(f"{site.origin}{path}")
    assert response.status == 404


def test_every_file_the_page_asks_for_is_there() -> None:
    page = FILES["index.html"].body.decode()
    asked = set(re.findall(r'(?:src|href)="/page/([^"]+)"', page))
    assert asked <= FILES.keys()
    for name in SCRIPTS:
        imported = set(re.findall(r'from "\./([^"]+)"', FILES[name].body.decode()))
        assert imported <= FILES.keys(), name


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_parses_data_as_html(name: str) -> None:
    source = FILES[name].body.decode()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(", source)


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_file_asks_another_server_for_anything(name: str) -> None:
    source = FILES[name].body.decode()
    assert not re.search(r"""(?:src|href)=["']https?:|url\(|@import|import\s*\(|from "https?:""", source)


def test_the_page_has_no_inline_script_and_no_inline_style() -> None:
    page = FILES["index.html"].body.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)
