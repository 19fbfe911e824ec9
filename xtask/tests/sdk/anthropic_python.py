"""Drives the official `anthropic` package: MODE BASE_URL, where MODE is plain, stream, many or stopped."""

import asyncio
import sys

from anthropic import Anthropic, APIStatusError, AsyncAnthropic

MODE, BASE_URL = sys.argv[1:3]
CALLS = 200
CALL = {
    "model": "claude-sonnet-4-5",
    "messages": [{"role": "user", "content": "What does the tide do?"}],
    "max_tokens": 32,
}


def plain() -> int:
    client = Anthropic(api_key="test", base_url=BASE_URL, max_retries=0)
    answer = client.messages.create(**CALL)
    assert answer.content[0].text, answer
    assert answer.usage.output_tokens > 0, answer
    return 1


def stream() -> int:
    client = Anthropic(api_key="test", base_url=BASE_URL, max_retries=0)
    with client.messages.stream(**CALL) as events:
        text = "".join(events.text_stream)
        answer = events.get_final_message()
    assert text, "the stream brought no text"
    assert answer.usage.output_tokens > 0, answer
    return 1


async def many() -> int:
    async with AsyncAnthropic(api_key="test", base_url=BASE_URL, max_retries=0) as client:
        answers = await asyncio.gather(*(client.messages.create(**CALL) for _ in range(CALLS)))
    return sum(1 for answer in answers if answer.content[0].text)


def stopped() -> int:
    """Five calls, each with the package's own retries, none of which is answered."""
    client = Anthropic(api_key="test", base_url=BASE_URL)
    for _ in range(5):
        try:
            raise SystemExit(f"answered: {client.messages.create(**CALL)}")
        except APIStatusError as error:
            assert error.message and error.body, error
    return 0


answered = asyncio.run(many()) if MODE == "many" else {"plain": plain, "stream": stream, "stopped": stopped}[MODE]()
print(f"answered {answered}")
