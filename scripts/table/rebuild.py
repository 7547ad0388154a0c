#!/usr/bin/env python3
"""Makes a table like that of the built-in embedder, from a sentence encoder and text.

    pip install -r scripts/table/requirements.txt
    scripts/table/rebuild.py --model FOLDER --text FILE --out table.bin

FOLDER holds config.json, vocab.txt and model.safetensors of an uncased BERT; FILE a sentence a line, or an object with a `text` a
line where its name ends in `.jsonl`. The vocabulary is written beside the table, as `.txt`. The same input gives the same file on one
machine. At the end it says how the cosines of a twentieth of the sentences, which are kept back, agree with those of the encoder and
of the table that comes with the program.
"""

import argparse
import json
from pathlib import Path

import numpy as np

import distill
import table
from encoder import Encoder
from wordpiece import UNKNOWN, Pieces

SHIPPED = Path(__file__).resolve().parents[2] / "src/classify/embed/data"
KEPT_BACK = 20
MOST_COMPARED = 1000


def sentences(path: Path) -> list[str]:
    """The texts of a file, each once."""
    lines = path.read_text(encoding="utf-8").splitlines()
    if path.suffix == ".jsonl":
        lines = [json.loads(line)["text"] for line in lines if line.strip()]
    return list(dict.fromkeys(text for line in lines if (text := " ".join(line.split()))))


def readable(piece: str) -> bool:
    """Whether a piece of the encoder's vocabulary is kept: plain ASCII, and no name in brackets but the unknown one."""
    return piece == UNKNOWN or (piece.isascii() and not (piece.startswith("[") and len(piece) > 1))


def agreement(one: np.ndarray, other: np.ndarray) -> str:
    """How the cosines of all pairs of texts agree, by the vectors of two embedders."""
    pairs = np.triu_indices(len(one), 1)
    left, right = (one @ one.T)[pairs], (other @ other.T)[pairs]
    return f"correlation {np.corrcoef(left, right)[0, 1]:.3f}, mean difference {np.abs(left - right).mean():.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="the folder of the encoder")
    parser.add_argument("--text", type=Path, required=True, action="append", help="a file of sentences; may stand more than once")
    parser.add_argument("--out", type=Path, required=True, help="where the table is written")
    parser.add_argument("--dimensions", type=int, default=256, help="numbers in a row; the program takes 256")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    texts = list(dict.fromkeys(text for path in arguments.text for text in sentences(path)))
    encoder = Encoder(arguments.model)
    vocabulary = [piece for piece in encoder.vocabulary if readable(piece)]
    pieces = Pieces(vocabulary)
    print(f"{len(texts)} sentences, {len(vocabulary)} pieces; encoding", flush=True)
    targets = encoder.encode(texts)
    alone = encoder.encode_pieces([[encoder.pieces.ids[piece]] for piece in vocabulary])
    kept_back = np.arange(len(texts)) % KEPT_BACK == 0
    shown = [np.array(pieces.of(text)) for text in texts]
    usable = np.array([len(text) > 0 for text in shown]) & ~kept_back
    lesson = distill.Lesson([shown[place] for place in np.flatnonzero(usable)], targets[usable], alone)
    data = table.packed(distill.table(lesson, arguments.dimensions, arguments.epochs, arguments.seed))
    arguments.out.write_bytes(data)
    arguments.out.with_suffix(".txt").write_text("\n".join(vocabulary) + "\n")
    print(f"{arguments.out}: {len(data)} bytes")

    compared = [place for place in np.flatnonzero(kept_back) if len(shown[place])][:MOST_COMPARED]
    unseen = [texts[place] for place in compared]
    made = table.vectors(table.unpacked(data), pieces, unseen)
    shipped_pieces = Pieces((SHIPPED / "vocab.txt").read_text().splitlines())
    shipped = table.vectors(table.read(SHIPPED / "static_d256.i4.bin"), shipped_pieces, unseen)
    print(f"cosines of {len(unseen)} sentences that were kept back:")
    print(f"  this table and the encoder:        {agreement(made, targets[compared])}")
    print(f"  the shipped table and the encoder: {agreement(shipped, targets[compared])}")
    print(f"  this table and the shipped one:    {agreement(made, shipped)}")


if __name__ == "__main__":
    main()
