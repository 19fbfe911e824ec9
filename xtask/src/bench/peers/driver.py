"""What the drivers of all peers have in common: they are told where to go, wait for the start, and count answers."""

import asyncio
import json
import sys


def rows(path):
    """The bodies of the rows of a file in OpenAI's batch format."""
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line)["body"] for line in lines]


def drive(answered):
    """Runs `answered(url, bodies)`, which returns how many of the bodies were answered, once it is told to start."""
    url, path = sys.argv[1], sys.argv[2]
    bodies = rows(path)
    # Imports are over: a peer is not timed while it loads.
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps({"answered": asyncio.run(answered(url, bodies))}), flush=True)


async def count(calls):
    """How many of the calls succeed, all begun at once; one that raises is lost."""

    async def one(call):
        try:
            await call
        except Exception as error:  # noqa: BLE001 - whatever a peer raises, the row is lost
            print(f"lost: {type(error).__name__}: {error}"[:200], file=sys.stderr)
            return 0
        return 1

    return sum(await asyncio.gather(*(one(call) for call in calls)))
