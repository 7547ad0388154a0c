// What the events of a trace say, as `railsc chat --trace` says it: a sentence of texts and names, and the kind of its stop.

import { name, share, short, told } from "./element.js";

const TASKS = {
  judge: "a choice of intents",
  intent: "the intent",
  next_step: "the next step",
  bot_message: "a message",
  single_call: "intent, step and message",
  value: "a value",
  general: "a reply",
};

const quoted = (text) => `“${short(text)}”`;
const tokens = (taken) => (taken ? `, ${taken.input} + ${taken.output} tokens` : "");
const names = (list) => list.flatMap((one, at) => (at === 0 ? [name(one)] : [", ", name(one)]));

function meaning({ intent, tier, score, threshold, best, abstained }) {
  if (intent) return ["means ", name(intent), `: ${tier}, ${share(score)} ≥ ${share(threshold)}`];
  if (abstained) return [`means nothing known: ${abstained}`];
  if (best) return ["means nothing known: ", name(best), ` is nearest, ${share(score)} < ${share(threshold)}`];
  return ["means nothing known: there is nothing to compare it with"];
}

const SENTENCES = {
  classified: (data) => ["intent", meaning(data)],
  fell_back: ({ intent }) => ["intent", ["is taken to mean ", name(intent), ", the fallback"]],
  flow_started: (_, flow) => ["flow", [name(flow), " starts"]],
  flow_completed: (_, flow) => ["flow", [name(flow), " is done"]],
  flow_aborted: (_, flow) => ["flow", [name(flow), " is dropped, its next step does not fit"]],
  flow_interrupted: ({ by }, flow) => ["flow", [name(flow), " waits for ", name(by), " to end"]],
  flow_resumed: (_, flow) => ["flow", [name(flow), " goes on"]],
  said: ({ message, text }) => ["message", message ? ["says ", name(message), `: ${quoted(text)}`] : [`says ${quoted(text)}`]],
  undefined: ({ variables }) => ["message", ["prints nothing for ", ...names(variables.map((variable) => `$${variable}`))]],
  no_text: ({ message }) => [
    "message",
    message ? [name(message), " has no text, and there is no model to write one"] : ["there is no model to write a text"],
  ],
  rail_started: ({ rail, guards }) => ["", [`${guards.replace("_", " ")} rail `, name(rail), " starts"]],
  rail_passed: ({ rail, rewritten }) =>
    rewritten === null
      ? ["passed", ["rail ", name(rail), " lets it pass"]]
      : ["modified", ["rail ", name(rail), ` lets it pass as ${quoted(rewritten)}`]],
  rail_blocked: ({ rail, reason }) => ["blocked", ["rail ", name(rail), " blocks: ", ...told(reason)]],
  rail_cancelled: ({ rail }) => ["", ["rail ", name(rail), " is not waited for"]],
  rail_failed: ({ rail, reason, passes }) => [
    passes ? "modified" : "blocked",
    ["rail ", name(rail), passes ? " fails and is passed by: " : " fails: ", ...told(reason)],
  ],
  not_obeyed: ({ rail, status }) => ["modified", ["rail ", name(rail), ` is only watched: ${status}, and the turn goes on`]],
  output_rails_skipped: () => ["modified", ["passes the output rails by, as ", name("$skip_output_rails"), " says"]],
  // What it answered is not repeated: a rail may have withheld it.
  asked: (data) => ["model", ["asks ", name(data.model), ` for ${TASKS[data.task] ?? data.task}${tokens(data.tokens)}`]],
  model_failed: ({ model, reason, next }) => [
    "modified",
    ["gets no answer of ", name(model), ", and asks ", name(next), ": ", ...told(reason)],
  ],
  forgot: ({ texts }) => ["model", [`leaves out the ${texts} oldest texts, for want of room`]],
  judged: ({ intent, among, remembered }) => [
    "intent",
    intent
      ? ["means ", name(intent), `: the judge${remembered ? ", as before" : ""}`]
      : ["means none of ", ...names(among), ": the judge"],
  ],
  judge_failed: ({ reason, passes }) => [
    passes ? "modified" : "blocked",
    [`the judge fails, and ${passes ? "the embedding decides" : "the turn is blocked"}: `, ...told(reason)],
  ],
  embedder_failed: ({ reason, passes }) => [
    passes ? "modified" : "blocked",
    [`it can't be compared with examples, and ${passes ? "means no intent" : "the turn is blocked"}: `, ...told(reason)],
  ],
  retrieved: ({ titles }) => [
    "action",
    titles.length > 0 ? ["finds in the documents: ", ...names(titles)] : ["finds nothing in the documents"],
  ],
  tools_called: ({ tools }) => ["action", ["calls tools: ", ...names(tools)]],
  streamed: ({ looks }) => ["model", [`streamed, with ${looks} ${looks === 1 ? "look" : "looks"} of the output rails on the way`]],
  raised: ({ event, values }) => ["event", ["raises ", name(event), ` with ${short(JSON.stringify(values))}`]],
  executed: ({ action, result }) => ["action", ["runs ", name(action), `, which returns ${short(JSON.stringify(result))}`]],
  no_flow: () => ["", ["no flow has anything to do"]],
  stopped: () => ["", ["stops the turn and every flow"]],
  failed: ({ reason }) => ["blocked", ["fails: ", ...told(reason)]],
  recognised: ({ turns }) => ["", [`goes on from ${turns} turns it has seen`]],
  replayed: ({ turns, dropped }) => ["", [`follows ${turns} earlier turns${dropped ? ` and lets go of the flows: ${dropped}` : ""}`]],
};

/** The kind of the stop that `event` is, and its sentence. */
export function sentence(event) {
  const say = Object.hasOwn(SENTENCES, event.kind) ? SENTENCES[event.kind] : undefined;
  return say ? say(event.data ?? {}, event.flow ?? "") : ["", [event.kind.replaceAll("_", " ")]];
}
