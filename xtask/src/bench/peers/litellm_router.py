"""litellm's Router, told the limits that it cannot learn: rpm and tpm of the deployment, enforced before each call.

`usage-based-routing-v2` with pre-call checks is the way that its documentation gives for keeping within limits. A call
that would exceed them is refused by the router itself and tried again after a pause, as often as `num_retries` says.
"""

import logging

import litellm
from driver import count, drive
from litellm import Router

logging.getLogger("LiteLLM Router").setLevel(logging.ERROR)
litellm.suppress_debug_info = True
RPM, TPM, RETRIES = 300, 60_000, 10


async def answered(url, bodies):
    deployment = {
        "model_name": bodies[0]["model"],
        "litellm_params": {
            "model": f"openai/{bodies[0]['model']}",
            "api_base": f"{url}/v1",
            "api_key": "none",
            "rpm": RPM,
            "tpm": TPM,
        },
    }
    router = Router(
        model_list=[deployment],
        routing_strategy="usage-based-routing-v2",
        enable_pre_call_checks=True,
        num_retries=RETRIES,
        # With one deployment, cooling it down for a refusal would fail every other call meanwhile.
        disable_cooldowns=True,
    )
    return await count(router.acompletion(**body) for body in bodies)


drive(answered)
