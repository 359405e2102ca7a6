//! Items of a list that came of a request that something carried out twice: no response named them.

use std::collections::BTreeSet;

use serde_json::Value;

/// Where more than one in this many items is a twin, the target itself makes two.
const FEW: usize = 4;

/// Takes twins out of a list: items that no response named, with the name of an item that one named. Returns how many
/// there were. A list keeps them where they are many: then requests are not carried out twice by chance.
///
/// `named` are the ARNs that responses of the test named; `is_known` says whether any response of the run named an ARN.
pub fn take_out(
    items: &mut Vec<Value>,
    arn_member: &str,
    name_member: &str,
    named: &BTreeSet<String>,
    is_known: impl Fn(&str) -> bool,
) -> usize {
    let member = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    let is_named = |item: &&Value| member(item, arn_member).is_some_and(|arn| named.contains(&arn));
    let names: BTreeSet<String> = items.iter().filter(is_named).filter_map(|item| member(item, name_member)).collect();
    let is_twin = |item: &Value| {
        member(item, arn_member).is_some_and(|arn| !is_known(&arn))
            && member(item, name_member).is_some_and(|name| !name.is_empty() && names.contains(&name))
    };
    let twins = items.iter().filter(|item| is_twin(item)).count();
    if twins == 0 || twins * FEW > items.len() {
        return 0;
    }
    items.retain(|item| !is_twin(item));
    twins
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    /// How many twins are taken out of items, each an ARN and a name; `a…` were named here, `k…` elsewhere.
    fn taken(items: &[(&str, &str)]) -> usize {
        let mut list: Vec<Value> = items.iter().map(|(arn, name)| json!({"arn": arn, "name": name})).collect();
        let named = items.iter().map(|(arn, _)| (*arn).to_owned()).filter(|arn| arn.starts_with('a')).collect();
        let taken = take_out(&mut list, "arn", "name", &named, |arn| arn.starts_with(['a', 'k']));
        assert_eq!(list.len(), items.len() - taken);
        taken
    }

    #[test]
    fn a_few_items_of_the_same_name_that_no_response_named_are_twins() {
        let own = [("a1", "n"), ("a2", "n"), ("a3", "n"), ("a4", "n")];
        assert_eq!(taken(&[&own[..], &[("x", "n")]].concat()), 1);
        assert_eq!(taken(&[&own[..], &[("x", "other")]].concat()), 0, "another's");
        assert_eq!(taken(&[&own[..], &[("k", "n")]].concat()), 0, "another test's");
        assert_eq!(taken(&[&own[..], &[("a4", "n")]].concat()), 0, "shown twice");
        assert_eq!(taken(&[&own[..], &[("x", "n"), ("y", "n"), ("z", "n")]].concat()), 0, "too many");
        assert_eq!(taken(&[("a1", ""), ("a2", ""), ("a3", ""), ("a4", ""), ("x", "")]), 0, "without a name");
    }
}
