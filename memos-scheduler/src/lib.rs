//! memos-scheduler
