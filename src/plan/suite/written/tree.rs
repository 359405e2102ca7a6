//! Values of a TOML file with their places.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::Flaws;

/// A value and where it stands in the file.
pub(super) type Node<'t> = Spanned<DeValue<'t>>;
/// A table; its keys have places too.
pub(super) type Table<'t> = DeTable<'t>;

/// The table that a value is.
pub(super) fn table_mut<'n, 't>(node: &'n mut Node<'t>) -> Option<&'n mut Table<'t>> {
    match node.get_mut() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

/// The list that a value is.
pub(super) fn list_mut<'n, 't>(node: &'n mut Node<'t>) -> Option<&'n mut DeArray<'t>> {
    match node.get_mut() {
        DeValue::Array(list) => Some(list),
        _ => None,
    }
}

/// Takes a value out of a table.
pub(super) fn take<'t>(table: &mut Table<'t>, key: &str) -> Option<Node<'t>> {
    table.remove(key)
}

/// Takes a table out of a table; empty if there is none.
pub(super) fn take_table<'t>(table: &mut Table<'t>, key: &str, flaws: &mut Flaws) -> Table<'t> {
    let Some(node) = take(table, key) else { return Table::new() };
    let place = node.span();
    match node.into_inner() {
        DeValue::Table(inner) => inner,
        _ => {
            flaws.add(place, format!("`{key}` is not a table"), format!("write `{key} = {{ NAME = VALUE }}`"));
            Table::new()
        }
    }
}

/// Takes the elements of a list out of a table; none if there is no list.
pub(super) fn take_list<'t>(table: &mut Table<'t>, key: &str, flaws: &mut Flaws) -> Vec<Node<'t>> {
    take(table, key).map(|node| elements(node, key, flaws)).unwrap_or_default()
}

/// The elements of a list.
pub(super) fn elements<'t>(node: Node<'t>, key: &str, flaws: &mut Flaws) -> Vec<Node<'t>> {
    let place = node.span();
    match node.into_inner() {
        DeValue::Array(list) => list.into_iter().collect(),
        _ => {
            flaws.add(place, format!("`{key}` is not a list"), format!("write `{key} = [ … ]`"));
            Vec::new()
        }
    }
}

/// Takes a text out of a table.
pub(super) fn take_text<'t>(table: &mut Table<'t>, key: &str, flaws: &mut Flaws) -> Option<Spanned<String>> {
    let node = take(table, key)?;
    match node.get_ref() {
        DeValue::String(text) => Some(Spanned::new(node.span(), text.clone().into_owned())),
        _ => {
            flaws.add(node.span(), format!("`{key}` is not a text"), format!("write `{key} = \"…\"`"));
            None
        }
    }
}

/// A text at a place of the file.
pub(super) fn text<'t>(place: Range<usize>, text: impl Into<Cow<'t, str>>) -> Node<'t> {
    Spanned::new(place, DeValue::String(text.into()))
}

/// Sets a member of a table.
pub(super) fn set<'t>(table: &mut Table<'t>, key: &'t str, value: Node<'t>) {
    table.insert(Spanned::new(value.span(), Cow::Borrowed(key)), value);
}

/// A list at a place of the file.
pub(super) fn list(place: Range<usize>, elements: Vec<Node<'_>>) -> Node<'_> {
    Spanned::new(place, DeValue::Array(elements.into_iter().collect()))
}
