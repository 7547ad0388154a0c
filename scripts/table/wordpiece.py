"""Texts to word pieces, as BERT's uncased tokeniser does it (Devlin et al. 2018), and as src/classify/embed/wordpiece.rs."""

import unicodedata
from collections.abc import Iterator

UNKNOWN = "[UNK]"
LONGEST_WORD = 100
# Scripts that put no spaces between words.
IDEOGRAPHS = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class Pieces:
    """A vocabulary of pieces; those that go on with a word begin by `##`."""

    def __init__(self, vocabulary: list[str]) -> None:
        self.ids = {piece: number for number, piece in enumerate(vocabulary)}
        self.longest = max(map(len, vocabulary))

    def of(self, text: str) -> list[int]:
        """The numbers of the pieces of a text, in turn."""
        return [number for word in words(text) for number in self._word(word)]

    def _word(self, word: str) -> list[int]:
        found: list[int] = []
        start = 0
        while start < len(word) <= LONGEST_WORD:
            prefix = "##" if start else ""
            for end in range(min(len(word), start + self.longest), start, -1):
                if (number := self.ids.get(prefix + word[start:end])) is not None:
                    found.append(number)
                    start = end
                    break
            else:
                return [self.ids[UNKNOWN]]
        return found or [self.ids[UNKNOWN]]


def words(text: str) -> Iterator[str]:
    """The words of a text in small letters without accents; punctuation and ideographs are words of their own."""
    word = ""
    for letter in unicodedata.normalize("NFD", text):
        category = unicodedata.category(letter)
        if letter.isspace() or alone(letter, category):
            if word:
                yield word
            word = ""
            if not letter.isspace():
                yield letter
        elif category != "Mn" and category[0] != "C" and letter != "\ufffd":
            word += letter.lower()
    if word:
        yield word


def alone(letter: str, category: str) -> bool:
    """Whether a character is a word of its own."""
    is_ascii_sign = letter.isascii() and letter.isprintable() and not letter.isalnum() and letter != " "
    return is_ascii_sign or category[0] == "P" or any(low <= ord(letter) <= high for low, high in IDEOGRAPHS)
