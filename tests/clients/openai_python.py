"""OpenAI's client for Python against the server at BASE_URL, with the key KEY; `tests/serve/clients.rs` starts both."""

import asyncio
import json
import os

import openai

client = openai.OpenAI(base_url=os.environ["BASE_URL"], api_key=os.environ["KEY"], max_retries=0)
user = lambda text: [{"role": "user", "content": text}]
weather = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}]


def chat():
    reply = client.chat.completions.create(model="shop", messages=user("when do you open?"), temperature=0)
    assert reply.choices[0].message.content == "At nine in the morning.", reply
    assert reply.choices[0].finish_reason == "stop" and reply.usage.total_tokens == 10, reply
    canned = client.chat.completions.create(model="shop", messages=user("hi"))
    assert canned.choices[0].message.content == "Hello.", canned
    blocked = client.chat.completions.create(model="shop", messages=user("my password is x"))
    assert blocked.choices[0].finish_reason == "content_filter", blocked
    assert blocked.model_extra["guardrails"]["verdict"]["rail"] == "no passwords", blocked


def stream():
    options = {"include_usage": True}
    chunks = list(client.chat.completions.create(model="shop", messages=user("when do you open?"), stream=True, stream_options=options))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "At nine in the morning.", chunks
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop", chunks
    assert chunks[-1].usage.total_tokens == 10 and not chunks[-1].choices, chunks
    with client.chat.completions.stream(model="shop", messages=user("when do you open?")) as helper:
        assert helper.get_final_completion().choices[0].message.content == text


def tools():
    messages = user("how is the weather in Bern?")
    reply = client.chat.completions.create(model="shop", messages=messages, tools=weather)
    assert reply.choices[0].finish_reason == "tool_calls", reply
    call = reply.choices[0].message.tool_calls[0]
    assert call.function.name == "weather" and json.loads(call.function.arguments) == {"city": "Bern"}, call
    messages += [reply.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "sunny"}]
    reply = client.chat.completions.create(model="shop", messages=messages, tools=weather)
    assert reply.choices[0].message.content == "It is sunny.", reply
    with client.chat.completions.stream(model="shop", messages=messages[:1], tools=weather) as helper:
        call = helper.get_final_completion().choices[0].message.tool_calls[0]
        assert json.loads(call.function.arguments) == {"city": "Bern"}, call


def raises(kind, code, call):
    try:
        call()
    except kind as error:
        assert error.code == code, error
        return error
    raise AssertionError(f"no {kind.__name__}")


def errors():
    ask = client.chat.completions.create
    raises(openai.BadRequestError, "invalid_value", lambda: ask(model="shop", messages=[{"role": "robot", "content": "x"}]))
    raises(openai.NotFoundError, "config_not_found", lambda: ask(model="shop", messages=user("hi"), extra_body={"guardrails": {"config_id": "x"}}))
    raises(openai.InternalServerError, "upstream_failed", lambda: ask(model="shop", messages=user("fail, please")))
    limited = raises(openai.RateLimitError, "upstream_rate_limited", lambda: ask(model="shop", messages=user("too many, please")))
    assert limited.response.headers["retry-after"] == "3600", limited.response.headers
    raises(openai.ConflictError, "thread_busy", busy)
    other = openai.OpenAI(base_url=os.environ["BASE_URL"], api_key="wrong", max_retries=0)
    raises(openai.AuthenticationError, "invalid_api_key", lambda: other.models.list())
    try:
        for _ in ask(model="shop", messages=user("break off, please"), stream=True):
            pass
        raise AssertionError("a stream that breaks off ends well")
    except openai.APIError as error:
        assert error.code == "upstream_failed", error


def busy():
    """More requests in one thread than may wait there."""

    async def all_at_once():
        many = openai.AsyncOpenAI(base_url=os.environ["BASE_URL"], api_key=os.environ["KEY"], max_retries=0)
        body = {"guardrails": {"thread_id": "one-thread-for-all"}}
        asks = [many.chat.completions.create(model="shop", messages=user("slowly, please"), extra_body=body) for _ in range(8)]
        for outcome in await asyncio.gather(*asks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    asyncio.run(all_at_once())


def moderation():
    result = client.moderations.create(input=["hello", "my password is x"]).results
    assert [one.flagged for one in result] == [False, True], result
    assert result[0].categories.violence is False and result[0].category_scores.self_harm_intent == 0, result


def models():
    assert [model.id for model in client.models.list()] == ["shop"]
    assert client.models.retrieve("shop").owned_by == "railsc"


for test in (chat, stream, tools, errors, moderation, models):
    test()
    print("ok", test.__name__)
