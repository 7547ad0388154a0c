#!/usr/bin/env bash
# Rails that run an action of Python, by NeMo Guardrails' own actions server from PyPI.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=${1:-benches/compare/.venv}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet "nemoguardrails[server]==0.24.1"
nemoguardrails=$(realpath "$venv/bin/nemoguardrails")
(cd benches/compare/actions && exec "$nemoguardrails" actions-server --port 8017) >/dev/null 2>&1 &
server=$!
trap 'kill $server' EXIT
for _ in $(seq 60); do
  "$venv/bin/python" -c 'import urllib.request; urllib.request.urlopen("http://127.0.0.1:8017/v1/actions/list")' 2>/dev/null && break
  sleep 1
done
RAILSC_ACTIONS_SERVER=http://127.0.0.1:8017 cargo test --locked --quiet --test remote -- --ignored
