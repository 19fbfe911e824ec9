"""chat-limiter: its batch function, as its README shows it, which learns limits from headers.

Given more than the defaults: fifty calls at a time, since ten would cap it by latency alone, and ten attempts a row.
"""

from chat_limiter import (
    BatchConfig,
    ChatCompletionRequest,
    ChatLimiter,
    Message,
    MessageRole,
    process_chat_completion_batch,
)
from driver import drive


def request(body):
    messages = [Message(role=MessageRole(part["role"]), content=part["content"]) for part in body["messages"]]
    return ChatCompletionRequest(model=body["model"], messages=messages, max_tokens=body["max_tokens"])


async def answered(url, bodies):
    config = BatchConfig(max_concurrent_requests=50, max_retries_per_item=10, show_progress=False)
    model = bodies[0]["model"]
    async with ChatLimiter.for_model(model, api_key="none", base_url=f"{url}/v1", provider="openai") as limiter:
        results = await process_chat_completion_batch(limiter, [request(body) for body in bodies], config)
    return sum(1 for result in results if result.success)


drive(answered)
