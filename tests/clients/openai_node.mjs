// OpenAI's client for Node against the server at BASE_URL, with the key KEY; `tests/serve/clients.rs` starts both.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const OpenAI = createRequire(process.env.MODULES + "/")("openai");
const client = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: process.env.KEY, maxRetries: 0 });
const user = (content) => [{ role: "user", content }];
const ask = (content, more = {}) => client.chat.completions.create({ model: "shop", messages: user(content), ...more });
const weather = [{ type: "function", function: { name: "weather", parameters: { type: "object" } } }];

async function chat() {
  const reply = await ask("when do you open?");
  assert.equal(reply.choices[0].message.content, "At nine in the morning.");
  assert.equal(reply.usage.total_tokens, 10);
  const blocked = await ask("my password is x");
  assert.equal(blocked.choices[0].finish_reason, "content_filter");
  assert.equal(blocked.guardrails.verdict.status, "blocked");
}

async function stream() {
  let text = "", usage;
  for await (const chunk of await ask("when do you open?", { stream: true, stream_options: { include_usage: true } })) {
    text += chunk.choices[0]?.delta?.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, "At nine in the morning.");
  assert.equal(usage.total_tokens, 10);
  const helper = client.chat.completions.stream({ model: "shop", messages: user("when do you open?") });
  assert.equal((await helper.finalChatCompletion()).choices[0].message.content, text);
}

async function tools() {
  const messages = user("how is the weather in Bern?");
  const reply = await client.chat.completions.create({ model: "shop", messages, tools: weather });
  const [call] = reply.choices[0].message.tool_calls;
  assert.deepEqual(JSON.parse(call.function.arguments), { city: "Bern" });
  messages.push(reply.choices[0].message, { role: "tool", tool_call_id: call.id, content: "sunny" });
  const next = await client.chat.completions.create({ model: "shop", messages, tools: weather });
  assert.equal(next.choices[0].message.content, "It is sunny.");
  const helper = client.chat.completions.stream({ model: "shop", messages: messages.slice(0, 1), tools: weather });
  assert.equal((await helper.finalChatCompletion()).choices[0].message.tool_calls[0].function.name, "weather");
}

async function errors() {
  const fails = (call, kind, code) => assert.rejects(call, (error) => error instanceof kind && error.code === code);
  await fails(client.chat.completions.create({ model: "shop", messages: "hi" }), OpenAI.BadRequestError, "invalid_value");
  await fails(ask("hi", { guardrails: { config_id: "x" } }), OpenAI.NotFoundError, "config_not_found");
  await fails(ask("fail, please"), OpenAI.InternalServerError, "upstream_failed");
  await fails(ask("too many, please"), OpenAI.RateLimitError, "upstream_rate_limited");
  const other = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: "wrong", maxRetries: 0 });
  await fails(other.models.list(), OpenAI.AuthenticationError, "invalid_api_key");
  await fails((async () => { for await (const _ of await ask("break off, please", { stream: true })); })(), OpenAI.APIError, "upstream_failed");
}

async function moderation() {
  const { results } = await client.moderations.create({ input: ["hello", "my password is x"] });
  assert.deepEqual(results.map((one) => one.flagged), [false, true]);
}

async function models() {
  assert.deepEqual((await client.models.list()).data.map((model) => model.id), ["shop"]);
}

for (const test of [chat, stream, tools, errors, moderation, models]) {
  await test();
  console.log("ok", test.name);
}
