"""What `src/library/attack` does, in Python: the words of a text, the rules, windows, and the vectors of the built-in table."""
import functools
import re
import unicodedata
from pathlib import Path

import numpy as np

SUFFIXES = ("'s", "'re", "'m", "'ll", "'ve", "'d")
NEGATIONS = {"not", "don't", "dont", "never", "no", "non", "nao", "nie", "ne", "не", "لا", "要", "别", "別", "勿"}
SPACELESS = (("\u3040", "\u30ff"), ("\u3400", "\u9fff"), ("\u0e00", "\u0e7f"))
STOP, FEWEST, MOST = 2, 8, 24  # words that the end of a sentence counts for; words of a block
PLAIN = {0x2018: "'", 0x2019: "'", 0x201A: "'", 0x201B: "'", 0x60: "'", 0xB4: "'", 0x2032: "'", 0x201C: '"', 0x201D: '"',
         0xAB: '"', 0xBB: '"', 0x2010: "-", 0x2011: "-", 0x2012: "-", 0x2013: "-", 0x2014: "-", 0x2212: "-"}


def normalise(text):
    """Near enough to `classify::Normalized` for texts that nobody has disguised."""
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf",) and not 0xFE00 <= ord(c) <= 0xFE0F)
    out = []
    for c in unicodedata.normalize("NFKC", text).lower():
        decomposed = unicodedata.normalize("NFKD", c)
        if decomposed[0].isascii() and decomposed[0].isalpha():
            c = "".join(x for x in decomposed if not unicodedata.combining(x))
        out.append(c)
    text = re.sub(r"\s+", " ", "".join(out).translate(PLAIN)).strip()
    return "".join(c for c in text if c == " " or unicodedata.category(c) != "Cc")


def is_spaceless(c):
    return any(low <= c <= high for low, high in SPACELESS)


def is_letter(c):
    return c.isalnum() or unicodedata.category(c)[0] == "M"


class Word:
    """A word, where it is, the sign right before it, and what it costs to pass it."""
    __slots__ = ("text", "start", "end", "signs", "stops")

    def __init__(self, text, start, end, signs, stops):
        self.text, self.start, self.end, self.signs, self.stops = text, start, end, signs, stops


def words(text):
    found, at, before, stops = [], 0, "", False
    while at < len(text):
        c = text[at]
        if is_spaceless(c) or is_letter(c):
            end = at + 1
            if not is_spaceless(c):
                while end < len(text) and not is_spaceless(text[end]) and (
                        is_letter(text[end]) or (text[end] == "'" and end + 1 < len(text) and is_letter(text[end + 1]))):
                    end += 1
            signs = {"@" + before} if before else set()
            word, suffix = text[at:end], next((s for s in SUFFIXES if text[at:end].endswith(s) and end - at > len(s)), "")
            cut = end - len(suffix)
            found.append(Word(word[:cut - at], at, cut, signs, stops))
            if suffix:
                found.append(Word(suffix, cut, end, set(), False))
            at, before, stops = end, "", False
            continue
        if c != " ":
            before = c
            if c in ".!?;。！？" and (at + 1 >= len(text) or text[at + 1] in " \"')"):
                stops = True
        at += 1
    return found


class Rules:
    """The rules of a file, in the language which its first lines describe."""

    def __init__(self, path):
        self.sets, self.rules, self.first = {}, [], {}
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            line = line.strip()
            if line.startswith("set "):
                name, members = line[4:].split(":", 1)
                self.sets[name] = members.split()
            elif line.startswith("rule "):
                head, pattern = line[5:].split(": ", 1)
                self.rules.append((*head.split(), *self.pattern(pattern)))
        for index, (_, _, elements, _, _) in enumerate(self.rules):
            for word in elements[0][0]:
                self.first.setdefault(word, []).append(index)
        all_words = {w for _, _, elements, veto, _ in self.rules for e in elements for w in e[0]} | {
            w for _, _, _, veto, _ in self.rules for w in veto}
        self.beginnings = {w[:-1] for w in all_words if w.endswith("*")}
        self.families = list(dict.fromkeys(family for _, family, *_ in self.rules))

    def pattern(self, pattern):
        elements, gap, veto, negatable = [], 0, frozenset(), False
        for part in pattern.split():
            if part.startswith(".."):
                gap = int(part[2:])
            elif part.startswith("!"):
                veto = self.words(part[1:])
            elif part == "~":
                negatable = True
            else:
                elements.append((self.words(part.lstrip("?")), gap, part.startswith("?")))
                gap = 0
        return elements, veto, negatable

    def words(self, part):
        inside = re.sub(r"\{([^}]*)\}", lambda m: "|".join(w for s in m[1].split("|") for w in self.sets.get(s, [s])), part)
        return frozenset(inside.split("|"))

    @functools.lru_cache(200_000)
    def keys(self, word):
        return frozenset([word] + [word[:n] + "*" for n in range(1, len(word) + 1) if word[:n] in self.beginnings])

    def find(self, found):
        """Triples of a rule, and the first and last word it is about; those of a rule don't overlap."""
        keys = [self.keys(w.text) | w.signs for w in found]
        cost = np.cumsum([1 + STOP * w.stops for w in found]).tolist()
        hits, done = [], {}
        for at in range(len(found)):
            for rule in {r for key in keys[at] for r in self.first.get(key, ())}:
                _, _, elements, veto, negatable = self.rules[rule]
                if done.get(rule, -1) >= at or (negatable and at and found[at - 1].text in NEGATIONS):
                    continue
                ends = {at}
                for allowed, gap, optional in elements[1:]:
                    after = set(ends) if optional else set()
                    for end in ends:
                        to = end + 1
                        while to < len(found) and cost[to] - cost[end] - 1 <= gap:
                            if keys[to] & allowed:
                                after.add(to)
                            to += 1
                    ends = after
                if ends and not any(keys[w] & veto for w in range(at, min(ends) + 1)):
                    done[rule] = min(ends)
                    hits.append((rule, at, min(ends)))
        return hits

    def counts(self, hits):
        """How many different rules of each family hold at places that don't overlap, and which rules do."""
        families, rules, ends = np.zeros(len(self.families)), np.zeros(len(self.rules)), {}
        for rule, first, last in sorted(hits, key=lambda hit: (hit[1], -hit[2], hit[0])):
            family = self.families.index(self.rules[rule][1])
            if not rules[rule] and first > ends.get(family, -1):
                families[family] += 1
                ends[family] = last
            rules[rule] = 1
        return families, rules


def blocks(found):
    """Words from … to: a sentence or more, of 8 to 24 words."""
    out, start = [], 0
    for at in range(len(found)):
        if at - start >= MOST or (at - start >= FEWEST and found[at].stops):
            out.append((start, at))
            start = at
    if start < len(found):
        if out and len(found) - start < 6:
            out[-1] = (out[-1][0], len(found))
        else:
            out.append((start, len(found)))
    return out


def windows(found):
    """Each block together with the next."""
    all_blocks = blocks(found)
    return [(a[0], b[1]) for a, b in zip(all_blocks, all_blocks[1:])] or all_blocks


class Table:
    """The built-in embedder."""

    def __init__(self, folder):
        data, folder = (Path(folder) / "static_d256.i4.bin").read_bytes(), Path(folder)
        count = int.from_bytes(data[8:12], "little")
        scales = np.frombuffer(data, np.float16, count, 20).astype(np.float32)
        packed = np.frombuffer(data, np.uint8, count * 128, 20 + 2 * count).reshape(count, 128)
        nibbles = np.concatenate([packed & 15, packed >> 4], 1).astype(np.int8)
        nibbles[nibbles > 7] -= 16
        self.rows = nibbles.astype(np.float32) * scales[:, None]
        self.pieces = {w: i for i, w in enumerate((folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:count])}

    @functools.lru_cache(300_000)
    def word(self, word):
        ids, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = self.pieces.get(("##" if start else "") + word[start:end])
                if piece is not None:
                    ids.append(piece)
                    start = end
                    break
            else:
                return (0,)
        return tuple(ids) if len(word) <= 100 else (0,)

    def vector(self, text):
        """Zeros where the table can't read the text."""
        text = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn")
        ids = [p for c in re.findall(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+|[^\w\s]|_", text) for p in self.word(c)]
        if not ids or ids.count(0) * 2 > len(ids):
            return np.zeros(256, np.float32)
        total = self.rows[ids].sum(0)
        return total / max(float(np.linalg.norm(total)), 1e-9)


def read(text, rules, table):
    """All that the scores are made of."""
    text = normalise(text)
    found = words(text)
    hits = rules.find(found)
    spans = windows(found)
    parts = [text[found[a].start:found[b - 1].end] for a, b in spans] or [text]
    families, single = rules.counts(hits)
    return dict(text=text, words=len(found), hits=hits, parts=parts, families=families, rules=single,
                windows=np.stack([table.vector(p) for p in parts]), whole=table.vector(text))
