// A turn: what was said, what came back, and beside it the decision.

import { decision } from "./decision.js";
import { element, name, short } from "./element.js";

const SAYS = { blocked: "Blocked by ", modified: "Modified by " };

/** A turn that is under way. */
export class Turn {
  constructor(number, text) {
    this.words = element("div", { class: "text", dir: "auto" });
    this.reply = element("div", { class: "reply", "aria-busy": "true" }, this.words);
    this.beside = element("div", { class: "decision waits" }, "The decision comes with the end of the reply.");
    const user = element("div", { class: "user text", dir: "auto" }, text);
    this.article = element(
      "article",
      { class: "turn", tabindex: "-1", "aria-label": `Turn ${number}: ${short(text)}` },
      element("div", { class: "talk" }, user, this.reply),
      this.beside,
    );
    this.item = element("li", {}, this.article);
  }

  add(text) {
    this.words.append(text);
  }

  /** The turn is over. Says what should be read out. */
  end(end, times) {
    const { verdict, exception } = end.guardrails;
    this.settle(verdict.status);
    if (SAYS[verdict.status]) this.reply.prepend(element("p", { class: "by" }, SAYS[verdict.status], name(verdict.rail)));
    if (exception) this.reply.append(element("p", { class: "aside" }, "The rails raise ", name(exception.type), `: ${exception.message}`));
    else if (this.words.textContent === "") this.reply.append(element("p", { class: "aside" }, "There is no text."));
    if (end.finish === "length") this.reply.append(element("p", { class: "aside" }, "The model came to the end of its room here."));
    const shown = decision(end, times);
    this.beside.replaceWith(shown);
    this.beside = shown;
    this.beside.querySelector("summary").addEventListener("click", () => (this.isKept = true));
    return this.reply.innerText;
  }

  /** There is no reply, or no more of one, and `again` would ask once more. */
  fail(error, again) {
    this.settle("failed");
    const told = [error.code, error.param, error.request && `request ${error.request}`].filter(Boolean).join(" · ");
    const retry = element("button", { type: "button" }, "Try again");
    retry.addEventListener("click", () => {
      this.item.remove();
      again();
    });
    this.reply.append(
      element(
        "div",
        { role: "alert" },
        element("p", { class: "by" }, "No reply: ", error.message),
        told && element("p", { class: "aside" }, element("code", {}, told)),
      ),
      retry,
    );
    this.beside.textContent = "Nothing was decided, and nothing is kept of this turn.";
  }

  /** It was stopped. */
  stop() {
    this.settle("stopped");
    this.reply.append(element("p", { class: "aside" }, "Stopped. Nothing is kept of this turn."));
    this.beside.textContent = "There is no decision of a reply that was stopped.";
  }

  settle(status) {
    this.reply.classList.add(status);
    this.reply.setAttribute("aria-busy", "false");
  }

  /** Shuts the decision, unless the user opened or shut it. */
  fold() {
    if (!this.isKept && this.beside.localName === "details") this.beside.open = false;
  }
}
