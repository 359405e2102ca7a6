//! What a request says about who signed it, when and how.

use std::borrow::Cow;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, DATE};
use axum::http::request::Parts;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;

use super::super::error::{ApiError, ErrorCode};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The longest lifetime of a presigned request, in seconds: a week.
const LONGEST_LIFETIME: i64 = 604_800;

/// Where a signature travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    Header,
    Query,
}

/// `YYYYMMDD/region/service/aws4_request`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) date: String,
    pub(super) region: String,
    pub(super) service: String,
    pub(super) terminator: String,
}

/// Everything that a request says about its signature.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) carrier: Carrier,
    pub(super) key: String,
    pub(super) scope: Scope,
    /// The date stamp as it was written.
    pub(super) stamp: String,
    pub(super) time: Timestamp,
    /// How long a presigned request holds, if it says so.
    pub(super) lifetime: Option<SignedDuration>,
    /// Lower case, in the order given.
    pub(super) signed_headers: Vec<String>,
    pub(super) signature: String,
    pub(super) token: Option<String>,
}

fn incomplete(message: &str) -> ApiError {
    ApiError::new(ErrorCode::IncompleteSignature, message)
}

/// Reads the claim of a request; `None` if it makes none.
pub(super) fn read(parts: &Parts) -> Result<Option<Claim>, ApiError> {
    if let Some(value) = parts.headers.get(AUTHORIZATION) {
        let value = value.to_str().unwrap_or_default();
        return from_header(value, &parts.headers).map(Some);
    }
    let query = Query(parts.uri.query().unwrap_or_default());
    if query.get("X-Amz-Signature").is_some() || query.get("X-Amz-Algorithm").is_some() {
        return from_query(query).map(Some);
    }
    Ok(None)
}

fn from_header(value: &str, headers: &HeaderMap) -> Result<Claim, ApiError> {
    let parameters =
        value.strip_prefix(ALGORITHM).ok_or_else(|| incomplete("The algorithm must be AWS4-HMAC-SHA256"))?;
    let parameter = |wanted: &str| {
        parameters
            .split(',')
            .filter_map(|parameter| parameter.trim().split_once('='))
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| value.trim())
            .ok_or_else(|| incomplete(&format!("Authorization needs {wanted}")))
    };
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // X-Amz-Date overrides Date, which counts in the ISO basic form only.
    let stamp =
        header("x-amz-date").or_else(|| header(DATE.as_str())).ok_or_else(|| incomplete("The request needs a date"))?;
    let (key, scope) = credential(parameter("Credential")?)?;
    Ok(Claim {
        carrier: Carrier::Header,
        key,
        scope,
        stamp: stamp.to_owned(),
        time: time(stamp)?,
        lifetime: None,
        signed_headers: names(parameter("SignedHeaders")?),
        signature: parameter("Signature")?.to_owned(),
        token: header("x-amz-security-token").map(str::to_owned),
    })
}

fn from_query(query: Query<'_>) -> Result<Claim, ApiError> {
    let parameter = |name: &str| {
        let value = query.get(name);
        value.ok_or_else(|| incomplete(&format!("The query needs {name}")))
    };
    if parameter("X-Amz-Algorithm")? != ALGORITHM {
        return Err(incomplete("X-Amz-Algorithm must be AWS4-HMAC-SHA256"));
    }
    let (key, scope) = credential(&parameter("X-Amz-Credential")?)?;
    let stamp = parameter("X-Amz-Date")?.into_owned();
    let lifetime = match query.get("X-Amz-Expires") {
        None => None,
        Some(seconds) => Some(lifetime(&seconds)?),
    };
    Ok(Claim {
        carrier: Carrier::Query,
        key,
        scope,
        time: time(&stamp)?,
        stamp,
        lifetime,
        signed_headers: names(&parameter("X-Amz-SignedHeaders")?),
        signature: parameter("X-Amz-Signature")?.into_owned(),
        token: query.get("X-Amz-Security-Token").map(Cow::into_owned),
    })
}

fn lifetime(seconds: &str) -> Result<SignedDuration, ApiError> {
    let seconds = seconds.parse().ok();
    let seconds = seconds.filter(|seconds| (1..=LONGEST_LIFETIME).contains(seconds));
    seconds.map(SignedDuration::from_secs).ok_or_else(|| incomplete("X-Amz-Expires must be from 1 to 604800"))
}

fn names(list: &str) -> Vec<String> {
    list.split(';').map(str::to_owned).collect()
}

fn credential(text: &str) -> Result<(String, Scope), ApiError> {
    let parts: Vec<&str> = text.split('/').collect();
    let [key, date, region, service, terminator] = parts[..] else {
        return Err(incomplete("Credential must be key/date/region/service/aws4_request"));
    };
    let scope = Scope {
        date: date.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
        terminator: terminator.to_owned(),
    };
    Ok((key.to_owned(), scope))
}

fn time(stamp: &str) -> Result<Timestamp, ApiError> {
    let read = || {
        let stamp = Some(stamp).filter(|stamp| stamp.len() == 16)?;
        let broken_down = strtime::parse("%Y%m%dT%H%M%SZ", stamp).ok()?;
        let time = broken_down.to_datetime().ok()?.to_zoned(TimeZone::UTC).ok()?;
        Some(time.timestamp())
    };
    read().ok_or_else(|| incomplete("The date must have the form YYYYMMDDTHHMMSSZ"))
}

/// The parameters of a query.
#[derive(Clone, Copy)]
struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    fn get(self, name: &str) -> Option<Cow<'a, str>> {
        let mut pairs = self.0.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(found, _)| *found == name)?;
        Some(percent_decode_str(value).decode_utf8_lossy())
    }
}

/// Whether the signature travels in the query.
pub(crate) fn is_presigned(parts: &Parts) -> bool {
    matches!(read(parts), Ok(Some(Claim { carrier: Carrier::Query, .. })))
}

/// The region in a request's credential scope, signed or not.
pub(crate) fn scope_region(parts: &Parts) -> Option<Cow<'_, str>> {
    if let Some(header) = parts.headers.get(AUTHORIZATION) {
        let (_, credential) = header.to_str().ok()?.split_once("Credential=")?;
        return credential.split(['/', ',']).nth(2).map(Cow::Borrowed);
    }
    let credential = Query(parts.uri.query()?).get("X-Amz-Credential")?;
    credential.split('/').nth(2).map(|region| Cow::Owned(region.to_owned()))
}
