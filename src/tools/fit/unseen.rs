//! Labelled texts where there are none but the examples: each as if it were not among them.

use super::{Labelled, Seen};
use crate::classify::{Classifier, EmbedError, Settings};
use crate::diagnostic::Diagnostic;
use crate::engine::Rails;
use crate::program::{Intent, IntentId, Program};

/// Parts that the examples are left out in.
const FOLDS: usize = 5;
/// An intent must have as many examples, so that some are left.
const FEWEST: usize = 3;

/// Every example of `rails`, classified by rails that don't have it (a fifth of them is left out at a time), and, as texts out of
/// scope, the examples of intents that such rails don't have.
///
/// # Errors
/// When the embedder fails.
pub fn unseen(rails: &Rails) -> Result<Vec<Labelled>, EmbedError> {
    // Without folders: what is trained for one use is not worth keeping.
    let settings = rails.classifier_settings();
    let program = rails.program();
    let enough = program.intents.iter().filter(|intent| intent.examples.len() >= FEWEST).count();
    let mut texts = Vec::new();
    for fold in 0..FOLDS {
        let rest = with_intents(program, |_, intent| {
            if intent.examples.len() >= FEWEST {
                let mut index = 0;
                intent.examples.retain(|_| {
                    index += 1;
                    index % FOLDS != fold
                });
            }
        });
        let classifier = built(&rest, &settings)?;
        for (id, intent) in program.intents().filter(|(_, intent)| intent.examples.len() >= FEWEST) {
            let left_out = intent.examples.iter().enumerate().filter(|(index, _)| (index + 1) % FOLDS == fold);
            for (_, example) in left_out {
                texts.push(tried(&classifier, &example.text, Some(id))?);
            }
        }
        if enough < FOLDS {
            continue;
        }
        let rest = with_intents(program, |index, intent| {
            if index % FOLDS == fold {
                for texts in
                    [&mut intent.examples, &mut intent.counter_examples, &mut intent.phrases, &mut intent.regexes]
                {
                    texts.clear();
                }
            }
        });
        let classifier = built(&rest, &settings)?;
        let gone = program.intents().filter(|(id, _)| id.index() % FOLDS == fold);
        for example in gone.flat_map(|(_, intent)| &intent.examples) {
            texts.push(tried(&classifier, &example.text, None)?);
        }
    }
    Ok(texts)
}

fn built(program: &Program, settings: &Settings) -> Result<Classifier, EmbedError> {
    let (classifier, found) = Classifier::build(program, settings);
    match found.into_iter().find(Diagnostic::is_error) {
        Some(error) => Err(EmbedError::new(error.message)),
        None => Ok(classifier),
    }
}

fn tried(classifier: &Classifier, text: &str, intent: Option<IntentId>) -> Result<Labelled, EmbedError> {
    Ok(Labelled { text: text.to_owned(), intent, seen: Seen::new(&classifier.classify(text)?) })
}

fn with_intents(program: &Program, change: impl Fn(usize, &mut Intent)) -> Program {
    let mut program = program.clone();
    program.intents.iter_mut().enumerate().for_each(|(index, intent)| change(index, intent));
    program
}
