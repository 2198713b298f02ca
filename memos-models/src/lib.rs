//! Models of MemOS: the bundled static embedder, which turns texts into vectors without running a
//! model, and, with the feature `openai`, the client of a language model behind an OpenAI-compatible
//! endpoint.
//!
//! Each wordpiece of all-MiniLM-L6-v2 was put through that model once; the 30,522 results, reduced
//! to 256 dimensions and int8, are a table of 8.4 MB inside this crate. A second one of 2.2 MB
//! holds 96 dimensions for each of 18,500 Chinese characters and words, made likewise with
//! multilingual-e5-small. A text's vector is the mean of its pieces' rows and the mean of its
//! Chinese words' rows, side by side. Fused with lexical and structural signals this retrieves as
//! well as the full English model and is some hundred times faster; alone it is a weak ranker, as
//! the full model is.
//!
//! The two parts know nothing of each other: an English question finds no Chinese text by its
//! vector. The Chinese words are those of simplified script.
//!
//! ```
//! use memos_core::Embedder;
//! use memos_models::StaticEmbedder;
//!
//! let embedder = StaticEmbedder::bundled();
//! let texts = ["We adopted a puppy.", "Our new dog is tiny.", "The invoice is overdue."];
//! let vectors = embedder.embed(&texts)?;
//!
//! let cosine = |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(x, y)| x * y).sum() };
//! assert!(cosine(&vectors[0], &vectors[1]) > cosine(&vectors[0], &vectors[2]));
//!
//! let texts = ["清明节回老家扫墓", "上坟", "跑步"];
//! let vectors = embedder.embed(&texts)?;
//! assert!(cosine(&vectors[0], &vectors[1]) > cosine(&vectors[0], &vectors[2]));
//!
//! assert_eq!(embedder.count_tokens("We adopted a puppy."), 5);
//! # Ok::<(), memos_core::Error>(())
//! ```
//!
//! `cargo xtask distil` makes the first table anew, byte for byte, `cargo xtask distil-han` the
//! second; NOTICE at the repository's root names the models' origin and licences. [`StaticTable`]
//! describes the packed format, [`TableParts`] packs a table of your own.

mod embedder;
mod han;
#[cfg(feature = "openai")]
mod openai;
mod pack;
mod table;
mod tokenizer;
mod vocabulary;
mod words;

pub use embedder::{EMBEDDED_PIECES, StaticEmbedder};
#[cfg(feature = "openai")]
pub use openai::{
    ApiKey, Events, Failure, OpenAiModel, OpenAiOptions, Schema, Spent, Tally, Violation, base_url,
    http_client, json_in,
};
pub use pack::TableParts;
pub use table::StaticTable;
pub use tokenizer::{PieceId, Tokenizer};
