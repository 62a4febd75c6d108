"""A server and ten clients in one loop, over TCP and over a Unix socket."""

import asyncio


async def serve(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def ask(connection, number):
    reader, writer = await connection
    writer.write(f"question {number}\n".encode())
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return answer.decode().strip()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    asks = [ask(asyncio.open_connection("127.0.0.1", port), n) for n in range(10)]
    print(await asyncio.gather(*asks))
    server.close()
    server = await asyncio.start_unix_server(serve, "socket")
    print(await ask(asyncio.open_unix_connection("socket"), "over a Unix socket"))
    server.close()


asyncio.run(main())
import os  # noqa: E402
if os.path.exists("socket"):  # removed by the server from 3.13 on
    os.remove("socket")
