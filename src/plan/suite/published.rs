//! The published form of suites, `specs/suites.schema.json`, and the types that read them say the same.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::value::Error;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value, json};

use super::{
    Agreement, Assert, BroadcastState, BroadcastStep, Echo, Ingest, Need, Probe, Scenario, SignatureChange, State,
    Step, Suites, Upholds, written,
};
use crate::plan::activity::{Activity, ActivityLaw, ActivityLawKind, ListFilter};
use crate::plan::sequence::{Law, LawKind, Sequence};

/// How many entries of a list, of different forms, are damaged in every way.
const DAMAGED: usize = 40;

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../specs/suites.schema.json")).unwrap()
}

/// The suite files as JSON.
fn files() -> Vec<(String, Value)> {
    let files = std::fs::read_dir("suites/scenarios").unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let value: toml::Value = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            (path.display().to_string(), serde_json::to_value(value).unwrap())
        })
        .collect()
}

/// Asks a type for the names of its fields or variants, and gives it nothing.
struct Names<'n>(&'n RefCell<BTreeSet<String>>);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.0.borrow_mut().extend(fields.iter().map(|name| (*name).to_owned()));
        Err(Error::custom("asked"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.0.borrow_mut().extend(variants.iter().map(|name| (*name).to_owned()));
        Err(Error::custom("asked"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("neither a struct nor an enum"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

fn names<T: for<'de> Deserialize<'de> + fmt::Debug>() -> BTreeSet<String> {
    let found = RefCell::new(BTreeSet::new());
    let asked = T::deserialize(Names(&found)).unwrap_err();
    assert_eq!(asked.to_string(), "asked");
    found.into_inner()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_field_and_every_word_is_published() {
    let schema = schema();
    let with = |mut names: BTreeSet<String>, written: &[&str]| {
        names.extend(written.iter().map(|name| (*name).to_owned()));
        names
    };
    assert_eq!(keys(&schema["properties"]), with(names::<Suites>(), &["fixture", "tables"]));
    let structs = [
        ("Ingest", names::<Ingest>()),
        ("Scenario", with(names::<Scenario>(), &["rule", "cases"])),
        ("Step", with(names::<Step>(), &["for", "use", "with"])),
        ("BroadcastStep", names::<BroadcastStep>()),
        ("Assert", with(names::<Assert>(), &["for", "members"])),
        ("State", names::<State>()),
        ("Probe", with(names::<Probe>(), &["cases"])),
        ("Echo", names::<Echo>()),
        ("Sequence", names::<Sequence>()),
        ("Law", names::<Law>()),
        ("Activity", names::<Activity>()),
        ("ActivityLaw", names::<ActivityLaw>()),
        ("ListFilter", names::<ListFilter>()),
        ("Agreement", names::<Agreement>()),
    ];
    let enums = [
        ("Need", names::<Need>()),
        ("BroadcastState", names::<BroadcastState>()),
        ("SignatureChange", names::<SignatureChange>()),
        ("LawKind", names::<LawKind>()),
        ("ActivityLawKind", names::<ActivityLawKind>()),
        ("Upholds", names::<Upholds>()),
    ];
    let mut unchecked = keys(&schema["$defs"]);
    for (name, fields) in structs {
        assert_eq!(keys(&schema["$defs"][name]["properties"]), fields, "{name}");
        assert_eq!(schema["$defs"][name]["additionalProperties"], json!(false), "{name}");
        unchecked.remove(name);
    }
    for (name, variants) in enums {
        let words = schema["$defs"][name]["enum"].as_array().unwrap();
        let words: BTreeSet<String> = words.iter().map(|word| word.as_str().unwrap().to_owned()).collect();
        assert_eq!(words, variants, "{name}");
        unchecked.remove(name);
    }
    let fixture: BTreeSet<String> = keys(&schema["$defs"]["Fixture"]["properties"]);
    assert_eq!(fixture, with(BTreeSet::new(), &["name", "summary", "needs", "defaults", "steps"]));
    let rest = with(BTreeSet::new(), &["Accepted", "Cases", "Expect", "Fixture", "Loop", "Parameter"]);
    assert_eq!(unchecked, rest, "they are no types with fields");
}

#[test]
fn every_suite_file_has_the_published_form() {
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    let files = files();
    assert!(files.len() > 20, "{}", files.len());
    for (name, file) in files {
        let wrong: Vec<String> = validator.iter_errors(&file).map(|error| format!("{error}")).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    }
}

/// Keys whose values are expanded: what stands there for which type is not the schema's to say.
const EXPANDED: [&str; 3] = ["/cases", "/use", "/for"];

/// One entry of each form that the suites have without expansion, as a file of its own.
fn samples() -> Vec<Value> {
    let mut samples: BTreeMap<(String, String), Value> = BTreeMap::new();
    for (_, file) in files() {
        for (list, entries) in file.as_object().unwrap() {
            for entry in entries.as_array().into_iter().flatten() {
                let form: BTreeSet<String> =
                    pointers(entry).into_iter().filter(|path| !path.contains("/input/")).collect();
                if list == "fixture" || form.iter().any(|path| EXPANDED.iter().any(|key| path.ends_with(key))) {
                    continue;
                }
                let form = form.into_iter().collect::<Vec<_>>().join(" ");
                samples.entry((list.clone(), form)).or_insert_with(|| json!({ list: [entry] }));
            }
            if list == "ingest" {
                samples.insert((list.clone(), String::new()), json!({ list: entries }));
            }
        }
    }
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut take = |list: &String| {
        let number = taken.entry(list.clone()).or_default();
        *number += 1;
        *number <= DAMAGED
    };
    samples.into_iter().filter(|((list, _), _)| take(list)).map(|(_, sample)| sample).collect()
}

/// JSON pointers of all values in a value.
fn pointers(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut below = |name: &str, value: &Value| {
        let name = name.replace('~', "~0").replace('/', "~1");
        found.extend(pointers(value).into_iter().map(|path| format!("/{name}{path}")));
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| below(name, value)),
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, value)| below(&index.to_string(), value))
        }
        _ => {}
    }
    found
}

/// The value damaged in one place: a member too many, a member too few, another type, a word that nobody knows.
fn damaged(value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    for pointer in pointers(value) {
        let mut change = |change: &dyn Fn(&mut Value)| {
            let mut copy = value.clone();
            change(copy.pointer_mut(&pointer).unwrap());
            found.push(copy);
        };
        match value.pointer(&pointer).unwrap() {
            Value::Object(members) => {
                change(&|here| {
                    drop(here.as_object_mut().map(|members: &mut Map<_, _>| members.insert("zz".into(), json!(""))))
                });
                for name in members.keys() {
                    change(&|here| drop(here.as_object_mut().map(|members| members.remove(name))));
                }
                change(&|here| *here = json!("text"));
            }
            Value::Number(_) => {
                change(&|here| *here = json!("text"));
                change(&|here| *here = json!(-1));
            }
            Value::String(_) => {
                change(&|here| *here = json!(7));
                change(&|here| *here = json!("no such word"));
            }
            _ => change(&|here| *here = json!(7)),
        }
    }
    found
}

#[test]
fn what_the_types_refuse_the_schema_refuses_and_the_reverse() {
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    let (mut refused, mut read) = (0, 0);
    for sample in samples() {
        for damaged in damaged(&sample) {
            let Ok(text) = toml::to_string(&damaged) else { continue };
            let Ok(expanded) = written::expand(&text) else { continue };
            let is_read = Suites::deserialize(toml::Deserializer::from(expanded));
            // An assertion may take its rule from its step or its scenario.
            if is_read.as_ref().is_err_and(|error| error.message().contains("missing field `rule`")) {
                continue;
            }
            assert_eq!(validator.is_valid(&damaged), is_read.is_ok(), "{is_read:?} of {damaged:#}");
            if is_read.is_ok() { read += 1 } else { refused += 1 }
        }
    }
    assert!(refused > 1_000 && read > 1_000, "{refused} refused, {read} read");
}
