"""Rows for word pieces, so that the sum of a text's rows has the direction that an encoder gives the text."""

from dataclasses import dataclass

import numpy as np

from encoder import unit

BATCH, LEFT_OUT, TEMPERATURE, RATE = 512, 0.1, 0.1, 3e-3
BETAS = (0.9, 0.99)
# A piece that was seen so often weighs as much as what the ridge regression says of it; such are shown to it at all.
RARE = 5


@dataclass
class Lesson:
    """What there is to learn from."""

    texts: list[np.ndarray]  # the pieces of each text
    targets: np.ndarray  # what the encoder makes of each, one a row
    pieces: np.ndarray  # what it makes of each piece alone, one a row


def table(lesson: Lesson, dimensions: int, epochs: int, seed: int) -> np.ndarray:
    """A row for each piece."""
    random = np.random.default_rng(seed)
    axes = np.linalg.eigh(lesson.targets.T @ lesson.targets)[1][:, ::-1][:, :dimensions].astype("f4")
    counts = np.bincount(np.concatenate(lesson.texts), minlength=len(lesson.pieces))
    start = beginning(lesson.pieces, counts, axes)
    rows = trained(lesson, start.copy(), axes, epochs, random)
    rows = with_rare(rows, np.c_[start, np.ones(len(start), "f4")], counts)
    # What all texts have in common tells none from another.
    rows[:, 0] *= 0.5
    # Cosines stay; no dimension is larger than others, which four bits a number need.
    return rows @ np.linalg.qr(random.standard_normal((dimensions, dimensions)))[0].astype("f4")


def beginning(pieces: np.ndarray, counts: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """What the encoder makes of each piece, less the mean, the frequent ones damped."""
    shares = (counts + 0.5) / (counts + 0.5).sum()
    rows = (pieces - shares @ pieces) @ axes * (1e-3 / (1e-3 + shares))[:, None]
    return (rows / np.linalg.norm(rows, axis=1).mean()).astype("f4")


def trained(lesson: Lesson, rows: np.ndarray, axes: np.ndarray, epochs: int, random: np.random.Generator) -> np.ndarray:
    """Adam, by rows: one that is in no text of a batch rests."""
    goals = unit(lesson.targets @ axes)
    mean, square = np.zeros_like(rows), np.zeros_like(rows)
    batch = min(BATCH, len(lesson.texts))
    each = len(lesson.texts) // batch
    for step in range(epochs * each):
        if step % each == 0:
            order = random.permutation(len(lesson.texts))
        places = order[step % each * batch :][:batch]
        texts = [thinned(lesson.texts[place], random) for place in places]
        loss, touched, slope = gradient(texts, rows, lesson.targets[places], goals[places])
        rate = RATE * min(1, (step + 1) / 50) * max(0.02, 1 - step / (epochs * each))
        mean[touched] += (1 - BETAS[0]) * (slope - mean[touched])
        square[touched] += (1 - BETAS[1]) * (slope**2 - square[touched])
        bias = np.sqrt(1 - BETAS[1] ** (step + 1)) / (1 - BETAS[0] ** (step + 1))
        rows[touched] -= rate * bias * mean[touched] / (np.sqrt(square[touched]) + 1e-8)
        if (step + 1) % each == 0:
            print(f"epoch {(step + 1) // each} of {epochs}: loss {loss:.4f}", flush=True)
    return rows


def thinned(text: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A text without some of its pieces."""
    kept = text[random.random(len(text)) >= LEFT_OUT]
    return kept if len(kept) else text


def gradient(
    texts: list[np.ndarray], rows: np.ndarray, targets: np.ndarray, goals: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """The loss, the pieces of the texts, and its slope at their rows.

    The loss is one less the cosine to the goal, and the Kullback-Leibler divergence of how near the texts of the batch are to each
    other from how near they are to the encoder, as the softmax of cosines has it.
    """
    count = len(texts)
    flat = np.concatenate(texts)
    lengths = np.array([len(text) for text in texts])
    sums = np.add.reduceat(rows[flat], np.r_[0, np.cumsum(lengths)[:-1]])
    norms = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    vectors = sums / norms
    log_own, log_wanted = log_shares(vectors), log_shares(targets)
    wanted = np.exp(log_wanted)
    loss = float((1 - (vectors * goals).sum(1)).mean() + (wanted * (log_wanted - log_own)).sum() / count)
    excess = (np.exp(log_own) - wanted) / (TEMPERATURE * count)
    slope = (excess + excess.T) @ vectors - goals / count
    slope = (slope - vectors * (vectors * slope).sum(1, keepdims=True)) / norms
    order = np.argsort(flat, kind="stable")
    touched, starts = np.unique(flat[order], return_index=True)
    return loss, touched, np.add.reduceat(np.repeat(slope, lengths, axis=0)[order], starts)


def log_shares(vectors: np.ndarray) -> np.ndarray:
    """The logarithm of the softmax of the cosines of each to the others."""
    logits = vectors @ vectors.T / TEMPERATURE
    np.fill_diagonal(logits, -1e4)
    logits -= logits.max(1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def with_rare(rows: np.ndarray, features: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Rows of rare pieces, drawn towards what a ridge regression on frequent ones makes of them."""
    seen = counts >= RARE
    weights = np.sqrt(np.minimum(counts[seen], 50))[:, None]
    left, right = features[seen] * weights, rows[seen] * weights
    ridge = np.linalg.solve(left.T @ left + 10 * np.eye(left.shape[1]), left.T @ right)
    own = (counts / (counts + RARE))[:, None]
    return (own * rows + (1 - own) * (features @ ridge)).astype("f4")
