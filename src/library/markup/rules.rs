//! What is found in a reply that something else might run: by structure, since words alone are in every answer about programs.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::AhoCorasick;
use regex::bytes::{Captures, Regex, RegexBuilder};

use super::Kind;

/// A rule: where one of its words stands, its expression is looked for.
pub(super) struct Rule {
    /// As it is documented.
    pub name: &'static str,
    pub kind: Kind,
    /// One of these is in whatever it matches, in any case.
    words: &'static [&'static str],
    /// In any case. `~` is a gap: white space, or a comment of SQL.
    expression: &'static str,
    /// Whether it is looked for in code that an answer shows, too.
    pub in_code: bool,
    /// Whether what was matched is meant, after all.
    holds: fn(&str, &Captures<'_>) -> bool,
}

const fn rule(kind: Kind, name: &'static str, words: &'static [&'static str], expression: &'static str) -> Rule {
    Rule { name, kind, words, expression, in_code: true, holds: |_, _| true }
}

/// A rule for what is shown in many answers; it holds outside of code alone.
const fn shown(kind: Kind, name: &'static str, words: &'static [&'static str], expression: &'static str) -> Rule {
    Rule { in_code: false, ..rule(kind, name, words, expression) }
}

/// Whether both sides of an equation are the same. What follows a text that nothing ends is of the statement, or of a sentence around it.
fn is_always_true(_: &str, found: &Captures<'_>) -> bool {
    let is_quote = |byte: &u8| matches!(byte, b'\'' | b'"');
    let (Some(left), Some(right)) = (found.name("left"), found.name("right")) else { return false };
    let side = |side: &[u8]| side.split(is_quote).collect::<Vec<_>>().concat();
    let (is_open, left, right) = (
        !right.as_bytes().ends_with(b"'") && !right.as_bytes().ends_with(b"\""),
        side(left.as_bytes()),
        side(right.as_bytes()),
    );
    let behind = right.strip_prefix(&*left);
    behind
        .is_some_and(|behind| behind.is_empty() || (is_open && !behind[0].is_ascii_alphanumeric() && !left.is_empty()))
}

/// Whether the quote ends a text that nothing in its line began: it ends one of a statement that is not there.
fn breaks_out(text: &str, found: &Captures<'_>) -> bool {
    let Some(quote) = found.name("quote") else { return false };
    let before = &text.as_bytes()[quote.start().saturating_sub(LONGEST_LINE)..quote.start()];
    let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    // An apostrophe has letters on both sides.
    let is_quote = |at: &usize| {
        let within = is_letter(at.checked_sub(1).and_then(|at| line.get(at))) && is_letter(line.get(at + 1));
        line[*at] == quote.as_bytes()[0] && !within
    };
    (0..line.len()).filter(is_quote).count() % 2 == 0
}

const fn held(rule: Rule, holds: fn(&str, &Captures<'_>) -> bool) -> Rule {
    Rule { holds, ..rule }
}

use Kind::{Code, Sqli, Template, Xss};

pub(super) static RULES: &[Rule] = &[
    held(
        rule(
            Sqli,
            "sql_tautology",
            &["="],
            r#"(?:['"]~?\)?~?|\bwhere\b[^\n;]{0,80}?~|[?&]\w+=[\w-]*~)(?:or|\|\|)~?\(?(?P<left>\d+|'[^'\n]{0,20}'|"[^"\n]{0,20}")~?=~?(?P<right>\d+|'[^'\n]{0,20}'?|"[^"\n]{0,20}"?)"#,
        ),
        is_always_true,
    ),
    held(rule(Sqli, "sql_tautology", &["="], r"\bor~(?P<left>\d+)~?=~?(?P<right>\d+)~?(?:--|#|/\*|;)"), is_always_true),
    held(rule(Sqli, "sql_union", &["union"], r#"(?P<quote>['"])\)*~union(?:~all|~distinct)?~select\b"#), breaks_out),
    rule(
        Sqli,
        "sql_union",
        &["union"],
        r"\bunion(?:~all)?~select~(?:null\b|\d+~?,~?\d+|@@\w+|[^\n;]{0,80}\b(?:information_schema|sqlite_master|pg_catalog|sys\.|mysql\.user|table_name\b))",
    ),
    held(
        rule(
            Sqli,
            "sql_stacked",
            &["drop", "delete", "insert", "update", "alter", "truncate", "exec", "shutdown", "create"],
            r#"(?P<quote>['"])\)*~?;~?(?:drop|delete|insert|update|alter|truncate|exec(?:ute)?|shutdown|create)\b[^\n]{0,200}"#,
        ),
        breaks_out,
    ),
    rule(
        Sqli,
        "sql_stacked",
        &["drop", "delete", "truncate"],
        r"(?:=|\b)-?\d+~?;~?(?:drop~(?:table|database|schema)|delete~from|truncate~table)~\w+",
    ),
    rule(Sqli, "sql_comment", &["--", "/*", "#"], r#"(?:^|[\s=("])[\w.@-]{1,40}'\)?~?(?:--|/\*|#)[ \t+-]*(?:["']|$)"#),
    rule(
        Sqli,
        "sql_delay",
        &["sleep", "waitfor", "benchmark", "dbms_"],
        r#"(?:['");]|\|\||\b(?:and|or|select|if)\b)~?\(?~?(?:(?:pg_)?sleep~?\(~?\d+~?\)~?(?:--|#|\)|and|=|$)|waitfor~delay~['"]|benchmark~?\(~?\d{4,}~?,|dbms_(?:pipe|lock)\.)"#,
    ),
    rule(
        Sqli,
        "sql_system",
        &["xp_cmdshell", "load_file", "outfile", "dumpfile"],
        r"\b(?:xp_cmdshell\b|load_file~?\(~?['0]|into~(?:out|dump)file~['(])",
    ),
    rule(
        Code,
        "reverse_shell",
        &["/dev/tcp", "/dev/udp", "-e", "-c", "bash -i", "mkfifo", "pty.spawn"],
        r#"/dev/(?:tcp|udp)/[\w.$-]+/\d+|\b(?:nc|ncat|netcat)\b[^\n|;]{0,60}\s-\w*[ec]\s*\S*(?:sh|cmd)\b|\bbash\s+-i\s*>|\bmkfifo\b[^\n]{0,80}\b(?:nc|sh)\b|pty\.spawn\(\s*['"]/bin"#,
    ),
    shown(
        Code,
        "remote_script",
        &["curl", "wget", "iwr", "invoke-webrequest"],
        r"\b(?:curl|wget|fetch)\b[^\n|;]{0,200}\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b|(?:\b(?:bash|sh)\s+(?:-c\s+)?|\beval\s+)[\x22']?(?:<\(|\$\()\s*(?:curl|wget)|\b(?:iwr|invoke-webrequest)\b[^\n|]{0,200}\|\s*iex\b",
    ),
    rule(
        Code,
        "encoded_command",
        &["powershell", "pwsh", "downloadstring", "frombase64string", "base64"],
        r#"\b(?:powershell|pwsh)(?:\.exe)?\b[^\n]{0,80}\s-e(?:nc|ncodedcommand|c)?\s+[a-z0-9+/=]{16,}|\b(?:iex|invoke-expression)\b[^\n]{0,80}(?:downloadstring|frombase64string)|\bbase64\s+(?:-d|-D|--decode)\b[^\n|]{0,40}\|\s*(?:sudo\s+)?(?:ba|z)?sh\b|\b(?:eval|exec)\s*\(\s*(?:base64[_.]?(?:decode|b64decode)|__import__\(['"]base64['"]\)|atob|compile\s*\()"#,
    ),
    rule(
        Code,
        "destructive_command",
        &["rm -", "mkfs", ":(){", "dd if=", "format c:", "del /"],
        r"(?:[;&|`(]\s*|^\s*|\bsudo\s+|\bsystem\(\s*['\x22])rm\s+-(?:rf|fr|r\s+-f|f\s+-r|-recursive\s+--force|-force\s+--recursive|r\s+--force|-recursive\s+-f)\w*\s+(?:--no-preserve-root\s+)?['\x22]?(?:/(?:\s|$|\*|etc\b|home\b|usr\b|var\b|boot\b)|\x7e|\*|\$\{?home)|\bmkfs(?:\.\w+)?\s+/dev/|:\(\)\s*\{\s*:\s*\|\s*:|\bdd\s+if=/dev/(?:zero|u?random)\s+of=/dev/|\bformat\s+c:|\bdel\s+/[fsq]\b[^\n]{0,20}\bc:\\",
    ),
    rule(
        Code,
        "shell_injection",
        &[";", "&&", "|", "`", "$("],
        r"(?:[;&|`]|\$\()\s*(?:cat|less|head|tail|more)\s+[^\n;|]{0,40}(?:/etc/(?:passwd|shadow)|id_rsa|\.env\b)|[\w'\x22.=-](?:\s?(?:;|&&|\|\|?)\s?|`|\$\()(?:whoami|uname\s+-a|id)\s*(?:`|\)|;|#|\||&|$)|[\w'\x22.-]\s?(?:;|&&|\|\|)\s?(?:curl|wget|nc)\s+(?:-\w+\s+)*(?:https?://|\d{1,3}\.)[^\n]{0,120}(?:\||;|`|-o|\$\(|-d\s)",
    ),
    rule(
        Code,
        "python_execution",
        &["__import__", "os.system", "os.popen", "subprocess", "pickle", "__builtins__", "pty"],
        r#"__import__\s*\(\s*['"](?:os|subprocess|pty|socket|commands|shutil)['"]\s*\)|__builtins__\s*(?:\[|\.)|\bos\.(?:system|popen)\s*\(\s*f?['"][^'"\n]{0,60}(?:rm\s+-|curl|wget|nc\s|bash|/bin/sh|/etc/|whoami|chmod|powershell)|\bsubprocess\.\w+\(\s*\[?\s*['"](?:/bin/)?(?:ba)?sh['"]?\s*,?\s*['"]?-c?i?\b|\bpickle\.loads\s*\(\s*(?:base64|bytes\.fromhex|b['"]\\x)"#,
    ),
    rule(
        Code,
        "web_shell",
        &["$_get", "$_post", "$_request", "child_process", "getruntime", "processbuilder"],
        r#"\b(?:system|exec|shell_exec|passthru|eval|assert|popen|include|require)\s*\(?\s*\$_(?:get|post|request|cookie)\b|require\(\s*['"]child_process['"]\s*\)\s*\.\s*(?:exec|spawn)\w*\s*\(|\bgetruntime\(\)\s*\.\s*exec\s*\(|new\s+(?:java\.lang\.)?processbuilder\s*\(\s*(?:new\s+string\[\]\s*\{)?\s*['"](?:/bin/)?(?:ba|cmd|power)?sh"#,
    ),
    rule(
        Template,
        "template_internals",
        &["__", "lipsum", "cycler", "joiner", "namespace", "self._", "attr", "application"],
        r#"(?:\{\{|\{%|\$\{|#\{|<%)[^\n]{0,200}?(?:__(?:class|mro|subclasses|globals|init|builtins|base|bases|import|dict)__|\b(?:lipsum|cycler|joiner|namespace)\s*[.|]|\battr\s*\(\s*['"](?:__|\\x5f)|\brequest\s*\.\s*application\b|\bself\._)"#,
    ),
    rule(
        Template,
        "template_execution",
        &["{{", "{%", "${", "#{", "<%", "freemarker", "?new()", "#set", "{php}"],
        r#"(?:\{\{|\{%|\$\{|#\{|<%=?)[^\n}%]{0,200}?(?:\b(?:system|exec|popen|spawn|eval)\s*\(|\bT\s*\(\s*java\.lang|\.getruntime\b|java\.lang\.|\b(?:File|IO)\.(?:read|open|popen|write)|`[^`\n]+`|\bprocess\.(?:mainmodule|env)\b|\brequire\s*\()|freemarker\.template\.utility|\?new\(\)|\$\{(?:jndi|\$\{[^}\n]{0,40}\}):?[^}\n]{0,20}:(?://|[^}\n]{0,20}//)|\{\{\s*config(?:\s*\}\}|\.items|\[|\.from_object)|\{%\s*(?:import|include|extends)\s+['"]?(?:os|/|\.\./|https?:)|#set\s*\(\s*\$\w+\s*=[^\n]{0,80}(?:class|forname)|\{php\}"#,
    ),
    shown(
        Template,
        "template_probe",
        &["{{", "${", "#{", "<%", "[[", "@("],
        r#"(?:\{\{|\$\{\{?|#\{|<%=|\[\[|@\()\s*(?:\d+\s*\*\s*['"]?\d+['"]?|['"]\w+['"]\s*\.\s*(?:upper|join|concat)\(\s*\))\s*(?:\}\}?|%>|\]\]|\))"#,
    ),
    shown(
        Xss,
        "script_element",
        &["<script", "<\u{2f}script"],
        r"<script\b(?:[^>]*\bsrc\s*=|[^>]*>[^<]{0,500}(?:</script\s*>?|$|<))",
    ),
    shown(
        Xss,
        "event_handler",
        &["<"],
        r#"<[a-z][a-z0-9-]*(?:\s|/)(?:[^>"']|"[^"]*"|'[^']*')*?\bon(?:error|load|click|dblclick|mouse\w+|focus\w*|blur|key\w+|toggle|begin|end|start|finish|pointer\w+|animation\w+|transition\w+|submit|change|input|resize|scroll|wheel|drag\w*|drop|copy|cut|paste|message|hashchange|pageshow|unload|beforeunload|auxclick|contextmenu)\s*=\s*["'\w(][^>]{0,500}>?"#,
    ),
    shown(
        Xss,
        "script_address",
        &["=", "](", "url("],
        r#"(?:\b(?:href|src|action|formaction|xlink:href|data|poster|background)\s*=\s*["']?\s*|\]\(\s*<?\s*|\burl\(\s*["']?)(?:j\s*a\s*v\s*a|v\s*b)\s*s\s*c\s*r\s*i\s*p\s*t\s*:|(?:\b(?:href|src|data)\s*=\s*["']?\s*|\]\(\s*<?)data\s*:\s*(?:text/html|image/svg\+xml|application/xhtml)|\b(?:href|src|action|formaction)\s*=\s*["']?\s*[a-z]{0,12}&(?:#|colon|tab|newline)|\bsrcdoc\s*=\s*["'][^"'>]{0,200}(?:<|&lt)"#,
    ),
    shown(
        Xss,
        "active_element",
        &["<iframe", "<object", "<embed", "<base", "<meta", "<applet", "<link", "<form"],
        r#"<(?:iframe|embed)\b[^>]{0,200}\bsrc\s*=|<object\b[^>]{0,200}\bdata\s*=|<base\b[^>]{0,200}\bhref\s*=|<meta\b[^>]{0,200}\bhttp-equiv\s*=\s*["']?refresh|<applet\b|<link\b[^>]{0,200}\brel\s*=\s*["']?(?:import|stylesheet)\b[^>]{0,200}\bhref\s*=\s*["']?https?:|<form\b[^>]{0,200}\baction\s*=\s*["']?(?:https?:)?//"#,
    ),
];

/// How far back a quote is looked for that another one may end.
const LONGEST_LINE: usize = 400;
/// What stands in the place of `~`.
const GAP: &str = r"(?:\s|/\*[^*\n]{0,40}\*/|\+|%20|%09|%0a)*";

static WORDS: LazyLock<(AhoCorasick, Vec<usize>)> = LazyLock::new(|| {
    let words = RULES.iter().enumerate().flat_map(|(index, rule)| rule.words.iter().map(move |word| (index, *word)));
    let (owners, words): (Vec<usize>, Vec<&str>) = words.unzip();
    let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(words);
    (automaton.expect("a few short words, as a test holds"), owners)
});

static EXPRESSIONS: LazyLock<Vec<OnceLock<Regex>>> = LazyLock::new(|| RULES.iter().map(|_| OnceLock::new()).collect());

fn expression(index: usize) -> &'static Regex {
    EXPRESSIONS[index].get_or_init(|| {
        // A gap of some length, where two words are.
        let expression = RULES[index].expression.replace("~?", GAP).replace('~', &GAP.replace(")*", ")+"));
        let built = RegexBuilder::new(&expression).case_insensitive(true).multi_line(true).unicode(false).build();
        built.expect("every expression can be read, as a test holds")
    })
}

/// Which rules have a word in `text`.
pub(super) fn candidates(text: &str) -> Vec<bool> {
    let (automaton, owners) = &*WORDS;
    let mut found = vec![false; RULES.len()];
    for hit in automaton.find_overlapping_iter(text) {
        found[owners[hit.pattern().as_usize()]] = true;
    }
    found
}

/// Where the rule with this number holds in `text`.
pub(super) fn matches(index: usize, text: &str) -> impl Iterator<Item = Range<usize>> {
    let holds = RULES[index].holds;
    expression(index).captures_iter(text.as_bytes()).filter(move |found| holds(text, found)).filter_map(|found| {
        let whole = found.get(0)?;
        // Bytes are matched, so that repetitions stay small: the ends may lie within a character.
        let start = (0..=whole.start()).rev().find(|at| text.is_char_boundary(*at))?;
        let end = (whole.end()..=text.len()).find(|at| text.is_char_boundary(*at))?;
        Some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_can_be_read() {
        for (index, rule) in RULES.iter().enumerate() {
            assert!(expression(index).as_str().len() >= rule.expression.len(), "{}", rule.name);
        }
        assert_eq!(candidates("").len(), RULES.len());
    }
}
