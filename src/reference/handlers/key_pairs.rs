//! Playback key pairs.

use md5::{Digest as _, Md5};
use p384::PublicKey;
use p384::pkcs8::{DecodePublicKey as _, EncodePublicKey as _};
use serde::Serialize;

use super::super::call::{Call, Outcome, json, nothing};
use super::super::error::ApiError;
use super::super::inputs::PLAYBACK_KEY;
use super::super::page::{Order, Pager};
use super::super::rules::Rule;
use super::super::state::{KeyPair, KeyPairSummary, Region};
use super::tags;

const DEFAULT_PAGE: usize = 100;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct One<'a> {
    key_pair: &'a KeyPair,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    key_pairs: Vec<KeyPairSummary<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// The fingerprint of a public key.
pub(super) struct Fingerprint(String);

/// Reads the given key: PEM of a P-384 SubjectPublicKeyInfo (rule 144).
pub(super) fn read(call: &Call<'_>) -> Result<Fingerprint, ApiError> {
    let material = call.fields().text_or_empty("publicKeyMaterial");
    let key = PublicKey::from_public_key_pem(material.trim()).ok();
    let der = key.and_then(|key| key.to_public_key_der().ok());
    match der {
        Some(der) => Ok(fingerprint(der.as_bytes())),
        None if call.enforces(Rule::KeyMaterial) => Err(ApiError::validation("The public key material is not valid")),
        None => Ok(fingerprint(material.as_bytes())),
    }
}

/// MD5 in lower-case hexadecimal, the bytes separated by colons.
fn fingerprint(bytes: &[u8]) -> Fingerprint {
    let bytes = Md5::digest(bytes);
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Fingerprint(bytes.join(":"))
}

pub(super) fn import(call: &Call<'_>, region: &mut Region, Fingerprint(fingerprint): Fingerprint) -> Outcome {
    let tags = tags::given(call)?;
    let fresh = !region.fingerprints.contains_key(&fingerprint);
    call.require(Rule::KeyUnique, fresh, || ApiError::conflict("The public key was imported before"))?;
    let pair = KeyPair {
        arn: call.arn(PLAYBACK_KEY, &call.service.ids.resource()),
        fingerprint: fingerprint.clone(),
        name: call.fields().text_or_empty("name").into_owned(),
        tags,
    };
    let document = json(&One { key_pair: &pair });
    let number = region.next_number();
    region.fingerprints.insert(fingerprint, pair.arn.clone());
    region.key_pairs.insert(number, pair);
    document
}

pub(super) fn get(call: &Call<'_>, region: &Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    let pair = region.key_pairs.get(&arn);
    let key_pair = pair.ok_or_else(|| ApiError::not_found(&arn))?;
    json(&One { key_pair })
}

pub(super) fn list(call: &Call<'_>, region: &Region) -> Outcome {
    let pager = Pager::new(call, "", DEFAULT_PAGE, Order::OldestFirst)?;
    let (low, high) = pager.range();
    let rows = region.key_pairs.rows().range(low..=high);
    let page = pager.page(rows.map(|(number, pair)| (*number, KeyPairSummary::from(pair))));
    json(&Listed { key_pairs: page.items, next_token: page.next_token })
}

pub(super) fn delete(call: &Call<'_>, region: &mut Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    if region.key_pairs.number(&arn).is_none() {
        return Err(ApiError::not_found(&arn));
    }
    if let Some((_, pair)) = region.key_pairs.remove(&arn) {
        region.fingerprints.remove(&pair.fingerprint);
    }
    nothing()
}
