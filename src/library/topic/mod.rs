//! What conversations may be about, by intents: those of the user's own flows that are allowed, and those that are not.

mod rails;

#[cfg(test)]
mod tests;

pub(super) use rails::{FAMILY, asked_for};

/// Which topics are allowed, as intents of type `I`.
#[derive(Debug, Clone, PartialEq)]
pub struct Topics<I> {
    /// These; with none, all that are not denied.
    pub allowed: Vec<I>,
    /// These are not.
    pub denied: Vec<I>,
    /// Whether a text passes that means nothing allowed.
    pub off_topic_passes: bool,
}

/// An intent that a text may mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near<I> {
    /// The intent.
    pub intent: I,
    /// How near, from 0 to 1.
    pub score: f32,
    /// What it must reach.
    pub threshold: f32,
}

/// What a text is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum About<I> {
    /// A topic that is allowed; or none of those named, where none is.
    Allowed(Option<Near<I>>),
    /// One that is denied.
    Denied(Near<I>),
    /// None that is allowed. The nearest of those that are, if any was near at all.
    Off(Option<Near<I>>),
}

impl<I: Copy + PartialEq> Topics<I> {
    /// What a text is about of which `near` are the intents that it may mean, the best first. Whatever else it means, one
    /// denied intent that reaches its threshold is enough; of allowed ones, one must be what it means most, `meant`.
    pub fn about(&self, meant: Option<I>, near: &[Near<I>]) -> About<I> {
        let reaches = |near: &&Near<I>| near.score >= near.threshold;
        if let Some(denied) = near.iter().filter(reaches).find(|near| self.denied.contains(&near.intent)) {
            return About::Denied(*denied);
        }
        let best = meant.and_then(|meant| near.iter().find(|near| near.intent == meant)).copied();
        // What decided may know better than the candidates that it looked at, as a judge does.
        if let Some(meant) = meant
            && self.denied.contains(&meant)
        {
            return About::Denied(best.unwrap_or(Near { intent: meant, score: 1.0, threshold: 1.0 }));
        }
        if self.allowed.is_empty() || meant.is_some_and(|meant| self.allowed.contains(&meant)) {
            return About::Allowed(best);
        }
        About::Off(near.iter().find(|near| self.allowed.contains(&near.intent)).copied())
    }

    /// Whether a text may pass that is about this.
    pub fn passes(&self, about: &About<I>) -> bool {
        match about {
            About::Allowed(_) => true,
            About::Denied(_) => false,
            About::Off(_) => self.off_topic_passes,
        }
    }
}
