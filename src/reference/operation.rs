//! The operations of the API: their names, routes and success statuses.

use axum::http::Method;

use super::api::Api;

/// How an operation touches the state, which decides the lock that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// What an operation answers when it succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Success {
    /// 200 with a JSON document.
    Document,
    /// 200 without a body.
    EmptyOk,
    /// 204 without a body.
    NoContent,
}

impl Success {
    /// The documented status code.
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::Document | Self::EmptyOk => 200,
            Self::NoContent => 204,
        }
    }
}

macro_rules! operations {
    ($($name:ident $access:ident $success:ident;)*) => {
        /// An operation of the API ("Actions").
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Operation { $($name,)* }

        impl Operation {
            /// Every operation, in the order of the reference.
            pub(crate) const ALL: &'static [Operation] = &[$(Operation::$name,)*];

            /// The operation's name as the reference spells it.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The operation of that name; names are case sensitive.
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name { $(stringify!($name) => Some(Self::$name),)* _ => None }
            }

            /// Whether it reads or writes the state.
            pub(crate) fn access(self) -> Access {
                match self { $(Self::$name => Access::$access,)* }
            }

            /// Its documented response.
            pub(crate) fn success(self) -> Success {
                match self { $(Self::$name => Success::$success,)* }
            }
        }
    };
}

operations! {
    BatchGetChannel Read Document;
    BatchGetStreamKey Read Document;
    BatchStartViewerSessionRevocation Write Document;
    CreateChannel Write Document;
    CreatePlaybackRestrictionPolicy Write Document;
    CreateRecordingConfiguration Write Document;
    CreateStreamKey Write Document;
    DeleteChannel Write NoContent;
    DeletePlaybackKeyPair Write EmptyOk;
    DeletePlaybackRestrictionPolicy Write NoContent;
    DeleteRecordingConfiguration Write NoContent;
    DeleteStreamKey Write NoContent;
    GetChannel Read Document;
    GetPlaybackKeyPair Read Document;
    GetPlaybackRestrictionPolicy Read Document;
    GetRecordingConfiguration Read Document;
    GetStream Read Document;
    GetStreamKey Read Document;
    GetStreamSession Read Document;
    ImportPlaybackKeyPair Write Document;
    ListChannels Read Document;
    ListPlaybackKeyPairs Read Document;
    ListPlaybackRestrictionPolicies Read Document;
    ListRecordingConfigurations Read Document;
    ListStreamKeys Read Document;
    ListStreams Read Document;
    ListStreamSessions Read Document;
    ListTagsForResource Read Document;
    PutMetadata Write NoContent;
    StartViewerSessionRevocation Write EmptyOk;
    StopStream Write EmptyOk;
    TagResource Write EmptyOk;
    UntagResource Write EmptyOk;
    UpdateChannel Write Document;
    UpdatePlaybackRestrictionPolicy Write Document;
    CreateAdConfiguration Write Document;
    CreateFailoverSlateConfiguration Write Document;
    DeleteAdConfiguration Write NoContent;
    DeleteFailoverSlateConfiguration Write NoContent;
    GetAdConfiguration Read Document;
    GetFailoverSlateConfiguration Read Document;
    InsertAdBreak Read Document;
    ListAdConfigurations Read Document;
    ListFailoverSlateConfigurations Read Document;
    UpdateAdConfiguration Write Document;
    UpdateFailoverSlateConfiguration Write Document;
}

impl Operation {
    /// The API that has it first.
    pub(crate) fn since(self) -> Api {
        match self {
            Self::CreateAdConfiguration
            | Self::CreateFailoverSlateConfiguration
            | Self::DeleteAdConfiguration
            | Self::DeleteFailoverSlateConfiguration
            | Self::GetAdConfiguration
            | Self::GetFailoverSlateConfiguration
            | Self::InsertAdBreak
            | Self::ListAdConfigurations
            | Self::ListFailoverSlateConfigurations
            | Self::UpdateAdConfiguration
            | Self::UpdateFailoverSlateConfiguration => Api::November2026,
            _ => Api::Document,
        }
    }

    /// The operations of an API.
    pub(crate) fn of(api: Api) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |operation| operation.since() <= api)
    }

    /// Whether it responses in pages.
    pub(crate) fn has_pages(self) -> bool {
        self.name().starts_with("List") && self != Self::ListTagsForResource
    }
}

/// Where a request's method and path lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// An operation; `resource` is the still encoded rest of a tag path.
    Operation { operation: Operation, resource: Option<&'a str> },
    /// The broadcast control outside the contract.
    Broadcast,
    /// The path exists, the method does not.
    WrongMethod { allowed: &'static str },
    /// Nothing is served there.
    Unknown,
}

const BROADCAST: &str = "/_reference/broadcast";
const TAGS: &str = "/tags/";

/// Finds the route of a request. Paths are case sensitive (Welcome).
pub(crate) fn route<'a>(api: Api, method: &Method, path: &'a str) -> Route<'a> {
    if let Some(resource) = path.strip_prefix(TAGS) {
        return tag_route(method, resource);
    }
    let Some(name) = path.strip_prefix('/') else {
        return Route::Unknown;
    };
    if path == BROADCAST {
        return only_post(method, Route::Broadcast);
    }
    match Operation::named(name).filter(|operation| operation.since() <= api) {
        None | Some(Operation::ListTagsForResource | Operation::TagResource | Operation::UntagResource) => {
            Route::Unknown
        }
        Some(operation) => only_post(method, Route::Operation { operation, resource: None }),
    }
}

fn only_post<'a>(method: &Method, route: Route<'a>) -> Route<'a> {
    if method == Method::POST { route } else { Route::WrongMethod { allowed: "POST" } }
}

fn tag_route<'a>(method: &Method, resource: &'a str) -> Route<'a> {
    let operation = match *method {
        Method::GET => Operation::ListTagsForResource,
        Method::POST => Operation::TagResource,
        Method::DELETE => Operation::UntagResource,
        _ => {
            return Route::WrongMethod { allowed: "DELETE, GET, POST" };
        }
    };
    Route::Operation { operation, resource: Some(resource) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_counted_by_api_and_names_round_trip() {
        assert_eq!(Operation::of(Api::Document).count(), 35);
        assert_eq!(Operation::of(Api::November2026).count(), 46);
        for operation in Operation::ALL {
            assert_eq!(Operation::named(operation.name()), Some(*operation));
        }
        assert_eq!(Operation::named("getchannel"), None);
    }

    #[test]
    fn tag_operations_share_a_path_and_differ_by_method() {
        let tag = |method| route(Api::Document, method, "/tags/arn%3Aaws");
        assert_eq!(
            tag(&Method::DELETE),
            Route::Operation { operation: Operation::UntagResource, resource: Some("arn%3Aaws") }
        );
        assert!(matches!(tag(&Method::PUT), Route::WrongMethod { .. }));
        assert_eq!(route(Api::Document, &Method::POST, "/TagResource"), Route::Unknown);
    }

    #[test]
    fn paths_are_case_sensitive() {
        assert_eq!(route(Api::Document, &Method::POST, "/getchannel"), Route::Unknown);
        assert!(matches!(route(Api::Document, &Method::GET, "/GetChannel"), Route::WrongMethod { allowed: "POST" }));
    }

    #[test]
    fn an_operation_is_served_since_the_api_that_has_it() {
        let path = "/InsertAdBreak";
        assert_eq!(route(Api::Document, &Method::POST, path), Route::Unknown);
        assert!(matches!(route(Api::November2026, &Method::POST, path), Route::Operation { .. }));
    }
}
