//! The rails over personal data.

use crate::library::{Cost, Family, Kit, Rail};
use crate::program::Guards;

const fn rail(name: &'static str, guards: &'static [Guards], what: &'static str) -> Rail {
    Rail { name, guards, what, cost: Cost::Local }
}

/// Personal data: found, masked, put back.
pub(in crate::library) const FAMILY: Family = Family {
    file: "sensitive",
    text: include_str!("../../../rails/sensitive.co"),
    rails: &[
        rail("detect sensitive data on input", &[Guards::Input], "stops personal data in what the user says"),
        rail("detect sensitive data on output", &[Guards::Output], "stops personal data in what the bot says"),
        rail(
            "detect sensitive data on retrieval",
            &[Guards::Retrieval],
            "stops personal data in documents that were found",
        ),
        rail(
            "detect sensitive data on tool_input",
            &[Guards::ToolInput],
            "stops personal data in what tools give back",
        ),
        rail(
            "mask sensitive data on input",
            &[Guards::Input],
            "puts placeholders for personal data in what the user says",
        ),
        rail(
            "mask sensitive data on output",
            &[Guards::Output],
            "puts placeholders for personal data in what the bot says",
        ),
        rail(
            "mask sensitive data on retrieval",
            &[Guards::Retrieval],
            "puts placeholders for personal data in documents that were found",
        ),
        rail(
            "mask sensitive data on tool_input",
            &[Guards::ToolInput],
            "puts placeholders for personal data in what tools give back",
        ),
        rail(
            "restore sensitive data on output",
            &[Guards::Output],
            "puts back into the reply what was masked in what the user said",
        ),
    ],
    section: Some("sensitive_data_detection"),
    actions: &["detect_sensitive_data", "mask_sensitive_data", "restore_sensitive_data"],
    asks: &[],
    model: "main",
    load: super::load::load,
    page: include_str!("../../../docs/rails/sensitive.md"),
    kit: Some(Kit {
        name: "sensitive-data",
        uses: &[(Guards::Input, "mask sensitive data on input"), (Guards::Output, "restore sensitive data on output")],
        settings: "",
    }),
};
