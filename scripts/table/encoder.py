"""A sentence encoder of BERT's architecture (Devlin et al. 2018) from a folder, in numpy: the mean of its last layer, at length 1."""

import json
import struct
from pathlib import Path

import numpy as np

from wordpiece import Pieces

LONGEST = 128
BATCH_PIECES = 4096


def tensors(path: Path) -> dict[str, np.ndarray]:
    """What a file of safetensors holds, as 32-bit numbers."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    found = {}
    for name, tensor in json.loads(data[8 : 8 + length]).items():
        if name == "__metadata__" or tensor["dtype"] not in ("F32", "F16"):
            continue
        start, end = (8 + length + offset for offset in tensor["data_offsets"])
        numbers = np.frombuffer(data[start:end], "<f4" if tensor["dtype"] == "F32" else "<f2")
        found[name.removeprefix("bert.")] = numbers.reshape(tensor["shape"]).astype("f4")
    return found


class Encoder:
    """The encoder in a folder with config.json, vocab.txt and model.safetensors."""

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        self.layers, self.heads = config["num_hidden_layers"], config["num_attention_heads"]
        self.epsilon = config["layer_norm_eps"]
        self.vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
        self.pieces = Pieces(self.vocabulary)
        self.weights = tensors(folder / "model.safetensors")

    def encode(self, texts: list[str]) -> np.ndarray:
        """The vectors of texts, one a row."""
        return self.encode_pieces([self.pieces.of(text) for text in texts])

    def encode_pieces(self, rows: list[list[int]]) -> np.ndarray:
        """The vectors of texts in pieces; those of one length go through the layers together, so that nothing is padded."""
        first, last = (self.pieces.ids[name] for name in ("[CLS]", "[SEP]"))
        framed = [[first, *row[: LONGEST - 2], last] for row in rows]
        out = np.zeros((len(rows), self.weights["embeddings.LayerNorm.bias"].size), "f4")
        by_length: dict[int, list[int]] = {}
        for place, row in enumerate(framed):
            by_length.setdefault(len(row), []).append(place)
        for length, places in sorted(by_length.items()):
            step = max(1, BATCH_PIECES // length)
            for start in range(0, len(places), step):
                batch = places[start : start + step]
                out[batch] = self._forward(np.array([framed[place] for place in batch]))
        return out

    def _linear(self, name: str, x: np.ndarray) -> np.ndarray:
        # One large product: numpy would make one of each text otherwise, which takes eight times as long.
        flat = x.reshape(-1, x.shape[-1]) @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        return flat.reshape(*x.shape[:-1], -1)

    def _norm(self, name: str, x: np.ndarray) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(-1, keepdims=True) + self.epsilon)
        return centred / deviation * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def _forward(self, ids: np.ndarray) -> np.ndarray:
        count, length = ids.shape
        of = self.weights
        x = of["embeddings.word_embeddings.weight"][ids] + of["embeddings.position_embeddings.weight"][:length]
        x = self._norm("embeddings.LayerNorm", x + of["embeddings.token_type_embeddings.weight"][0])
        for layer in range(self.layers):
            name = f"encoder.layer.{layer}."
            parts = [self._linear(f"{name}attention.self.{part}", x) for part in ("query", "key", "value")]
            split = [part.reshape(count, length, self.heads, -1).transpose(0, 2, 1, 3) for part in parts]
            query, key, value = split
            logits = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(query.shape[-1]))
            shares = np.exp(logits - logits.max(-1, keepdims=True))
            shares /= shares.sum(-1, keepdims=True)
            context = (shares @ value).transpose(0, 2, 1, 3).reshape(count, length, -1)
            attended = self._linear(f"{name}attention.output.dense", context)
            x = self._norm(f"{name}attention.output.LayerNorm", attended + x)
            inner = gelu(self._linear(f"{name}intermediate.dense", x))
            x = self._norm(f"{name}output.LayerNorm", self._linear(f"{name}output.dense", inner) + x)
        return unit(x.mean(1))


def gelu(x: np.ndarray) -> np.ndarray:
    """x · Φ(x), by Abramowitz and Stegun 7.1.26, to 1e-7."""
    z = np.abs(x) * np.float32(np.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * z)
    series = np.full_like(t, 1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series *= t
        series += np.float32(factor)
    tail = series * t * np.exp(-z * z) / 2
    return x * np.where(x > 0, 1 - tail, tail)


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows at length 1."""
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)
