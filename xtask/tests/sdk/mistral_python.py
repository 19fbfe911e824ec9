"""Drives the official `mistralai` package: MODE BASE_URL, where MODE is plain, stream or many.

The package retries only when asked to, and it is not. Its default HTTP client gives up after five seconds, so the
timeout is stated, as anyone who waits for a long answer must.
"""

import asyncio
import sys

from mistralai.client import Mistral

MODE, BASE_URL = sys.argv[1:3]
CALLS = 200
CALL = {
    "model": "mistral-small-latest",
    "messages": [{"role": "user", "content": "What does the tide do?"}],
    "max_tokens": 32,
}


def open_client() -> Mistral:
    return Mistral(api_key="test", server_url=BASE_URL, timeout_ms=120_000)


def plain() -> int:
    with open_client() as client:
        answer = client.chat.complete(**CALL)
    assert answer.choices[0].message.content, answer
    assert answer.usage.completion_tokens > 0, answer
    return 1


def stream() -> int:
    text = ""
    usage = None
    with open_client() as client:
        for event in client.chat.stream(**CALL):
            delta = event.data.choices[0].delta.content
            text += delta if isinstance(delta, str) else ""
            usage = event.data.usage or usage
    assert text, "the stream brought no text"
    assert usage and usage.completion_tokens > 0, usage
    return 1


async def many() -> int:
    async with open_client() as client:
        answers = await asyncio.gather(*(client.chat.complete_async(**CALL) for _ in range(CALLS)))
    return sum(1 for answer in answers if answer.choices[0].message.content)


answered = asyncio.run(many()) if MODE == "many" else {"plain": plain, "stream": stream}[MODE]()
print(f"answered {answered}")
