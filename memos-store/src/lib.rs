//! memos-store
