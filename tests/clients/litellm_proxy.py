"""LiteLLM's proxy between OpenAI's client and a model, with the server at BASE_URL as its guardrail; `tests/serve/clients.rs` starts all
but the proxy. The model at MODEL_URL says what stands behind `say: ` in the last text, with `secret` for `s-ecret`. The last test ends the server,
whose process is SERVER."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import openai

# As in docs/server.md.
SNIPPET = os.environ["SNIPPET"]
CONFIG = """
model_list:
  - model_name: shop
    litellm_params: {{model: openai/m, api_base: "{model}/v1", api_key: k, max_retries: 0}}
general_settings: {{master_key: sk-proxy}}
"""
# In seconds.
PATIENCE = 300

user = lambda text: {"role": "user", "content": text}
assistant = lambda text: {"role": "assistant", "content": text}


def start(folder):
    """The proxy, when it answers, and a client of it."""
    config = pathlib.Path(folder, "config.yaml")
    config.write_text(CONFIG.format(model=os.environ["MODEL_URL"]) + SNIPPET)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    host, port = address.split(":")
    server = os.environ["BASE_URL"].removesuffix("/v1")
    # It asks nobody else for prices.
    environment = os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "RAILSC_URL": server, "RAILSC_KEY": os.environ["KEY"]}
    binary = pathlib.Path(sys.executable).with_name("litellm")
    log = open(pathlib.Path(folder, "log"), "wb")
    command = [binary, "--config", config, "--host", host, "--port", port, "--telemetry", "False"]
    proxy = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    began = time.monotonic()
    while True:
        try:
            urllib.request.urlopen(f"http://{address}/health/liveliness", timeout=5)
            return proxy, openai.OpenAI(base_url=f"http://{address}/v1", api_key="sk-proxy", max_retries=0)
        except OSError:
            if proxy.poll() is not None or time.monotonic() - began > PATIENCE:
                proxy.kill()
                raise RuntimeError(pathlib.Path(log.name).read_text())
            time.sleep(0.2)


def ask(*messages, **more):
    return client.chat.completions.create(model="shop", messages=list(messages), **more).choices[0].message


def says(text, *messages, **more):
    assert ask(*messages, **more).content == text, text


def raises(kind, message, call):
    try:
        reply = call()
    except kind as error:
        assert message in str(error), error
    else:
        raise AssertionError(f"no {kind.__name__}, but {reply}")


def blocked(by, *messages, **more):
    raises(openai.BadRequestError, by, lambda: ask(*messages, **more))


PASSWORD, SECRET = "Keep your password to yourself.", "I can't say that."


def what_is_fine_passes():
    says("hello", user("say: hello"))


def input_is_blocked_and_rewritten():
    blocked(PASSWORD, user("say: my password"))
    says("card ****", user("say: card 1234"))


def output_is_blocked_and_rewritten():
    blocked(SECRET, user("say: a s-ecret"))
    says("card ####", user("say: card 5678"))


def what_was_said_before_blocks_nothing():
    says("hello", {"role": "system", "content": "Ask for no password."}, user("say: hello"))
    says("hello", user("hi"), assistant("Click on: forgot my password"), user("say: hello"))
    says("hello", *[user("hi"), assistant("hello")] * 150, user("say: hello"))


def results_of_tools_are_checked():
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    called = {"role": "assistant", "content": None, "tool_calls": [call]}
    blocked(PASSWORD, user("hi"), called, {"role": "tool", "tool_call_id": "call_1", "content": "my password"})


def parts_are_checked_together():
    parts = [{"type": "text", "text": text} for text in ("alpha", "omega")]
    blocked(SECRET, {"role": "user", "content": parts})
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    blocked("images can't be checked", {"role": "user", "content": [*parts[:1], picture]})


def what_tools_are_called_with_is_checked():
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}]
    (call,) = ask(user("weather in: Bern"), tools=tools).tool_calls
    assert call.function.arguments == '{"city": "Bern"}', call
    blocked(SECRET, user("weather in: s-ecret"), tools=tools)


def streamed(text):
    chunks = client.chat.completions.create(model="shop", messages=[user(text)], stream=True)
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def streams_are_checked_before_they_are_let_go():
    many = " ".join(["word"] * 40)
    assert streamed(f"say: {many}") == many
    assert streamed(f"say: {many} 5678 {many}") == f"{many} #### {many}"
    for text in (f"say: s-ecret {many}", f"say: {many} s-ecret"):
        raises(openai.BadRequestError, SECRET, lambda: streamed(text))
    raises(openai.BadRequestError, PASSWORD, lambda: streamed("say: my password"))


def without_the_server_nothing_passes():
    os.kill(int(os.environ["SERVER"]), signal.SIGKILL)
    raises(openai.InternalServerError, "Guardrail", lambda: ask(user("say: hello")))
    raises(openai.InternalServerError, "Guardrail", lambda: streamed("say: hello"))


TESTS = (
    what_is_fine_passes,
    input_is_blocked_and_rewritten,
    output_is_blocked_and_rewritten,
    what_was_said_before_blocks_nothing,
    results_of_tools_are_checked,
    parts_are_checked_together,
    what_tools_are_called_with_is_checked,
    streams_are_checked_before_they_are_let_go,
    without_the_server_nothing_passes,
)

with tempfile.TemporaryDirectory() as folder:
    proxy, client = start(folder)
    try:
        for test in TESTS:
            test()
            print("ok", test.__name__)
    finally:
        proxy.kill()
        proxy.wait()
