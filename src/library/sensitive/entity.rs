//! The kinds of personal data by name.

use super::kinds;
use std::sync::LazyLock;

/// A kind of personal data that can be looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entity {
    /// Its name: Presidio's where it has the kind.
    pub name: &'static str,
    /// What it is, for readers.
    pub what: &'static str,
    /// Looked for where a configuration names no kinds.
    pub personal: bool,
    /// Words near it that make it likelier, in small letters.
    pub(super) context: &'static [&'static str],
}

const fn entity(name: &'static str, what: &'static str, personal: bool, context: &'static [&'static str]) -> Entity {
    Entity { name, what, personal, context }
}

const PHONE_WORDS: &[&str] = &[
    "phone",
    "telephone",
    "tel",
    "mobile",
    "cell",
    "call",
    "ring",
    "text me",
    "sms",
    "fax",
    "whatsapp",
    "signal",
    "reach me",
    "contact",
    "my number",
    "telefon",
    "handy",
    "rufnummer",
    "portable",
    "téléphone",
    "teléfono",
    "telefono",
    "móvil",
    "celular",
    "telefone",
    "numara",
    "numaram",
    "cep",
    "电话",
    "手机",
    "電話",
    "전화",
    "number is",
];

const BIRTH_WORDS: &[&str] = &[
    "birth",
    "born",
    "dob",
    "d.o.b",
    "birthday",
    "birthdate",
    "geboren",
    "geburt",
    "né le",
    "née le",
    "naissance",
    "nacido",
    "nacida",
    "nacimiento",
    "nato il",
    "nata il",
    "nascita",
    "nascimento",
    "nascido",
    "geboortedatum",
    "född",
    "født",
    "urodzon",
    "doğum",
    "出生",
    "生日",
    "생년월일",
];

/// The kinds that have no fixed form.
const SCANNED: &[Entity] = &[
    entity("EMAIL_ADDRESS", "address of mail", true, &["mail", "email", "e-mail"]),
    entity(
        "PHONE_NUMBER",
        "phone number: with a country's code, or as more than twenty countries write them",
        true,
        PHONE_WORDS,
    ),
    entity("PERSON", "name of a person, by what is said before it or by a well-known first name", true, &[]),
    entity(
        "IBAN_CODE",
        "bank account: the country's length, ISO 7064 mod 97-10",
        true,
        &["iban", "bank", "account", "konto"],
    ),
    entity(
        "CRYPTO",
        "address of a wallet: base58check, bech32, EIP-55",
        true,
        &["wallet", "btc", "bitcoin", "eth", "ethereum", "crypto"],
    ),
    entity(
        "IP_ADDRESS",
        "address of the internet protocol, version 4 or 6, with its prefix length",
        true,
        &["ip", "ipv4", "ipv6", "address", "host", "server", "bind", "listen", "unspecified", "loopback"],
    ),
    entity("MAC_ADDRESS", "address of a network card", true, &["mac", "ethernet", "hardware address"]),
    entity("URL_WITH_CREDENTIALS", "address of the web with a user's name and password", true, &[]),
    entity("DATE_OF_BIRTH", "date near words of birth", true, BIRTH_WORDS),
    entity("DATE_TIME", "any date or point in time", false, &["date", "on", "since", "until", "birthday"]),
    entity("URL", "address of the web", false, &["url", "website", "link"]),
    entity("TR_PHONE_NUMBER", "Türkiye: phone number", false, PHONE_WORDS),
    entity("PH_MOBILE_NUMBER", "Philippines: mobile phone number", false, PHONE_WORDS),
];

static ALL: LazyLock<Vec<Entity>> = LazyLock::new(|| {
    SCANNED
        .iter()
        .copied()
        .chain(kinds::all().map(|kind| entity(kind.entity, kind.what, kind.personal, kind.context)))
        .collect()
});

/// All kinds; earlier ones win where two are as sure of the same place.
pub(crate) fn entities() -> &'static [Entity] {
    &ALL
}

/// The place of a kind in [`entities`].
pub(super) fn position(name: &str) -> Option<usize> {
    ALL.iter().position(|entity| entity.name == name)
}

/// The place of the first kind that [`kinds::all`] yields.
pub(super) const FIRST_KIND: usize = SCANNED.len();
