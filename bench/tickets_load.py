"""Clients that ask once a second each, whatever becomes of it; a process of its own, cheap beside the server.

Reads a plan (JSON) on its standard input: host, port, seconds, and for each client its headers and its
targets, in turn. Writes a JSON list of [kind, ms, status, bytes] on its standard output. A request counts
from the moment when it was due, so a server that stalls cannot hide the requests that wait for it.
"""

import asyncio
import json
import sys
import time
from typing import Any

Answer = tuple[str, float, int, int]


async def client(plan: dict[str, Any], number: int, answers: list[Answer]) -> None:
    mine = plan["clients"][number]
    begin = asyncio.get_running_loop().time() + number / len(plan["clients"])
    reader, writer = await asyncio.open_connection(plan["host"], plan["port"])
    for turn in range(plan["seconds"]):
        due = begin + turn
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        kind, target, headers = mine[turn % len(mine)]
        writer.write(f"GET {target} HTTP/1.1\r\nHost: {plan['host']}\r\n{headers}\r\n".encode())
        status, size, closing = await _answer(reader)
        answers.append((kind, (asyncio.get_running_loop().time() - due) * 1000, status, size))
        if closing:
            writer.close()
            reader, writer = await asyncio.open_connection(plan["host"], plan["port"])
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, int, bool]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    size, chunked = 0, "transfer-encoding: chunked" in head
    for line in head.split("\r\n"):
        if line.startswith("content-length:"):
            size = int(line.split(":")[1])
    if chunked:
        while part := int(await reader.readline(), 16):
            await reader.readexactly(part + 2)
            size += part
        await reader.readline()
    else:
        await reader.readexactly(size)
    return int(head.split(" ", 2)[1]), size, "connection: close" in head


async def main() -> None:
    plan: dict[str, Any] = json.load(sys.stdin)
    answers: list[Answer] = []
    used = time.process_time()
    await asyncio.gather(*(client(plan, number, answers) for number in range(len(plan["clients"]))))
    json.dump({"answers": answers, "cpu": time.process_time() - used}, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
