//! What the pre-flight check created, until a worker takes it over.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::worker::Worker;

/// The operations that created something, with their outputs. The first worker that asks takes all of it.
#[derive(Debug, Default)]
pub(super) struct Created(Mutex<Vec<(String, Value)>>);

impl Created {
    pub(super) fn new(created: Vec<(String, Value)>) -> Created {
        Created(Mutex::new(created))
    }

    /// Makes a worker delete the resources at its end, unless another one does.
    pub(super) async fn adopt(&self, worker: &mut Worker) {
        let created = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        worker.adopt(&created).await;
    }
}
