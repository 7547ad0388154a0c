//! The encoder that runs here: it gives the vectors that it should, for a small model of our own, and for any that
//! `RAILSC_REFERENCE_MODEL` names (a folder, whose vectors are in the file `RAILSC_REFERENCE_VECTORS`).

use std::fs;
use std::path::{Path, PathBuf};

use rails::classify::{Embedder as _, NoVector, Transformer, TransformerError, Unembeddable};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    text: String,
    vector: Vec<f32>,
}

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny_bert")
}

/// Holds the model in `folder` to the vectors in a file.
fn compare(folder: &Path, file: &Path) {
    let model = Transformer::open(folder).unwrap();
    let lines = fs::read_to_string(file).unwrap();
    let wanted: Vec<Reference> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(wanted.len() > 5);
    let texts: Vec<&str> = wanted.iter().map(|reference| &*reference.text).collect();
    let together = model.embed(&texts).unwrap();
    let mut worst = 0.0_f32;
    for (reference, together) in wanted.iter().zip(together) {
        let mut alone = vec![0.0; model.dimensions()];
        model.embed_into(&reference.text, &mut alone).unwrap();
        assert_eq!(alone.len(), reference.vector.len());
        for ((alone, together), wanted) in alone.iter().zip(together.unwrap()).zip(&reference.vector) {
            worst = worst.max((alone - wanted).abs()).max((together - wanted).abs());
        }
    }
    println!("{} texts, off by {worst:e} at most", texts.len());
    assert!(worst < 1e-3, "off by {worst}");
}

#[test]
fn vectors_are_those_of_the_reference() {
    compare(&tiny(), &tiny().join("reference.jsonl"));
}

#[test]
#[ignore = "needs a model, and vectors to hold it to; benches/compare/minilm.py runs it"]
fn vectors_of_a_model_elsewhere_are_those_of_its_reference() {
    let [folder, file] =
        ["RAILSC_REFERENCE_MODEL", "RAILSC_REFERENCE_VECTORS"].map(|name| std::env::var(name).unwrap());
    compare(Path::new(&folder), Path::new(&file));
}

#[test]
#[ignore = "it measures; benches/compare/minilm.py runs it"]
fn a_text_of_16_tokens_takes_this_long() {
    let model = Transformer::open(std::env::var("RAILSC_REFERENCE_MODEL").unwrap()).unwrap();
    let text = "can you tell me where my last order is it has not come yet";
    let mut vector = vec![0.0; model.dimensions()];
    let mut times: Vec<f64> = (0..50)
        .map(|_| {
            let began = std::time::Instant::now();
            model.embed_into(text, &mut vector).unwrap();
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("a text of 16 tokens: {:.2} ms, median of 50; {:.2} at least", times[25], times[0]);
}

#[test]
fn what_has_no_vector_says_so() {
    let model = Transformer::open(tiny()).unwrap();
    let embed = |text: &str| model.embed_into(text, &mut vec![0.0; model.dimensions()]);
    assert_eq!(embed(" \u{200b}"), Err(NoVector::Unembeddable(Unembeddable::Empty)));
    assert_eq!(embed("привет"), Err(NoVector::Unembeddable(Unembeddable::UnknownScript)));
    let found = model.embed(&["hello", "", "привет", "a"]).unwrap();
    assert_eq!(found[1], Err(Unembeddable::Empty));
    assert_eq!(found[2], Err(Unembeddable::UnknownScript));
    assert!(found[0].is_ok() && found[3].is_ok() && found[0] != found[3]);
    assert_eq!(model.embed(&[]).unwrap(), []);
}

#[test]
fn many_texts_come_back_in_order() {
    let model = Transformer::open(tiny()).unwrap();
    let texts: Vec<String> = (0..300).map(|at| format!("where is {} order", "my ".repeat(at % 11))).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for (text, together) in texts.iter().zip(model.embed(&texts).unwrap()) {
        let alone = model.embed(&[text]).unwrap().remove(0).unwrap();
        assert!(alone.iter().zip(together.unwrap()).all(|(alone, together)| (alone - together).abs() < 1e-5), "{text}");
    }
}

#[test]
fn special_pieces_can_t_be_typed() {
    let model = Transformer::open(tiny()).unwrap();
    let vector = |text: &str| model.embed(&[text]).unwrap().remove(0);
    assert_ne!(vector("hello [SEP] hello"), vector("hello hello"));
    assert_eq!(vector("hello [SEP] hello"), vector("hello [sep] hello"));
}

/// The model with `change` made to its files.
fn changed(change: impl FnOnce(&Path)) -> Result<Transformer, TransformerError> {
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", "model.safetensors", "vocab.txt", "sentence_bert_config.json"] {
        fs::copy(tiny().join(name), folder.path().join(name)).unwrap();
    }
    change(folder.path());
    Transformer::open(folder.path())
}

#[test]
fn what_is_wrong_with_a_folder_is_said() {
    let config = fs::read_to_string(tiny().join("config.json")).unwrap();
    let write = |name: &'static str, text: String| move |folder: &Path| fs::write(folder.join(name), text).unwrap();
    let remove = |name: &'static str| move |folder: &Path| fs::remove_file(folder.join(name)).unwrap();
    let said = |found: Result<Transformer, TransformerError>| found.unwrap_err().to_string();
    let distil = config.replace("BertModel", "DistilBertModel").replace("\"bert\"", "\"distilbert\"");
    for (found, wanted) in [
        (changed(remove("config.json")), "config.json` can't be read: there is no such file"),
        (changed(remove("vocab.txt")), "vocab.txt` can't be read: there is no such file"),
        (changed(remove("model.safetensors")), "model.safetensors` can't be read: there is no such file"),
        (
            changed(write("config.json", distil)),
            "the architecture `DistilBertModel`, which is not supported: it should be a `BertModel`",
        ),
        (changed(write("config.json", config.replace("gelu", "relu"))), "positions `absolute` and `relu`"),
        (
            changed(write("config.json", config.replace("\"hidden_size\": 32", "\"hidden_size\": 36"))),
            "is [24, 32] and not [24, 36]",
        ),
        (
            changed(write("config.json", config.replace("32", "0"))),
            "is not what it should be: 2 layers of 4 heads and 0 numbers",
        ),
        (changed(write("config.json", "{".to_owned())), "`config.json` of the model is not what it should be"),
        (changed(write("model.safetensors", "not one".to_owned())), "`model.safetensors` of the model is not"),
        (changed(write("vocab.txt", "a\nb\n".to_owned())), "there is no `[UNK]` in it"),
        (
            changed(write(
                "modules.json",
                r#"[{"type": "sentence_transformers.models.Dense", "path": "2_Dense"}]"#.to_owned(),
            )),
            "Dense",
        ),
        (
            changed(|folder| {
                remove("model.safetensors")(folder);
                write("pytorch_model.bin", String::new())(folder);
            }),
            "safe_serialization=True",
        ),
    ] {
        let said = said(found);
        assert!(said.contains(wanted), "{said}");
    }
}

#[test]
fn a_cut_off_file_of_weights_is_an_error() {
    let whole = fs::read(tiny().join("model.safetensors")).unwrap();
    for length in [0, 7, 8, 100, whole.len() / 2, whole.len() - 1] {
        let cut = whole[..length].to_vec();
        assert!(changed(|folder| fs::write(folder.join("model.safetensors"), cut).unwrap()).is_err(), "{length}");
    }
}

#[test]
fn what_a_vector_depends_on_is_in_the_fingerprint() {
    let usual = changed(|_| {}).unwrap().fingerprint();
    assert_eq!(changed(|_| {}).unwrap().fingerprint(), usual);
    let longest =
        |folder: &Path| fs::write(folder.join("sentence_bert_config.json"), r#"{"max_seq_length": 8}"#).unwrap();
    let words = fs::read_to_string(tiny().join("vocab.txt")).unwrap().replace("lamp", "tram");
    let mut weights = fs::read(tiny().join("model.safetensors")).unwrap();
    *weights.last_mut().unwrap() ^= 1;
    for other in [
        changed(longest).unwrap(),
        changed(|folder| fs::write(folder.join("vocab.txt"), words).unwrap()).unwrap(),
        changed(|folder| fs::write(folder.join("model.safetensors"), weights).unwrap()).unwrap(),
    ] {
        assert_ne!(other.fingerprint(), usual);
    }
}

#[test]
fn a_vocabulary_may_be_in_the_tokenizer() {
    let words = fs::read_to_string(tiny().join("vocab.txt")).unwrap();
    let vocabulary: serde_json::Map<_, _> = words.lines().map(str::to_owned).zip((0..).map(Into::into)).collect();
    let tokenizer = serde_json::json!({"model": {"type": "WordPiece", "vocab": vocabulary}}).to_string();
    let model = changed(|folder| {
        fs::remove_file(folder.join("vocab.txt")).unwrap();
        fs::write(folder.join("tokenizer.json"), tokenizer).unwrap();
    });
    let usual = Transformer::open(tiny()).unwrap();
    assert_eq!(model.unwrap().embed(&["returning the lamp"]).unwrap(), usual.embed(&["returning the lamp"]).unwrap());
}
