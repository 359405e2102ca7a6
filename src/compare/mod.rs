//! Compares two targets: the same cases and random sequences are sent to both, and what they respond is compared with
//! the values that they made up renamed. It knows no rule of the service's behaviour, so it finds what no rule says yet.
//! Programs, the bijection and the comparison are plain data and pure functions; [`compare()`] plays them.

mod ahead;
mod builder;
mod cases;
mod corresponding;
mod difference;
mod draw;
mod driver;
mod history;
mod keys;
mod lists;
mod outcome;
mod past;
mod play;
mod program;
mod record;
mod renaming;
mod shrink;
mod side;
mod support;
mod views;
mod waiting;

pub use difference::Kind;
pub use driver::{CompareError, Progress, compare};
pub use outcome::{Comparison, Difference, SCHEMA, Shown, StepRecord, Summary, Target};
pub use support::Supports;
