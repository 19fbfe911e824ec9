"""adaptive-rate-limiter: its scheduler in the mode that its README recommends, told the limits at discovery.

It makes no calls itself; they are made with httpx, and their headers handed back as it wants them. A refused call is
submitted again, as often as the other peers may.
"""

import asyncio
import uuid

import httpx
from adaptive_rate_limiter import TEXT, DiscoveredBucket, ProviderInterface, RateLimitInfo, RequestMetadata
from adaptive_rate_limiter.scheduler import RateLimiterConfig, StateConfig, create_scheduler
from adaptive_rate_limiter.scheduler.state import StateManager
from adaptive_rate_limiter.backends import MemoryBackend
from driver import count, drive

RPM, TPM, RETRIES = 300, 60_000, 10


class Client:
    def __init__(self, url):
        self.base_url, self.timeout = url, 60.0

    def get_headers(self):
        return {}


class Provider(ProviderInterface):
    @property
    def name(self):
        return "mock"

    async def discover_limits(self, force_refresh=False, timeout=30.0):
        return {"default": DiscoveredBucket(bucket_id="default", rpm_limit=RPM, tpm_limit=TPM)}

    def parse_rate_limit_response(self, headers, body=None, status_code=None):
        def told(name):
            return int(float(headers[name])) if name in headers else None

        return RateLimitInfo(
            rpm_remaining=told("x-ratelimit-remaining-requests"),
            rpm_limit=told("x-ratelimit-limit-requests"),
            tpm_remaining=told("x-ratelimit-remaining-tokens"),
            tpm_limit=told("x-ratelimit-limit-tokens"),
            is_rate_limited=status_code == 429,
        )

    async def get_bucket_for_model(self, model_id, resource_type=None):
        return "default"


class Classifier:
    """Asked for by the mode, and never of use here: every request says itself what it is."""

    async def classify(self, request):
        return RequestMetadata(request_id=str(uuid.uuid4()), model_id=request["model"], resource_type=TEXT)


class Refused(Exception):
    """A 429, as the scheduler recognises it: with the headers of the answer."""

    status_code = 429

    def __init__(self, headers):
        super().__init__("429 rate limit")
        self.cached_rate_limit_headers = dict(headers)


async def answered(url, bodies):
    config = RateLimiterConfig(
        max_concurrent_executions=100,
        max_queue_size=1_000,
        rate_limit_buffer_ratio=1.0,
        request_timeout=600.0,
        metrics_enabled=False,
    )
    provider = Provider()
    state = StateManager(MemoryBackend(), StateConfig(), provider)
    scheduler = create_scheduler(Client(url), "intelligent", config, provider, Classifier(), state)
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as http, scheduler:

        async def send(body):
            answer = await http.post("/v1/chat/completions", json=body)
            if answer.status_code == 429:
                raise Refused(answer.headers)
            answer.raise_for_status()
            # One of the forms in which the scheduler looks for headers.
            return {**answer.json(), "_response_headers": dict(answer.headers)}

        async def ask(body):
            tokens = len(body["messages"][0]["content"]) // 4 + body["max_tokens"]
            for attempt in range(RETRIES + 1):
                metadata = RequestMetadata(
                    request_id=str(uuid.uuid4()),
                    model_id=body["model"],
                    resource_type=TEXT,
                    estimated_tokens=tokens,
                    timeout=600.0,
                )
                try:
                    scheduled = await scheduler.submit_request(metadata, lambda: send(body))
                    return await scheduled.request.future
                except Refused:
                    if attempt == RETRIES:
                        raise
                    await asyncio.sleep(1)

        return await count(ask(body) for body in bodies)


drive(answered)
