"""Writes `reference.tsv`: texts and both their scores, of the weights that are there.

    reference.py TABLE RULES WEIGHTS OWN OUT
"""
import sys
from pathlib import Path

import engine
import fit


def main(table, rules, weights, own, out):
    rules, table = engine.Rules(rules), engine.Table(table)
    texts = []
    for name, step in (("attacks", 5), ("benign", 7), ("indirect", 3), ("documents", 2)):
        texts += (Path(own) / f"{name}.txt").read_text(encoding="utf-8").splitlines()[::step]
    texts += [" ".join(texts[:12]), " ".join(texts[40:60])]
    read = [dict(engine.read(text, rules, table), label="benign", weight=1.0) for text in texts]
    scores = []
    for name in ("direct", "retrieved"):
        mode = fit.Mode(read, rules, name == "retrieved")
        scores.append(fit.sigmoid(mode.score(fit.kept(weights, name, rules), range(len(read)))))
    with open(out, "w", encoding="utf-8") as file:
        file.writelines(f"{a:.4f}\t{b:.4f}\t{text}\n" for a, b, text in zip(*scores, texts))


main(*sys.argv[1:])
