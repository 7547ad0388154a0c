"""Writes texts in disguises that rails undo, a file a disguise.

    disguise.py FILE.jsonl… OUT
"""
import base64
import codecs
import json
import sys
from pathlib import Path
from urllib.parse import quote

LEET = str.maketrans("aeiosAEIOS", "4310543105")
ALIKE = str.maketrans("aceiopxyAEKMHOPCTX", "асеіорхуАЕКМНОРСТХ")

DISGUISES = {
    "plain": lambda text: text,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "url": lambda text: quote(text, safe=""),
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "entities": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "tags": lambda text: "".join(chr(0xE0000 + ord(c)) if ord(c) < 128 else c for c in text),
    "leet": lambda text: text.translate(LEET),
    "letters of other scripts": lambda text: text.translate(ALIKE),
    "invisible characters": lambda text: "\u200b".join(text),
    "letters apart": lambda text: "  ".join(" ".join(word) for word in text.split()),
    "letters and words apart": lambda text: " ".join("".join(text.split())),
    "dashes between letters": lambda text: "  ".join("-".join(word) for word in text.split()),
    "backwards": lambda text: text[::-1],
    "words backwards": lambda text: " ".join(word[::-1] for word in text.split()),
    "bold": lambda text: " ".join(f"**{word}**" for word in text.split()),
    "tags of bold": lambda text: " ".join(f"<b>{word}</b>" for word in text.split()),
    "underscores": lambda text: "_".join(text.split()),
    "dashes": lambda text: "-".join(text.split()),
    "as one word": lambda text: "".join(word[:1].upper() + word[1:] for word in text.split()),
    "binary": lambda text: " ".join(f"{byte:08b}" for byte in text.encode()),
    "decimal": lambda text: " ".join(str(byte) for byte in text.encode()),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
}


def main(*files, out):
    Path(out).mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line)["text"] for file in files for line in open(file, encoding="utf-8")]
    for name, disguise in DISGUISES.items():
        with open(Path(out) / f"{name}.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps({"text": disguise(row)}, ensure_ascii=False) + "\n" for row in rows)


main(*sys.argv[1:-1], out=sys.argv[-1])
