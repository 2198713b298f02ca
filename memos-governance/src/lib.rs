//! memos-governance
