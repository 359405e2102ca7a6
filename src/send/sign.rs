//! Signature Version 4, by the SDKs' own crate.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::canonical::{self, Keys, Scope};
use crate::clock;
use crate::wire::Request;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;

/// How long a signature in a query is valid.
const QUERY_VALIDITY: Duration = Duration::from_secs(300);

/// Everything but the unreserved characters, which are sent as they are. Source: AWS General Reference, "Create a signed
/// AWS API request"; a target may compare a region without decoding it.
const RESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where a signature travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the `authorization` header.
    Header,
    /// In the query.
    Query,
}

/// Which header says when a request was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateHeader {
    /// `X-Amz-Date`, as every SDK does.
    AmzDate,
    /// `Date`, in the same basic ISO 8601 form.
    Date,
}

/// Signs requests with one key for one region and service.
#[derive(Clone)]
pub struct Signer {
    identity: aws_smithy_runtime_api::client::identity::Identity,
    region: String,
    service: String,
    place: Place,
    /// How long a signature in the query is valid.
    lifetime: Duration,
    /// Seconds to add to the time of day.
    shift: i64,
    date: DateHeader,
    key_id: String,
    secret: String,
    token: Option<String>,
    keys: Keys,
}

impl Signer {
    /// A signer for the present time with the signature in a header.
    pub fn new(key_id: &str, secret: &str, token: Option<&str>, region: &str, service: &str) -> Signer {
        let credentials = Credentials::new(key_id, secret, token.map(str::to_owned), None, "ivs-conformance");
        Signer {
            identity: credentials.into(),
            region: region.to_owned(),
            service: service.to_owned(),
            place: Place::Header,
            lifetime: QUERY_VALIDITY,
            shift: 0,
            date: DateHeader::AmzDate,
            key_id: key_id.to_owned(),
            secret: secret.to_owned(),
            token: token.map(str::to_owned),
            keys: Keys::default(),
        }
    }

    /// The same signer with the signature elsewhere.
    #[must_use]
    pub fn in_place(mut self, place: Place) -> Signer {
        self.place = place;
        self
    }

    /// The same signer with signatures in the query that are valid for so long.
    #[must_use]
    pub fn valid_for(mut self, lifetime: Duration) -> Signer {
        self.lifetime = lifetime;
        self
    }

    /// The same signer with another header for the date.
    #[must_use]
    pub fn dated_by(mut self, date: DateHeader) -> Signer {
        self.date = date;
        self
    }

    /// The same signer at another time, in seconds from now.
    #[must_use]
    pub fn shifted(mut self, seconds: i64) -> Signer {
        self.shift = seconds;
        self
    }

    /// The request with its signature.
    ///
    /// # Errors
    /// The request cannot be signed, e.g. because its target is no URI.
    pub fn sign(&self, request: &Request, endpoint: &str, host: &str) -> Result<Request, String> {
        let time = self.time();
        if self.date == DateHeader::Date {
            return self
                .sign_with_date(request, endpoint, host, time)
                .ok_or_else(|| "cannot sign: no such time".to_owned());
        }
        let is_usual = self.place == Place::Header && endpoint.ends_with(host);
        if let Some(headers) = is_usual.then(|| self.scope().sign(&self.keys, request, host, time)).flatten() {
            let mut signed = request.clone();
            signed.headers.extend(headers);
            return Ok(signed);
        }
        self.sign_by_sdk(request, endpoint, host, time)
    }

    /// The request with its signature, by the SDKs' own crate whatever the request: what [`Signer::sign`] must agree with.
    ///
    /// # Errors
    /// The request cannot be signed.
    pub fn sign_by_crate(&self, request: &Request, endpoint: &str, host: &str) -> Result<Request, String> {
        self.sign_by_sdk(request, endpoint, host, self.time())
    }

    fn sign_by_sdk(&self, request: &Request, endpoint: &str, host: &str, time: SystemTime) -> Result<Request, String> {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Double;
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
        if self.place == Place::Query {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(self.lifetime);
        }
        let params = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name(&self.service)
            .time(time)
            .settings(settings)
            .build()
            .map_err(|error| format!("cannot sign: {error}"))?;
        let uri = format!("{endpoint}{}", request.target);
        let host_header = ("host", host);
        let headers = std::iter::once(host_header)
            .chain(request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let signable = SignableRequest::new(&request.method, uri, headers, SignableBody::Bytes(&request.body))
            .map_err(|error| format!("cannot sign: {error}"))?;
        let (instructions, _) =
            sign(signable, &params.into()).map_err(|error| format!("cannot sign: {error}"))?.into_parts();
        let mut signed = request.clone();
        for (name, value) in instructions.headers() {
            signed.headers.push((name.into(), value.into()));
        }
        let mut target = signed.target.to_string();
        let mut separator = if target.contains('?') { '&' } else { '?' };
        for (name, value) in instructions.params() {
            let value = percent_encoding::utf8_percent_encode(value, RESERVED);
            target.push_str(&format!("{separator}{name}={value}"));
            separator = '&';
        }
        signed.target = target.into();
        Ok(signed)
    }

    /// The crate always dates by `X-Amz-Date`; a signature over `Date` is put together from its parts. Source of the
    /// form: AWS General Reference, "Create a signed AWS API request".
    fn sign_with_date(&self, request: &Request, endpoint: &str, host: &str, time: SystemTime) -> Option<Request> {
        let date = canonical::basic_date(time)?;
        let mut headers = vec![("date", date.as_str()), ("host", host)];
        headers.extend(self.token.as_deref().map(|token| ("x-amz-security-token", token)));
        let encoded = Request { target: canonical::target(endpoint, &request.target).into(), ..request.clone() };
        let authorization = self.scope().authorization(&self.keys, &encoded, &headers, &date, time)?;
        let mut signed = request.clone();
        let token = self.token.as_deref().map(|token| ("x-amz-security-token".into(), token.into()));
        signed.headers.extend(token);
        signed.headers.push(("date".into(), date.into()));
        signed.headers.push(("authorization".into(), authorization.into()));
        Some(signed)
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            key_id: &self.key_id,
            secret: &self.secret,
            token: self.token.as_deref(),
            region: &self.region,
            service: &self.service,
        }
    }

    fn time(&self) -> SystemTime {
        let span = Duration::from_secs(self.shift.unsigned_abs());
        if self.shift < 0 { clock::now() - span } else { clock::now() + span }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Signer")
            .field("key_id", &self.key_id)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &'static str) -> Request {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Request { method: method.into(), target: target.into(), headers, body: body.into() }
    }

    #[test]
    fn what_is_signed_here_is_signed_as_by_the_sdks() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        let usual = [("accept", "application/json"), ("content-type", "application/json")];
        let plain = [
            request("POST", "/CreateChannel", &usual, "{\"name\":\"é\"}"),
            request("GET", "/a/b-c_d~e", &[], ""),
            request("DELETE", "/", &[("x-b", "a b"), ("x-a", "")], "x"),
        ];
        for token in [None, Some("token+/=")] {
            let signer = Signer::new("AKID", "secret", token, "us-east-1", "ivs");
            for request in &plain {
                let endpoint = "http://127.0.0.1:4566";
                let by_sdk = signer.sign_by_sdk(request, endpoint, "127.0.0.1:4566", time).unwrap();
                let here = signer.scope().sign(&signer.keys, request, "127.0.0.1:4566", time).unwrap();
                assert_eq!([request.headers.clone(), here].concat(), by_sdk.headers, "{request:?}");
            }
        }
    }

    #[test]
    fn what_is_in_no_canonical_form_is_left_to_the_sdks() {
        let signer = Signer::new("AKID", "secret", None, "us-east-1", "ivs");
        let others = [
            request("POST", "/tags/arn%3Aaws", &[], ""),
            request("POST", "/a?b=c", &[], ""),
            request("POST", "//a", &[], ""),
            request("POST", "/a/./b", &[], ""),
            request("POST", "/a", &[("x", "a  b")], ""),
            request("POST", "/a", &[("x", " a")], ""),
            request("POST", "/a", &[("x", "é")], ""),
            request("POST", "/a", &[("x", "a"), ("x", "b")], ""),
            request("POST", "/a", &[("user-agent", "a")], ""),
            request("POST", "/a", &[("host", "b")], ""),
        ];
        for request in others {
            assert_eq!(signer.scope().sign(&signer.keys, &request, "h", clock::now()), None, "{request:?}");
        }
    }

    #[test]
    fn what_is_dated_otherwise_is_signed_over_the_same_path_query_and_token() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        let (host, endpoint) = ("127.0.0.1:4566", "http://127.0.0.1:4566/base/path");
        for target in ["/ListChannels", "/tags/arn%3Aaws%3Aivs", "/tags/a?tagKeys=b%20c&tagKeys=a", "/x?b=2&a="] {
            for token in [None, Some("token+/=")] {
                let signer = Signer::new("AKID", "secret", token, "us-east-1", "ivs");
                let request = request("POST", target, &[], "{}");
                let by_sdk = signer.sign_by_sdk(&request, endpoint, host, time).unwrap();
                let of_sdk = by_sdk.headers.iter().find(|(name, _)| name == "authorization").unwrap().1.clone();
                let date = canonical::basic_date(time).unwrap();
                let mut headers = vec![("host", host), ("x-amz-date", date.as_str())];
                headers.extend(token.map(|token| ("x-amz-security-token", token)));
                headers.sort_unstable();
                let encoded = Request { target: canonical::target(endpoint, target).into(), ..request.clone() };
                let here = signer.scope().authorization(&signer.keys, &encoded, &headers, &date, time).unwrap();
                assert_eq!(here, of_sdk.as_str(), "{target} {token:?}");
                let dated = signer.clone().dated_by(DateHeader::Date).sign(&request, endpoint, host).unwrap();
                let names: Vec<&str> = dated.headers.iter().map(|(name, _)| name.as_str()).collect();
                assert!(names.contains(&"date") && !names.contains(&"x-amz-date"));
                assert_eq!(names.contains(&"x-amz-security-token"), token.is_some());
            }
        }
    }

    #[test]
    fn a_key_serves_one_day_only() {
        let signer = Signer::new("AKID", "secret", None, "us-east-1", "ivs");
        let request = request("POST", "/a", &[], "");
        for day in 0..3 {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 * (20_000 + day));
            let by_sdk = signer.sign_by_sdk(&request, "http://h", "h", time).unwrap();
            assert_eq!(signer.scope().sign(&signer.keys, &request, "h", time).unwrap(), by_sdk.headers);
        }
    }
}
