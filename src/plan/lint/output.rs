//! What stands at a path of an output, as far as its shape says it.

use crate::spec::contract::{Node, NodeKind, Operation};
use crate::spec::did_you_mean;

/// What stands at a path of a step's output.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spot<'c> {
    /// A value of this shape.
    Node(&'c Node),
    /// What a walk over all pages gives: items and the number of them on each page.
    Walked(&'c Operation),
    /// The list of all items of a walk, of this shape.
    Items(&'c Node),
    /// A list of numbers.
    Numbers,
    /// Anything: the shape does not say it.
    Free,
}

impl<'c> Spot<'c> {
    /// What stands at a path below this spot.
    ///
    /// # Errors
    /// What is not there.
    pub fn find(self, path: &str) -> Result<Spot<'c>, String> {
        let (mut here, mut rest) = (self, path);
        while !rest.is_empty() {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            if let Some(after) = rest.strip_prefix('[') {
                let (selector, after) = after.split_once(']').ok_or("a `[` is not closed")?;
                here = here.select(selector)?;
                rest = after;
            } else {
                let (name, after) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
                here = here.member(name)?;
                rest = after;
            }
        }
        Ok(here)
    }

    fn member(self, name: &str) -> Result<Spot<'c>, String> {
        match self {
            Spot::Free => Ok(Spot::Free),
            Spot::Walked(operation) => match name {
                "items" => Ok(items(operation).map_or(Spot::Free, Spot::Items)),
                "pages" => Ok(Spot::Numbers),
                _ => Err(format!("a walk has `items` and `pages`, and no `{name}`")),
            },
            Spot::Node(node) => match &node.kind {
                NodeKind::Structure(members) | NodeKind::Union(members) => {
                    node.member(name).map(Spot::of).ok_or_else(|| {
                        let known = members.iter().map(|member| member.name.as_str());
                        format!("{} has no member `{name}`{}", shown(node), did_you_mean(name, known))
                    })
                }
                NodeKind::Map { value, .. } => Ok(Spot::of(value)),
                _ => Err(format!("{} has no members, so no `{name}`", shown(node))),
            },
            Spot::Items(_) | Spot::Numbers => Err(format!("a list has no member `{name}`")),
        }
    }

    fn select(self, selector: &str) -> Result<Spot<'c>, String> {
        let element = self.element().ok_or_else(|| format!("`[{selector}]` selects from what is not a list"))?;
        match selector.split_once('=') {
            Some((member, _)) => element.member(member).map(|_| element),
            None if selector.contains("${") || selector.parse::<usize>().is_ok() => Ok(element),
            None => Err(format!("`[{selector}]` is neither a position nor `[MEMBER=VALUE]`")),
        }
    }

    /// The elements, if this is a list.
    pub fn element(self) -> Option<Spot<'c>> {
        match self {
            Spot::Free | Spot::Numbers => Some(Spot::Free),
            Spot::Items(element) => Some(Spot::of(element)),
            Spot::Node(node) => match &node.kind {
                NodeKind::List { element } => Some(Spot::of(element)),
                _ => None,
            },
            Spot::Walked(_) => None,
        }
    }

    /// The shape, where there is one.
    pub fn node(self) -> Option<&'c Node> {
        match self {
            Spot::Node(node) => Some(node),
            _ => None,
        }
    }

    /// A value of a shape; one that the contract leaves open can be anything.
    pub fn of(node: &'c Node) -> Spot<'c> {
        match node.kind {
            NodeKind::Document | NodeKind::Recursive => Spot::Free,
            _ => Spot::Node(node),
        }
    }
}

fn shown(node: &Node) -> String {
    if node.path.is_empty() { "the output".to_owned() } else { format!("`{}`", node.path) }
}

/// The elements of the list that an operation returns page by page.
fn items(operation: &Operation) -> Option<&Node> {
    let named = operation.pagination.as_ref().and_then(|pages| operation.output.find(pages.items.as_deref()?));
    let is_list = |node: &&Node| matches!(node.kind, NodeKind::List { .. });
    match &named.or_else(|| operation.output.members().iter().find(is_list))?.kind {
        NodeKind::List { element } => Some(element),
        _ => None,
    }
}
