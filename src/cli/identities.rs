//! Callers that the embedded reference server knows beside the run's own: one for every condition in which a call
//! cannot be served. The keys are fixed, well known, and good for nothing else.

use crate::reference::{Condition, Identity};
use crate::run::settings::{Credentials, Settings};

/// Error code, condition, and access key of each caller.
const CALLERS: [(&str, Condition, &str); 8] = [
    ("AccessDeniedException", Condition::AccessDenied, "AKIDCONFORMANCEDENIED"),
    ("PendingVerification", Condition::PendingVerification, "AKIDCONFORMANCEPENDING"),
    ("ConflictException", Condition::Conflict, "AKIDCONFORMANCECONFLICT"),
    ("ServiceQuotaExceededException", Condition::QuotaExceeded, "AKIDCONFORMANCEQUOTA"),
    ("ThrottlingException", Condition::Throttled, "AKIDCONFORMANCETHROTTLED"),
    ("StreamUnavailable", Condition::StreamUnavailable, "AKIDCONFORMANCEUNAVAILABLE"),
    ("ServiceUnavailable", Condition::ServiceUnavailable, "AKIDCONFORMANCENOSERVICE"),
    ("InternalServerException", Condition::Failing, "AKIDCONFORMANCEFAILING"),
];
/// Access key and token of the caller with temporary credentials.
const TEMPORARY: (&str, &str) = ("ASIACONFORMANCETEMPORARY", "well-known-session-token-for-tests");
/// Secret of all of them.
const SECRET: &str = "well-known-secret-for-tests-only";

fn credentials(key: &str, token: Option<&str>) -> Credentials {
    Credentials {
        access_key_id: key.to_owned(),
        secret_access_key: SECRET.to_owned(),
        session_token: token.map(str::to_owned),
    }
}

/// The callers as the server knows them.
pub fn known_to_server() -> Vec<Identity> {
    let conditions = CALLERS.iter().map(|(_, condition, key)| (*key, None, Some(*condition)));
    let temporary = std::iter::once((TEMPORARY.0, Some(TEMPORARY.1), None));
    let identity = |(key, token, condition): (&str, Option<&str>, Option<Condition>)| Identity {
        access_key_id: key.to_owned(),
        secret_access_key: SECRET.to_owned(),
        session_token: token.map(str::to_owned),
        condition,
    };
    conditions.chain(temporary).map(identity).collect()
}

/// Tells a run of the callers.
pub fn tell(settings: &mut Settings) {
    let conditions = CALLERS.iter().map(|(code, _, key)| ((*code).to_owned(), credentials(key, None)));
    settings.conditions = conditions.collect();
    settings.temporary = Some(credentials(TEMPORARY.0, Some(TEMPORARY.1)));
}
