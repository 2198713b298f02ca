//! The kernel of MemOS: the vocabulary of memory, the ports that the layers meet at, and the
//! message bus. No I/O, no async runtime.

mod call;
mod cube;
mod error;
mod event;
mod filter;
mod id;
mod memory;
mod port;
mod state;
mod time;
mod wire;

pub use call::*;
pub use cube::*;
pub use error::*;
pub use event::*;
pub use filter::*;
pub use id::*;
pub use memory::*;
pub use port::*;
pub use state::*;
pub use time::*;
