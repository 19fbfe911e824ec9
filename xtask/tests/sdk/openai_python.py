"""Drives the official `openai` package: MODE BASE_URL, where MODE is plain, stream, many or stopped."""

import asyncio
import sys

from openai import APIStatusError, AsyncOpenAI, OpenAI

MODE, BASE_URL = sys.argv[1:3]
CALLS = 200
CALL = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "What does the tide do?"}],
    "max_tokens": 32,
}


def plain() -> int:
    client = OpenAI(api_key="test", base_url=BASE_URL, max_retries=0)
    answer = client.chat.completions.create(**CALL)
    assert answer.choices[0].message.content, answer
    assert answer.usage.completion_tokens > 0, answer
    return 1


def stream() -> int:
    client = OpenAI(api_key="test", base_url=BASE_URL, max_retries=0)
    text = ""
    usage = None
    for chunk in client.chat.completions.create(**CALL, stream=True, stream_options={"include_usage": True}):
        if chunk.choices:
            text += chunk.choices[0].delta.content or ""
        usage = chunk.usage or usage
    assert text, "the stream brought no text"
    assert usage and usage.completion_tokens > 0, usage
    return 1


async def many() -> int:
    async with AsyncOpenAI(api_key="test", base_url=BASE_URL, max_retries=0) as client:
        answers = await asyncio.gather(*(client.chat.completions.create(**CALL) for _ in range(CALLS)))
    return sum(1 for answer in answers if answer.choices[0].message.content)


def stopped() -> int:
    """Five calls, each with the package's own retries, none of which is answered."""
    client = OpenAI(api_key="test", base_url=BASE_URL)
    for _ in range(5):
        try:
            raise SystemExit(f"answered: {client.chat.completions.create(**CALL)}")
        except APIStatusError as error:
            assert error.message and error.body, error
    return 0


answered = asyncio.run(many()) if MODE == "many" else {"plain": plain, "stream": stream, "stopped": stopped}[MODE]()
print(f"answered {answered}")
