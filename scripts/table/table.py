"""The file of the table, as src/classify/embed/table.rs reads it."""

import struct
from pathlib import Path

import numpy as np

from wordpiece import Pieces

MAGIC, VERSION = b"STE4", 1
# Numbers beyond so many deviations of their row are cut off: that costs less than coarser steps for all the others.
CLIP = 2.6


def packed(rows: np.ndarray) -> bytes:
    """Rows of an even number of dimensions in four bits a number, with a scale a row."""
    count, dimensions = rows.shape
    rows = rows / max(float(np.linalg.norm(rows, axis=1).mean()), 1e-9)
    scales = np.minimum(np.abs(rows).max(1), CLIP * np.sqrt((rows**2).mean(1))) / 7
    scales = np.maximum(scales, 1e-7).astype("<f2")
    numbers = np.clip(np.round(rows / np.maximum(scales, np.float16(1e-7)).astype("f4")[:, None]), -7, 7).astype("i1")
    low, high = numbers[:, : dimensions // 2] & 15, numbers[:, dimensions // 2 :] & 15
    header = MAGIC + struct.pack("<4I", VERSION, count, dimensions, 0)
    return header + scales.tobytes() + (low | high << 4).astype("u1").tobytes()


def unpacked(data: bytes) -> np.ndarray:
    """The rows of a file, as 32-bit numbers."""
    version, count, dimensions, _ = struct.unpack_from("<4I", data, 4)
    if data[:4] != MAGIC or version != VERSION or len(data) != 20 + count * (2 + dimensions // 2):
        raise SystemExit("this is no table of version 1")
    scales = np.frombuffer(data, "<f2", count, 20).astype("f4")
    halves = np.frombuffer(data, "u1", offset=20 + 2 * count).reshape(count, dimensions // 2)
    low, high = (halves << 4).view("i1") >> 4, halves.view("i1") >> 4
    return np.concatenate([low, high], 1) * scales[:, None]


def read(path: Path) -> np.ndarray:
    """The rows of the table at `path`."""
    return unpacked(path.read_bytes())


def vectors(rows: np.ndarray, pieces: Pieces, texts: list[str]) -> np.ndarray:
    """The vector of each text: the sum of the rows of its pieces, at length 1."""
    sums = np.stack([rows[pieces.of(text)].sum(0) for text in texts])
    return sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
