//! Looks for the kinds of personal data that settings name.

use super::context::{Context, Marks};
use super::custom::{Allowed, Custom, DENIED};
use super::entity::{self, entities};
use super::kinds::{self, Form};
use super::overlap::{Candidate, resolve};
use super::scan::{Hit, card, crypto, date, iban, network, person, phone, web};
use super::settings::{Settings, SettingsError};
use super::shape::Shape;
use super::words::{LONGEST, Word, chains, embedded, words};
use crate::diagnostic::nearest;
use crate::library::Found;
use crate::library::fold::Folded;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

/// How sure a finding must be where kinds are named, and where they are not.
const NAMED: f32 = 0.2;
const UNNAMED: f32 = 0.5;
/// What a word near a finding adds, and how sure it then is at least.
const CONTEXT_ADDS: f32 = 0.45;
const WITH_CONTEXT: f32 = 0.6;
/// How sure a finding is at least that is all of a text: an answer to a question.
const WHOLE: f32 = 0.25;

/// A way to write a kind.
#[derive(Debug, Clone)]
struct Rule {
    entity: u16,
    shape: Shape,
    form: &'static Form,
}

/// Settings, compiled. Without any it finds nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Detector {
    /// Names of the kinds: the built-in ones, then the configuration's own.
    names: Vec<Cow<'static, str>>,
    wanted: Vec<bool>,
    /// Kinds are named: then what is nobody's is looked for, too.
    named: bool,
    threshold: f32,
    /// By the length of what is written, without joints.
    rules: Vec<Vec<Rule>>,
    context: Context,
    custom: Custom,
    allowed: Allowed,
}

impl Detector {
    /// Compiles settings.
    ///
    /// # Errors
    ///
    /// A kind that there isn't, a score that isn't between 0 and 1, a regular expression that isn't one.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let mut names: Vec<Cow<'static, str>> = entities().iter().map(|entity| Cow::Borrowed(entity.name)).collect();
        for recognizer in &settings.recognizers {
            if !names.contains(&Cow::Borrowed(recognizer.supported_entity.as_str())) {
                names.push(Cow::Owned(recognizer.supported_entity.clone()));
            }
        }
        names.push(Cow::Borrowed(DENIED));
        check_scores(settings)?;
        let wanted = wanted(settings, &names)?;
        let place =
            |name: &str| names.iter().position(|known| known == name).filter(|&at| wanted[at]).map(|at| at as u16);
        let mut rules = vec![Vec::new(); LONGEST + 1];
        for (nth, kind) in kinds::all().enumerate().filter(|(nth, _)| wanted[entity::FIRST_KIND + nth]) {
            for form in kind.forms {
                for shape in Shape::expand(form.shape) {
                    rules[shape.len].push(Rule { entity: (entity::FIRST_KIND + nth) as u16, shape, form });
                }
            }
        }
        let built_in = entities()
            .iter()
            .enumerate()
            .filter(|(at, _)| wanted[*at])
            .flat_map(|(at, entity)| entity.context.iter().map(move |word| (*word, at as u16)));
        let small: Vec<(String, u16)> = settings
            .recognizers
            .iter()
            .filter_map(|recognizer| place(&recognizer.supported_entity).map(|at| (recognizer, at)))
            .flat_map(|(recognizer, at)| recognizer.context.iter().map(move |word| (word.to_lowercase(), at)))
            .collect();
        let context = Context::new(built_in.chain(small.iter().map(|(word, at)| (word.as_str(), *at))));
        let context = context.map_err(|error| {
            SettingsError::new(&[&"recognizers"], format!("the words of context can't be looked for: {error}"))
        })?;
        Ok(Detector {
            threshold: settings.score_threshold.unwrap_or(if settings.entities.is_empty() { UNNAMED } else { NAMED }),
            rules,
            context,
            custom: Custom::new(settings, place)?,
            allowed: Allowed::new(&settings.allow)?,
            wanted,
            named: !settings.entities.is_empty(),
            names,
        })
    }

    /// All personal data in a text that is sure enough, by place, without overlaps.
    #[must_use]
    pub(crate) fn find(&self, text: &str) -> Vec<Found> {
        self.look(text, false)
    }

    /// As [`Detector::find`], but with what is left of findings that others overlap, so that masking all leaves nothing of any.
    #[must_use]
    pub(crate) fn find_all(&self, text: &str) -> Vec<Found> {
        self.look(text, true)
    }

    /// How sure a finding must be.
    #[must_use]
    pub(crate) fn threshold(&self) -> f32 {
        self.threshold
    }

    fn look(&self, text: &str, rests: bool) -> Vec<Found> {
        let folded = Folded::new(text);
        let mut search = Search {
            detector: self,
            text: &folded.text,
            marks: OnceCell::new(),
            whole: whole(&folded.text),
            candidates: Vec::new(),
        };
        search.run();
        let mut candidates = search.candidates;
        candidates.retain(|candidate| !self.allowed.allows(&folded.text[candidate.range.clone()]));
        resolve(candidates, rests)
            .into_iter()
            .map(|candidate| Found {
                rule: self.names[candidate.entity as usize].clone(),
                range: folded.given(candidate.range, text),
                score: candidate.score,
            })
            .collect()
    }

    fn wants(&self, name: &str) -> bool {
        entity::position(name).and_then(|at| self.wanted.get(at)).is_some_and(|&wanted| wanted)
    }
}

fn check_scores(settings: &Settings) -> Result<(), SettingsError> {
    let check = |score: f32, setting: &[&dyn ToString]| {
        if (0.0..=1.0).contains(&score) {
            Ok(())
        } else {
            Err(SettingsError::new(setting, format!("a score is between 0 and 1, not {score}")))
        }
    };
    check(settings.score_threshold.unwrap_or(0.0), &[&"score_threshold"])?;
    for (nth, recognizer) in settings.recognizers.iter().enumerate() {
        check(recognizer.deny_list_score.unwrap_or(1.0), &[&"recognizers", &nth, &"deny_list_score"])?;
        for (at, pattern) in recognizer.patterns.iter().enumerate() {
            check(pattern.score, &[&"recognizers", &nth, &"patterns", &at, &"score"])?;
        }
    }
    Ok(())
}

/// Which kinds are looked for. Words that are denied always are; own kinds are where none are named.
fn wanted(settings: &Settings, names: &[Cow<'static, str>]) -> Result<Vec<bool>, SettingsError> {
    let built_in = entities();
    if settings.entities.is_empty() {
        return Ok((0..names.len()).map(|at| built_in.get(at).is_none_or(|entity| entity.personal)).collect());
    }
    let mut wanted = vec![false; names.len()];
    wanted[names.len() - 1] = true;
    for (nth, name) in settings.entities.iter().enumerate() {
        let Some(at) = names.iter().position(|known| known == name) else {
            let problem = match name.as_str() {
                "LOCATION" | "NRP" | "ORGANIZATION" | "AGE" | "ID" => format!(
                    "`{name}` takes a language model to find, which is not in this rail; remove it, or define it under `recognizers`"
                ),
                _ => {
                    let begins = names.iter().find(|known| known.starts_with(name.as_str()));
                    let meant =
                        begins.map(|known| &**known).or_else(|| nearest(name, names.iter().map(|known| &**known)));
                    let help = meant.map_or("`railsc rails sensitive` lists them".to_owned(), |meant| {
                        format!("did you mean `{meant}`?")
                    });
                    format!("there is no kind of personal data `{name}`; {help}")
                }
            };
            return Err(SettingsError::new(&[&"entities", &nth], problem));
        };
        wanted[at] = true;
    }
    Ok(wanted)
}

/// Where the text is without blanks and marks around it.
fn whole(text: &str) -> Range<usize> {
    let around =
        |char: char| char.is_whitespace() || matches!(char, '"' | '\'' | '“' | '”' | '.' | ',' | '!' | '?' | ';');
    let start = text.len() - text.trim_start_matches(around).len();
    start..text.trim_end_matches(around).len().max(start)
}

/// One text while it is looked through.
struct Search<'d> {
    detector: &'d Detector,
    text: &'d str,
    marks: OnceCell<Marks<'d>>,
    whole: Range<usize>,
    candidates: Vec<Candidate>,
}

impl Search<'_> {
    fn run(&mut self) {
        let detector = self.detector;
        let text = self.text;
        let words = words(text);
        if words.iter().any(|word| word.digit) {
            self.numbers(&words);
        }
        let mut hits = Vec::new();
        let digits = words.iter().any(|word| word.digit);
        if detector.wants("EMAIL_ADDRESS") {
            web::find_email(text, &mut hits);
        }
        if detector.wants("URL_WITH_CREDENTIALS") {
            web::find_credentials(text, &mut hits);
        }
        if detector.wants("URL") {
            web::find_url(text, &mut hits);
        }
        if detector.wants("IP_ADDRESS") {
            network::find_ip(text, detector.named, &mut hits);
        }
        if detector.wants("MAC_ADDRESS") {
            network::find_mac(text, &words, &mut hits);
        }
        if detector.wants("PERSON") {
            person::find(text, &words, &mut hits);
        }
        if digits {
            if detector.wants("IBAN_CODE") {
                iban::find(text, &words, &mut hits);
            }
            if detector.wants("CREDIT_CARD") {
                card::find(text, &words, &mut hits);
            }
            if detector.wants("CRYPTO") {
                crypto::find(text, &words, &mut hits);
            }
            if detector.wants("DATE_TIME") || detector.wants("DATE_OF_BIRTH") {
                date::find(text, &mut hits);
            }
            if ["PHONE_NUMBER", "TR_PHONE_NUMBER", "PH_MOBILE_NUMBER"].iter().any(|name| detector.wants(name)) {
                phone::find(text, |name| detector.wants(name), &mut hits);
            }
        }
        for Hit { entity, range, score } in hits {
            if let Some(at) = entity::position(entity) {
                self.consider(at as u16, range, score);
            }
        }
        let mut own = Vec::new();
        detector.custom.find(text, |entity, range, score| own.push((entity, range, score)));
        for (entity, range, score) in own {
            self.consider(entity, range, score);
        }
    }

    /// Numbers by their forms and check digits; of kinds that are written alike the surest.
    fn numbers(&mut self, words: &[Word]) {
        for at in 0..words.len() {
            chains(self.text, &words[at..], |chain| {
                let mut best: Option<(u16, f32)> = None;
                for rule in self.detector.rules.get(chain.len).into_iter().flatten() {
                    let form = rule.form;
                    if !rule.shape.matches(chain, form.anywhere)
                        || chain.joints & !form.joints != 0
                        || (form.same && chain.joint == 0)
                        || (form.capitals && chain.small)
                        || !(form.check)(chain.compact())
                    {
                        continue;
                    }
                    let score = self.score(rule.entity, &(chain.start..chain.end), form.score);
                    if best.is_none_or(|(_, surest)| score > surest) {
                        best = Some((rule.entity, score));
                    }
                }
                if let Some((entity, score)) = best
                    && score + f32::EPSILON >= self.detector.threshold
                    && !embedded(self.text, chain.start, chain.end)
                {
                    self.candidates.push(Candidate { entity, range: chain.start..chain.end, score });
                }
            });
        }
    }

    fn consider(&mut self, entity: u16, range: Range<usize>, score: f32) {
        if !self.detector.wanted.get(entity as usize).is_some_and(|&wanted| wanted) {
            return;
        }
        let score = self.score(entity, &range, score);
        if score + f32::EPSILON >= self.detector.threshold {
            self.candidates.push(Candidate { entity, range, score });
        }
    }

    /// How sure a finding is with the words around it.
    fn score(&self, entity: u16, range: &Range<usize>, score: f32) -> f32 {
        let marks = self.marks.get_or_init(|| self.detector.context.marks(self.text));
        if marks.near(range, entity) {
            (score + CONTEXT_ADDS).clamp(WITH_CONTEXT, 1.0)
        } else if *range == self.whole {
            score.max(WHOLE)
        } else {
            score
        }
    }
}
