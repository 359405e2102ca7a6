//! Undoes the content codings that a request allowed. Source: RFC 9110, sections 8.4 and 12.5.3.

use std::io::Read;

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use reqwest::header::{ACCEPT_ENCODING, HeaderMap};

use super::transport::BODY_LIMIT;
use crate::wire::{Coding, Response};

/// A content coding that can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// `gzip`, also known as `x-gzip`.
    Gzip,
    /// `deflate`: zlib, which some servers leave out.
    Deflate,
}

impl Codec {
    const ALL: [Codec; 2] = [Codec::Gzip, Codec::Deflate];

    fn has_name(self, name: &str) -> bool {
        let names: &[&str] = match self {
            Codec::Gzip => &["gzip", "x-gzip"],
            Codec::Deflate => &["deflate"],
        };
        names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// The codings that a request allows.
pub fn allowed(headers: &HeaderMap) -> Vec<Codec> {
    let mut allowed = Vec::new();
    for value in headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()) {
        for item in value.split(',') {
            let (name, weight) = item.split_once(';').unwrap_or((item, ""));
            let is_forbidden = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
            let is_named = |codec: &Codec| name.trim() == "*" || codec.has_name(name.trim());
            allowed.extend(Codec::ALL.into_iter().filter(|codec| !is_forbidden && is_named(codec)));
        }
    }
    allowed
}

/// The response with its body as it was before its codings, whatever the request allowed.
pub fn undone(response: Response) -> Response {
    decoded(response, &Codec::ALL)
}

/// The response with its body as it was before the codings that the request allowed. A body in another coding stays as
/// it came.
pub fn decoded(mut response: Response, allowed: &[Codec]) -> Response {
    let codings = response.headers.iter().filter(|(name, _)| name == "content-encoding");
    let codings: Vec<String> =
        codings.flat_map(|(_, value)| value.split(',')).map(|name| name.trim().to_owned()).collect();
    if codings.is_empty() || response.body.is_empty() {
        return response;
    }
    let codecs: Option<Vec<Codec>> =
        codings.iter().rev().map(|name| allowed.iter().copied().find(|codec| codec.has_name(name))).collect();
    let Some(codecs) = codecs else { return response };
    // The rest of what was cut is not there to be decoded.
    response.coding = if response.is_truncated { Coding::Undecodable } else { Coding::Decoded };
    let codecs = codecs.into_iter().filter(|_| !response.is_truncated).collect::<Vec<_>>();
    for codec in codecs {
        match undo(codec, &response.body) {
            Some(body) => {
                response.is_truncated = body.len() > BODY_LIMIT;
                response.body = body.into();
                response.body.truncate(BODY_LIMIT);
            }
            None => {
                response.coding = Coding::Undecodable;
                break;
            }
        }
    }
    response
}

/// One byte more than the limit shows that there is more.
fn undo(codec: Codec, body: &[u8]) -> Option<Vec<u8>> {
    match codec {
        Codec::Gzip => read(MultiGzDecoder::new(body)),
        Codec::Deflate => read(ZlibDecoder::new(body)).or_else(|| read(DeflateDecoder::new(body))),
    }
}

fn read(decoder: impl Read) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    decoder.take(BODY_LIMIT as u64 + 1).read_to_end(&mut decoded).ok()?;
    Some(decoded)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn response(coding: &str, body: Vec<u8>) -> Response {
        let headers = vec![("content-encoding".into(), coding.into())];
        Response { status: 200, headers, body: body.into(), is_truncated: false, coding: Coding::AsSent }
    }

    fn sent(accept: &str, response: Response) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, accept.parse().unwrap());
        decoded(response, &allowed(&headers))
    }

    #[test]
    fn what_was_allowed_is_decoded() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(b"{}").unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(b"{}").unwrap();
        let (zlib, bare) = (zlib.finish().unwrap(), bare.finish().unwrap());
        for (accept, coding, body) in [
            ("gzip", "gzip", gzip(b"{}")),
            ("gzip, deflate", "X-GZIP", gzip(b"{}")),
            ("deflate;q=0.5", "deflate", zlib.clone()),
            ("*", "deflate", bare),
            ("gzip, deflate", "deflate, gzip", gzip(&zlib)),
        ] {
            let decoded = sent(accept, response(coding, body));
            assert_eq!((&decoded.body[..], decoded.coding), (&b"{}"[..], Coding::Decoded), "{accept} {coding}");
        }
    }

    #[test]
    fn what_was_not_allowed_stays_as_it_came() {
        for (accept, coding) in
            [("identity", "gzip"), ("gzip;q=0", "gzip"), ("deflate", "gzip"), ("gzip", "br"), ("gzip", "br, gzip")]
        {
            let kept = sent(accept, response(coding, gzip(b"{}")));
            assert_eq!((kept.body.to_vec(), kept.coding), (gzip(b"{}"), Coding::AsSent), "{accept} {coding}");
        }
    }

    #[test]
    fn what_is_damaged_is_told_and_what_is_huge_is_cut() {
        assert_eq!(sent("gzip", response("gzip", b"{}".to_vec())).coding, Coding::Undecodable);
        let cut = gzip(b"{\"a\": 1}");
        assert_eq!(sent("gzip", response("gzip", cut[..cut.len() - 9].to_vec())).coding, Coding::Undecodable);
        let bomb = gzip(&vec![b' '; 64 << 20]);
        assert!(bomb.len() < 1 << 20);
        let unpacked = sent("gzip", response("gzip", bomb));
        assert_eq!((unpacked.body.len(), unpacked.is_truncated), (BODY_LIMIT, true));
    }
}
