// A model that says what it is told to, over OpenAI's wire protocol.

import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export const HOSTILE = `<img src="x" onerror="document.title='taken'"><script>document.title='taken'</script>[a](javascript:alert(1))`;

/** What it says when the user's text holds the word. */
const REPLIES = {
  markup: HOSTILE,
  promise: "I guarantee that it comes on Monday.",
  broken: undefined,
  long: Array.from({ length: 400 }, (_, at) => `word${at}`).join(" "),
};

function answer(text) {
  const word = Object.keys(REPLIES).find((word) => text.includes(word));
  return word ? REPLIES[word] : `You said: ${text}`;
}

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString());
}

async function respond(request, response) {
  if (request.method === "GET") return json(response, 200, { object: "list", data: [{ id: "scripted", object: "model" }] });
  const asked = await body(request);
  const said = answer(asked.messages.at(-1).content);
  if (said === undefined) return json(response, 400, { error: { message: "no", type: "invalid_request_error" } });
  const usage = { prompt_tokens: 21, completion_tokens: 7, total_tokens: 28 };
  if (!asked.stream) {
    const choices = [{ index: 0, message: { role: "assistant", content: said }, finish_reason: "stop" }];
    return json(response, 200, { id: "1", object: "chat.completion", model: asked.model, choices, usage });
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const chunk = (choices, rest = {}) =>
    response.write(`data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", model: asked.model, choices, ...rest })}\n\n`);
  for (const word of said.split(/(?<= )/)) {
    if (response.destroyed) return;
    chunk([{ index: 0, delta: { content: word }, finish_reason: null }]);
    if (said === REPLIES.long) await sleep(20);
  }
  chunk([{ index: 0, delta: {}, finish_reason: "stop" }]);
  chunk([], { usage });
  response.end("data: [DONE]\n\n");
}

function json(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

/** Listens at a free port; says where. */
export function startModel() {
  const server = createServer((request, response) => {
    respond(request, response).catch((error) => json(response, 500, { error: { message: String(error) } }));
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve({ server, url: `http://127.0.0.1:${server.address().port}/v1` }));
  });
}
