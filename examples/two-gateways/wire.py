"""Somebody on the wire: passes every byte on in both directions, and keeps a copy."""

import asyncio
import sys


async def copy(reader, writer, kept):
    try:
        while chunk := await reader.read(65536):
            kept.write(chunk)
            kept.flush()
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def main():
    listen, target, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with open(path, "ab") as kept:

        async def serve(reader, writer):
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", target)
            await asyncio.gather(copy(reader, there_writer, kept), copy(there_reader, writer, kept))

        server = await asyncio.start_server(serve, "127.0.0.1", listen)
        await server.serve_forever()


asyncio.run(main())
