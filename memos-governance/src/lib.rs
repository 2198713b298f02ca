//! Governance of MemOS: who may do what to which memory.
//!
//! [`AccessGuard`] decides from the objects' own [`Access`](memos_core::Access): the owner of a cube
//! may do everything in it, readers see what each memory lets them see, writers add and change.
//!
//! ```
//! use memos_core::{Access, Action, Guard, Info, MemCube, Timestamp};
//! use memos_governance::AccessGuard;
//!
//! let cube = MemCube {
//!     id: "notes".parse()?,
//!     name: "Notes".into(),
//!     description: None,
//!     owner: "ada".parse()?,
//!     access: Access::default(),
//!     created_at: Timestamp::from_secs(0),
//!     updated_at: Timestamp::from_secs(0),
//!     base: None,
//!     info: Info::default(),
//! };
//! assert!(AccessGuard.cube(&"ada".parse()?, Action::Write, &cube).is_ok());
//! assert!(AccessGuard.cube(&"eve".parse()?, Action::Read, &cube).is_err());
//! # Ok::<(), memos_core::Error>(())
//! ```

mod access;

pub use access::AccessGuard;
