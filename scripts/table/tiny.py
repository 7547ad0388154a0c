#!/usr/bin/env python3
"""Writes tests/data/tiny_table: a table of five rows as rebuild.py packs it, and its numbers, which the loader must read.

    scripts/table/tiny.py
"""

from pathlib import Path

import numpy as np

import table

FOLDER = Path(__file__).resolve().parents[2] / "tests/data/tiny_table"


def main() -> None:
    rows = np.random.default_rng(1).normal(0, 1, (5, 8)).astype("f4")
    rows[3] = 0
    rows[4] *= 100
    FOLDER.mkdir(parents=True, exist_ok=True)
    data = table.packed(rows)
    (FOLDER / "table.bin").write_bytes(data)
    lines = [" ".join(f"{number:.6g}" for number in row) for row in table.unpacked(data)]
    (FOLDER / "rows.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
