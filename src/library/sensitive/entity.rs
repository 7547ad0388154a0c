//! The kinds of personal data by name.

use super::kinds;
use std::sync::LazyLock;

/// A kind of personal data that can be looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entity {
    /// Its name: Presidio's where it has the kind.
    pub name: &'static str,
    /// Looked for where a configuration names no kinds.
    pub personal: bool,
    /// Words near it that make it likelier, in small letters.
    pub(super) context: &'static [&'static str],
}

const fn entity(name: &'static str, personal: bool, context: &'static [&'static str]) -> Entity {
    Entity { name, personal, context }
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
    entity("EMAIL_ADDRESS", true, &["mail", "email", "e-mail"]),
    entity("PHONE_NUMBER", true, PHONE_WORDS),
    entity("PERSON", true, &[]),
    entity("IBAN_CODE", true, &["iban", "bank", "account", "konto"]),
    entity("CRYPTO", true, &["wallet", "btc", "bitcoin", "eth", "ethereum", "crypto"]),
    entity(
        "IP_ADDRESS",
        true,
        &["ip", "ipv4", "ipv6", "address", "host", "server", "bind", "listen", "unspecified", "loopback"],
    ),
    entity("MAC_ADDRESS", true, &["mac", "ethernet", "hardware address"]),
    entity("URL_WITH_CREDENTIALS", true, &[]),
    entity("DATE_OF_BIRTH", true, BIRTH_WORDS),
    entity("DATE_TIME", false, &["date", "on", "since", "until", "birthday"]),
    entity("URL", false, &["url", "website", "link"]),
    entity("TR_PHONE_NUMBER", false, PHONE_WORDS),
    entity("PH_MOBILE_NUMBER", false, PHONE_WORDS),
];

static ALL: LazyLock<Vec<Entity>> = LazyLock::new(|| {
    SCANNED.iter().copied().chain(kinds::all().map(|kind| entity(kind.entity, kind.personal, kind.context))).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_all_kinds_with_a_star_where_they_must_be_named() {
        let page = include_str!("../../../docs/rails/sensitive.md");
        for entity in entities() {
            let star = if entity.personal { "" } else { " *" };
            assert!(page.contains(&format!("\n| `{}`{star} | ", entity.name)), "{}", entity.name);
        }
    }
}
