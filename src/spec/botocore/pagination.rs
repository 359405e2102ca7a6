//! How an operation pages: as `paginators-1.json` says, else by the usual names of its members, because the paginators of
//! many services leave operations out.

use super::super::json::{Entry, Json};
use super::Model;
use super::build::{Object, text};

/// Usual names of page tokens and page sizes, compared without regard to case.
const TOKEN: &str = "nexttoken";
const SIZES: [&str; 2] = ["maxresults", "limit"];

/// The value of the trait `paginated`, if the operation pages by one token.
pub(super) fn of(model: &Model<'_>, operation: &Entry, paginators: Option<&Json>) -> Option<Json> {
    let members = |side: &str| {
        let shape = operation.value.at(&[side, "shape"]).and_then(Json::as_str)?;
        model.shapes.get(shape)?.get("members").map(Json::entries)
    };
    let (input, output) = (members("input")?, members("output")?);
    let stated = paginators.and_then(|root| root.at(&["pagination", &operation.key]));
    let text_of = |key: &str| stated.and_then(|stated| stated.get(key)).and_then(Json::as_str);
    let find = |members: &[Entry], wanted: &dyn Fn(&str) -> bool| {
        members.iter().find(|member| wanted(&member.key)).map(|member| member.key.clone())
    };
    let is_token = |name: &str| name.eq_ignore_ascii_case(TOKEN);
    let is_size = |name: &str| SIZES.iter().any(|size| name.eq_ignore_ascii_case(size));
    let named = |key: &'static str| move |name: &str| text_of(key) == Some(name);
    let (input_token, output_token, size) = match stated {
        Some(_) => (
            find(input, &named("input_token"))?,
            find(output, &named("output_token"))?,
            find(input, &named("limit_key")),
        ),
        None => (find(input, &is_token)?, find(output, &is_token)?, find(input, &is_size)),
    };
    let items = find(output, &named("result_key")).or_else(|| only_list(model, output));
    let mut paginated = Object::at(operation.key_span);
    let mut add = |key: &str, value: String| paginated.add(key, operation.key_span, text(operation.key_span, value));
    add("inputToken", input_token);
    add("outputToken", output_token);
    for (key, value) in [("pageSize", size), ("items", items)] {
        if let Some(value) = value {
            add(key, value);
        }
    }
    Some(paginated.json())
}

/// The list among the members, if there is exactly one.
fn only_list(model: &Model<'_>, members: &[Entry]) -> Option<String> {
    let is_list = |member: &&Entry| {
        member.value.get("shape").and_then(Json::as_str).and_then(|name| model.kind(name)) == Some("list")
    };
    let mut lists = members.iter().filter(is_list);
    let only = lists.next()?;
    lists.next().is_none().then(|| only.key.clone())
}
