//! The wire protocol of a contract: how an input becomes a request and is read back, how a response is read, where an
//! error names its code, and which operation a request calls. restJson1 is the only protocol today; what another one
//! would do differently stands here and nowhere else. Source: Smithy 2.0, "AWS restJson1 protocol".

mod call;
mod document;
mod error_code;
mod head;
mod input;
mod request;
mod route;

pub use call::Call;
pub use document::{Document, MOST_VALUES, Unread, parse, read};
pub use error_code::{HEADER as ERROR_HEADER, documented_status, documented_status_of, error_code, named_error_code};
pub use head::head_value;
pub use input::read_input;
pub use request::request;
pub use route::Route;
