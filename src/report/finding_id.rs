//! Ids of findings: `CLAUSE[@OPERATION][#DETAIL]:KIND`, the same for the same defect in every run.

use std::fmt;

/// What a finding is, read from its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FindingId<'a> {
    /// The clause that was violated.
    pub clause: &'a str,
    /// The operation, where the clause does not say it.
    pub operation: Option<&'a str>,
    /// What tells it from other findings of the clause.
    pub detail: Option<&'a str>,
    /// Name of the kind of divergence.
    pub kind: &'a str,
}

impl<'a> FindingId<'a> {
    /// Reads an id; `None` if it has not the form of one.
    pub fn parse(id: &'a str) -> Option<FindingId<'a>> {
        let (subject, kind) = id.rsplit_once(':')?;
        let (subject, detail) = optional(subject, '#');
        let (clause, operation) = optional(subject, '@');
        Some(FindingId { clause, operation, detail, kind })
    }
}

/// The text before a sign, and what follows it, if the sign is there.
fn optional(text: &str, sign: char) -> (&str, Option<&str>) {
    text.split_once(sign).map_or((text, None), |(before, after)| (before, Some(after)))
}

impl fmt::Display for FindingId<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.clause)?;
        if let Some(operation) = self.operation {
            write!(formatter, "@{operation}")?;
        }
        if let Some(detail) = self.detail {
            write!(formatter, "#{detail}")?;
        }
        write!(formatter, ":{}", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_parts_of_an_id_are_told_apart() {
        let read = FindingId::parse("rule.tags-merge@TagThing#tags.a:b:wrong_behaviour");
        let expected = FindingId {
            clause: "rule.tags-merge",
            operation: Some("TagThing"),
            detail: Some("tags.a:b"),
            kind: "wrong_behaviour",
        };
        assert_eq!(read, Some(expected));
        let plain = FindingId { clause: "A.status", operation: None, detail: None, kind: "wrong_status" };
        assert_eq!(FindingId::parse("A.status:wrong_status"), Some(plain));
        assert_eq!(FindingId::parse("A.status"), None);
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_as_it_was(id in "[a-zA-Z.@#:_-]{0,40}") {
            if let Some(read) = FindingId::parse(&id) {
                prop_assert_eq!(read.to_string(), id);
            }
        }
    }
}
