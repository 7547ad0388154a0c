// The binary, serving the examples to a browser.

import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const { RAILSC: binary, EXAMPLES: examples } = process.env;

/** Settings of whoever runs the tests are not those of the tests. */
function environment(model) {
  const kept = Object.entries(process.env).filter(([name]) => !/^(RAILSC|OPENAI)_/.test(name));
  return { ...Object.fromEntries(kept), OPENAI_BASE_URL: model, OPENAI_API_KEY: "k", OPENAI_MODEL: "scripted" };
}

/** Serves two examples, whose model is at the URL `model`: to anyone, or to the owner of a key, who may use `configs` and has the entries `more`. */
export async function startServer(model, { configs, more = "" } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "railsc-page-"));
  for (const name of ["support", "model"]) cpSync(join(examples, name), join(folder, name), { recursive: true });
  const options = ["serve", folder, "--port", "0"];
  const env = environment(model);
  let key;
  if (configs) {
    key = `rk-${"0123456789abcdef".repeat(4)}`;
    const hash = execFileSync("sha256sum", { input: key }).toString().slice(0, 64);
    writeFileSync(join(folder, "serve.yml"), `callers:\n  - {name: page, key_sha256: "${hash}", configs: [${configs}]${more}}\n`);
    options.push("--config", join(folder, "serve.yml"));
  } else {
    options.push("--no-auth");
  }
  const child = spawn(binary, options, { env, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.on("data", (text) => (log += text));
  const url = await new Promise((resolve, reject) => {
    child.on("exit", (code) => reject(new Error(`the server ends with ${code}: ${log}`)));
    createInterface(child.stdout).on("line", (line) => resolve(line.split(" ").at(-1)));
  });
  const stop = () => {
    child.kill();
    rmSync(folder, { recursive: true });
  };
  return { url, key, stop };
}
