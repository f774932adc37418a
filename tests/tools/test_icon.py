"""The app's icon is what the project's script draws, in a size that Slack takes."""

import struct
import zlib
from pathlib import Path

from tools import icon

ROOT = Path(__file__).parents[2]
FILE = (ROOT / "assets" / "icon.png").read_bytes()


def test_slack_takes_it() -> None:
    assert FILE.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", FILE[16:24])
    assert width == height
    assert 512 <= width <= 2000


def test_it_is_what_the_script_draws() -> None:
    (length,) = struct.unpack(">I", FILE[33:37])
    assert FILE[37:41] == b"IDAT"
    assert zlib.decompress(FILE[41 : 41 + length]) == icon.draw()  # zlibs differ in how they pack it
