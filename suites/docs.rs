//! Pages under `docs/` that are made from data: the test fails if one is out of date, and writes it if
//! `IVS_CONFORMANCE_UPDATE_DOCS` is set.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "docs/settings.rs"]
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use ivs_conformance::plan::{self, Filter, Suites};
use ivs_conformance::selftest::Catalogue;
use ivs_conformance::spec;

fn assert_up_to_date(name: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if std::env::var_os("IVS_CONFORMANCE_UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/{name} is out of date: IVS_CONFORMANCE_UPDATE_DOCS=1 cargo test --test docs");
}

/// The same for the part of a page between its two marks.
fn assert_part_up_to_date(name: &str, part: &str) {
    const MARKS: [&str; 2] = ["<!-- begin: made by suites/docs.rs -->\n", "<!-- end -->\n"];
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap();
    let (before, rest) = page.split_once(MARKS[0]).expect("the page has a mark where the part begins");
    let (_, after) = rest.split_once(MARKS[1]).expect("the page has a mark where the part ends");
    assert_up_to_date(name, &format!("{before}{}{part}{}{after}", MARKS[0], MARKS[1]));
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[test]
fn every_numbered_entry_has_its_place() {
    let contract = spec::builtin().unwrap();
    let rules = &contract.rules;
    let errata = rules.errata.iter().map(|entry| entry.id.as_str());
    let known: Vec<&str> = errata.chain(rules.ambiguities.iter().map(|entry| entry.id.as_str())).collect();
    let mut page = String::from(
        "# The 161 entries of the reading\n\n\
         Every statement of the API reference that needs a reading, and where it went: a clause that is checked, a\n\
         trait of the model, an erratum, an ambiguity of which every reading is accepted, or untestable with its\n\
         reason (`ivs-conformance explain rule:N`). Made from `specs/ivs-2020-07-14.rules.toml`.\n\n\
         | number | place | ids | statement | reading |\n| ---: | --- | --- | --- | --- |\n",
    );
    for (number, entry) in (1_u32..).zip(&rules.rules) {
        assert_eq!(entry.number, number);
        for id in &entry.ids {
            let is_clause_glob = || {
                let glob = globset::Glob::new(id).unwrap().compile_matcher();
                contract.clauses.iter().any(|(_, clause)| glob.is_match(&clause.id))
            };
            let is_known = known.contains(&id.as_str()) || is_clause_glob() || is_shape(&contract, id);
            assert!(is_known, "entry {number} names `{id}`, which is nowhere");
        }
        assert!(!entry.ids.is_empty() && !entry.statement.is_empty() && !entry.reading.is_empty(), "entry {number}");
        let shown: Vec<String> = entry.ids.iter().map(|id| format!("`{id}`")).collect();
        let _ = writeln!(
            page,
            "| {number} | {} | {} | {} | {} |",
            format!("{:?}", entry.place).to_lowercase(),
            shown.join(", "),
            cell(&entry.statement),
            cell(&entry.reading),
        );
    }
    assert_eq!(rules.rules.len(), 161);
    assert_up_to_date("rules.md", &page);
}

/// What is known of the service beyond the document, row by row.
#[test]
fn every_piece_of_evidence_has_its_row() {
    let contract = spec::builtin().unwrap();
    let mut page = String::from(
        "# What is known of the service\n\n\
         What is publicly known of how the real service behaves beyond the API reference, and where each piece went.\n\
         The contract stays the reference; a clause that rests on text which the service contradicts is inferred.\n\
         `ivs-conformance explain ID` shows what is known about a clause, erratum or ambiguity. Made from\n\
         `specs/ivs-2020-07-14.evidence.toml`.\n\n| source | what it is | date |\n| --- | --- | --- |\n",
    );
    for source in &contract.evidence.source {
        let _ = writeln!(page, "| {} | {} | {} |", source.key, cell(&source.title), source.date);
    }
    let mut topic = "";
    for entry in &contract.evidence.evidence {
        if entry.topic != topic {
            topic = &entry.topic;
            let _ = writeln!(page, "\n## {topic}\n\n| stand | source | what is known | about | where it went |");
            page.push_str("| --- | --- | --- | --- | --- |\n");
        }
        let about: Vec<String> = entry.about.iter().map(|id| format!("`{id}`")).collect();
        let (says, effect) = (cell(&entry.says), cell(&entry.effect));
        let _ =
            writeln!(page, "| {} | {} | {says} | {} | {effect} |", entry.stand, cell(&entry.source), about.join(", "));
    }
    assert_up_to_date("evidence.md", &page);
}

/// Entries of the model are named by operation, shape or member.
fn is_shape(contract: &spec::Contract, id: &str) -> bool {
    let name = id.split(['.', '$']).next().unwrap();
    let of_shape = |operation: &spec::contract::Operation| {
        operation.name == name
            || operation.input.walk().iter().chain(&operation.output.walk()).any(|node| node.shape == name)
    };
    contract.operations.iter().any(of_shape)
}

#[test]
fn every_clause_is_broken_by_some_fault() {
    let contract = spec::builtin().unwrap();
    let plan = plan::plan(&contract, &Suites::builtin().unwrap(), &Filter::default()).unwrap();
    let catalogue = Catalogue::of(&contract, &plan.cases).unwrap();
    for mutant in &catalogue.mutants {
        let fault = mutant.id.parse::<ivs_conformance::reference::Fault>();
        assert!(fault.is_ok(), "{fault:?}");
    }
    let mut families: BTreeMap<&str, (usize, usize, &str)> = BTreeMap::new();
    let mut conditions: BTreeMap<&str, usize> = BTreeMap::new();
    for mutant in &catalogue.mutants {
        let (all, occasional, example) = families.entry(&mutant.family).or_insert((0, 0, &mutant.id));
        *all += 1;
        *example = if mutant.id.contains('@') { *example } else { mutant.id.as_str().min(*example) };
        if let Some((_, condition)) = mutant.id.rsplit_once('@') {
            *occasional += 1;
            *conditions.entry(condition).or_insert(0) += 1;
        }
    }
    let mut page = format!(
        "# Faults\n\n\
         `ivs-conformance selftest` seeds {} faults, one after another, into the reference server. A fault counts as\n\
         detected only by a finding of a clause that it breaks; `suites/selftest/faults.toml` says which those are.\n\
         Every clause that is decided is broken by at least one.\n\n\
         | family | faults | of them on some occasions only | example |\n| --- | ---: | ---: | --- |\n",
        catalogue.mutants.len(),
    );
    for (family, (number, occasional, example)) in &families {
        let _ = writeln!(page, "| {family} | {number} | {occasional} | `{}` |", cell(example));
    }
    page.push_str("\n## Occasions\n\nThe condition behind the `@` of a fault says when it shows.\n\n");
    page.push_str("| condition | faults |\n| --- | ---: |\n");
    for (condition, number) in &conditions {
        let _ = writeln!(page, "| `{condition}` | {number} |");
    }
    page.push_str(
        "\nThose that follow from other faults stand for mistakes at a place, the first time or the second:\n\n",
    );
    page.push_str("| faults of the form | conditions | mistake |\n| --- | --- | --- |\n");
    for occasion in &catalogue.occasions {
        let _ =
            writeln!(page, "| `{}` | {} | {} |", cell(&occasion.faults), occasion.when.join(", "), cell(&occasion.why));
    }
    page.push_str(&not_tried(&catalogue));
    page.push_str("\n## Not tried\n\nFaults that no client can see, or that break no promise.\n\n");
    page.push_str("| fault | reason |\n| --- | --- |\n");
    let hidden: BTreeSet<&str> = catalogue.equivalents.iter().map(|equivalent| equivalent.id.as_str()).collect();
    // What is never seen is not listed once more for each occasion.
    let is_listed = |id: &str| id.split_once('@').is_none_or(|(always, _)| !hidden.contains(always));
    for equivalent in catalogue.equivalents.iter().filter(|equivalent| is_listed(&equivalent.id)) {
        let _ = writeln!(page, "| `{}` | {} |", cell(&equivalent.id), cell(&equivalent.reason));
    }
    assert_eq!(catalogue.unbroken(&contract, &plan.cases), Vec::<&str>::new(), "clauses that no fault breaks");
    assert!(catalogue.mutants.len() >= 4000, "{}", catalogue.mutants.len());
    assert_up_to_date("faults.md", &page);
}

/// The faults that clients can see and that are not tried one by one, by reason.
fn not_tried(catalogue: &Catalogue) -> String {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (mutant, reason) in &catalogue.undetected {
        reasons.entry(reason).or_default().push(&mutant.id);
    }
    let mut page = format!(
        "\n## Not tried one by one\n\n\
         {} faults that clients can see show only where a whole run looks, which takes too long for each of them. They are not\n\
         among the {} above: they are tried only if a glob of `--only` has an `@`. Samples of them say what runs find.\n",
        catalogue.undetected.len(),
        catalogue.mutants.len(),
    );
    for (reason, faults) in reasons {
        let _ = writeln!(page, "\n{reason} {}:\n", faults.len());
        for fault in faults {
            let _ = writeln!(page, "- `{}`", cell(fault));
        }
    }
    page
}

/// The words between backticks of a table's cell.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_promise_has_a_place_and_a_test_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (page, _) = include_str!("../docs/promises.md").split_once("\n## ").unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| ")).skip(2);
    let mut promises = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let [_, places, tests] = cells[..] else { panic!("not three cells: {row}") };
        assert!(!quoted(places).is_empty() && !quoted(tests).is_empty(), "{row}");
        for place in quoted(places) {
            assert!(root.join(place).is_file(), "there is no {place}");
        }
        for test in quoted(tests) {
            let (file, name) = test.split_once("::").unwrap_or_else(|| panic!("{test} names no file and test"));
            let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
            let ways = [format!("\nfn {name}()"), format!("\nasync fn {name}()")];
            let before = ways.iter().find_map(|way| text.split_once(way)).map_or("", |(before, _)| before);
            let mut attributes = before.lines().rev().take_while(|line| line.starts_with("#["));
            assert!(
                attributes.any(|line| line == "#[test]" || line.starts_with("#[tokio::test")),
                "there is no test {test}"
            );
        }
        promises += 1;
    }
    assert!(promises > 20, "only {promises} promises were read");
}

#[test]
fn every_file_that_the_guides_name_exists() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [
        "",
        "src",
        "src/plan",
        "src/generate",
        "src/judge",
        "src/report",
        "src/spec",
        "src/reference/fault",
        "src/diagnose",
    ];
    let is_path = |word: &&str| {
        let is_name = word.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
        is_name && [".rs", ".toml", ".json", ".md", "/"].iter().any(|end| word.ends_with(end))
    };
    let mut files = 0;
    for guide in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let page = std::fs::read_to_string(root.join(guide)).unwrap();
        for word in quoted(&page).into_iter().filter(is_path) {
            files += 1;
            let exists = folders.iter().any(|folder| root.join(folder).join(word).exists());
            assert!(exists, "{guide} names {word}, which does not exist");
        }
    }
    assert!(files > 30, "only {files} files were read");
}
