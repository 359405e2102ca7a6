//! What a response showed of a clause. Only an observation that could have violated the clause upholds it.

use serde_json::Value;

use super::echo::is_nothing;
use crate::spec::clause::ClauseIndex;

/// Most JSON values of outputs that are kept to look for counterparts; what comes after them counts as never shown.
const MOST_KEPT: usize = 500_000;

/// What an assertion that was not violated saw.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// Something that could have violated it.
    Seen,
    /// Something is absent, as it should be. That says something only if the target shows its like elsewhere.
    IfShown(Counterpart),
    /// Nothing that it speaks of.
    Nothing,
}

impl Sight {
    /// The stronger of two sights of one output.
    #[must_use]
    pub fn or(self, other: Sight) -> Sight {
        match (&self, &other) {
            (Sight::Seen, _) | (_, Sight::Nothing) => self,
            (_, Sight::Seen) | (Sight::Nothing, _) => other,
            (Sight::IfShown(_), Sight::IfShown(_)) => self,
        }
    }

    /// Seen, if something was.
    pub fn seen_if(was_seen: bool) -> Sight {
        if was_seen { Sight::Seen } else { Sight::Nothing }
    }
}

/// What must be shown at another time, so that its absence says something.
#[derive(Debug, Clone, PartialEq)]
pub enum Counterpart {
    /// A member of this name that is not empty, in the output of any operation.
    Member(String),
    /// An item with these members, in an array of the same operation's output.
    Item(Value),
}

/// A clause that holds because an operation does not show something.
#[derive(Debug, Clone, PartialEq)]
pub struct Absence {
    /// The clause.
    pub clause: ClauseIndex,
    /// The operation.
    pub operation: String,
    /// What must be shown elsewhere, so that this says something.
    pub counterpart: Counterpart,
}

/// The outputs of one scenario.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    outputs: Vec<(String, Value)>,
    kept: usize,
}

impl Shown {
    /// Keeps an output of an operation.
    pub fn note(&mut self, operation: &str, output: &Value) {
        let weight = weight(output);
        if self.kept + weight <= MOST_KEPT {
            self.kept += weight;
            self.outputs.push((operation.to_owned(), output.clone()));
        }
    }

    /// Whether a clause is upheld by what is absent: the target shows its like elsewhere.
    pub fn upholds(&self, absence: &Absence) -> bool {
        self.has(&absence.operation, &absence.counterpart)
    }

    /// Whether an output shows the counterpart of what `operation` did not show.
    fn has(&self, operation: &str, counterpart: &Counterpart) -> bool {
        self.outputs.iter().any(|(shown_by, output)| match counterpart {
            Counterpart::Member(name) => shows_member(output, name),
            Counterpart::Item(item) => shown_by == operation && shows_item(output, item),
        })
    }
}

fn weight(value: &Value) -> usize {
    1 + children(value).map(weight).sum::<usize>()
}

fn children(value: &Value) -> impl Iterator<Item = &Value> {
    let (elements, members) = match value {
        Value::Array(elements) => (Some(elements), None),
        Value::Object(members) => (None, Some(members)),
        _ => (None, None),
    };
    elements.into_iter().flatten().chain(members.into_iter().flat_map(serde_json::Map::values))
}

fn shows_member(value: &Value, name: &str) -> bool {
    value.get(name).is_some_and(|member| !is_nothing(member)) || children(value).any(|child| shows_member(child, name))
}

fn shows_item(value: &Value, item: &Value) -> bool {
    super::assertion::has_item(value, item) || children(value).any(|child| shows_item(child, item))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn absence_says_something_only_beside_its_counterpart() {
        let mut shown = Shown::default();
        shown.note("CreateThing", &json!({"thing": {"arn": "a", "secret": "", "tags": {}}}));
        shown.note("ListThings", &json!({"things": [{"arn": "b", "name": "x"}]}));
        let member = |name: &str| shown.has("GetThing", &Counterpart::Member(name.to_owned()));
        assert!(member("arn") && member("name"));
        assert!(!member("secret") && !member("tags"), "what is always empty was never shown");
        let item = |operation, arn: &str| shown.has(operation, &Counterpart::Item(json!({"arn": arn})));
        assert!(item("ListThings", "b"));
        assert!(!item("ListThings", "a"), "an object that is no item");
        assert!(!item("ListOthers", "b"), "another list");
    }

    #[test]
    fn the_stronger_sight_counts() {
        let absent = || Sight::IfShown(Counterpart::Member("a".to_owned()));
        assert_eq!(Sight::Nothing.or(absent()), absent());
        assert_eq!(absent().or(Sight::Seen), Sight::Seen);
        assert_eq!(Sight::Seen.or(Sight::Nothing), Sight::Seen);
        assert_eq!(Sight::Nothing.or(Sight::Nothing), Sight::Nothing);
    }
}
