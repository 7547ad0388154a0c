//! BERT (Devlin et al. 2018): embeddings, then layers of attention and a network of one hidden layer, each added to what came in, and
//! normalised.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, s};

use super::TransformerError;
use super::gelu::{gelu, softmax};
use super::settings::Settings;
use super::weights::Weights;

pub(super) struct Bert {
    words: Array2<f32>,
    /// With the vector of the first kind of text added, which all are.
    positions: Array2<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    heads: usize,
}

struct Layer {
    /// Queries, keys and values, one below the other.
    asked: Linear,
    attended: Linear,
    attended_norm: Norm,
    inner: Linear,
    outer: Linear,
    outer_norm: Norm,
}

/// A row of weights a number that comes out.
struct Linear {
    weights: Array2<f32>,
    biases: Array1<f32>,
}

struct Norm {
    weights: Array1<f32>,
    biases: Array1<f32>,
    epsilon: f32,
}

impl Bert {
    pub(super) fn new(settings: &Settings, weights: &Weights<'_>) -> Result<Self, TransformerError> {
        let Settings { width, words, positions, .. } = *settings;
        let of = |name: &str| format!("embeddings.{name}");
        let mut placed = weights.matrix(&of("position_embeddings.weight"), positions, width)?;
        // A model may know any number of kinds; two is usual.
        let kinds = (1..=2).rev();
        let kind = |count| weights.matrix(&of("token_type_embeddings.weight"), count, width);
        let kinds = kinds.map(kind).reduce(Result::or).unwrap_or_else(|| kind(1))?;
        placed += &kinds.row(0);
        let layers = (0..settings.layers).map(|index| Layer::new(index, settings, weights));
        Ok(Self {
            words: weights.matrix(&of("word_embeddings.weight"), words, width)?,
            positions: placed,
            norm: Norm::new(&of("LayerNorm"), settings, weights)?,
            layers: layers.collect::<Result<_, _>>()?,
            heads: settings.heads,
        })
    }

    /// Numbers in a vector.
    pub(super) fn width(&self) -> usize {
        self.words.ncols()
    }

    /// How many words it knows.
    pub(super) fn words(&self) -> usize {
        self.words.nrows()
    }

    /// A row for each token of each of `texts`, one text after the other. Only attention knows which is of which.
    pub(super) fn run(&self, texts: &[&[u32]]) -> Array2<f32> {
        let count = texts.iter().map(|text| text.len()).sum();
        let mut rows = Array2::zeros((count, self.width()));
        let tokens = texts.iter().flat_map(|text| text.iter().enumerate());
        for (mut row, (position, token)) in rows.rows_mut().into_iter().zip(tokens) {
            row += &self.words.row(*token as usize);
            row += &self.positions.row(position);
        }
        self.norm.apply(&mut rows);
        let lengths: Vec<usize> = texts.iter().map(|text| text.len()).collect();
        for layer in &self.layers {
            rows = layer.run(rows, &lengths, self.heads);
        }
        rows
    }
}

impl Layer {
    fn new(index: usize, settings: &Settings, weights: &Weights<'_>) -> Result<Self, TransformerError> {
        let Settings { width, inner, .. } = *settings;
        let of = |name: &str| format!("encoder.layer.{index}.{name}");
        let linear = |name: &str, out: usize, from: usize| Linear::new(&of(name), out, from, weights);
        let norm = |name: &str| Norm::new(&of(name), settings, weights);
        let [query, key, value] = ["query", "key", "value"].map(|name| format!("attention.self.{name}"));
        let mut asked = linear(&query, width, width)?;
        // So that the products of queries and keys need not be scaled.
        let scale = 1.0 / ((width / settings.heads) as f32).sqrt();
        asked.weights *= scale;
        asked.biases *= scale;
        Ok(Self {
            asked: asked.above(&linear(&key, width, width)?)?.above(&linear(&value, width, width)?)?,
            attended: linear("attention.output.dense", width, width)?,
            attended_norm: norm("attention.output.LayerNorm")?,
            inner: linear("intermediate.dense", inner, width)?,
            outer: linear("output.dense", width, inner)?,
            outer_norm: norm("output.LayerNorm")?,
        })
    }

    fn run(&self, rows: Array2<f32>, lengths: &[usize], heads: usize) -> Array2<f32> {
        let asked = self.asked.apply(&rows);
        let mut found = Array2::zeros(rows.dim());
        let mut start = 0;
        for length in lengths {
            let own = s![start..start + length, ..];
            attend(asked.slice(own), found.slice_mut(own), heads);
            start += length;
        }
        let mut attended = self.attended.apply(&found);
        attended += &rows;
        self.attended_norm.apply(&mut attended);
        let mut inner = self.inner.apply(&attended);
        inner.mapv_inplace(gelu);
        let mut out = self.outer.apply(&inner);
        out += &attended;
        self.outer_norm.apply(&mut out);
        out
    }
}

/// What the tokens of one text find of each other: for each head, values weighted by the softmax of queries times keys.
fn attend(asked: ArrayView2<'_, f32>, mut found: ArrayViewMut2<'_, f32>, heads: usize) {
    let width = found.ncols();
    let own = width / heads;
    let mut shares = Array2::zeros((asked.nrows(), asked.nrows()));
    for head in 0..heads {
        let columns = |part: usize| s![.., part * width + head * own..part * width + (head + 1) * own];
        let [queries, keys, values] = [0, 1, 2].map(|part| asked.slice(columns(part)));
        general_mat_mul(1.0, &queries, &keys.t(), 0.0, &mut shares);
        shares.rows_mut().into_iter().for_each(softmax);
        general_mat_mul(1.0, &shares, &values, 0.0, &mut found.slice_mut(columns(0)));
    }
}

impl Linear {
    fn new(name: &str, out: usize, from: usize, weights: &Weights<'_>) -> Result<Self, TransformerError> {
        let biases = weights.vector(&format!("{name}.bias"), out)?;
        Ok(Self { weights: weights.matrix(&format!("{name}.weight"), out, from)?, biases })
    }

    /// One that gives what this one gives, then what `other` does.
    fn above(mut self, other: &Self) -> Result<Self, TransformerError> {
        let wrong = |error| TransformerError::malformed("model.safetensors", error);
        self.weights.append(Axis(0), other.weights.view()).map_err(wrong)?;
        self.biases.append(Axis(0), other.biases.view()).map_err(wrong)?;
        Ok(self)
    }

    fn apply(&self, rows: &Array2<f32>) -> Array2<f32> {
        let mut out = Array2::zeros((rows.nrows(), self.biases.len()));
        out += &self.biases;
        general_mat_mul(1.0, rows, &self.weights.t(), 1.0, &mut out);
        out
    }
}

impl Norm {
    fn new(name: &str, settings: &Settings, weights: &Weights<'_>) -> Result<Self, TransformerError> {
        let of = |part: &str| weights.vector(&format!("{name}.{part}"), settings.width);
        Ok(Self { weights: of("weight")?, biases: of("bias")?, epsilon: settings.epsilon })
    }

    /// Each row at mean 0 and variance 1, then scaled and moved.
    fn apply(&self, rows: &mut Array2<f32>) {
        let width = rows.ncols() as f32;
        for mut row in rows.rows_mut() {
            let mean = row.sum() / width;
            row -= mean;
            let variance = row.dot(&row) / width;
            row *= 1.0 / (variance + self.epsilon).sqrt();
            row *= &self.weights;
            row += &self.biases;
        }
    }
}
