//! What becomes of each key of `config.yml`, and which of them should be written otherwise.

use super::table::{self, Fate};
use super::{Document, Told};
use crate::config::yaml::{Data, Key, Node};
use crate::diagnostic::{Fix, codes};
use crate::model::{self, engines};
use crate::source::Span;

/// Tells of all keys; what comes back are the repairs.
pub(super) fn tell(documents: &[Document], told: &mut Told<'_>) -> Vec<Fix> {
    let mut walk = Walk { told, edits: Vec::new() };
    for root in documents.iter().filter_map(|document| document.root.as_ref()) {
        walk.mapping(root, "");
    }
    walk.edits
}

/// Whether one of `documents` has a key that `wanted` takes by its path.
pub(super) fn any_key(documents: &[Document], wanted: &dyn Fn(&str) -> bool) -> bool {
    fn below(node: &Node, path: &str, wanted: &dyn Fn(&str) -> bool) -> bool {
        let Data::Mapping(entries) = &node.data else { return false };
        entries.iter().any(|(key, node)| {
            let path = join(path, &key.name);
            wanted(&path) || below(node, &path, wanted)
        })
    }
    documents.iter().filter_map(|document| document.root.as_ref()).any(|root| below(root, "", wanted))
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// How a key is written.
enum Spelling {
    Right,
    /// Wrong; this is meant.
    Mended(String),
    Unknown,
}

struct Walk<'a, 'b> {
    told: &'a mut Told<'b>,
    edits: Vec<Fix>,
}

impl Walk<'_, '_> {
    fn mapping(&mut self, node: &Node, path: &str) {
        let Data::Mapping(entries) = &node.data else { return };
        for (key, value) in entries {
            let path = match self.spelling(key, &join(path, &key.name), entries) {
                Spelling::Right => join(path, &key.name),
                Spelling::Mended(name) => join(path, &name),
                Spelling::Unknown => continue,
            };
            match table::of_key(&path) {
                // Nothing is what an absent key says.
                Some(_) if value.is_null() => {}
                Some(Fate::Inside) => self.mapping(value, &path),
                Some(Fate::Apart) if path == "models" => self.models(value),
                Some(Fate::Apart) => {}
                Some(Fate::Works) if self.told.finding(codes::COLANG_2, value.span).is_some() => {
                    let instead =
                        "railsc reads Colang 1.0: rewrite the rails; `docs/language.md` has the whole language";
                    self.told.missing(Some(value.span), "Colang 2", instead);
                }
                // What is wrong with it is told with the errors.
                Some(Fate::Works) if self.told.has_error_in(value.span) => {}
                Some(Fate::Works) => self.told.works(Some(key.span), works(&path, value)),
                Some(Fate::Differs(how)) => self.told.differs(Some(key.span), format!("`{path}`"), how),
                Some(Fate::Missing(instead)) => self.told.missing(Some(key.span), format!("`{path}`"), instead),
                // What no table has is what `check` says of it.
                None if self.told.finding(codes::SECTION_NOT_SERVED, key.span).is_some() => {
                    self.told.differs(Some(key.span), format!("`{path}`"), "nothing is done with it yet");
                }
                None if table::OURS.contains(&&*path) => self.told.works(Some(key.span), format!("`{path}`")),
                // What nobody knows was told.
                None => {}
            }
        }
    }

    /// Tells of a key that nobody knows, and mends it where it is clear what is meant.
    fn spelling(&mut self, key: &Key, path: &str, siblings: &[(Key, Node)]) -> Spelling {
        let Some(found) = self.told.finding(codes::UNKNOWN_KEY, key.span) else { return Spelling::Right };
        // Two keys of one name would be worse than one that nobody knows.
        let is_free = |meant: &&str| {
            siblings.iter().all(|(other, _)| {
                let mended = self.edits.iter().any(|edit| edit.text == **meant && within(edit.span, other.span));
                other.name != **meant && !mended
            })
        };
        let meant = found.meant.as_deref().filter(is_free).map(str::to_owned);
        let at = self.told.inspection.sources.text(key.span).find(&key.name);
        let (Some(meant), Some(at)) = (meant, at) else {
            let instead =
                "no such key is known: passed over there, an error here; delete it, or move it into `custom_data`";
            self.told.missing(Some(key.span), format!("`{path}`"), instead);
            return Spelling::Unknown;
        };
        let how = format!("misspelt `{meant}`: passed over there, an error here; the proposal spells it right");
        self.told.differs(Some(key.span), format!("`{path}`"), how);
        self.edits.push(Fix { span: key.span.slice(at..at + key.name.len()), text: meant.clone() });
        Spelling::Mended(meant)
    }

    fn models(&mut self, node: &Node) {
        let Data::List(models) = &node.data else { return };
        for model in models {
            let Data::Mapping(entries) = &model.data else { continue };
            let entry = |wanted: &str| entries.iter().find(|(key, _)| key.name == wanted).map(|(_, node)| node);
            let text = |wanted: &str| match entry(wanted).map(|node| &node.data) {
                Some(Data::Scalar(text, _)) => text.as_str(),
                _ => "",
            };
            if text("type") == "embeddings" {
                if let Some(engine) = entry("engine").filter(|engine| !engine.is_null()) {
                    self.embedder(engine, text("engine"));
                }
            } else {
                self.model(entry("engine").unwrap_or(model), text("type"), text("engine"), text("model"));
            }
            for (key, _) in entries.iter().filter(|(_, value)| !value.is_null()) {
                let path = format!("models[].{}", key.name);
                if matches!(self.spelling(key, &path, entries), Spelling::Right)
                    && let Some(Fate::Differs(how)) = table::of_key(&path)
                {
                    self.told.differs(Some(key.span), format!("`{path}`"), how);
                }
            }
        }
    }

    fn model(&mut self, node: &Node, kind: &str, engine: &str, model: &str) {
        let model = if model.is_empty() { String::new() } else { format!(", `{model}`") };
        let what = format!("the `{kind}` model{model}, by `{engine}`");
        let mut specs = self.told.inspection.config.models.iter();
        let spec = specs.find(|spec| spec.kind == kind && spec.engine.as_deref().unwrap_or_default() == engine);
        let is_known = engines::find(engine).is_some() || engine.contains("${");
        if is_known || spec.is_some_and(|spec| model::unavailable(spec).is_none()) {
            self.told.works(Some(node.span), what);
        } else {
            let instead = "no such engine is known: where its service speaks OpenAI's protocol, name its `base_url` under \
                           `parameters`; else give `Rails::builder().model(…)` a model of your own";
            self.told.missing(Some(node.span), what, instead);
        }
    }

    fn embedder(&mut self, node: &Node, engine: &str) {
        let what = format!("embeddings by `{engine}`");
        if self.told.finding(codes::OTHER_EMBEDDER, node.span).is_some() {
            let how = "the built-in embedder stands in for it, with other scores: try your texts with `railsc classify`; \
                       the proposal says `static`";
            self.told.differs(Some(node.span), what, how);
            let at = self.told.inspection.sources.text(node.span).find(engine);
            let fix = at.map(|at| Fix { span: node.span.slice(at..at + engine.len()), text: "static".to_owned() });
            // An alias stands for one text in several places.
            self.edits.extend(fix.filter(|fix| !self.edits.contains(fix)));
        } else if self.told.has_error_in(node.span) {
            let instead = "no such embedder is here: name its `base_url` under `parameters` where it speaks OpenAI's protocol, or write `static`, \
                           which is built in, or `exact`, equality alone";
            self.told.missing(Some(node.span), what, instead);
        } else {
            self.told.works(Some(node.span), what);
        }
    }
}

/// Whether `inner` lies in `outer`.
pub(super) fn within(inner: Span, outer: Span) -> bool {
    inner.file == outer.file && inner.start >= outer.start && inner.end <= outer.end
}

/// A key that works, with what is worth knowing of it.
fn works(path: &str, value: &Node) -> String {
    let Data::List(items) = &value.data else { return format!("`{path}`") };
    let tasks = items.iter().filter_map(|item| {
        let Data::Mapping(entries) = &item.data else { return None };
        let task = entries.iter().find(|(key, _)| key.name == "task");
        task.and_then(|(_, node)| match &node.data {
            Data::Scalar(text, _) => Some(format!("`{text}`")),
            _ => None,
        })
    });
    let tasks: Vec<String> = tasks.collect();
    if tasks.is_empty() { format!("`{path}`") } else { format!("`{path}`: {}", tasks.join(", ")) }
}
