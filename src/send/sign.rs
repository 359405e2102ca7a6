//! Signature Version 4, by the SDKs' own crate.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use sha2::{Digest, Sha256};

use crate::clock;
use crate::wire::Request;

/// How long a signature in a query is valid.
const QUERY_VALIDITY: Duration = Duration::from_secs(300);

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
        if self.date == DateHeader::Date {
            return Ok(self.sign_with_date(request, host));
        }
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
            .time(self.time())
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
            signed.headers.push((name.to_owned(), value.to_owned()));
        }
        let mut separator = if signed.target.contains('?') { '&' } else { '?' };
        for (name, value) in instructions.params() {
            let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            signed.target.push_str(&format!("{separator}{name}={value}"));
            separator = '&';
        }
        Ok(signed)
    }

    /// The crate always dates by `X-Amz-Date`; a signature over `Date` is put together from its parts. Source of the
    /// form: AWS General Reference, "Create a signed AWS API request".
    fn sign_with_date(&self, request: &Request, host: &str) -> Request {
        let date = jiff::Timestamp::try_from(self.time())
            .map_or_else(|_| String::new(), |time| time.strftime("%Y%m%dT%H%M%SZ").to_string());
        let day = date.get(..8).unwrap_or_default();
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let canonical = format!(
            "{}\n{path}\n{query}\ndate:{date}\nhost:{host}\n\ndate;host\n{}",
            request.method,
            hex(&Sha256::digest(&request.body))
        );
        let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
        let key = v4::generate_signing_key(&self.secret, self.time(), &self.region, &self.service);
        let signature = v4::calculate_signature(key, text.as_bytes());
        let mut signed = request.clone();
        signed.headers.push(("date".to_owned(), date));
        signed.headers.push((
            "authorization".to_owned(),
            format!(
                "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders=date;host, Signature={signature}",
                self.key_id
            ),
        ));
        signed
    }

    fn time(&self) -> SystemTime {
        let span = Duration::from_secs(self.shift.unsigned_abs());
        if self.shift < 0 { clock::now() - span } else { clock::now() + span }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
