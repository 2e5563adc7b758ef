"""The cascade with a household's tools, as a process of its own: tells where it serves, and goes with its input."""

import asyncio
import sys

from benches.cascade_corpus import TOOLS, household
from voiced.cascade.service import serve
from voiced.cascade.settings import CascadeSettings


async def main() -> None:
    """Serve until standard input ends. The argument is the settings, as JSON."""
    _, phrases = household(len(TOOLS))
    settings = CascadeSettings.model_validate_json(sys.argv[1])
    async with serve(settings, phrases, ("127.0.0.1", 0), None) as url:
        print(url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
