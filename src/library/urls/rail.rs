//! The rails over it, and their settings.

use serde_json::json;

use super::super::decoded::everywhere;
use super::super::{Action, Answer, Call, Cost, Evidence, Family, Kit, Rail, Setup};
use super::{Detector, Settings, is_host};
use crate::config::yaml::Node;
use crate::program::Guards;

/// Rails about where addresses lead.
pub(in crate::library) const URLS: Family = Family {
    file: "urls",
    text: include_str!("../../../rails/urls.co"),
    rails: &[
        Rail {
            name: "check urls on input",
            guards: &[Guards::Input],
            what: "blocks addresses of users that lead where they should not, or elsewhere than they seem to",
            cost: Cost::Local,
        },
        Rail {
            name: "check urls on output",
            guards: &[Guards::Output],
            what: "blocks replies with addresses that lead where they should not, or elsewhere than they seem to",
            cost: Cost::Local,
        },
    ],
    section: Some("urls"),
    actions: &["check_urls"],
    asks: &[],
    model: "main",
    load,
    page: include_str!("../../../docs/rails/urls.md"),
    kit: Some(Kit {
        name: "urls",
        uses: &[(Guards::Input, "check urls on input"), (Guards::Output, "check urls on output")],
        settings: "",
    }),
};

fn load(setup: &mut Setup<'_>) -> Vec<(&'static str, Action)> {
    let detector = Detector::new(&settings(setup));
    let check = move |call: &Call<'_>| {
        let readings = call.readings()?;
        let found = everywhere(&readings, |text| detector.find(text));
        let evidence = (!found.is_empty()).then(|| Evidence::found(readings.typed(), &found, None));
        Ok(Answer { value: json!({"blocked": !found.is_empty()}), evidence })
    };
    vec![("check_urls", Box::new(check))]
}

fn settings(setup: &mut Setup<'_>) -> Settings {
    let mut settings = Settings::default();
    let Some(node) = setup.settings else { return settings };
    let keys = ["allow", "deny", "protect", "schemes", "allow_ip", "follow_redirects"];
    for (key, node) in setup.reader.known(node, &keys, "rails.config.urls.") {
        match &*key.name {
            "allow" => settings.allow = hosts(setup, node),
            "deny" => settings.deny = hosts(setup, node),
            "protect" => settings.protect = hosts(setup, node),
            "schemes" => settings.schemes = schemes(setup, node),
            "allow_ip" => settings.allow_ip = setup.reader.truth(node).unwrap_or(settings.allow_ip),
            _ => settings.follow_redirects = setup.reader.truth(node).unwrap_or(settings.follow_redirects),
        }
    }
    settings
}

/// A list of hosts. One that is none is an error at its place.
pub(in crate::library) fn hosts(setup: &mut Setup<'_>, node: &Node) -> Vec<String> {
    let mut hosts = Vec::new();
    for node in setup.reader.list(node) {
        let Some(host) = setup.reader.text(node) else { continue };
        if is_host(host) {
            hosts.push(host.to_owned());
        } else {
            setup.reader.wrong(node, "a host such as `example.com`, or `*.example.com` for all below it");
        }
    }
    hosts
}

fn schemes(setup: &mut Setup<'_>, node: &Node) -> Vec<String> {
    let mut schemes = Vec::new();
    for node in setup.reader.list(node) {
        let Some(scheme) = setup.reader.text(node) else { continue };
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        if scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(is_part) {
            schemes.push(scheme.to_owned());
        } else {
            setup.reader.wrong(node, "a scheme such as `https`, without a colon");
        }
    }
    schemes
}
