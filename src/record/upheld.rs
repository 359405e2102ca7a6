//! Evidence that clauses hold.

/// What showed a clause upheld: observations in which it could have been violated.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Upheld {
    /// Requests.
    pub requests: u64,
    /// Observations; one response may hold several, e.g. one of each item of a list.
    pub observations: u64,
    /// The operations that were observed.
    pub operations: Vec<String>,
    /// Number of the last request.
    latest: u64,
}

impl Upheld {
    pub(super) fn note(&mut self, operation: &str, request: u64) {
        self.observations += 1;
        if self.latest == request {
            return;
        }
        self.latest = request;
        self.requests += 1;
        self.add(operation);
    }

    fn add(&mut self, operation: &str) {
        if !self.operations.iter().any(|known| known == operation) {
            self.operations.push(operation.to_owned());
        }
    }

    pub(super) fn merge(&mut self, other: Upheld) {
        self.requests += other.requests;
        self.observations += other.observations;
        other.operations.iter().for_each(|operation| self.add(operation));
    }
}
