//! The ways to encode a text that are undone.

/// How something was encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// Base64 in either alphabet, with or without padding, on one line or several.
    Base64,
    /// Bytes in hexadecimal: `69676e`, `69 67 6e`, `0x69`, `\x69`.
    Hex,
    /// Bytes behind percent signs, as in addresses, and plus signs for spaces.
    Url,
    /// Letters moved by half the alphabet.
    Rot13,
    /// Entities of HTML: `&lt;`, `&#105;`, `&#x69;`.
    Entities,
    /// Escapes of characters: `\u0069`, `\u{69}`, `U+0069`.
    Escapes,
    /// Tags of Unicode, which show nothing.
    Tags,
    /// Bytes in variation selectors, which show nothing.
    Selectors,
    /// Written backwards, as a whole or word by word.
    Reversed,
    /// Words with a sign or a space between their letters.
    Apart,
    /// Words with signs for the spaces between them, or put together from strings.
    Joined,
    /// Marks and tags around words, or within them.
    Markup,
    /// Regional indicators for letters.
    Indicators,
    /// Letters in braille.
    Braille,
    /// Letters upside down.
    UpsideDown,
    /// Dots and dashes.
    Morse,
    /// Bytes in binary.
    Binary,
    /// Bytes in decimal or octal.
    Numbers,
    /// Base32 by RFC 4648.
    Base32,
}

impl Encoding {
    /// Its name, as in evidence and documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Url => "url",
            Self::Rot13 => "rot13",
            Self::Entities => "entities",
            Self::Escapes => "escapes",
            Self::Tags => "tags",
            Self::Selectors => "selectors",
            Self::Reversed => "reversed",
            Self::Apart => "apart",
            Self::Joined => "joined",
            Self::Markup => "markup",
            Self::Indicators => "indicators",
            Self::Braille => "braille",
            Self::UpsideDown => "upside_down",
            Self::Morse => "morse",
            Self::Binary => "binary",
            Self::Numbers => "numbers",
            Self::Base32 => "base32",
        }
    }
}
