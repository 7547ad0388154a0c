//! The one registry of diagnostic codes.
//!
//! `E…` are errors, `W…` warnings, `N…` notes; the middle digits say the stage: 01 layout, 02 syntax, 03 names,
//! 04 expressions and templates, 05 patterns, 06 configuration, 07 limits. A code is never used again for something else; `E0210` has
//! been used and is free no more.

use std::fmt;

use super::Severity;

/// A stable name for one kind of finding, such as `E0101`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code {
    id: &'static str,
    title: &'static str,
    explanation: &'static str,
}

impl Code {
    /// The name, such as `E0101`.
    pub fn id(self) -> &'static str {
        self.id
    }

    /// What it is about, in a few words.
    pub fn title(self) -> &'static str {
        self.title
    }

    /// What it means, why it matters, and what to do: Markdown, with an example of what is wrong and what is right where
    /// there is one.
    pub fn explanation(self) -> &'static str {
        self.explanation
    }

    /// The code called `id`, in any case.
    pub fn find(id: &str) -> Option<Code> {
        ALL.iter().find(|code| code.id.eq_ignore_ascii_case(id)).copied()
    }

    /// Whether such a finding keeps rails from loading.
    pub fn is_error(self) -> bool {
        self.severity() == Severity::Error
    }

    /// The severity the first letter stands for.
    pub fn severity(self) -> Severity {
        match self.id.as_bytes()[0] {
            b'E' => Severity::Error,
            b'W' => Severity::Warning,
            _ => Severity::Note,
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

macro_rules! codes {
    ($($name:ident = $id:literal, $title:literal;)*) => {
        $(
            #[doc = concat!("`", $id, "`: ", $title)]
            pub const $name: Code =
                Code { id: $id, title: $title, explanation: include_str!(concat!("explanations/", $id, ".md")) };
        )*

        /// Every code there is, in the order of the registry.
        pub const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    TAB_IN_INDENT = "E0101", "tab in indentation";
    INCONSISTENT_DEDENT = "E0102", "indentation fits no open block";
    UNEXPECTED_INDENT = "E0103", "line is indented but opens no block";
    UNTERMINATED_STRING = "E0104", "string is never closed";
    UNTERMINATED_DOCSTRING = "E0105", "docstring is never closed";
    NUL_BYTE = "E0106", "NUL byte in the text";
    ODD_SPACE = "E0107", "white space that is no plain space";

    UNKNOWN_TOP_LEVEL = "E0201", "unknown line at the top level";
    UNKNOWN_STEP = "E0202", "unknown step";
    EMPTY_BLOCK = "E0203", "block has no body";
    STRAY_ELSE = "E0204", "`else` belongs to no `if` or `when`";
    OUTSIDE_LOOP = "E0205", "`break` or `continue` outside a loop";
    UNQUOTED_TEXT = "E0206", "text is not in double quotes";
    MISPLACED_LINE = "E0207", "line does not belong in this block";
    MALFORMED_STEP = "E0208", "step is not complete";
    COLANG_2 = "E0209", "Colang 2 text";
    MALFORMED_DEFINITION = "E0211", "definition is not complete";
    BAD_THRESHOLD = "E0212", "threshold is not a number from 0 to 1";
    TWO_THRESHOLDS = "E0213", "intent has two thresholds";
    BAD_PRIORITY = "E0214", "priority is not a number";
    BAD_META = "E0215", "meta says nothing that is understood";

    DUPLICATE_FLOW = "E0301", "two flows have one name";
    UNKNOWN_SUBFLOW = "E0302", "no subflow has this name";
    UNKNOWN_LABEL = "E0303", "no label has this name";
    DUPLICATE_LABEL = "E0304", "two labels have one name";
    DUPLICATE_TEST = "E0305", "two tests have one name";
    UNKNOWN_RAIL = "E0306", "no flow has the name of this rail";
    RESERVED_VARIABLE = "E0307", "variable is not the author's to set";
    NOTHING_TO_LOOK_AT = "E0308", "action is not told what to look at";

    BAD_EXPRESSION = "E0401", "expression does not parse";
    BAD_TEMPLATE = "E0402", "template does not parse";
    BAD_PROMPT = "E0403", "prompt can't be used";

    BAD_REGEX = "E0501", "regular expression does not parse";
    REGEX_TOO_LARGE = "E0502", "regular expression is too large";
    EMPTY_PATTERN = "E0503", "pattern is empty";

    NOT_FOUND = "E0601", "path does not exist";
    UNREADABLE = "E0602", "file can't be read";
    NOT_UTF8 = "E0603", "file is not UTF-8";
    NO_CONFIGURATION = "E0604", "no configuration here";
    BAD_YAML = "E0605", "YAML does not parse";
    UNKNOWN_KEY = "E0606", "unknown key";
    BAD_VALUE = "E0607", "value has the wrong type";
    DUPLICATE_VALUE = "E0608", "two values for one key";
    KEY_NOT_SUPPORTED = "E0609", "key is not supported";
    BAD_IMPORT = "E0610", "import leads to no rails";
    UNSET_ENVIRONMENT = "E0611", "variable of the environment is not set";
    NO_KNOWLEDGE_BASE = "E0612", "folder of the knowledge base is not there";
    EMBEDDER_FAILED = "E0613", "embedder can't be used";
    RAIL_WITHOUT_MODEL = "E0615", "rail asks a model, and there is none";

    FILE_TOO_LARGE = "E0701", "file is too large";
    TOO_DEEP = "E0702", "blocks are nested too deeply";
    TOO_MANY_ERRORS = "E0703", "too many findings, with errors among them";
    TOO_MANY_FILES = "E0704", "configuration has too many files";
    TOO_MANY_CHUNKS = "E0705", "knowledge base is too large";

    UNKNOWN_ESCAPE = "W1101", "unknown escape in a string";
    BAD_ALLOW = "W1102", "comment for the checker that says nothing";
    NO_EFFECT = "W1201", "line has no effect";
    UNREACHABLE = "W1202", "step can't be reached";
    ENDLESS_LOOP = "W1203", "loop without an end and without an event";
    BEHIND_EVENT = "W1204", "step is dropped by an event";
    NEVER_STARTS = "W1205", "flow never starts";
    SHADOWED = "W1206", "`user ...` decides before later flows";
    SAME_TRIGGER = "W1207", "two flows start alike, and one decides";
    ENDLESS_RECURSION = "W1208", "subflow does itself without an end";
    TOOTHLESS_RAIL = "W1209", "rail can't block";
    BOTH_REWRITE = "W1210", "two rails that run at once rewrite the text";

    UNKNOWN_INTENT = "W1301", "no intent has this name";
    UNKNOWN_MESSAGE = "W1302", "no message has this name";
    UNUSED_INTENT = "W1303", "no flow waits for this intent";
    UNUSED_MESSAGE = "W1304", "no flow says this message";
    DUPLICATE_EXAMPLE = "W1305", "one example under two intents";
    INTENT_WITHOUT_EXAMPLES = "W1306", "intent has no examples";
    IDENTICAL_FLOWS = "W1307", "two unnamed flows are the same";
    UNUSED_SUBFLOW = "W1308", "no flow does this subflow";
    UNSET_VARIABLE = "W1309", "variable is never set";
    UNKNOWN_ACTION = "W1310", "no action has this name";
    UNREAD_PARAMETER = "W1311", "rail never reads this parameter";

    CONSTANT_FAILURE = "W1401", "expression always fails";
    NEEDS_MODEL = "W1402", "value that only a model can fill";

    UNKNOWN_SCRIPT = "W1501", "example is in a script the embedder can't read";
    NEAR_DUPLICATE = "W1502", "two intents have nearly the same example";
    MATCHES_EVERYTHING = "W1503", "regular expression matches every text";
    OTHERS_EXAMPLE = "W1504", "pattern matches another intent's example";
    STRAY_EXAMPLE = "W1505", "example is nearer to another intent";
    INSEPARABLE = "W1506", "two intents can't be told apart";

    NO_MODEL = "W1601", "key is about a model, and there is none";
    STREAMED_PAST = "W1602", "streaming passes output rails by";
    SECTION_NOT_SERVED = "W1603", "key does nothing here";
    UNAVAILABLE_MODEL = "W1605", "model can't be called";
    EMPTY_KNOWLEDGE_BASE = "W1604", "knowledge base has no documents";
    STALE_THRESHOLDS = "W1606", "fitted thresholds are not those of these rails";

    TOO_MANY_WARNINGS = "W1701", "too many warnings";

    NOT_COMPARED = "N1505", "examples are not compared with each other";
    REFERENCE_MARKS = "N1602", "configuration was written for NeMo Guardrails";
    OTHER_EMBEDDER = "N1603", "built-in embedder stands in for another";
    PYTHON_FILE = "N1604", "Python file in a configuration";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_unique_and_well_formed() {
        let mut seen = HashSet::new();
        for code in ALL {
            assert!(seen.insert(code.id()), "{code} stands twice");
            let (letter, digits) = code.id().split_at(1);
            assert!(matches!(letter, "E" | "W" | "N"), "{code}");
            let number: u32 = digits.parse().unwrap();
            let stage = number / 100 % 10;
            assert!((1..=7).contains(&stage), "{code} names no stage");
            let hundreds = if letter == "E" { 0 } else { 1 };
            assert_eq!(number / 1000, hundreds, "{code} is outside the range of its severity");
            assert!(!code.title().ends_with('.'));
        }
    }
}
