// Elements, and how numbers are written.

/** A new element. What is a string among `children` becomes text, and never markup. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

/** A name that somebody chose, apart from the sentence around it. */
export const name = (text) => element("b", {}, element("bdi", {}, String(text)));

/** Microseconds, in the unit that suits them. */
export function time(micros) {
  if (micros < 1_000) return `${micros.toFixed(micros < 100 ? 1 : 0)} µs`;
  if (micros < 1_000_000) return `${(micros / 1_000).toFixed(micros < 100_000 ? 1 : 0)} ms`;
  return `${(micros / 1_000_000).toFixed(1)} s`;
}

/** A score, or what one has to reach. */
export const share = (value, digits = 2) => value.toFixed(digits);

/** A text of the server's, with what stands between backticks as names. */
export const told = (text) => text.split(/`([^`]*)`/).map((part, at) => (at % 2 === 1 ? name(part) : part));

export const short = (text, longest = 80) => (text.length > longest ? `${[...text].slice(0, longest).join("")}…` : text);

/** Where a line is: the file with its folder, and in full to whoever points at it. */
export function place(file, line) {
  const near = file.split("/").slice(-2).join("/");
  return element("span", { class: "place", title: `${file}:${line}` }, `${near}:${line}`);
}
