//! What the requests of a run are for.

/// What a request is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Purpose {
    /// It is the question of a case.
    #[default]
    Check,
    /// It makes what a case needs, or brings it into a state.
    Fixture,
    /// It is the valid neighbour of a request that must be refused.
    Control,
    /// It reads a resource before or after a change.
    LookRound,
    /// It reads again what looked wrong.
    Reread,
    /// It makes the request of a finding smaller.
    Shrinking,
    /// It shows a finding again.
    Confirmation,
    /// It deletes what a case made.
    Deletion,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Purpose; 8] = [
        Purpose::Check,
        Purpose::Fixture,
        Purpose::Control,
        Purpose::LookRound,
        Purpose::Reread,
        Purpose::Shrinking,
        Purpose::Confirmation,
        Purpose::Deletion,
    ];

    /// Stable name.
    pub fn id(self) -> &'static str {
        match self {
            Purpose::Check => "check",
            Purpose::Fixture => "fixture",
            Purpose::Control => "control",
            Purpose::LookRound => "look_round",
            Purpose::Reread => "reread",
            Purpose::Shrinking => "shrinking",
            Purpose::Confirmation => "confirmation",
            Purpose::Deletion => "deletion",
        }
    }
}

/// Numbers of requests by what they were for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent([u64; Purpose::ALL.len()]);

impl Spent {
    /// Counts one more request.
    pub fn note(&mut self, purpose: Purpose) {
        if let Some(number) = self.0.get_mut(purpose as usize) {
            *number += 1;
        }
    }

    /// Requests for a purpose.
    pub fn of(&self, purpose: Purpose) -> u64 {
        self.0.get(purpose as usize).copied().unwrap_or_default()
    }

    /// All requests.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The same number of requests, all for one purpose.
    #[must_use]
    pub fn all_for(&self, purpose: Purpose) -> Spent {
        let mut spent = Spent::default();
        if let Some(number) = spent.0.get_mut(purpose as usize) {
            *number = self.total();
        }
        spent
    }

    /// Adds other numbers.
    pub fn merge(&mut self, other: &Spent) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_is_counted_under_its_purpose() {
        let mut spent = Spent::default();
        Purpose::ALL.into_iter().for_each(|purpose| spent.note(purpose));
        spent.note(Purpose::Fixture);
        assert_eq!((spent.of(Purpose::Fixture), spent.of(Purpose::Check), spent.total()), (2, 1, 9));
        let again = spent.all_for(Purpose::Confirmation);
        assert_eq!((again.of(Purpose::Confirmation), again.total()), (9, 9));
        spent.merge(&again);
        assert_eq!((spent.of(Purpose::Confirmation), spent.total()), (10, 18));
    }
}
