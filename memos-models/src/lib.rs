//! memos-models
