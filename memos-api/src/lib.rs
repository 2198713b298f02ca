//! memos-api
