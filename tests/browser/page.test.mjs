// The page at `/`, as people use it: by mouse, by keyboard, on a telephone, and with a model that means harm.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { HOSTILE, startModel } from "./model.mjs";
import { startServer } from "./server.mjs";

const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

let model, open, keyed, denied, browser, profile;

before(async () => {
  model = await startModel();
  [open, keyed, denied] = await Promise.all([
    startServer(model.url),
    startServer(model.url, { configs: ["model"] }),
    startServer(model.url, { configs: ["model"], more: ", logs: false" }),
  ]);
  profile = mkdtempSync(join(tmpdir(), "railsc-browser-"));
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: QUIET, env: { ...process.env, HOME: profile } });
});

after(async () => {
  await browser?.close();
  open?.stop();
  keyed?.stop();
  denied?.stop();
  model?.server.closeAllConnections();
  model?.server.close();
  if (profile) rmSync(profile, { recursive: true, force: true });
});

/** A test on a page of its own, which asks nobody else, and after which the browser has nothing to complain of. */
function onPage(title, { server = () => open, hash = "", complaints = [], ...options }, run) {
  test(title, async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const [asked, said] = [[], []];
    page.on("request", (request) => asked.push(request.url()));
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("dialog", (dialog) => said.push(dialog.message()));
    try {
      await page.goto(`${server().url}/${hash}`);
      await run(page, server());
      assert.deepEqual(asked.filter((url) => new URL(url).origin !== server().url), []);
      assert.deepEqual(said.filter((text) => !complaints.some((known) => known.test(text))), []);
    } finally {
      await context.close();
    }
  });
}

/** Says `text`, and gives the turn when it is over. */
async function ask(page, text) {
  await page.getByRole("textbox", { name: "Your text" }).fill(text);
  await page.keyboard.press("Enter");
  const turn = page.locator("article.turn").last();
  await turn.locator('.reply[aria-busy="false"]').waitFor();
  return turn;
}

const SUPPORT = { hash: "#support" };
const MODEL = { hash: "#model" };

onPage("a canned reply says what it came from", SUPPORT, async (page) => {
  const turn = await ask(page, "how fast do you ship?");
  assert.equal(await turn.locator(".reply .text").textContent(), "Delivery takes two to four working days; express takes one.");
  assert.match(await turn.locator("summary").innerText(), /passed\s+ask about delivery time · exact 1\.00/);
  assert.equal(await turn.locator(".candidate").count(), 1);
  const lines = await turn.locator(".path .line").allInnerTexts();
  assert.ok(lines.some((line) => /^define flow delivery time\s+support\/orders\.co:\d+$/.test(line)), lines.join("\n"));
  assert.ok(lines.some((line) => /^bot tell delivery time\s+support\/orders\.co:\d+$/.test(line)), lines.join("\n"));
  assert.equal(await turn.getByText("No rail looked at this turn.").count(), 1);
});

onPage("candidates stand as bars against their thresholds", SUPPORT, async (page) => {
  const turn = await ask(page, "do you ship on saturdays?");
  const rows = turn.locator(".candidate");
  assert.equal(await rows.count(), 5);
  const [best, threshold] = (await rows.first().locator(".score").textContent()).split(" ≥ ").map(Number);
  assert.ok(best > threshold, `${best} ≥ ${threshold}`);
  const shares = await turn.locator(".bar").evaluateAll((bars) =>
    bars.map((bar) => bar.firstElementChild.getBoundingClientRect().width / bar.getBoundingClientRect().width));
  assert.ok(Math.abs(shares[0] - best) < 0.02, `${shares}`);
  assert.deepEqual(shares, shares.toSorted((one, other) => other - one));
  assert.match(await turn.locator(".tiers").innerText(), /embedding: decides/);
});

onPage("the page keeps a conversation, and starts another", SUPPORT, async (page) => {
  await ask(page, "where is my order?");
  const turn = await ask(page, "AB-12345");
  assert.match(await turn.locator(".reply").innerText(), /Order AB-12345 is being prepared/);
  const [earlier, later] = await page.locator("details.decision").evaluateAll((all) => all.map((details) => details.open));
  assert.deepEqual([earlier, later], [false, true]);
  await page.getByRole("button", { name: "Start afresh" }).click();
  assert.equal(await page.locator("article.turn").count(), 0);
  assert.match(await (await ask(page, "AB-99")).locator("summary").innerText(), /passed/);
});

onPage("the address chooses the configuration, if there is one of that name", { hash: "#%" }, async (page) => {
  const chosen = page.getByLabel("Configuration");
  await chosen.waitFor();
  assert.equal(await chosen.inputValue(), "model");
  await page.evaluate(() => (location.hash = "#support"));
  await page.waitForFunction(() => document.title === "support · railsc");
  assert.equal(await chosen.inputValue(), "support");
  await chosen.selectOption("model");
  assert.equal(await page.evaluate(() => location.hash), "#model");
});

onPage("a model's reply is streamed, with what it took", MODEL, async (page) => {
  const turn = await ask(page, "which books do you have?");
  assert.equal(await turn.locator(".reply .text").textContent(), "You said: which books do you have?");
  assert.match(await turn.locator(".figures").innerText(), /21 in, 7 out/);
  assert.match(await turn.locator(".rails").innerText(), /no passwords · input[\s\S]*no promises · output/);
});

onPage("an input rail that blocks says what it went by", MODEL, async (page) => {
  const turn = await ask(page, "my password is hunter2");
  assert.match(await turn.locator(".reply").innerText(), /^Blocked by no passwords\s+Please keep your password to yourself/);
  assert.match(await turn.locator("summary").innerText(), /blocked\s+by no passwords/);
  const rail = await turn.locator(".rails").innerText();
  assert.match(rail, /"password" in \$user_message\.lower\(\)/);
  assert.match(rail, /in the text: password/);
  assert.match(rail, /model\/rails\.co:\d+/);
  assert.match(await page.locator("#status").textContent(), /Blocked by no passwords/);
});

onPage("what an output rail withholds is nowhere on the page", MODEL, async (page) => {
  const turn = await ask(page, "promise me that it comes");
  assert.match(await turn.locator(".reply").innerText(), /Blocked by no promises\s+I can't promise prices or dates/);
  assert.doesNotMatch(await page.locator("body").innerText(), /it comes on Monday/);
});

onPage("markup from a model is text", MODEL, async (page) => {
  const turn = await ask(page, "markup, please");
  assert.equal(await turn.locator(".reply .text").textContent(), HOSTILE);
  assert.equal(await page.locator("article img, article script, article a").count(), 0);
  assert.equal(await page.title(), "model · railsc");
});

onPage("nothing that is typed becomes markup", SUPPORT, async (page) => {
  const typed = `<img src=x onerror="document.title='taken'">`;
  const turn = await ask(page, typed);
  assert.equal(await turn.locator(".user").textContent(), typed);
  assert.equal(await page.locator("article img").count(), 0);
  assert.equal(await page.title(), "support · railsc");
});

onPage("an error is told, and can be tried again", { ...MODEL, complaints: [/status of 502/] }, async (page) => {
  const turn = await ask(page, "this is broken");
  assert.match(await turn.getByRole("alert").innerText(), /No reply: the model's server refuses the request[\s\S]*upstream_refused/);
  await turn.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("alert").getByText("upstream_refused").waitFor();
  assert.equal(await page.locator("article.turn").count(), 1);
});

onPage("a reply can be stopped", MODEL, async (page) => {
  await page.getByRole("textbox", { name: "Your text" }).fill("a long story");
  await page.keyboard.press("Enter");
  await page.locator(".reply .text").getByText("word20").waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("Stopped. Nothing is kept of this turn.").waitFor();
  assert.match(await (await ask(page, "when do you open?")).locator(".reply").innerText(), /Tuesday to Saturday/);
});

onPage("the keyboard does all of it", SUPPORT, async (page) => {
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.localName);
  await page.getByRole("textbox", { name: "Your text" }).and(page.locator(":focus")).waitFor();
  await page.keyboard.type("hi");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("there");
  assert.equal(await page.locator("#say").inputValue(), "hi\nthere");
  await page.keyboard.press("Enter");
  await page.locator('.reply[aria-busy="false"]').waitFor();
  await ask(page, "how can I pay?");
  await page.keyboard.press("ArrowUp");
  assert.equal(await focused(), "Turn 2: how can I pay?");
  await page.keyboard.press("ArrowUp");
  assert.equal(await focused(), "Turn 1: hi\nthere");
  const isOpen = () => page.locator("details.decision").first().evaluate((details) => details.open);
  assert.equal(await isOpen(), false);
  await page.keyboard.press("Enter");
  assert.equal(await isOpen(), true);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "summary");
  await page.keyboard.press("Escape");
  assert.equal(await focused(), "Your text");
  await page.keyboard.press("Shift+Tab");
  assert.equal(await focused(), "summary");
  await page.keyboard.press("Shift+Tab");
  assert.equal(await focused(), "Turn 2: how can I pay?");
  await page.keyboard.press("Home");
  assert.equal(await focused(), "Turn 1: hi\nthere");
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(), "Your text");
});

onPage("on a narrow screen the decision folds under the reply", { ...SUPPORT, viewport: { width: 360, height: 740 } }, async (page) => {
  const turn = await ask(page, "do you ship on saturdays?");
  const details = turn.locator("details.decision");
  assert.equal(await details.evaluate((details) => details.open), false);
  await details.locator("summary").click();
  const [reply, decision] = await Promise.all([turn.locator(".reply").boundingBox(), details.boundingBox()]);
  assert.ok(decision.y >= reply.y + reply.height);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
});

const KEYED = { server: () => keyed, complaints: [/status of 401/] };

onPage("a key is asked for, and kept in the tab alone", KEYED, async (page, { key }) => {
  await page.getByLabel("This server needs a key").fill("rk-wrong");
  await page.keyboard.press("Enter");
  await page.getByText("this key is not known here").waitFor();
  await page.getByLabel("This server needs a key").fill(key);
  await page.keyboard.press("Enter");
  assert.match(await (await ask(page, "hello")).locator(".reply").innerText(), /this is Pagewood/);
  assert.deepEqual(await page.getByLabel("Configuration").locator("option").allTextContents(), ["model"]);
  assert.deepEqual(await page.evaluate(() => [Object.values(sessionStorage), localStorage.length, document.cookie]), [[key], 0, ""]);
  await page.reload();
  await page.getByRole("textbox", { name: "Your text" }).waitFor();
  await page.getByRole("button", { name: "Forget key" }).click();
  await page.getByLabel("This server needs a key").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
});

const DENIED = { server: () => denied, complaints: [/status of 401/, /status of 403/] };

onPage("a key that may not ask how replies come about is answered all the same", DENIED, async (page, { key }) => {
  await page.getByLabel("This server needs a key").fill(key);
  await page.keyboard.press("Enter");
  for (const [text, status] of [["hello", "passed"], ["my password is hunter2", "blocked"]]) {
    const turn = await ask(page, text);
    assert.equal(await turn.locator(".decision .pill").innerText(), status);
    assert.match(await turn.locator(".decision").innerText(), /This key may not ask how a reply came about/);
    assert.doesNotMatch(await turn.locator(".decision").innerText(), /\.co:/);
  }
});

for (const colorScheme of ["light", "dark"]) {
  onPage(`texts stand out from what is behind them (${colorScheme})`, { ...MODEL, colorScheme }, async (page) => {
    await ask(page, "my password is hunter2");
    await ask(page, "hello");
    await ask(page, "are you open at weekends?");
    await page.locator("details.decision").evaluateAll((all) => all.forEach((details) => (details.open = true)));
    const faint = await page.evaluate(faintTexts);
    assert.deepEqual(faint, []);
    if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `${colorScheme}.png`), fullPage: true });
  });
}

/** The texts whose contrast is below what WCAG 2 wants of level AA: 4.5 to 1. */
function faintTexts() {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const parsed = (color, under = [255, 255, 255]) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = `rgb(${under})`;
    canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const light = (color) => {
    const [r, g, b] = color.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => (node ? parsed(getComputedStyle(node).backgroundColor, behind(node.parentElement)) : [255, 255, 255]);
  const opacity = (node) => (node ? Number(getComputedStyle(node).opacity) * opacity(node.parentElement) : 1);
  const faint = [];
  for (const node of document.querySelectorAll("body *")) {
    const text = [...node.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE).map((child) => child.textContent.trim()).join("");
    if (text === "" || node.matches(":disabled, option, noscript, noscript *") || !node.checkVisibility()) continue;
    const under = behind(node);
    const [red, green, blue] = parsed(getComputedStyle(node).color, under);
    const alpha = opacity(node);
    const over = [red, green, blue].map((part, at) => part * alpha + under[at] * (1 - alpha));
    const [bright, dim] = [light(over), light(under)].toSorted((one, other) => other - one);
    const contrast = (bright + 0.05) / (dim + 0.05);
    if (contrast < 4.5) faint.push(`${contrast.toFixed(2)}: ${text}`);
  }
  return faint;
}
