//! Models of MemOS. Today: the bundled static embedder, which turns texts into vectors without
//! running a model.
//!
//! Each wordpiece of all-MiniLM-L6-v2 was put through that model once; the 30,522 results, reduced
//! to 256 dimensions and int8, are a table of 8.4 MB inside this crate. A text's vector is the
//! mean of its pieces' rows. Fused with lexical and structural signals this retrieves as well as
//! the full model and is some hundred times faster; alone it is a weak ranker, as the full model
//! is, and it knows few Chinese characters.
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
//! assert_eq!(embedder.count_tokens("We adopted a puppy."), 5);
//! # Ok::<(), memos_core::Error>(())
//! ```
//!
//! `cargo xtask distil` makes the table anew, byte for byte; NOTICE at the repository's root names
//! the model's origin and licence. [`StaticTable`] describes the packed format, [`TableParts`]
//! packs a table of your own.

mod embedder;
mod pack;
mod table;
mod tokenizer;
mod vocabulary;
mod words;

pub use embedder::{EMBEDDED_PIECES, StaticEmbedder};
pub use pack::TableParts;
pub use table::StaticTable;
pub use tokenizer::{PieceId, Tokenizer};
