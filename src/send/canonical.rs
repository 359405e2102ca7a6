//! Signatures of requests that are in canonical form but for the order of their headers: nearly all of them. What needs
//! escaping, a query or folding is left to the SDKs' own crate; a test holds both against each other. Source of the
//! form: AWS General Reference, "Create a signed AWS API request".

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use aws_sigv4::sign::v4;
use sha2::{Digest, Sha256};

use crate::wire::{Request, Text};

/// Headers that signatures leave out, because who passes a request on may change them.
const UNSIGNED: [&str; 4] = ["authorization", "user-agent", "x-amzn-trace-id", "transfer-encoding"];

/// Signs for one day, region and service after another without making the same key twice.
#[derive(Clone, Default)]
pub struct Keys(Arc<OnceLock<(String, Vec<u8>)>>);

impl Keys {
    /// The key of a day. Only the first day's is kept: few runs go on past midnight.
    fn of_day(&self, day: &str, make: impl Fn() -> Vec<u8>) -> Vec<u8> {
        let (first, key) = self.0.get_or_init(|| (day.to_owned(), make()));
        if first == day { key.clone() } else { make() }
    }
}

/// Whose signature it is, and what for.
#[derive(Clone, Copy)]
pub struct Scope<'s> {
    pub key_id: &'s str,
    pub secret: &'s str,
    pub token: Option<&'s str>,
    pub region: &'s str,
    pub service: &'s str,
}

impl Scope<'_> {
    /// The headers that sign a request at a time, dated by `x-amz-date`; none if it is not in canonical form.
    pub fn sign(&self, keys: &Keys, request: &Request, host: &str, time: SystemTime) -> Option<Vec<(Text, Text)>> {
        if !is_canonical(&request.target) {
            return None;
        }
        let date = basic_date(time)?;
        let mut headers: Vec<(&str, &str)> = vec![("host", host), ("x-amz-date", &date)];
        headers.extend(self.token.map(|token| ("x-amz-security-token", token)));
        headers.extend(request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        if !headers.iter().all(|header| is_plain(*header)) {
            return None;
        }
        headers.sort_unstable();
        if headers.windows(2).any(|pair| matches!(pair, [one, other] if one.0 == other.0)) {
            return None;
        }
        let authorization = self.authorization(keys, request, &headers, &date, time)?;
        let mut added = vec![("x-amz-date".into(), date.into()), ("authorization".into(), authorization.into())];
        added.extend(self.token.map(|token| ("x-amz-security-token".into(), token.into())));
        Some(added)
    }

    /// The value of the `authorization` header over sorted headers; `date` is that of `time`.
    pub fn authorization(
        &self,
        keys: &Keys,
        request: &Request,
        headers: &[(&str, &str)],
        date: &str,
        time: SystemTime,
    ) -> Option<String> {
        let day = date.get(..8)?;
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let mut canonical = String::with_capacity(512);
        write!(canonical, "{}\n{path}\n{query}\n", request.method).ok()?;
        for (name, value) in headers {
            writeln!(canonical, "{name}:{value}").ok()?;
        }
        write!(canonical, "\n{names}\n{}", hex(&Sha256::digest(&request.body))).ok()?;
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
        let make = || v4::generate_signing_key(self.secret, time, self.region, self.service).as_ref().to_vec();
        let signature = v4::calculate_signature(keys.of_day(day, make), text.as_bytes());
        Some(format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.key_id
        ))
    }
}

/// A time in the basic form of ISO 8601, in seconds.
pub fn basic_date(time: SystemTime) -> Option<String> {
    let date = jiff::Timestamp::try_from(time).ok()?.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let (year, month, day) = (date.year(), date.month(), date.day());
    Some(format!("{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z", date.hour(), date.minute(), date.second()))
}

/// The target of a request as it is signed: the path of the base URL goes before it, what is escaped is escaped once
/// more, and the parameters of the query are sorted.
pub fn target(endpoint: &str, target: &str) -> String {
    const IN_PATH: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
    let base = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let base = base.find('/').and_then(|start| base.get(start..)).unwrap_or_default().trim_end_matches('/');
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = format!("{base}{path}");
    let path = percent_encoding::utf8_percent_encode(&path, IN_PATH);
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_unstable();
    format!("{path}?{}", pairs.join("&")).trim_end_matches('?').to_owned()
}

/// Whether a path needs no escaping and no folding, and there is no query.
fn is_canonical(target: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_~/".contains(&byte);
    target.starts_with('/') && target.bytes().all(is_plain) && !target.contains("//")
}

/// Whether a header is signed as it stands.
fn is_plain((name, value): (&str, &str)) -> bool {
    let is_lower = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let is_visible = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    is_lower && is_visible && !UNSIGNED.contains(&name) && value.trim() == value && !value.contains("  ")
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| DIGITS.get(usize::from(half)).copied().map_or('0', char::from);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
