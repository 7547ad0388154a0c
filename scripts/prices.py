#!/usr/bin/env python3
"""Writes src/serve/prices/litellm.tsv: what models that chat cost by the token, of the table that LiteLLM ships.

    pip download --no-deps litellm
    scripts/prices.py litellm-*.whl

The table is in the wheel, and MIT; its licence is beside what is written. Kept are models that chat and of which both prices
are known. One that would cost nothing is left out: whoever runs it knows its price, and the table does not. Prices are whole
pico-dollars (1e-12 $), rounded up. The same wheel gives the same file.
"""

import json
import re
import sys
import zipfile
from decimal import ROUND_CEILING, Decimal
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "src/serve/prices"
TABLE = "litellm/model_prices_and_context_window_backup.json"
ABOVE = re.compile(r"input_cost_per_token_above_(\d+)k_tokens")
# More than any model costs; a price beyond is a mistake of the table.
MOST = 10**10


def pico(price):
    return int((Decimal(price) * 10**12).to_integral_value(ROUND_CEILING))


def prices(model, suffix=""):
    """Those of tokens sent, received, and sent before; of the last, the first where there is none."""
    sent, received = (model.get(f"{way}_cost_per_token{suffix}") for way in ("input", "output"))
    if sent is None or received is None:
        return None
    before = model.get(f"cache_read_input_token_cost{suffix}")
    found = [pico(price) for price in (sent, received, sent if before is None else before)]
    return found if all(0 <= price <= MOST for price in found) else None


def line(name, model):
    if model.get("mode") != "chat" or not name.isprintable() or "\t" in name:
        return None
    usual = prices(model)
    if usual is None or not any(usual):
        return None
    # Of several steps, from the lowest on what the dearest costs: rather too much than too little.
    steps = sorted(int(match[1]) for key in model if (match := ABOVE.fullmatch(key)))
    above = [(step * 1000, found) for step in steps if (found := prices(model, f"_above_{step}k_tokens"))]
    fields = [name, *usual]
    if above:
        fields += [above[0][0], *(max(column) for column in zip(*(found for _, found in above)))]
    return "\t".join(map(str, fields))


def main(path):
    with zipfile.ZipFile(path) as wheel:
        models = json.loads(wheel.read(TABLE), parse_float=str, parse_int=str)
        licence = next(name for name in wheel.namelist() if name.endswith(".dist-info/licenses/LICENSE"))
        notice = wheel.read(licence).decode()
    version = Path(path).name.split("-")[1]
    lines = [found for name, model in models.items() if (found := line(name, model))]
    lines.sort(key=lambda line: line.split("\t")[0].encode())
    head = [
        f"# Of model_prices_and_context_window.json, litellm {version} (MIT, see LICENSE-litellm); written by scripts/prices.py.",
        "# model, pico-dollars by token sent, received, sent before; then from how many tokens of a prompt on, and the same there",
    ]
    (FOLDER / "litellm.tsv").write_text("\n".join(head + lines) + "\n")
    (FOLDER / "LICENSE-litellm").write_text(notice.strip() + "\n")
    print(f"{len(lines)} models")


if __name__ == "__main__":
    main(*sys.argv[1:])
