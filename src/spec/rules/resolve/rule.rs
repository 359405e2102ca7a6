//! The entries of one rule of the reference.

use serde_json::Value;

use super::super::repeat::written_out;
use super::super::sources::Place;
use super::super::written::{Default, Error, Input, Leniency, Output, Rule, Scenario};
use super::super::{Ambiguity, DefaultRule, Erratum, InputRule, Leniency as Lenient, OutputRule, ScenarioRule};
use super::Resolver;

/// What the clauses of a rule have from it.
struct Given<'r> {
    number: Option<u32>,
    sections: &'r [String],
}

impl Given<'_> {
    /// The rule's number and those that an entry bears on besides.
    fn numbers(&self, also: &[u32]) -> Vec<u32> {
        self.number.into_iter().chain(also.iter().copied()).collect()
    }

    fn sections(&self, own: Option<&Vec<String>>) -> Vec<String> {
        own.map_or(self.sections, Vec::as_slice).to_vec()
    }
}

impl Resolver<'_> {
    /// Resolves a rule's entries.
    pub fn rule(&mut self, rule: &Rule, place: &Place) {
        let is_gone = rule.number.is_some_and(|number| self.is_gone(place, &format!("rule:{number}")));
        if is_gone {
            return;
        }
        let given = Given { number: rule.number, sections: &rule.sections };
        self.errata(rule, &given, place);
        for (index, entry) in rule.input.iter().enumerate() {
            self.input(entry, &given, place.element("input", index));
        }
        for (index, entry) in rule.output.iter().enumerate() {
            self.output(entry, &given, place.element("output", index));
        }
        for (index, entry) in rule.scenario.iter().enumerate() {
            self.scenario(entry, &given, place.element("scenario", index));
        }
        for (index, entry) in rule.default.iter().enumerate() {
            self.default(entry, &given, place.element("default", index));
        }
        for (index, entry) in rule.untestable.iter().enumerate() {
            self.untestable(entry, rule.number, &place.element("untestable", index));
        }
        for (index, entry) in rule.lenient_input.iter().enumerate() {
            self.lenient("lenient_input", entry, &place.element("lenient_input", index));
        }
        for (index, entry) in rule.lenient_output.iter().enumerate() {
            self.lenient("lenient_output", entry, &place.element("lenient_output", index));
        }
    }

    fn errata(&mut self, rule: &Rule, given: &Given<'_>, place: &Place) {
        if let Some(erratum) = rule.erratum.as_ref().filter(|erratum| !self.is_gone(place, &erratum.id)) {
            self.sources.note("errata", self.rules.errata.len(), place.at(&["erratum"]));
            self.rules.errata.push(Erratum {
                id: erratum.id.clone(),
                rules: given.numbers(&erratum.also),
                places: erratum.places.clone(),
                literal: erratum.literal.clone(),
                reading: erratum.reading.clone(),
                why: erratum.why.clone(),
            });
        }
        if let Some(ambiguity) = rule.ambiguity.as_ref().filter(|ambiguity| !self.is_gone(place, &ambiguity.id)) {
            self.sources.note("ambiguities", self.rules.ambiguities.len(), place.at(&["ambiguity"]));
            self.rules.ambiguities.push(Ambiguity {
                id: ambiguity.id.clone(),
                rules: given.numbers(&[]),
                sections: given.sections(ambiguity.sections.as_ref()),
                question: ambiguity.question.clone(),
                readings: ambiguity.readings.clone(),
                effect: ambiguity.effect.clone(),
            });
        }
    }

    fn input(&mut self, entry: &Input, given: &Given<'_>, place: Place) {
        if self.is_gone(&place, &entry.id) {
            return;
        }
        let operations = self.operations(&entry.operations, &place.at(&["operations"]));
        let paths = self.members(&entry.paths, &place.at(&["paths"]));
        let concerned: Vec<String> = operations
            .iter()
            .cloned()
            .chain(
                paths.iter().filter_map(|path| path.split_once(".input.").map(|(operation, _)| operation.to_owned())),
            )
            .collect();
        let errors = entry.errors.clone().unwrap_or_else(|| self.invalid_input());
        let rule = InputRule {
            id: entry.id.clone(),
            rules: given.numbers(&entry.also),
            sections: given.sections(entry.sections.as_ref()),
            statement: entry.statement.clone(),
            tier: entry.tier,
            schema: entry.schema.clone(),
            accepted: entry.accepted.iter().map(written_out).collect(),
            violating: entry.violating.iter().map(written_out).collect(),
            errors: self.expected(&errors, &concerned, &place.at(&["errors"])),
            operations,
            paths,
            given: entry.given.clone(),
            generator: entry.generator,
            max_utf8_bytes: entry.max_utf8_bytes,
        };
        self.sources.note("input_rules", self.rules.input_rules.len(), place);
        self.rules.input_rules.push(rule);
    }

    /// The errors that refuse input where a rule names none.
    fn invalid_input(&self) -> Vec<Error> {
        let codes = self.files.iter().find_map(|file| file.invalid_input.as_ref());
        codes.into_iter().flatten().map(|code| Error::Code(code.clone())).collect()
    }

    fn output(&mut self, entry: &Output, given: &Given<'_>, place: Place) {
        if self.is_gone(&place, &entry.id) {
            return;
        }
        let paths = self.members(&entry.paths, &place.at(&["paths"]));
        self.sources.note("output_rules", self.rules.output_rules.len(), place);
        self.rules.output_rules.push(OutputRule {
            id: entry.id.clone(),
            rules: given.numbers(&entry.also),
            sections: given.sections(entry.sections.as_ref()),
            statement: entry.statement.clone(),
            tier: entry.tier,
            paths,
            schema: entry.schema.clone(),
        });
    }

    fn scenario(&mut self, entry: &Scenario, given: &Given<'_>, place: Place) {
        if self.is_gone(&place, &entry.id) {
            return;
        }
        let operations = self.operations(&entry.operations, &place.at(&["operations"]));
        self.sources.note("scenario_rules", self.rules.scenario_rules.len(), place);
        self.rules.scenario_rules.push(ScenarioRule {
            id: entry.id.clone(),
            rules: given.numbers(&entry.also),
            sections: given.sections(entry.sections.as_ref()),
            statement: entry.statement.clone(),
            tier: entry.tier,
            operations,
        });
    }

    fn default(&mut self, entry: &Default, given: &Given<'_>, place: Place) {
        if self.is_gone(&place, &entry.id) {
            return;
        }
        let Some((operation, member)) = entry.of.split_once(".input.") else {
            let message = format!("`{}` is not a member of a request", entry.of);
            return self.wrong(place.at(&["of"]), message, "write `Operation.input.path`");
        };
        let Some(output) = entry.output.clone().or_else(|| self.shown_in(operation, member)) else {
            let message = format!("it does not follow from `{}` which member of the response shows it", entry.of);
            return self.wrong(place.at(&["of"]), message, "correct it, or write the path in the response as `output`");
        };
        self.sources.note("defaults", self.rules.defaults.len(), place);
        self.rules.defaults.push(DefaultRule {
            id: entry.id.clone(),
            rules: given.numbers(&entry.also),
            sections: given.sections(entry.sections.as_ref()),
            operation: operation.to_owned(),
            member: member.to_owned(),
            output,
            given: entry.given.clone(),
            shown_by: entry.shown_by.clone(),
            value: entry.value.clone(),
            also_allowed: entry.also_allowed.clone(),
            absent: entry.absent,
            tier: entry.tier,
        });
    }

    /// The one path in a response that is, or ends with, the path of a request's member.
    fn shown_in(&self, operation: &str, member: &str) -> Option<String> {
        let operation = self.operations.iter().find(|known| known.name == operation)?;
        let end = format!(".{member}");
        let is_same = |path: &str| path == member || path.ends_with(&end);
        let mut paths = operation.output.walk().into_iter().map(|node| &node.path).filter(|path| is_same(path));
        paths.next().filter(|_| paths.next().is_none()).cloned()
    }

    fn lenient(&mut self, list: &'static str, entry: &Leniency, place: &Place) {
        let also_allowed: Vec<Value> = entry.values.clone();
        for path in self.members(&entry.paths, &place.at(&["paths"])) {
            let of_list = match list {
                "lenient_input" => &mut self.rules.lenient_input,
                _ => &mut self.rules.lenient_output,
            };
            self.sources.note(list, of_list.len(), place.clone());
            of_list.push(Lenient { path, also_allowed: also_allowed.clone() });
        }
    }
}
