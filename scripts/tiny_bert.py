#!/usr/bin/env python3
"""Writes tests/data/tiny_bert: a BERT with random weights, and the vectors it gives.

    scripts/tiny_bert.py

The vectors are computed here, in 64 bits and one token after the other, by what the paper says (Devlin et al. 2018), so
that they hold the encoder of src/classify/embed/transformer to that and not to itself. Takes numpy alone; the same each time.
"""

import json
import math
import re
import struct
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests/data/tiny_bert"
WIDTH, INNER, LAYERS, HEADS, POSITIONS, LONGEST = 32, 64, 2, 4, 24, 16
EPSILON = 1e-12
WORDS = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] ! ' , - . ? a b c d e f g h i j k l m n o p q r s t u v w x y z "
    "##a ##b ##c ##d ##e ##f ##g ##h ##i ##j ##k ##l ##m ##n ##o ##p ##q ##r ##s ##t ##u ##v ##w ##x ##y ##z "
    "the my is where how do order lamp who should vote for return what about pay ##ing ##ed ##ly hello thanks "
    "not you can get late card cafe price"
).split()
TEXTS = [
    "hello",
    "Where is my order?",
    "who should I vote for",
    "Café, how do you pay?",
    "returning the lamp",
    "my order is late - can I get the price of the lamp, and pay by card?",
    "a",
]


def weights(mixer):
    def matrix(*shape):
        return mixer.normal(0.0, 0.3, shape).astype("<f4")

    yield "embeddings.word_embeddings.weight", matrix(len(WORDS), WIDTH)
    yield "embeddings.position_embeddings.weight", matrix(POSITIONS, WIDTH)
    yield "embeddings.token_type_embeddings.weight", matrix(2, WIDTH)
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}."
        linear = [(f"attention.self.{of}", WIDTH, WIDTH) for of in ("query", "key", "value")]
        linear += [("attention.output.dense", WIDTH, WIDTH), ("intermediate.dense", INNER, WIDTH)]
        linear += [("output.dense", WIDTH, INNER)]
        for of, out, into in linear:
            yield f"{name}{of}.weight", matrix(out, into)
            yield f"{name}{of}.bias", matrix(out)
        norms += [f"{name}attention.output.LayerNorm", f"{name}output.LayerNorm"]
    for name in norms:
        yield f"{name}.weight", (1 + matrix(WIDTH)).astype("<f4")
        yield f"{name}.bias", matrix(WIDTH)


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, numbers in tensors.items():
        bytes_ = numbers.tobytes()
        header[name] = {"dtype": "F32", "shape": numbers.shape, "data_offsets": [len(data), len(data) + len(bytes_)]}
        data += bytes_
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    path.write_bytes(struct.pack("<Q", len(head)) + head + data)


def tokens(text):
    ids = {word: number for number, word in enumerate(WORDS)}
    found = []
    for word in re.findall(r"[a-z]+|[^a-z\s]", text.lower().replace("é", "e")):
        pieces, start = [], 0
        while start < len(word):
            ends = range(len(word), start, -1)
            candidates = ((end, ("##" if start else "") + word[start:end]) for end in ends)
            end, piece = next((found for found in candidates if found[1] in ids), (None, None))
            if piece is None:
                pieces = ["[UNK]"]
                break
            pieces.append(piece)
            start = end
        found += pieces
    return [ids[piece] for piece in ["[CLS]", *found[: LONGEST - 2], "[SEP]"]]


def vector(text, tensors):
    of = {name: numbers.astype("f8") for name, numbers in tensors.items()}

    def linear(name, x):
        return of[f"{name}.weight"] @ x + of[f"{name}.bias"]

    def norm(name, x):
        centred = x - x.mean()
        return centred / math.sqrt((centred**2).mean() + EPSILON) * of[f"{name}.weight"] + of[f"{name}.bias"]

    rows = []
    for position, token in enumerate(tokens(text)):
        row = of["embeddings.word_embeddings.weight"][token] + of["embeddings.position_embeddings.weight"][position]
        rows.append(norm("embeddings.LayerNorm", row + of["embeddings.token_type_embeddings.weight"][0]))
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}."
        query, key, value = ([linear(f"{name}attention.self.{part}", row) for row in rows] for part in ("query", "key", "value"))
        after, own = [], WIDTH // HEADS
        for at, row in enumerate(rows):
            context = []
            for head in range(HEADS):
                part = slice(head * own, (head + 1) * own)
                logits = [query[at][part] @ other[part] / math.sqrt(own) for other in key]
                shares = [math.exp(logit - max(logits)) for logit in logits]
                context.append(sum(share * other[part] for share, other in zip(shares, value)) / sum(shares))
            attended = linear(f"{name}attention.output.dense", np.concatenate(context))
            attended = norm(f"{name}attention.output.LayerNorm", attended + row)
            inner = linear(f"{name}intermediate.dense", attended)
            inner = np.array([0.5 * x * (1 + math.erf(x / math.sqrt(2))) for x in inner])
            after.append(norm(f"{name}output.LayerNorm", linear(f"{name}output.dense", inner) + attended))
        rows = after
    mean = sum(rows) / len(rows)
    return mean / np.linalg.norm(mean)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    tensors = dict(weights(np.random.default_rng(1)))
    write_safetensors(FOLDER / "model.safetensors", tensors)
    (FOLDER / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    configuration = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": WIDTH,
        "intermediate_size": INNER,
        "layer_norm_eps": EPSILON,
        "max_position_embeddings": POSITIONS,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "type_vocab_size": 2,
        "vocab_size": len(WORDS),
    }
    (FOLDER / "config.json").write_text(json.dumps(configuration, indent=2) + "\n")
    (FOLDER / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": LONGEST}) + "\n")
    lines = [json.dumps({"text": text, "vector": [round(float(x), 6) for x in vector(text, tensors)]}) for text in TEXTS]
    (FOLDER / "reference.jsonl").write_text("\n".join(lines) + "\n")


main()
