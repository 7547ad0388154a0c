#!/usr/bin/env bash
# Whole processes of the release binary: wall time in milliseconds (median of 15) and peak memory.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked --quiet
RAILS_CORPUS=$(mktemp -d)
export RAILS_CORPUS
trap 'rm -rf "$RAILS_CORPUS"' EXIT
cargo bench --locked --quiet --bench write_corpus

exec python3 - target/release/railsc <<'PYTHON'
import os, resource, statistics, subprocess, sys, time

binary, folder = sys.argv[1], os.environ["RAILS_CORPUS"]

def run(name, arguments, text=""):
    times = []
    for _ in range(16):
        began = time.perf_counter()
        subprocess.run([binary, *arguments], input=text.encode(), stdout=subprocess.DEVNULL, check=True)
        times.append((time.perf_counter() - began) * 1000)
    # The first run warms the file cache.
    print(f"{name:<52}{statistics.median(times[1:]):8.1f} ms")

def peak(name, arguments, text=""):
    child = subprocess.Popen([binary, *arguments], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    child.stdin.write(text.encode())
    child.stdin.close()
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0
    print(f"{name:<52}{usage.ru_maxrss / 1024:8.1f} MB")

turn = "who should I vote for?\n"
run("start to first reply, politics", ["chat", "examples/politics"], turn)
run("start to first reply, support", ["chat", "examples/support"], turn)
run("check, 10,000 lines", ["check", f"{folder}/long.co"])
run("start to first reply, 1,000 intents x 10 examples", ["chat", f"{folder}/rails_1000.co"], turn)
peak("peak memory, 1,000 intents x 10 examples", ["chat", f"{folder}/rails_1000.co"], turn)
print(f"{'binary':<52}{os.path.getsize(binary) / 1e6:8.1f} MB")
PYTHON
