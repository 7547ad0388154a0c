//! The weights of a model, by their names in `model.safetensors`.

use std::path::Path;

use half::{bf16, f16};
use ndarray::{Array1, Array2};
use safetensors::{Dtype, SafeTensors};

use super::TransformerError;
use super::settings::contents;

const FILE: &str = "model.safetensors";
/// Bytes of the largest file.
const LARGEST: u64 = 4 << 30;
/// Where weights may be instead.
const OTHERS: [&str; 5] =
    ["model.safetensors.index.json", "pytorch_model.bin", "onnx/model.onnx", "model.onnx", "tf_model.h5"];

/// The file with the weights of the model in `folder`.
pub(super) fn bytes(folder: &Path) -> Result<Vec<u8>, TransformerError> {
    if let Some(bytes) = contents(folder, FILE, LARGEST)? {
        return Ok(bytes);
    }
    Err(match OTHERS.iter().find(|name| folder.join(name).exists()) {
        Some(found) => TransformerError::OtherFormat { folder: folder.to_owned(), found: (*found).to_owned() },
        None => TransformerError::unreadable(&folder.join(FILE), "there is no such file"),
    })
}

/// Weights by name.
pub(super) struct Weights<'b> {
    tensors: SafeTensors<'b>,
    /// What all names begin with.
    prefix: &'static str,
}

impl<'b> Weights<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Result<Self, TransformerError> {
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| TransformerError::malformed(FILE, error))?;
        let is_nested = tensors.names().iter().any(|name| name.starts_with("bert.embeddings."));
        Ok(Self { tensors, prefix: if is_nested { "bert." } else { "" } })
    }

    /// A matrix of so many rows and columns.
    pub(super) fn matrix(&self, name: &str, rows: usize, columns: usize) -> Result<Array2<f32>, TransformerError> {
        let numbers = self.numbers(name, &[rows, columns])?;
        Array2::from_shape_vec((rows, columns), numbers).map_err(|error| TransformerError::malformed(FILE, error))
    }

    /// A vector of so many numbers.
    pub(super) fn vector(&self, name: &str, length: usize) -> Result<Array1<f32>, TransformerError> {
        self.numbers(name, &[length]).map(Array1::from_vec)
    }

    fn numbers(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, TransformerError> {
        let name = format!("{}{name}", self.prefix);
        let wrong = |reason: String| TransformerError::malformed(FILE, format!("`{name}` {reason}"));
        let tensor = self.tensors.tensor(&name).map_err(|_| wrong("is missing".to_owned()))?;
        if tensor.shape() != shape {
            return Err(wrong(format!("is {:?} and not {shape:?}, as `config.json` has it", tensor.shape())));
        }
        let data = tensor.data();
        let halves = |number: fn([u8; 2]) -> f32| data.as_chunks().0.iter().map(|bytes| number(*bytes)).collect();
        let numbers: Vec<f32> = match tensor.dtype() {
            Dtype::F32 => data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
            Dtype::F16 => halves(|bytes| f16::from_le_bytes(bytes).to_f32()),
            Dtype::BF16 => halves(|bytes| bf16::from_le_bytes(bytes).to_f32()),
            other => return Err(wrong(format!("has numbers of type {other:?}; F32, F16 and BF16 are read"))),
        };
        if numbers.iter().all(|number| number.is_finite()) {
            Ok(numbers)
        } else {
            Err(wrong("has numbers which are none".to_owned()))
        }
    }
}
