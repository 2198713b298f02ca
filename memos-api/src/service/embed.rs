//! Vectors of texts, for whoever wants to compare them himself.

use memos_core::Result;

use super::MemOs;

impl MemOs {
    /// One unit vector of [`embedding_dimension`](Self::embedding_dimension) floats per text; zeros
    /// for a text without a known word.
    ///
    /// # Errors
    /// If the embedder fails.
    pub fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        self.embedder.embed(texts)
    }

    /// Length of the embedder's vectors.
    pub fn embedding_dimension(&self) -> usize {
        self.embedder.dimension()
    }

    /// Length of a text in the embedder's tokens.
    pub fn count_tokens(&self, text: &str) -> usize {
        self.embedder.count_tokens(text)
    }
}
