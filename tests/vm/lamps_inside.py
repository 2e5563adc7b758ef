"""Runs inside the virtual machine: the demo's lamps, on the port it is given, or a free one.

It prints their address, then each request they got, as JSON.
"""

import asyncio
import json
import sys

from demonstration import lamp

LOOK_SECONDS = 0.1


def tell(what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def main(port):
    async with lamp.serve(port) as lamps:
        told = 0
        tell(lamps.url)
        while True:
            for request in lamps.requests[told:]:
                tell(request)
                told += 1
            await asyncio.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else 0))
