"""Writes those texts of labelled sets that nothing was fitted to, a file a set.

    half.py DATA OUT
"""
import json
import sys
from pathlib import Path

import fit


def main(data, out):
    Path(out).mkdir(parents=True, exist_ok=True)
    for name in fit.BENIGN | fit.ATTACKS | {"bipia_attacks_train": 1}:
        seen = set()
        with open(Path(out) / f"{name}.jsonl", "w", encoding="utf-8") as file:
            for line in open(Path(data) / f"{name}.jsonl", encoding="utf-8"):
                row = json.loads(line)
                is_wanted = name != "xstest" or row["label"] == "safe"
                if is_wanted and row["text"] not in seen and not fit.is_fitted(row["text"]):
                    seen.add(row["text"])
                    file.write(json.dumps({"text": row["text"], "label": row["label"]}, ensure_ascii=False) + "\n")


main(*sys.argv[1:])
