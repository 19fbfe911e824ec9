"""Makes the calls of `wire.rs` with the official `mistralai` package: BASE_URL.

Only what is sent matters: names of what is not there are answered with an error, which is passed over.
"""

import sys

from mistralai.client import Mistral
from mistralai.client.errors import MistralError

client = Mistral(api_key="test", server_url=sys.argv[1], timeout_ms=60_000)
conversations, agents, jobs = client.beta.conversations, client.beta.agents, client.batch.jobs
FUNCTION = {"type": "function", "function": {"name": "tide", "description": "tells", "parameters": {"type": "object"}}}
HELLO = [{"role": "user", "content": "Hello!"}]
GUARDED = [{"block_on_error": True, "moderation_llm_v2": {
    "model_name": "g", "custom_category_thresholds": {"violence_and_threats": 0.5}, "ignore_other_categories": True,
    "action": "block"}}]
CHUNKS = [
    {"type": "text", "text": "t"}, {"type": "image_url", "image_url": "https://i.test/1.png"},
    {"type": "image_url", "image_url": {"url": "https://i.test/2.png", "detail": "high"}},
    {"type": "document_url", "document_url": "https://d.test/1.pdf"}, {"type": "file", "file_id": "f1"},
    {"type": "input_audio", "input_audio": "https://a.test/1.mp3"}]
CALLED = [
    {"role": "user", "content": CHUNKS},
    {"role": "assistant", "content": [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "a"}],
     "tool_calls": [{"id": "t1", "function": {"name": "tide", "arguments": "{}"}}]},
    {"role": "tool", "content": "r", "tool_call_id": "t1", "name": "tide"},
    {"role": "assistant", "content": "It", "prefix": True}]

CALLS = [
    lambda: conversations.start(inputs="Hello!", model="m"),
    lambda: conversations.start(
        inputs=HELLO, model="m", instructions="Be brief.", tools=[{"type": "web_search"}, FUNCTION],
        completion_args={"temperature": 0.7, "max_tokens": 9, "top_p": 0.9, "stop": ["END"], "random_seed": 7},
        store=True, handoff_execution="server", metadata={"k": "v"}, name="n", description="d"),
    lambda: conversations.start(inputs="Hello!", agent_id="ag_1", agent_version="stable"),
    lambda: conversations.start(
        inputs=[{"role": "user", "content": CHUNKS[:4]}], model="m", guardrails=GUARDED, completion_args={
            "prediction": {"type": "content", "content": "p"}, "reasoning_effort": "high", "tool_choice": "auto",
            "response_format": {"type": "json_object"}, "presence_penalty": 0.5, "frequency_penalty": 0.5}),
    lambda: list(conversations.start_stream(inputs="Hello!", model="m")),
    lambda: conversations.append(conversation_id="c1", inputs=HELLO, store=False),
    lambda: conversations.append(
        conversation_id="c1", inputs=[{"type": "function.result", "tool_call_id": "t", "result": "r"}]),
    lambda: conversations.append(
        conversation_id="c1", inputs="x", tool_confirmations=[{"tool_call_id": "t", "confirmation": "allow"}]),
    lambda: list(conversations.append_stream(conversation_id="c1", inputs="x")),
    lambda: conversations.restart(
        conversation_id="c1", inputs="x", from_entry_id="e1", agent_version=3, metadata={"k": "v"}),
    lambda: list(conversations.restart_stream(conversation_id="c1", inputs="x", from_entry_id="e1")),
    lambda: conversations.get(conversation_id="c1"),
    lambda: conversations.get_history(conversation_id="c1"),
    lambda: conversations.get_messages(conversation_id="c1"),
    lambda: conversations.list(page=2, page_size=10),
    lambda: conversations.list(page=0, page_size=100, metadata={"k": "v"}),
    lambda: conversations.delete(conversation_id="c1"),
    lambda: agents.create(
        model="m", name="n", instructions="i", tools=[{"type": "code_interpreter"}, {"type": "image_generation"},
        {"type": "document_library", "library_ids": ["l1"]}], completion_args={"temperature": 0.1},
        description="d", handoffs=["ag_2"], metadata={"k": "v"}, version_message="vm"),
    lambda: agents.list(page=0, page_size=5, deployment_chat=True, sources=["api", "playground"], name="n", search="s"),
    lambda: agents.list_pages(page_size=5, page_token="t"),
    lambda: agents.get(agent_id="ag_1", agent_version="stable"),
    lambda: agents.update(agent_id="ag_1", name="n2", deployment_chat=True),
    lambda: agents.delete(agent_id="ag_1"),
    lambda: agents.update_version(agent_id="ag_1", version=2),
    lambda: agents.list_versions(agent_id="ag_1", page=1, page_size=5),
    lambda: agents.get_version(agent_id="ag_1", version="2"),
    lambda: agents.create_version_alias(agent_id="ag_1", alias="a b", version=2),
    lambda: agents.list_version_aliases(agent_id="ag_1"),
    lambda: agents.delete_version_alias(agent_id="ag_1", alias="a b"),
    lambda: client.chat.complete(
        model="m", messages=[{"role": "system", "content": "s"}, {"role": "user", "content": "u"}], temperature=0.2,
        max_tokens=9, stop="END", random_seed=7, response_format={"type": "json_object"}, tool_choice="any",
        tools=[FUNCTION], n=2, safe_prompt=True, presence_penalty=0.5, frequency_penalty=0.5, top_p=0.9),
    lambda: list(client.chat.stream(model="m", messages=HELLO)),
    lambda: client.chat.complete(
        model="m", messages=HELLO, guardrails=GUARDED, prediction={"type": "content", "content": "p"},
        reasoning_effort="high", prompt_mode="reasoning", service_tier="standard_only", prompt_cache_key="k",
        parallel_tool_calls=False, metadata={"k": "v"}, tools=[FUNCTION],
        tool_choice={"type": "function", "function": {"name": "tide"}},
        response_format={"type": "json_schema", "json_schema": {
            "name": "n", "schema": {"type": "object"}, "strict": True}}),
    lambda: client.chat.complete(model="m", messages=CALLED),
    lambda: client.agents.complete(agent_id="ag_1", messages=HELLO, max_tokens=9),
    lambda: list(client.agents.stream(agent_id="ag_1", messages=HELLO, stop=["END"], prompt_mode="reasoning")),
    lambda: client.fim.complete(model="m", prompt="p", suffix="s", min_tokens=1),
    lambda: list(client.fim.stream(model="m", prompt="p", temperature=0.1, stop="END", random_seed=7)),
    lambda: client.embeddings.create(model="m", inputs=["a", "b"], output_dimension=8),
    lambda: client.classifiers.moderate(model="m", inputs=["a", "b"]),
    lambda: client.classifiers.moderate_chat(model="m", inputs=HELLO),
    lambda: client.classifiers.moderate_chat(model="m", inputs=[HELLO, HELLO]),
    lambda: client.classifiers.classify(model="m", inputs="a"),
    lambda: client.classifiers.classify_chat(model="m", input={"messages": HELLO}),
    lambda: client.classifiers.classify_chat(model="m", input=[{"messages": HELLO}, {"messages": HELLO}]),
    lambda: client.models.list(),
    lambda: client.models.retrieve(model_id="m"),
    lambda: client.models.delete(model_id="m"),
    lambda: jobs.create(endpoint="/v1/chat/completions", model="m", requests=[{"custom_id": "1", "body": {"a": 1}}]),
    lambda: jobs.list(page=1, page_size=5, model="m", status=["QUEUED", "RUNNING"], created_by_me=True),
    lambda: jobs.get(job_id="00000000-0000-4000-8000-000000000001", inline=True),
    lambda: jobs.cancel(job_id="00000000-0000-4000-8000-000000000001"),
    lambda: jobs.delete(job_id="00000000-0000-4000-8000-000000000001"),
]

for call in CALLS:
    try:
        call()
    except MistralError:
        pass
print(f"made {len(CALLS)} calls")
