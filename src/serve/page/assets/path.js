// The way of a turn: a stop for each thing that happened, with the line of `.co` that caused it.

import { element, place, time } from "./element.js";
import { sentence } from "./sentences.js";

/** What looks up the text of a line. */
export function lookup(lines = []) {
  const texts = new Map(lines.map(({ file, line, text }) => [`${file}:${line}`, text]));
  return (span) => texts.get(`${span.file}:${span.start.line}`);
}

/** A line of a rail file, and where it stands. */
export function line(span, textOf) {
  const text = textOf(span);
  return element("div", { class: "line" }, text !== undefined && element("code", {}, text), place(span.file, span.start.line));
}

/** The stops of a trace. A line is shown where it first comes up, and named where it does so again. */
export function path(trace, textOf) {
  const shown = new Set();
  const isNew = ({ file, start }) => shown.size < shown.add(`${file}:${start.line}`).size;
  const stops = trace.events.map((event) => {
    const [kind, said] = sentence(event);
    const { span } = event;
    const cause = span && (isNew(span) ? line(span, textOf) : element("div", { class: "again" }, place(span.file, span.start.line)));
    return element(
      "li",
      { class: `stop ${kind}${event.depth > 0 ? " deep" : ""}` },
      element("span", { class: "happened" }, ...said),
      element("span", { class: "time" }, time(event.dur_us)),
      cause,
    );
  });
  return element("ol", { class: "path" }, ...stops);
}
