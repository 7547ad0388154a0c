//! Texts as the formats of CI systems hold them.

/// What may stand between the tags of XML.
pub(crate) fn xml_content(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Readers make it a line feed where it is not written so.
            '\r' => escaped.push_str("&#13;"),
            '\t' | '\n' => escaped.push(character),
            // No document of XML 1.0 may hold these, however they are written.
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => escaped.push(char::REPLACEMENT_CHARACTER),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// What may stand in the double quotes of XML.
pub(crate) fn xml_attribute(text: &str) -> String {
    xml_content(text).replace('"', "&quot;").replace('\t', "&#9;").replace('\n', "&#10;")
}

/// The message of a workflow command.
pub(crate) fn github_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
pub(crate) fn github_property(text: &str) -> String {
    github_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_can_not_hold_is_escaped_or_replaced() {
        assert_eq!(xml_content("a < b && c ]]> \"d\"\r\n\te"), "a &lt; b &amp;&amp; c ]]&gt; \"d\"&#13;\n\te");
        assert_eq!(
            xml_content("\0\u{1b}[1m \u{fffe}\u{ffff} \u{1f600}"),
            "\u{fffd}\u{fffd}[1m \u{fffd}\u{fffd} \u{1f600}"
        );
        assert_eq!(xml_attribute("'a'\t\"b\"\n"), "'a'&#9;&quot;b&quot;&#10;");
    }

    #[test]
    fn what_would_end_a_command_is_escaped() {
        assert_eq!(github_data("100 %, a: b\r\n::error::x"), "100 %25, a: b%0D%0A::error::x");
        assert_eq!(github_property("C:/a,b %3A\n"), "C%3A/a%2Cb %253A%0A");
    }
}
