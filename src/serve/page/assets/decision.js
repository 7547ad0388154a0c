// Why a reply is what it is.

import { element, name, place, share, time, told } from "./element.js";
import { line, lookup, path } from "./path.js";

const TIERS = ["exact", "pattern", "embedding"];
const NARROW = matchMedia("(max-width: 56rem)");

const part = (title, ...children) => element("section", { class: "part" }, element("h3", {}, title), ...children);
const event = (trace, kind) => trace.events.find((event) => event.kind === kind)?.data;
const pill = (status) => element("span", { class: `pill ${status}` }, status);

/** The decision behind a reply, shut where it would push the conversation apart. */
export function decision(end, times) {
  const { log, verdict } = end.guardrails;
  if (!log) return unexplained(end, times);
  const { trace } = log;
  const textOf = lookup(log.lines);
  const found = event(trace, "classified");
  return element(
    "details",
    { class: "decision", open: !NARROW.matches },
    element("summary", {}, pill(verdict.status), headline(found, event(trace, "judged"), verdict), element("span", { class: "time" }, time(trace.dur_us))),
    found && part("Meaning", meaning(found, event(trace, "judged"))),
    part("Path", path(trace, textOf)),
    part("Rails", rails(end.guardrails, textOf)),
    part("Figures", figures(end, times)),
  );
}

/** For a key that may not ask how a reply came about. */
function unexplained(end, times) {
  const { verdict } = end.guardrails;
  const by = verdict.rail ? ["by ", name(verdict.rail)] : [];
  return element(
    "details",
    { class: "decision", open: !NARROW.matches },
    element("summary", {}, pill(verdict.status), element("span", { class: "headline" }, ...by)),
    element("p", { class: "none" }, "This key may not ask how a reply came about."),
    part("Figures", figures(end, times)),
  );
}

function headline(found, judged, verdict) {
  const said = () => {
    if (verdict.status === "blocked") return ["by ", name(verdict.rail)];
    if (judged?.intent) return [name(judged.intent), element("span", {}, " · judge")];
    if (found?.intent) return [name(found.intent), element("span", {}, ` · ${found.tier} ${share(found.score)}`)];
    if (found) return ["no intent", found.best && element("span", {}, ` · nearest ${share(found.score)}`)];
    return ["no text was classified"];
  };
  return element("span", { class: "headline" }, ...said());
}

function meaning(found, judged) {
  const candidates = found.candidates.map((candidate) => row(candidate, found));
  const none = found.abstained ? `There is no score: ${found.abstained}.` : "There was nothing to compare it with.";
  return element(
    "div",
    {},
    tiers(found, judged),
    candidates.length > 0 ? element("ol", { class: "candidates" }, ...candidates) : element("p", { class: "none" }, none),
  );
}

/** The tiers as they were asked: those before the one that decided had nothing to say, those behind it were not asked. */
function tiers(found, judged) {
  const last = TIERS.indexOf(found.tier);
  const told = TIERS.map((tier, at) => {
    if (at > last) return element("li", {}, `${tier}: not asked`);
    if (at < last || !found.intent) return element("li", {}, `${tier}: nothing`);
    return element("li", { class: judged ? "" : "decided" }, judged ? `${tier}: open` : `${tier}: decides`);
  });
  if (judged) told.push(element("li", { class: "decided" }, "judge: decides"));
  return element("ol", { class: "tiers", "aria-label": "Tiers" }, ...told);
}

function row({ intent, tier, score, threshold, example, span }, found) {
  const bar = element("div", { class: "bar", "aria-hidden": "true" }, element("div", { class: "fill" }));
  bar.style.setProperty("--share", score);
  bar.style.setProperty("--needed", threshold);
  const reaches = score >= threshold;
  return element(
    "li",
    { class: `candidate${intent === found.intent ? " chosen" : ""}` },
    element("span", { class: "name" }, element("bdi", {}, intent)),
    element("span", { class: "score" }, element("b", {}, share(score, 3)), ` ${reaches ? "≥" : "<"} ${share(threshold)}`),
    element("span", { class: "speaks" }, element("span", {}, tier === "pattern" ? example : `“${example}”`), " ", place(span.file, span.start.line)),
    bar,
  );
}

function rails({ verdict, log }, textOf) {
  const ran = log.activated_rails ?? [];
  if (ran.length === 0 && !verdict.rail) return element("p", { class: "none" }, "No rail looked at this turn.");
  const rows = ran.map((rail) => {
    const blocks = rail.status === "blocked" && rail.name === verdict.rail;
    const why = {
      reason: rail.reason ?? (blocks ? verdict.reason : undefined),
      evidence: rail.evidence ?? (blocks ? log.evidence : undefined),
      line: rail.line ?? (blocks ? log.line : undefined),
    };
    return element(
      "li",
      { class: "rail" },
      pill(rail.status),
      element("span", { class: "name" }, element("bdi", {}, rail.name), element("span", {}, ` · ${rail.type.replace("_", " ")}${rail.shadow ? ", only watched" : ""}`)),
      element("span", { class: "time" }, time(rail.duration_us)),
      rail.failed_open && element("p", { class: "more" }, "It failed and let the text pass, as its on_error says."),
      ...because(why, textOf),
    );
  });
  if (verdict.rail && !ran.some((rail) => rail.name === verdict.rail)) {
    rows.push(element("li", { class: "rail" }, pill(verdict.status), element("span", { class: "name" }, verdict.rail), element("p", { class: "more" }, ...told(verdict.reason ?? ""))));
  }
  return element("ol", { class: "rails" }, ...rows);
}

/** What a rail went by. */
function because({ reason, evidence, line: span }, textOf) {
  const { rule, score, threshold, spans = [] } = evidence ?? {};
  const sure = typeof score === "number" ? ` ${share(score)}${typeof threshold === "number" ? ` of ${share(threshold)}` : ""}` : "";
  return [
    reason && element("p", { class: "more" }, ...told(reason)),
    (rule || sure) && element("p", { class: "more" }, rule && element("code", {}, rule), sure),
    spans.length > 0 && element("p", { class: "more" }, "in the text: ", ...spans.flatMap(({ text }) => [element("mark", {}, text), " "])),
    span && element("div", { class: "more" }, line(span, textOf)),
  ];
}

function figures({ guardrails, usage, request }, { first, whole }) {
  const trace = guardrails.log?.trace;
  const calls = trace?.events.filter((event) => event.kind === "asked").length;
  const figure = (title, value, wide) => element("div", { class: wide ? "wide" : "" }, element("dt", {}, title), element("dd", {}, value));
  return element(
    "dl",
    { class: "figures" },
    trace && figure("Turn", String(trace.turn)),
    trace && figure("In the server", time(trace.dur_us)),
    figure("First words", first === undefined ? "none" : time(first * 1_000)),
    figure("Whole reply", time(whole * 1_000)),
    trace && figure("Model", calls === 0 ? "not asked" : `asked ${calls === 1 ? "once" : `${calls} times`}`),
    calls > 0 && usage && figure("Tokens", `${usage.prompt_tokens} in, ${usage.completion_tokens} out`),
    usage && "cost" in usage && figure("Cost", typeof usage.cost === "number" ? `$${usage.cost.toPrecision(3)}` : "unknown"),
    request && figure("Request", element("code", {}, request), true),
  );
}
