//! One log of SARIF 2.1.0, as its OASIS standard has it and code scanning reads it.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::{Checked, place, words};
use crate::diagnostic::{Code, Diagnostic, Fix};
use crate::source::{FileId, SourceMap, Span};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What relative paths start at, by the name that code scanning gives it.
const ROOT: &str = "%SRCROOT%";

pub(super) fn write(checked: &[Checked<'_>], out: &mut impl Write) -> io::Result<()> {
    let mut codes: Vec<Code> = checked.iter().flat_map(|checked| checked.diagnostics).map(|found| found.code).collect();
    codes.sort();
    codes.dedup();
    let mut fingerprints = Fingerprints::default();
    let mut results = Vec::new();
    for checked in checked {
        for diagnostic in checked.diagnostics {
            let mut result = result(diagnostic, checked);
            result["ruleIndex"] = codes.partition_point(|code| *code < diagnostic.code).into();
            result["partialFingerprints"] = json!({ "railscFinding/v1": fingerprints.next(diagnostic, checked) });
            results.push(result);
        }
    }
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "railsc",
                    "version": env!("CARGO_PKG_VERSION"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": codes.into_iter().map(rule).collect::<Vec<_>>(),
                },
            },
            "originalUriBaseIds": { ROOT: { "description": { "text": "the folder that railsc was started in" } } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn rule(code: Code) -> Value {
    let explanation = code.explanation();
    let first = explanation.split("\n\n").next().unwrap_or(explanation);
    json!({
        "id": code.id(),
        "name": identifier(code.title()),
        "shortDescription": { "text": code.title() },
        "fullDescription": { "text": first.split_whitespace().collect::<Vec<_>>().join(" ") },
        "help": { "text": explanation, "markdown": explanation },
        "defaultConfiguration": { "level": code.severity().to_string() },
    })
}

/// `tab in indentation` as `TabInIndentation`.
fn identifier(title: &str) -> String {
    let words = title.split_whitespace().map(|word| {
        let mut letters = word.chars().filter(|letter| letter.is_alphanumeric());
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    });
    words.collect()
}

fn result(diagnostic: &Diagnostic, checked: &Checked<'_>) -> Value {
    let sources = checked.sources;
    // Code scanning refuses a whole log for one result without a place.
    let place = match diagnostic.span {
        Some(span) => physical(span, sources),
        None => json!({ "artifactLocation": artifact(checked.name) }),
    };
    let mut result = json!({
        "ruleId": diagnostic.code.id(),
        "level": diagnostic.severity.to_string(),
        "message": { "text": words(diagnostic) },
        "locations": [{ "physicalLocation": place }],
    });
    let labels = diagnostic.labels.iter().enumerate().map(|(id, label)| {
        json!({
            "id": id,
            "physicalLocation": physical(label.span, sources),
            "message": { "text": label.text },
        })
    });
    if !diagnostic.labels.is_empty() {
        result["relatedLocations"] = labels.collect();
    }
    if !diagnostic.fix.is_empty() {
        result["fixes"] = json!([fix(diagnostic, sources)]);
    }
    result
}

fn fix(diagnostic: &Diagnostic, sources: &SourceMap) -> Value {
    let mut files: BTreeMap<FileId, Vec<&Fix>> = BTreeMap::new();
    for fix in &diagnostic.fix {
        files.entry(fix.span.file).or_default().push(fix);
    }
    let changes = files.into_iter().map(|(file, fixes)| {
        let replacements = fixes.into_iter().map(|fix| {
            json!({
                "deletedRegion": region(fix.span, sources),
                "insertedContent": { "text": fix.text },
            })
        });
        json!({
            "artifactLocation": artifact(sources.file(file).name()),
            "replacements": replacements.collect::<Vec<_>>(),
        })
    });
    let mut fix = Map::new();
    if let Some(help) = &diagnostic.help {
        fix.insert("description".to_owned(), json!({ "text": help }));
    }
    fix.insert("artifactChanges".to_owned(), changes.collect());
    fix.into()
}

fn physical(span: Span, sources: &SourceMap) -> Value {
    json!({
        "artifactLocation": artifact(sources.file(span.file).name()),
        "region": region(span, sources),
    })
}

fn region(span: Span, sources: &SourceMap) -> Value {
    let place = sources.location(span);
    json!({
        "startLine": place.start.line,
        "startColumn": place.start.column,
        "endLine": place.end.line,
        "endColumn": place.end.column,
    })
}

fn artifact(name: &str) -> Value {
    let path = place::portable(name);
    if Path::new(&path).is_absolute() {
        let slash = if path.starts_with('/') { "" } else { "/" };
        return json!({ "uri": format!("file://{slash}{}", encoded(&path)) });
    }
    json!({ "uri": encoded(&path), "uriBaseId": ROOT })
}

/// The path with `%XX` for each byte that is neither unreserved (RFC 3986, section 2.3) nor a slash.
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(byte.into()),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// Of longer lines only the beginning tells them apart.
const LONG: usize = 1_000;

/// Names by which a finding is known again when lines above it come or go: a hash of its code, its file and its line, and
/// which of those that share it this is.
#[derive(Default)]
struct Fingerprints {
    seen: HashMap<u64, usize>,
}

impl Fingerprints {
    fn next(&mut self, diagnostic: &Diagnostic, checked: &Checked<'_>) -> String {
        let (name, text) = match diagnostic.span {
            Some(span) => {
                let file = checked.sources.file(span.file);
                (&**file.name(), &file.text()[file.line_range(file.line_index(span.start))])
            }
            None => (checked.name, &*diagnostic.message),
        };
        let texts = [diagnostic.code.id(), &*place::portable(name), text.trim()];
        // No UTF-8 holds the byte that ends a text.
        let hash = fnv1a(texts.iter().flat_map(|text| text.bytes().take(LONG).chain([0xff])));
        let count = self.seen.entry(hash).or_default();
        *count += 1;
        format!("{hash:016x}:{count}")
    }
}

/// FNV-1a with 64 bits (Fowler, Noll, Vo), which is the same in every version and on every machine.
fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_encoded() {
        assert_eq!(encoded("my rails/é#1?%.co"), "my%20rails/%C3%A9%231%3F%25.co");
        assert_eq!(artifact("./a:b.co"), json!({ "uri": "a%3Ab.co", "uriBaseId": ROOT }));
        assert_eq!(artifact("/tmp/x y.co"), json!({ "uri": "file:///tmp/x%20y.co" }));
    }

    #[test]
    fn rules_have_identifiers() {
        assert_eq!(identifier("`else` belongs to no `if` or `when`"), "ElseBelongsToNoIfOrWhen");
    }

    #[test]
    fn the_hash_is_fnv1a() {
        assert_eq!(fnv1a(b"".iter().copied()), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar".iter().copied()), 0x8594_4171_f739_67e8);
    }
}
