// What the page asks of its server, by the interfaces that every client has.

import { events } from "./events.js";

const KEY = "railsc.key";

/** An answer that is none. */
export class ServerError extends Error {
  constructor(message, { code, param, status, request } = {}) {
    super(message);
    Object.assign(this, { code, param, status, request });
  }
}

/** The key of this tab. */
export const key = {
  get: () => sessionStorage.getItem(KEY),
  keep: (text) => sessionStorage.setItem(KEY, text),
  forget: () => sessionStorage.removeItem(KEY),
};

/** Keys that may not ask how a reply came about. */
const unexplained = new Set();

async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  if (key.get()) headers.set("authorization", `Bearer ${key.get()}`);
  let response;
  try {
    response = await fetch(new URL(`../v1/${path}`, import.meta.url), { ...options, headers, credentials: "omit" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerError("the server can't be reached", { code: "unreachable" });
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  const { message = `the server answered ${response.status}`, code, param } = told.error ?? {};
  throw new ServerError(message, { code, param, status: response.status, request: response.headers.get("x-request-id") });
}

/** The names of the configurations that may be used. */
export async function configurations() {
  const list = await (await ask("models")).json();
  return list.data.map((model) => model.id);
}

/**
 * The next turn of the conversation called `thread`: yields `{ text }` as it comes, and at the end `{ guardrails, usage, finish, request }`.
 */
export async function* reply(config, thread, text, signal) {
  const log = unexplained.has(key.get()) ? undefined : { activated_rails: true, trace: true, lines: true };
  const turn = (log) => ask("chat/completions", {
    method: "POST",
    signal,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: config,
      messages: [{ role: "user", content: text }],
      stream: true,
      stream_options: { include_usage: true },
      guardrails: { config_id: config, thread_id: thread, options: { log } },
    }),
  });
  const response = await turn(log).catch((error) => {
    // What was refused was not begun.
    if (error.code !== "log_not_allowed") throw error;
    unexplained.add(key.get());
    return turn();
  });
  const request = response.headers.get("x-request-id");
  const end = { request };
  for await (const data of events(response.body)) {
    if (data === "[DONE]") {
      yield end;
      return;
    }
    const chunk = JSON.parse(data);
    if (chunk.error) throw new ServerError(chunk.error.message, { ...chunk.error, request });
    const choice = chunk.choices?.[0];
    if (choice?.delta?.content) yield { text: choice.delta.content };
    if (choice?.finish_reason) end.finish = choice.finish_reason;
    if (chunk.guardrails) end.guardrails = chunk.guardrails;
    if (chunk.usage) end.usage = chunk.usage;
  }
  throw new ServerError("the answer broke off", { code: "broken_off", request });
}
