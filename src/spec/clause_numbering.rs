//! Gives every promise of a contract its clause: constraints of the trees, statuses, bodies, errors, then the contract's
//! rules. The order is stable: operations by name, and within each input, output, status, body, errors.

use std::collections::HashMap;

use super::clause::{Clause, ClauseIndex, ClauseKind, ClauseTable, Constraint, Tier};
use super::contract::{BodyClause, Location, Node, NodeKind, Operation};
use super::rules::Rules;
use super::shape_tree::Side;
use super::statement;

/// Everything that clauses need to know of the model beside the operations.
pub(super) struct Numbering<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// Shape ids by their short names, for sections of models without rules.
    pub shape_ids: HashMap<&'a str, &'a str>,
}

/// Makes the clauses of all operations and rules.
pub(super) fn number(operations: &mut [Operation], numbering: &Numbering<'_>) -> ClauseTable {
    let mut table = ClauseTable::default();
    for operation in operations.iter_mut() {
        operation.section = numbering.section(&operation.name).unwrap_or_else(|| operation.id.clone());
        let context = Context { name: &operation.name, section: &operation.section, numbering };
        context.tree(&mut operation.input, Side::Input, None, &mut table);
        context.tree(&mut operation.output, Side::Output, None, &mut table);
        let status = operation.success_status;
        operation.status_clause =
            context.whole("status", ClauseKind::Status, statement::status(&operation.name, status), &mut table);
        operation.body_clause = context.body(&operation.output, status, &mut table);
        for error in &mut operation.errors {
            let kind = ClauseKind::Error { code: error.code.clone() };
            let text = statement::error(&operation.name, &error.code, error.status);
            error.clause = context.whole(&format!("error.{}", error.code), kind, text, &mut table);
            if let Some(trigger) = numbering.rules.error_trigger(&operation.name, &error.code) {
                table.set_tier(error.clause, trigger.tier);
            }
        }
    }
    rule_clauses(numbering.rules, &mut table);
    table
}

impl Numbering<'_> {
    fn section(&self, name: &str) -> Option<String> {
        self.rules.section(name).map(str::to_owned)
    }
}

struct Context<'a> {
    name: &'a str,
    section: &'a str,
    numbering: &'a Numbering<'a>,
}

impl Context<'_> {
    fn whole(&self, suffix: &str, kind: ClauseKind, statement: String, table: &mut ClauseTable) -> ClauseIndex {
        table.add(Clause {
            id: format!("{}.{suffix}", self.name),
            operation: Some(self.name.to_owned()),
            kind,
            tier: Tier::Documented,
            section: self.section.to_owned(),
            statement,
        })
    }

    fn body(&self, output: &Node, status: u16, table: &mut ClauseTable) -> BodyClause {
        let has_body =
            output.members().iter().any(|member| matches!(member.location, Location::Body | Location::Payload));
        if has_body {
            let text = statement::content_type(self.name);
            return BodyClause::ContentType(self.whole("content_type", ClauseKind::ContentType, text, table));
        }
        let text = statement::empty_body(self.name);
        let index = self.whole("empty_body", ClauseKind::EmptyBody, text, table);
        let is_certain = output.shape == "Unit" || status == 204 || self.numbering.rules.section(self.name).is_some();
        if !is_certain {
            table.set_tier(index, Tier::Inferred);
        }
        BodyClause::Empty(index)
    }

    /// Clauses of a node and of all below it; `container` is the structure that the node is a member of.
    fn tree(&self, node: &mut Node, side: Side, container: Option<&str>, table: &mut ClauseTable) {
        if !node.path.is_empty() {
            self.node(node, side, container, table);
        }
        let shape = node.shape.clone();
        let inner = match (&node.kind, node.path.is_empty()) {
            (NodeKind::Structure(_) | NodeKind::Union(_), false) => Some(shape.as_str()),
            _ => container,
        };
        for child in node.children_mut() {
            self.tree(child, side, inner, table);
        }
    }

    fn node(&self, node: &mut Node, side: Side, container: Option<&str>, table: &mut ClauseTable) {
        for constraint in Constraint::ALL {
            if !applies(node, constraint) {
                continue;
            }
            let (word, kind) = match side {
                Side::Input => ("input", ClauseKind::Input { path: node.path.clone(), constraint }),
                Side::Output => ("output", ClauseKind::Output { path: node.path.clone(), constraint }),
            };
            let index = table.add(Clause {
                id: format!("{}.{word}.{}.{constraint}", self.name, node.path),
                operation: Some(self.name.to_owned()),
                kind,
                tier: Tier::Documented,
                section: self.node_section(container),
                statement: statement::constraint(self.name, side, node, constraint),
            });
            if let Some(slot) = node.clauses.0.get_mut(constraint as usize) {
                *slot = Some(index);
            }
        }
    }

    fn node_section(&self, container: Option<&str>) -> String {
        let Some(container) = container else {
            return self.section.to_owned();
        };
        self.numbering
            .section(container)
            .or_else(|| {
                let has_rules = self.numbering.rules.section(self.name).is_some();
                let id = self.numbering.shape_ids.get(container).filter(|_| !has_rules)?;
                Some((*id).to_owned())
            })
            .unwrap_or_else(|| self.section.to_owned())
    }
}

/// Whether a node makes a clause of that constraint.
fn applies(node: &Node, constraint: Constraint) -> bool {
    let length = node.constraints.length;
    let range = node.constraints.range;
    match constraint {
        Constraint::Type => !node.is_map_key && !matches!(node.kind, NodeKind::Document | NodeKind::Recursive),
        Constraint::Required => node.is_required,
        Constraint::LengthMin => length.is_some_and(|length| length.min.is_some()),
        Constraint::LengthMax => length.is_some_and(|length| length.max.is_some()),
        Constraint::Pattern => node.constraints.pattern.is_some(),
        Constraint::Enum => matches!(node.kind, NodeKind::Enum(_) | NodeKind::IntEnum(_)),
        Constraint::RangeMin => range.is_some_and(|range| range.min.is_some()),
        Constraint::RangeMax => range.is_some_and(|range| range.max.is_some()),
        Constraint::UniqueItems => node.constraints.unique_items,
    }
}

/// Clauses of the rules: rules, then protocol, then auth, each in the order of the files.
fn rule_clauses(rules: &Rules, table: &mut ClauseTable) {
    let mut found = rule_definitions(rules);
    found.sort_by_key(|clause| match clause.kind {
        ClauseKind::Protocol => 1,
        ClauseKind::Auth => 2,
        _ => 0,
    });
    for clause in found {
        table.add(clause);
    }
}

fn rule_definitions(rules: &Rules) -> Vec<Clause> {
    let clause = |id: &str, tier: Tier, sections: &[String], statement: &str| {
        Some(Clause {
            id: id.to_owned(),
            operation: None,
            kind: rule_kind(id)?,
            tier,
            section: rules.headings(sections),
            statement: statement.to_owned(),
        })
    };
    let inputs = rules.input_rules.iter().map(|rule| clause(&rule.id, rule.tier, &rule.sections, &rule.statement));
    let outputs = rules.output_rules.iter().map(|rule| clause(&rule.id, rule.tier, &rule.sections, &rule.statement));
    let scenarios =
        rules.scenario_rules.iter().map(|rule| clause(&rule.id, rule.tier, &rule.sections, &rule.statement));
    let defaults =
        rules.defaults.iter().map(|rule| clause(&rule.id, rule.tier, &rule.sections, &statement::default(rule)));
    let untestable =
        rules.untestable.iter().map(|entry| match rules.rules.iter().find(|rule| rule.ids.contains(&entry.clause)) {
            Some(rule) => clause(&entry.clause, rule.tier, &rule.sections, &rule.statement),
            None => clause(&entry.clause, Tier::Documented, &[], &entry.why.reason),
        });
    inputs.chain(outputs).chain(scenarios).chain(defaults).chain(untestable).flatten().collect()
}

/// The kind of clause that an id of the rules stands for; none for globs and for what is no clause.
pub(super) fn rule_kind(id: &str) -> Option<ClauseKind> {
    if id.contains(['*', '?', '[', '{']) {
        return None;
    }
    match id.split_once('.')?.0 {
        "rule" => Some(ClauseKind::Rule),
        "protocol" => Some(ClauseKind::Protocol),
        "auth" => Some(ClauseKind::Auth),
        _ => None,
    }
}
