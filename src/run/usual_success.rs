//! Whether operations succeed as documented. If one does, a single success with another status may come from something before the
//! target, and does not say that anything was done.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::spec::contract::Operation;

/// What is known of it; shared by all workers.
#[derive(Debug, Default)]
pub(in crate::run) struct UsualSuccess {
    /// Names of the operations that gave their documented status.
    as_documented: Mutex<HashSet<String>>,
}

impl UsualSuccess {
    /// Takes note of a success of an operation. Whether it has another status than documented though the operation gave the
    /// documented one before.
    pub(in crate::run) fn is_broken_by(&self, operation: &Operation, status: u16) -> bool {
        let mut as_documented = self.as_documented.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = as_documented.contains(&operation.name);
        if status == operation.success_status && !is_known {
            as_documented.insert(operation.name.clone());
        }
        status != operation.success_status && is_known
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn another_success_is_unusual_only_after_the_documented_one() {
        let contract = crate::spec::builtin().unwrap();
        let (delete, get) = (contract.operation("DeleteChannel").unwrap(), contract.operation("GetChannel").unwrap());
        let usual = UsualSuccess::default();
        let seen = [(delete, 200), (delete, 204), (delete, 200), (get, 201), (delete, 204)];
        let broken = seen.map(|(operation, status)| usual.is_broken_by(operation, status));
        assert_eq!(broken, [false, false, true, false, false]);
    }
}
