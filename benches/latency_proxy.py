#!/usr/bin/env python3
"""A TCP proxy that delivers everything later, as a distant target would.

Half of the latency goes to each direction. Data that follows within that time is not held up further, so that the
bandwidth stays what it is.

    python3 benches/latency_proxy.py --to 127.0.0.1:8080 --milliseconds 200 [--listen 127.0.0.1:0]
"""

import argparse
import asyncio


async def pump(reader, writer, delay):
    """Hands data on after the delay, in order."""
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()

    async def deliver():
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()

    delivering = asyncio.create_task(deliver())
    try:
        while data := await reader.read(1 << 16):
            queue.put_nowait((loop.time() + delay, data))
    except ConnectionError:
        pass
    queue.put_nowait((loop.time() + delay, b""))
    await asyncio.gather(delivering, return_exceptions=True)


async def serve(listen, to, delay):
    async def connected(reader, writer):
        try:
            # A connection takes a round trip too, before the first byte arrives.
            await asyncio.sleep(2 * delay)
            there, back = await asyncio.open_connection(*to)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, back, delay), pump(there, writer, delay))

    server = await asyncio.start_server(connected, *listen, backlog=1024)
    print(f"listening on http://{':'.join(map(str, server.sockets[0].getsockname()))}", flush=True)
    await server.serve_forever()


def address(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--to", type=address, required=True, help="host and port of the target")
    arguments.add_argument("--listen", type=address, default=("127.0.0.1", 0))
    arguments.add_argument("--milliseconds", type=float, default=200)
    arguments = arguments.parse_args()
    try:
        asyncio.run(serve(arguments.listen, arguments.to, arguments.milliseconds / 2000))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
