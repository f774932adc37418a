"""Strangers at a port, in a process of their own: ``python -m tests.scenarios.strangers drip 3000 400``.

A program that also had to answer would take their time for its own slowness.
"""

import asyncio
import sys
from contextlib import suppress

HALF = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
BETWEEN_BYTES, AWAY = 0.5, 1.0
"""Seconds."""


async def drip(port: int) -> None:
    """Send a body a byte at a time."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HALF)
    while not writer.transport.is_closing():
        writer.write(b"x")
        await asyncio.sleep(BETWEEN_BYTES)


async def come_back(port: int) -> None:
    """Hold a silent connection, and after it was ended another one."""
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await reader.read()
            writer.close()
        await asyncio.sleep(AWAY)


KINDS = {"drip": drip, "come back": come_back}


async def main(kind: str, port: str, times: str) -> None:
    """Say so once all of them have begun, and go on until ended."""
    holding = [asyncio.create_task(KINDS[kind](int(port))) for _ in range(int(times))]
    await asyncio.sleep(BETWEEN_BYTES)
    sys.stdout.write("there\n")
    sys.stdout.flush()
    await asyncio.gather(*holding, return_exceptions=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
