//! The encoder: a BERT of six layers (Devlin et al., 2019, arXiv:1810.04805), forward only, in
//! f64, for inputs of three tokens each.

use std::collections::HashMap;

use candle_core::{D, DType, Device, Result, Tensor};

const LAYERS: usize = 6;
const HEADS: usize = 12;
/// Of the layer norms, from the model's configuration.
const EPSILON: f64 = 1e-12;
const CLS: u32 = 101;
const SEP: u32 = 102;
/// Tokens of an input: `[CLS] piece [SEP]`.
const LENGTH: usize = 3;
/// Pieces at a time: enough to keep the matrix products busy, little enough for the cache.
const BATCH: usize = 256;

/// The model's width.
pub(super) const HIDDEN: usize = 384;

/// The encoder with its weights in f64.
pub(super) struct Encoder {
    weights: HashMap<String, Tensor>,
}

impl Encoder {
    pub(super) fn load(safetensors: &[u8]) -> Result<Self> {
        let weights = candle_core::safetensors::load_buffer(safetensors, &Device::Cpu)?
            .into_iter()
            .filter(|(_, tensor)| tensor.dtype() == DType::F32)
            .map(|(name, tensor)| Ok((name, tensor.to_dtype(DType::F64)?)))
            .collect::<Result<_>>()?;
        Ok(Self { weights })
    }

    /// For each of the first `pieces` ids the mean of the last states of `[CLS] id [SEP]`, end to
    /// end.
    pub(super) fn alone(&self, pieces: u32) -> Result<Vec<f64>> {
        let mut means = Vec::with_capacity(pieces as usize * HIDDEN);
        for start in (0..pieces).step_by(BATCH) {
            let end = pieces.min(start + BATCH as u32);
            let ids = (start..end).flat_map(|id| [CLS, id, SEP]).collect();
            let states = self.states(ids)?;
            means.extend(states.mean(1)?.flatten_all()?.to_vec1::<f64>()?);
            if start % (BATCH as u32 * 20) == 0 {
                eprintln!("{start} of {pieces} pieces");
            }
        }
        Ok(means)
    }

    /// The last states of the inputs that the ids make, three ids each.
    fn states(&self, ids: Vec<u32>) -> Result<Tensor> {
        let inputs = ids.len() / LENGTH;
        let ids = Tensor::from_vec(ids, inputs * LENGTH, &Device::Cpu)?;
        let words = self
            .weight("embeddings.word_embeddings.weight")?
            .index_select(&ids, 0)?
            .reshape((inputs, LENGTH, HIDDEN))?;
        let positions = self
            .weight("embeddings.position_embeddings.weight")?
            .narrow(0, 0, LENGTH)?;
        let segment = self
            .weight("embeddings.token_type_embeddings.weight")?
            .narrow(0, 0, 1)?;
        let embedded = words
            .broadcast_add(&positions)?
            .broadcast_add(&segment)?
            .reshape((inputs * LENGTH, HIDDEN))?;
        let mut states = self.norm(&embedded, "embeddings.LayerNorm")?;
        for layer in 0..LAYERS {
            let layer = format!("encoder.layer.{layer}");
            let context = self.attend(&states, inputs, &format!("{layer}.attention.self"))?;
            let attended = self.linear(&context, &format!("{layer}.attention.output.dense"))?;
            states = self.norm(
                &(attended + states)?,
                &format!("{layer}.attention.output.LayerNorm"),
            )?;
            let inner = self
                .linear(&states, &format!("{layer}.intermediate.dense"))?
                .gelu_erf()?;
            let outer = self.linear(&inner, &format!("{layer}.output.dense"))?;
            states = self.norm(&(outer + states)?, &format!("{layer}.output.LayerNorm"))?;
        }
        states.reshape((inputs, LENGTH, HIDDEN))
    }

    /// Self-attention; no mask, for all inputs are full.
    fn attend(&self, states: &Tensor, inputs: usize, name: &str) -> Result<Tensor> {
        let heads = |part: &str| {
            self.linear(states, &format!("{name}.{part}"))?
                .reshape((inputs, LENGTH, HEADS, HIDDEN / HEADS))?
                .transpose(1, 2)?
                .contiguous()
        };
        let (query, key, value) = (heads("query")?, heads("key")?, heads("value")?);
        let scores = (query.matmul(&key.t()?)? / ((HIDDEN / HEADS) as f64).sqrt())?;
        let weights = scores
            .broadcast_sub(&scores.max_keepdim(D::Minus1)?)?
            .exp()?;
        let weights = weights.broadcast_div(&weights.sum_keepdim(D::Minus1)?)?;
        weights
            .matmul(&value)?
            .transpose(1, 2)?
            .reshape((inputs * LENGTH, HIDDEN))
    }

    fn linear(&self, states: &Tensor, name: &str) -> Result<Tensor> {
        let weight = self.weight(&format!("{name}.weight"))?;
        let bias = self.weight(&format!("{name}.bias"))?;
        states.matmul(&weight.t()?)?.broadcast_add(bias)
    }

    fn norm(&self, states: &Tensor, name: &str) -> Result<Tensor> {
        let centred = states.broadcast_sub(&states.mean_keepdim(D::Minus1)?)?;
        let deviation = (centred.sqr()?.mean_keepdim(D::Minus1)? + EPSILON)?.sqrt()?;
        centred
            .broadcast_div(&deviation)?
            .broadcast_mul(self.weight(&format!("{name}.weight"))?)?
            .broadcast_add(self.weight(&format!("{name}.bias"))?)
    }

    fn weight(&self, name: &str) -> Result<&Tensor> {
        self.weights
            .get(name)
            .ok_or_else(|| candle_core::Error::Msg(format!("the model has no weight {name}")))
    }
}
