//! The rails over secrets.

use crate::library::{Cost, Family, Kit, Rail};
use crate::program::Guards;

/// Keys, tokens and passwords.
pub(in crate::library) const FAMILY: Family = Family {
    file: "secrets",
    text: include_str!("../../../rails/secrets.co"),
    rails: &[
        Rail {
            name: "check secrets on input",
            guards: &[Guards::Input],
            what: "stops keys, tokens and passwords in what the user says",
            cost: Cost::Local,
        },
        Rail {
            name: "check secrets on output",
            guards: &[Guards::Output],
            what: "stops keys, tokens and passwords in what the bot says",
            cost: Cost::Local,
        },
        Rail {
            name: "check secrets on retrieval",
            guards: &[Guards::Retrieval],
            what: "stops keys, tokens and passwords in documents that were found",
            cost: Cost::Local,
        },
        Rail {
            name: "check secrets on tool_input",
            guards: &[Guards::ToolInput],
            what: "stops keys, tokens and passwords in what tools give back",
            cost: Cost::Local,
        },
    ],
    section: Some("secrets"),
    actions: &["check_secrets"],
    asks: &[],
    model: "main",
    load: super::load::load,
    page: include_str!("../../../docs/rails/secrets.md"),
    kit: Some(Kit {
        name: "secrets",
        uses: &[(Guards::Input, "check secrets on input"), (Guards::Output, "check secrets on output")],
        settings: "",
    }),
};
