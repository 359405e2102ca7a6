//! The errors that the API answers, with their documented statuses.

use super::config::Condition;

/// The code of an error response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ErrorCode {
    Validation,
    Serialization,
    ResourceNotFound,
    ChannelNotBroadcasting,
    Conflict,
    ServiceQuotaExceeded,
    Throttling,
    UnknownOperation,
    MethodNotAllowed,
    UnsupportedMediaType,
    NotAcceptable,
    PayloadTooLarge,
    MissingAuthenticationToken,
    UnrecognizedClient,
    InvalidSignature,
    IncompleteSignature,
    InternalServer,
    AccessDenied,
    PendingVerification,
    StreamUnavailable,
    ServiceUnavailable,
}

impl ErrorCode {
    /// The name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Validation => "ValidationException",
            Self::Serialization => "SerializationException",
            Self::ResourceNotFound => "ResourceNotFoundException",
            Self::ChannelNotBroadcasting => "ChannelNotBroadcasting",
            Self::Conflict => "ConflictException",
            Self::ServiceQuotaExceeded => "ServiceQuotaExceededException",
            Self::Throttling => "ThrottlingException",
            Self::UnknownOperation => "UnknownOperationException",
            Self::MethodNotAllowed => "MethodNotAllowedException",
            Self::UnsupportedMediaType => "UnsupportedMediaTypeException",
            Self::NotAcceptable => "NotAcceptableException",
            Self::PayloadTooLarge => "RequestEntityTooLargeException",
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::UnrecognizedClient => "UnrecognizedClientException",
            Self::InvalidSignature => "InvalidSignatureException",
            Self::IncompleteSignature => "IncompleteSignature",
            Self::InternalServer => "InternalServerException",
            Self::AccessDenied => "AccessDeniedException",
            Self::PendingVerification => "PendingVerification",
            Self::StreamUnavailable => "StreamUnavailable",
            Self::ServiceUnavailable => "ServiceUnavailable",
        }
    }

    /// The HTTP status that goes with it. A quota is 402 and throttling 429, as
    /// the actions' own error lists say (rules 20 and 29).
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::Validation | Self::Serialization | Self::IncompleteSignature => 400,
            Self::ServiceQuotaExceeded => 402,
            Self::MissingAuthenticationToken
            | Self::UnrecognizedClient
            | Self::InvalidSignature
            | Self::AccessDenied
            | Self::PendingVerification => 403,
            Self::ResourceNotFound | Self::ChannelNotBroadcasting | Self::UnknownOperation => 404,
            Self::MethodNotAllowed => 405,
            Self::NotAcceptable => 406,
            Self::Conflict => 409,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Throttling => 429,
            Self::InternalServer => 500,
            Self::StreamUnavailable | Self::ServiceUnavailable => 503,
        }
    }
}

/// An error response before it is put on the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.name())]
pub(crate) struct ApiError {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
}

impl ApiError {
    /// An error with a code and a text for people.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The caller or its account is in a state in which the call cannot be served.
    pub(crate) fn condition(condition: Condition) -> Self {
        let (code, message) = match condition {
            Condition::AccessDenied => (ErrorCode::AccessDenied, "The caller has no permission for this action"),
            Condition::PendingVerification => (ErrorCode::PendingVerification, "The account is pending verification"),
            Condition::Conflict => (ErrorCode::Conflict, "Another request is in the way"),
            Condition::QuotaExceeded => (ErrorCode::ServiceQuotaExceeded, "The quota is used up"),
            Condition::Throttled => (ErrorCode::Throttling, "The call rate is used up"),
            Condition::StreamUnavailable => (ErrorCode::StreamUnavailable, "The stream is unavailable for the moment"),
            Condition::ServiceUnavailable => {
                (ErrorCode::ServiceUnavailable, "The service is unavailable for the moment")
            }
            Condition::Failing => (ErrorCode::InternalServer, "An unexpected error occurred"),
        };
        Self::new(code, message)
    }

    /// The input is not acceptable.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Validation, message)
    }

    /// The named resource does not exist.
    pub(crate) fn not_found(arn: &str) -> Self {
        Self::new(ErrorCode::ResourceNotFound, format!("Resource: {arn} not found"))
    }

    /// The request conflicts with the state of a resource.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Conflict, message)
    }

    /// The channel exists but is not live.
    pub(crate) fn not_broadcasting(arn: &str) -> Self {
        Self::new(ErrorCode::ChannelNotBroadcasting, format!("The channel {arn} is not currently online"))
    }
}
