//! Where an error response names its code. The reference is silent; restJson1 clients read these carriers.

use serde_json::Value;

use crate::wire::Response;

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

fn bare(text: &str) -> &str {
    let text = text.split_once(':').map_or(text, |(code, _)| code);
    text.rsplit_once('#').map_or(text, |(_, code)| code).trim()
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn keeps_the_code_alone() {
        assert_eq!(bare("ValidationException:http://internal.amazon.com/coral/"), "ValidationException");
        assert_eq!(bare("com.amazonaws.ivs#ConflictException"), "ConflictException");
        assert_eq!(bare("aws.protocoltests#Foo:http://x/#y"), "Foo");
    }
}
