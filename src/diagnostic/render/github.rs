//! Workflow commands of GitHub Actions, which mark lines of a pull request. GitHub shows the first ten errors, warnings
//! and notices of a step; all of them are in its log.

use super::escape::{github_data as data, github_property as property};
use super::{place, words_and_places};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::SourceMap;

/// `::error file=…,line=…,…,title=E0101 …::message`.
pub(super) fn command(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let command = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = String::new();
    if let Some(span) = diagnostic.span {
        let place = sources.location(span);
        let (start, end) = (place.start, place.end);
        properties = format!("file={},line={}", property(&place::portable(&place.file)), start.line);
        // Columns are refused where the lines differ.
        properties += &if start.line == end.line {
            format!(",col={},endLine={},endColumn={},", start.column, end.line, end.column)
        } else {
            format!(",endLine={},", end.line)
        };
    }
    let title = format!("{} {}", diagnostic.code, diagnostic.code.title());
    let message = words_and_places(diagnostic, sources);
    format!("::{command} {properties}title={}::{}", property(&title), data(&message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::codes;
    use crate::source::{SourceFile, Span};

    #[test]
    fn a_place_of_several_lines_has_no_columns() {
        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new("a,b.co", "one\ntwo\n"));
        let diagnostic = Diagnostic::new(codes::BAD_META, Span::new(file, 1..6), "50 %\nand more");
        let title = format!("E0215 {}", codes::BAD_META.title());
        let wanted = format!("::error file=a%2Cb.co,line=1,endLine=2,title={title}::50 %25%0Aand more");
        assert_eq!(command(&diagnostic, &sources), wanted);
    }
}
