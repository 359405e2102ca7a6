//! `--record`: everything that is sent and what comes back, as HAR, with placeholders where secrets were.

mod mask;
mod pseudonym;

use std::fs::File;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::clock;
use crate::recording::{HarWriter, Sent};
use crate::spec::Contract;
use crate::wire::{Exchange, FailureKind, Reply};
use mask::Mask;

/// Writes what a run sends; its copies write into the same file.
#[derive(Debug, Clone)]
pub struct Recorder(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    writer: HarWriter,
    mask: Mask,
    /// Why nothing is written any more.
    broken: Option<String>,
}

impl Recorder {
    /// Records into an empty file; `secrets` are texts that must not be in it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn new(file: File, contract: &Contract, secrets: impl Iterator<Item = String>) -> io::Result<Recorder> {
        let (writer, mask) = (HarWriter::new(file)?, Mask::new(contract, secrets));
        Ok(Recorder(Arc::new(Mutex::new(State { writer, mask, broken: None }))))
    }

    /// Writes an exchange with the target at a base URL that has just ended. What was not sent is not written. `renewed`
    /// are credentials that came since the run began; `region` is that of a request with the run's own signature.
    pub fn note(&self, endpoint: &str, region: Option<&str>, exchange: &Exchange, renewed: &[String]) {
        let was_sent = |reply: &Reply| match reply {
            Reply::Response(_) => true,
            Reply::Failure(failure) => {
                !matches!(failure.kind, FailureKind::Connect | FailureKind::Tls | FailureKind::Withheld)
            }
        };
        if !was_sent(&exchange.reply) {
            return;
        }
        let now = clock::now();
        let began = now.checked_sub(exchange.elapsed).unwrap_or(now);
        let state = &mut *self.0.lock();
        if state.broken.is_none() {
            state.mask.keep_out(renewed);
            let masked = state.mask.masked(exchange);
            let sent = Sent { endpoint, began, region };
            state.broken = state.writer.write(&sent, &masked).err().map(|error| error.to_string());
        }
    }

    /// Ends the recording. Why it is not complete; `None` if it is.
    pub fn finish(&self) -> Option<String> {
        let state = &mut *self.0.lock();
        let ended = state.writer.finish().err().map(|error| error.to_string());
        state.broken.clone().or(ended)
    }
}
