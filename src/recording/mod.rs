//! Recordings of HTTP traffic: reads HAR 1.2 and one exchange per line as JSON, as a stream and without judging
//! anything, and writes HAR 1.2.

mod body;
mod har;
mod har_writer;
mod line;
mod reader;
mod recorded;

pub use har_writer::{HarWriter, Sent};
pub use reader::{ReadError, read};
pub use recorded::{Recorded, Span};
