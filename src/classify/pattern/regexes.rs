//! Regular expressions, of which only those are run that a text may match at all.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use aho_corasick::AhoCorasick;
use regex_automata::Input;
use regex_automata::meta::Regex;
use regex_automata::util::primitives::PatternID;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;
use rustc_hash::{FxHashMap, FxHashSet};

use super::needs::{Contents, Needs, fold};
use super::size;

/// How large all regular expressions together may become when compiled, in bytes.
pub(super) const TOTAL_SIZE_LIMIT: usize = 128 << 20;
/// How much one regular expression may remember of its way through texts, in bytes and for each thread.
const CACHE_SIZE: usize = 256 << 10;
/// How many bytes of literals are looked for; regular expressions that would need more are run on most texts.
const LITERALS_SIZE_LIMIT: usize = 1 << 20;

/// Regular expressions in order of definition.
#[derive(Default)]
pub(crate) struct Regexes {
    all: Vec<One>,
    size: usize,
    /// Until all have come.
    literals: FxHashMap<String, Vec<Need>>,
    literals_size: usize,
    /// Those that need no literal.
    without: Vec<u32>,
    /// Of all literals, with whose needs each of them meets.
    finder: Option<(AhoCorasick, Vec<Vec<Need>>)>,
}

/// A regular expression, and the bit of its need.
type Need = (u32, u8);

struct One {
    source: Box<str>,
    /// Compiled when a text may match it: most texts come near to few.
    regex: OnceLock<Option<Regex>>,
    needs: Needs,
    /// A bit for each of its needs of literals.
    literals: u8,
}

/// All regular expressions together are.
#[derive(Debug)]
pub(crate) struct TooLarge;

impl Regexes {
    /// Adds one behind the others.
    pub(crate) fn add(&mut self, source: &str) -> Result<(), TooLarge> {
        // What the program took parses; what would not, matches nothing.
        let parsed = ParserBuilder::new().case_insensitive(true).build().parse(source);
        let parsed = parsed.unwrap_or_else(|_| Hir::fail());
        self.size = self.size.saturating_add(size::estimate(&parsed));
        if self.size > TOTAL_SIZE_LIMIT {
            return Err(TooLarge);
        }
        let index = self.all.len() as u32;
        let mut needs = Needs::of(&parsed);
        let literals_size = needs.literals.iter().flatten().map(String::len).sum::<usize>();
        if self.literals_size + literals_size > LITERALS_SIZE_LIMIT {
            needs.literals.clear();
        } else {
            self.literals_size += literals_size;
        }
        let mut bits = 0;
        for (bit, literals) in std::mem::take(&mut needs.literals).into_iter().enumerate() {
            bits |= 1 << bit;
            for literal in literals {
                self.literals.entry(literal).or_default().push((index, 1 << bit));
            }
        }
        if bits == 0 {
            self.without.push(index);
        }
        self.all.push(One { source: source.into(), regex: OnceLock::new(), needs, literals: bits });
        Ok(())
    }

    /// Gets ready to look for what was added.
    pub(crate) fn finish(&mut self) {
        let (literals, owners): (Vec<String>, Vec<_>) = std::mem::take(&mut self.literals).into_iter().unzip();
        self.finder = AhoCorasick::new(literals).ok().map(|finder| (finder, owners));
        if self.finder.is_none() {
            self.without = (0..self.all.len() as u32).collect();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Those that `text` may match, in order.
    pub(crate) fn candidates(&self, text: &str) -> Vec<usize> {
        let folded = folded(text);
        let contents = Contents::of(text, &folded);
        let mut candidates = self.without.clone();
        if let Some((finder, owners)) = &self.finder {
            let mut open: Vec<u8> = vec![0; self.all.len()];
            let mut seen = FxHashSet::default();
            for found in finder.find_overlapping_iter(&*folded) {
                if !seen.insert(found.pattern()) {
                    continue;
                }
                for &(index, bit) in &owners[found.pattern()] {
                    let met = &mut open[index as usize];
                    let was_met = *met == self.all[index as usize].literals;
                    *met |= bit;
                    if !was_met && *met == self.all[index as usize].literals {
                        candidates.push(index);
                    }
                }
            }
        }
        candidates.retain(|&index| self.all[index as usize].needs.are_met(&contents));
        candidates.sort_unstable();
        candidates.into_iter().map(|index| index as usize).collect()
    }

    /// Where `text` matches first.
    pub(crate) fn find(&self, index: usize, text: &str) -> Option<Range<usize>> {
        self.regex(index)?.find(text).map(|found| found.range())
    }

    /// Where the pattern at `index` matches in `text`, in order and without overlaps.
    pub(crate) fn find_iter<'t>(&'t self, index: usize, text: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        self.regex(index).into_iter().flat_map(move |regex| regex.find_iter(text)).map(|found| found.range())
    }

    /// Whether `text` matches, which takes less time than where.
    pub(super) fn is_match(&self, index: usize, text: &str) -> bool {
        self.regex(index).is_some_and(|regex| regex.is_match(text))
    }

    /// Where the named groups are in the first match.
    pub(super) fn groups(&self, index: usize, text: &str) -> Vec<(Arc<str>, Range<usize>)> {
        let Some(regex) = self.regex(index) else { return Vec::new() };
        let names = regex.group_info().pattern_names(PatternID::ZERO);
        if names.clone().flatten().next().is_none() {
            return Vec::new();
        }
        let mut captures = regex.create_captures();
        regex.search_captures(&Input::new(text), &mut captures);
        let named = names.enumerate().filter_map(|(group, name)| Some((name?, captures.get_group(group)?)));
        named.map(|(name, group)| (name.into(), group.range())).collect()
    }

    fn regex(&self, index: usize) -> Option<&Regex> {
        let one = &self.all[index];
        one.regex.get_or_init(|| compile(&one.source)).as_ref()
    }
}

/// The size of each was limited when the program took it, or by that of all.
pub(super) fn compile(source: &str) -> Option<Regex> {
    let config = Regex::config().nfa_size_limit(None).hybrid_cache_capacity(CACHE_SIZE).onepass(false);
    let syntax = regex_automata::util::syntax::Config::new().case_insensitive(true);
    Regex::builder().configure(config).syntax(syntax).build(source).ok()
}

/// As literals are spelled.
fn folded(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().map(fold).collect())
    }
}
