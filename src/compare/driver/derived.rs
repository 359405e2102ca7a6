//! Values that follow from requests, on each side in its own way.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Driver, PairsByInput};
use crate::compare::difference::{Differing, Kind};
use crate::compare::play::{Key, Told};
use crate::compare::record;
use crate::compare::support::{Support, Supports};

impl Driver<'_> {
    /// Values that both targets make of the same part of a request, each in its own way.
    pub(super) fn find_derived(&mut self) {
        let mut places: BTreeMap<(String, String), PairsByInput> = BTreeMap::new();
        let mut times: BTreeMap<(String, String, String), u64> = BTreeMap::new();
        for one in std::mem::take(&mut self.corresponding) {
            let place = (one.operation, one.path);
            *times.entry((place.0.clone(), place.1.clone(), one.input.clone())).or_default() += 1;
            places.entry(place).or_default().entry(one.input).or_default().insert((one.a, one.b));
        }
        for ((operation, path), inputs) in places {
            let of =
                |input: &String| times.get(&(operation.clone(), path.clone(), input.clone())).copied().unwrap_or(0);
            let is_function = inputs.values().all(|pairs| pairs.len() == 1);
            let is_repeated = inputs.keys().any(|input| of(input) > 1);
            let values: BTreeSet<&(String, String)> = inputs.values().flatten().collect();
            let varies = |pick: fn(&(String, String)) -> &String| {
                values.iter().map(|pair| pick(pair)).collect::<BTreeSet<_>>().len() > 1
            };
            let all_vary = varies(|pair| &pair.0) && varies(|pair| &pair.1);
            let Some((a, b)) = values.iter().find(|(a, b)| a != b) else { continue };
            if !is_function || !is_repeated || !all_vary {
                continue;
            }
            let differing = Differing {
                kind: Kind::Derived,
                path: path.clone(),
                place: path.clone(),
                a: Some(Value::from(a.as_str())),
                b: Some(Value::from(b.as_str())),
                is_secret: false,
                ghost: None,
            };
            let example = inputs.iter().find(|(_, pairs)| pairs.iter().any(|(a, b)| a != b)).map(|(input, _)| input);
            let input = example.and_then(|input| serde_json::from_str(input).ok()).unwrap_or(Value::Null);
            let key = Key { operation: operation.clone(), path: path.clone(), kind: Kind::Derived, answers: None };
            let support = Support {
                side: Supports::Neither,
                reason: "Both make the value of the request, each in its own way.".to_owned(),
                clauses: Vec::new(),
            };
            let difference = record::derived(self.contract, &operation, input, &differing, &support);
            let told = Told { step: 0, key, differing };
            self.add(&told, support, difference);
        }
    }
}
