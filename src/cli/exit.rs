//! Exit codes; a promise to scripts.

use std::process::ExitCode;

use crate::report::Verdict;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything tested conforms, or matches the baseline exactly; any other command did what was asked.
    Success,
    /// Divergences.
    Divergences,
    /// Bad usage, spec, suite, config or baseline: nothing was sent.
    Usage,
    /// Could not test: target unreachable, not HTTP, not this API, access refused, deadline, interrupted, an internal
    /// error, or nothing was tested.
    CouldNotTest,
}

impl Exit {
    /// The number that a shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Divergences => 1,
            Exit::Usage => 2,
            Exit::CouldNotTest => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Conforms => Exit::Success,
            Verdict::Diverges => Exit::Divergences,
            Verdict::CouldNotTest => Exit::CouldNotTest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_that_are_published() {
        let codes = [Exit::Success, Exit::Divergences, Exit::Usage, Exit::CouldNotTest].map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3]);
    }
}
