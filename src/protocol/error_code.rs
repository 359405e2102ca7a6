//! Where an error response names its code. The reference is silent; restJson1 clients read these carriers.

use serde_json::Value;

use super::document::read;
use crate::spec::contract::{Contract, OperationError};
use crate::wire::{Exchange, Response};

/// The header that names the error, before the body does.
pub const HEADER: &str = "x-amzn-errortype";

/// The error code of a response: the `x-amzn-errortype` header, else `__type` or `code` in the body; what stands
/// before `#` and behind `:` is not part of it.
pub fn error_code(response: &Response, body: Option<&Value>) -> Option<String> {
    named_error_code(response.header(HEADER), body).map(str::to_owned)
}

/// The error code that a value of [`HEADER`] or a body names.
pub fn named_error_code<'v>(header: Option<&'v str>, body: Option<&'v Value>) -> Option<&'v str> {
    let in_body = || {
        ["__type", "code", "Code"].iter().find_map(|name| body.and_then(|body| body.get(name)).and_then(Value::as_str))
    };
    let code = bare(header.or_else(in_body)?);
    (!code.is_empty()).then_some(code)
}

/// The status of a response; of one with a code that is among these documented ones the documented status, so that a
/// target that responds with another status is understood.
pub fn documented_status(errors: &[OperationError], response: &Response) -> u16 {
    let body = read(response).ok().map(|document| document.value);
    let code = error_code(response, body.as_ref());
    let documented = errors.iter().find(|error| code.as_deref() == Some(error.code.as_str()));
    documented.map_or(response.status, |error| error.status)
}

/// The [`documented_status`] of an exchange, whose operation is given by its name. `None` without a response, or if the
/// contract does not have the operation.
pub fn documented_status_of(contract: &Contract, operation: &str, exchange: &Exchange) -> Option<u16> {
    let operation = contract.operation(operation)?;
    exchange.response().map(|response| documented_status(&operation.errors, response))
}

fn bare(text: &str) -> &str {
    let text = text.split_once(':').map_or(text, |(code, _)| code);
    text.rsplit_once('#').map_or(text, |(_, code)| code).trim()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{HEADER, bare, documented_status};
    use crate::wire::sample::response;

    #[test]
    fn a_documented_code_says_more_than_a_wrong_status() {
        let contract = crate::spec::builtin().unwrap();
        let operation = contract.operation("DeleteChannel").unwrap();
        let status =
            |status: u16, code: &str| documented_status(&operation.errors, &response(status, &[(HEADER, code)], ""));
        assert_eq!(status(400, "ResourceNotFoundException"), 404);
        assert_eq!(status(409, "ConflictException"), 409);
        assert_eq!(status(400, "BadRequest"), 400);
        assert_eq!(status(204, "ResourceNotFoundException"), 404);
    }

    #[test]
    fn keeps_the_code_alone() {
        assert_eq!(bare("ValidationException:http://internal.amazon.com/coral/"), "ValidationException");
        assert_eq!(bare("com.amazonaws.ivs#ConflictException"), "ConflictException");
        assert_eq!(bare("aws.protocoltests#Foo:http://x/#y"), "Foo");
    }
}
