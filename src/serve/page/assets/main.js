// The conversation, and the keys that lead through it.

import { element } from "./element.js";
import { ServerError, configurations, key, reply } from "./server.js";
import { Turn } from "./turn.js";

const at = (id) => document.getElementById(id);
const [config, fresh, forget, turns, composer, say, send, stop] = ["config", "fresh", "forget", "turns", "composer", "say", "send", "stop"].map(at);
const MOST_LINES = 8;

let thread;
let turn;
let underWay;

/** A name that nobody can guess, so that nobody else can go on with the conversation. */
function newThread() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function startAfresh() {
  underWay?.abort();
  thread = newThread();
  turn = undefined;
  turns.replaceChildren();
  at("intro").hidden = false;
  document.title = `${config.value} · railsc`;
  tell("A new conversation.");
}

function tell(text) {
  at("status").textContent = text;
}

async function load() {
  at("failure").hidden = true;
  try {
    const names = await configurations();
    if (names.length === 0) throw new ServerError("this key may use no configuration", { code: "config_not_allowed" });
    open(names);
  } catch (error) {
    if (error.status === 401) askForKey(key.get() ? error.message : "");
    else fail(error);
  }
}

function open(names) {
  at("key-form").hidden = true;
  forget.hidden = !key.get();
  config.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
  config.value = named() ?? names[0];
  show(true);
  startAfresh();
  say.focus();
}

const hash = (name) => `#${encodeURIComponent(name)}`;

/** The configuration that the address names, if there is one of that name. */
function named() {
  return [...config.options].find(({ value }) => hash(value) === location.hash)?.value;
}

/** Shows what takes a configuration, or hides it while there is none. */
function show(isReady) {
  at("controls").hidden = composer.hidden = !isReady;
}

function askForKey(wrong) {
  underWay?.abort();
  key.forget();
  show(false);
  turns.replaceChildren();
  at("intro").hidden = true;
  at("key-form").hidden = false;
  at("key-wrong").textContent = wrong;
  at("key").value = "";
  at("key").focus();
}

function fail(error) {
  at("intro").hidden = true;
  const retry = element("button", { type: "button" }, "Try again");
  retry.addEventListener("click", load);
  at("failure").replaceChildren(element("p", {}, error.message), retry);
  at("failure").hidden = false;
}

/** Shows the end of the last turn. */
function toEnd() {
  turns.lastElementChild?.scrollIntoView({ block: "end" });
}

/** Shows as much of the last turn as there is room for, its beginning first; a reply that is longer than that stays where its reader is. */
function toTurn() {
  const item = turns.lastElementChild;
  const { scrollPaddingTop, scrollPaddingBottom } = getComputedStyle(document.documentElement);
  const room = innerHeight - parseFloat(scrollPaddingTop) - parseFloat(scrollPaddingBottom);
  if (!item || item.querySelector(".talk").offsetHeight > room) return;
  item.scrollIntoView({ block: item.offsetHeight > room ? "start" : "end" });
}

async function ask(text) {
  turn?.fold();
  turn = new Turn(turns.children.length + 1, text);
  const current = turn;
  at("intro").hidden = true;
  turns.append(current.item);
  rove(current.article);
  toEnd();
  busy(true);
  tell("");
  const abort = (underWay = new AbortController());
  // Whoever scrolls away while a reply comes in is not brought back.
  let isElsewhere = false;
  const scrolled = () => (isElsewhere = true);
  for (const kind of ["wheel", "touchmove"]) addEventListener(kind, scrolled, { passive: true });
  const began = performance.now();
  let first;
  try {
    for await (const part of reply(config.value, thread, text, abort.signal)) {
      if (part.text) {
        first ??= performance.now() - began;
        current.add(part.text);
        if (!isElsewhere) toEnd();
      } else {
        tell(current.end(part, { first, whole: performance.now() - began }));
        if (!isElsewhere) toTurn();
      }
    }
  } catch (error) {
    if (abort.signal.aborted) current.stop();
    else if (error.status === 401) askForKey(error.message);
    else {
      current.fail(error, () => {
        say.focus();
        ask(text);
      });
    }
    if (!abort.signal.aborted) toEnd();
  } finally {
    for (const kind of ["wheel", "touchmove"]) removeEventListener(kind, scrolled);
    if (underWay === abort) {
      underWay = undefined;
      busy(false);
    }
  }
}

function busy(isBusy) {
  const hadFocus = document.activeElement === stop;
  send.hidden = isBusy;
  stop.hidden = !isBusy;
  if (hadFocus) say.focus();
}

function resize() {
  say.rows = Math.min(MOST_LINES, say.value.split("\n").length);
}

/** Makes `article` the one turn that Tab leads to. */
function rove(article) {
  for (const other of turns.querySelectorAll("article")) other.tabIndex = other === article ? 0 : -1;
}

function goTo(article) {
  if (!article) return;
  rove(article);
  article.focus();
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = say.value;
  if (underWay || text.trim() === "") return;
  say.value = "";
  resize();
  say.focus();
  ask(text);
});

say.addEventListener("input", resize);
say.addEventListener("keydown", (event) => {
  // While a text is composed, Enter chooses a character.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    composer.requestSubmit();
  } else if (event.key === "ArrowUp" && say.value === "") {
    event.preventDefault();
    goTo(turns.lastElementChild?.firstElementChild);
  }
});

turns.addEventListener("focusin", (event) => {
  const article = event.target.closest("article");
  if (article) rove(article);
});

turns.addEventListener("keydown", (event) => {
  const article = event.target.closest("article");
  const item = article?.parentElement;
  const isOnTurn = event.target === article;
  const go = {
    ArrowUp: () => goTo(item.previousElementSibling?.firstElementChild),
    ArrowDown: () => (item.nextElementSibling ? goTo(item.nextElementSibling.firstElementChild) : say.focus()),
    Home: () => goTo(turns.firstElementChild.firstElementChild),
    End: () => goTo(turns.lastElementChild.firstElementChild),
    Enter: () => article.querySelector("summary")?.click(),
  };
  if (!isOnTurn || !Object.hasOwn(go, event.key)) return;
  event.preventDefault();
  go[event.key]();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (underWay) underWay.abort();
  say.focus();
});

stop.addEventListener("click", () => underWay?.abort());
fresh.addEventListener("click", () => {
  startAfresh();
  say.focus();
});
forget.addEventListener("click", () => {
  key.forget();
  load();
});
config.addEventListener("change", () => {
  history.replaceState(null, "", hash(config.value));
  startAfresh();
});
addEventListener("hashchange", () => {
  if ((named() ?? config.value) === config.value) return;
  config.value = named();
  startAfresh();
});
at("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  key.keep(at("key").value.trim());
  load();
});

load();
