//! Server-sent events, however the network cuts them up.

use std::mem;

use crate::model::ModelError;

/// The longest line, and the longest data of one event, in bytes.
pub(super) const LONGEST_LINE: usize = 1 << 20;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// What kind of event; mostly empty.
    pub name: String,
    /// The lines of its data.
    pub data: String,
}

/// Reads events from bytes as they come. Follows the HTML standard, section 9.2.6, but for a last event that no empty line
/// ends, which is taken.
#[derive(Debug, Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    name: String,
    data: Option<String>,
    begun: bool,
    /// The last line ended in CR, so that an LF belongs to it.
    after_cr: bool,
}

impl Parser {
    /// Takes more bytes, and puts the events that end in them into `events`.
    pub fn feed(&mut self, mut bytes: &[u8], events: &mut Vec<Event>) -> Result<(), ModelError> {
        while let Some(first) = bytes.first() {
            if mem::take(&mut self.after_cr) && *first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (part, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            if self.line.len() + part.len() > LONGEST_LINE {
                return Err(ModelError::TooLong { limit: LONGEST_LINE });
            }
            self.line.extend_from_slice(part);
            bytes = rest;
            if let Some(end) = rest.first() {
                self.after_cr = *end == b'\r';
                bytes = &rest[1..];
                events.extend(self.end_of_line()?);
            }
        }
        Ok(())
    }

    /// The event that the end of the bytes ends, if there is one.
    pub fn finish(&mut self) -> Result<Option<Event>, ModelError> {
        if !self.line.is_empty() {
            self.end_of_line()?;
        }
        Ok(self.event())
    }

    fn event(&mut self) -> Option<Event> {
        let name = mem::take(&mut self.name);
        self.data.take().map(|data| Event { name, data })
    }

    fn end_of_line(&mut self) -> Result<Option<Event>, ModelError> {
        let line = mem::take(&mut self.line);
        let begun = mem::replace(&mut self.begun, true);
        let Ok(mut line) = str::from_utf8(&line) else {
            return Err(ModelError::Malformed { reason: "it is not UTF-8".to_owned() });
        };
        if !begun {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            return Ok(self.event());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.name = value.to_owned(),
            "data" => match &mut self.data {
                None => self.data = Some(value.to_owned()),
                Some(data) if data.len() + value.len() >= LONGEST_LINE => {
                    return Err(ModelError::TooLong { limit: LONGEST_LINE });
                }
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
            },
            // Comments keep a connection alive; nobody reconnects by `id` and `retry`.
            _ => {}
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Event, LONGEST_LINE, Parser};
    use crate::model::ModelError;

    const RECORDED: &[&[u8]] = &[
        b"data: {\"choices\":[{\"delta\":{\"content\":\"Gr\xc3\xbc\xc3\x9fe \xf0\x9f\xa6\x80\"}}]}\n\ndata: [DONE]\n\n",
        b": keep alive\r\n\r\nevent: message\r\ndata: one\r\ndata: two\r\n\r\nid: 7\r\nretry: 3\r\ndata:three\r\n\r\n",
        b"\xef\xbb\xbfdata: a\r\rdata: b\r\r",
        b"data\n\ndata:\n\ndata: \xef\xbb\xbfx\n\nevent: error\ndata: {\"error\":{}}\n\n",
        b"\n\r\n\rdata: mixed\r\ndata: ends\rdata: here\n\n\n",
        b"data: no end of line",
        b"data: no empty line\r\n",
        b"\xef\xbb\xbf",
        b"",
    ];

    fn parsed<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Event>, ModelError> {
        let (mut parser, mut events) = (Parser::default(), Vec::new());
        for chunk in chunks {
            parser.feed(chunk, &mut events)?;
        }
        events.extend(parser.finish()?);
        Ok(events)
    }

    fn data(bytes: &[u8]) -> Vec<String> {
        parsed([bytes]).unwrap().into_iter().map(|event| event.data).collect()
    }

    #[test]
    fn events_are_read() {
        assert_eq!(data(RECORDED[0])[1], "[DONE]");
        assert_eq!(data(RECORDED[1]), ["one\ntwo", "three"]);
        assert_eq!(data(RECORDED[2]), ["a", "b"]);
        assert_eq!(data(RECORDED[3]), ["", "", "\u{feff}x", "{\"error\":{}}"]);
        assert_eq!(parsed([RECORDED[3]]).unwrap()[3].name, "error");
        assert_eq!(data(RECORDED[4]), ["mixed\nends\nhere"]);
        assert_eq!(data(RECORDED[5]), ["no end of line"]);
        assert_eq!(data(RECORDED[6]), ["no empty line"]);
        assert!(data(RECORDED[7]).is_empty() && data(RECORDED[8]).is_empty());
    }

    #[test]
    fn two_chunks_are_read_as_one_wherever_they_part() {
        for bytes in RECORDED {
            let whole = parsed([*bytes]).unwrap();
            for at in 0..=bytes.len() {
                let (one, other) = bytes.split_at(at);
                assert_eq!(parsed([one, &[], other]).unwrap(), whole, "parted at {at}");
            }
            assert_eq!(parsed(bytes.chunks(1)).unwrap(), whole, "byte by byte");
        }
    }

    #[test]
    fn lines_have_a_limit() {
        let too_long = Err(ModelError::TooLong { limit: LONGEST_LINE });
        let line = vec![b'x'; 1 << 16];
        assert_eq!(parsed(std::iter::repeat_n(&*line, 17)), too_long);
        assert_eq!(parsed(std::iter::repeat_n(&b"data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"[..], 40_000)), too_long);
        assert!(matches!(parsed([&b"data: \xff\n\n"[..]]), Err(ModelError::Malformed { .. })));
    }

    proptest! {
        #[test]
        fn any_chunks_are_read_as_one(
            pieces in prop::collection::vec(prop::sample::select(RECORDED), 1..4),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let bytes = pieces.concat();
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks = cuts.windows(2).map(|ends| &bytes[ends[0]..ends[1]]);
            prop_assert_eq!(parsed(chunks).unwrap(), parsed([&*bytes]).unwrap());
        }

        #[test]
        fn any_bytes_are_read_alike_in_any_chunks(bytes in prop::collection::vec(
            prop_oneof![Just(b'\n'), Just(b'\r'), Just(b':'), Just(b'd'), any::<u8>()], 0..60), size in 1..9_usize
        ) {
            prop_assert_eq!(parsed(bytes.chunks(size)), parsed([&*bytes]));
        }
    }
}
