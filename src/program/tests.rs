use super::*;
use crate::source::SourceFile;

#[test]
fn too_many_findings_never_hide_an_error() {
    let bounds = Bounds { diagnostics: 10, ..Bounds::default() };
    let compile = |text: String| {
        let mut sources = SourceMap::default();
        let id = sources.add(SourceFile::new("case.co", text));
        super::compile(&sources, &[id], bounds).diagnostics
    };
    let last = |text: String| compile(text).last().map(|diagnostic| diagnostic.code);
    let escapes = format!("define bot a\n{}", "  \"\\q\"\n".repeat(50));
    assert_eq!(last(escapes.clone()), Some(codes::TOO_MANY_WARNINGS));
    assert_eq!(last(escapes.clone() + "define flow\n  usr x\n"), Some(codes::TOO_MANY_ERRORS));
    assert_eq!(last(escapes.clone() + "define flow\n  user \"x\"\n  do y\n"), Some(codes::TOO_MANY_ERRORS));
    let unknown: String = (0..50).map(|n| format!("define flow f{n}\n  user u{n}\n  bot \"x\"\n")).collect();
    assert_eq!(last(unknown.clone()), Some(codes::TOO_MANY_WARNINGS));
    assert_eq!(last(unknown + "define flow\n  user \"x\"\n  if $a +\n    bot \"y\"\n"), Some(codes::TOO_MANY_ERRORS));
    assert_eq!(compile("garbage\n".repeat(50)).len(), 11);
    assert_eq!(compile(escapes).len(), 11);
}
