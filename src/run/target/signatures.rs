//! Signatures that differ from the run's, most of them wrong on purpose.

use std::borrow::Cow;
use std::time::Duration;

use super::delivery::Caller;
use super::{Attempt, Target};
use crate::plan::suite::SignatureChange;
use crate::run::settings::Credentials;
use crate::send::{DateHeader, Place};
use crate::wire::{Exchange, Request};

/// An hour and a bit: beyond every allowance for clocks that differ.
const FAR_FROM_NOW: i64 = 3 * 3600;
/// Ten minutes: within every allowance for clocks that differ.
const NOT_LONG_AGO: i64 = -600;
/// How long such a signature is valid, if it is to have expired.
const SHORT_LIFE: Duration = Duration::from_secs(60);
impl Target {
    /// Sends a request once, with a signature that differs from the run's.
    pub async fn send_changed(&self, request: &Request, change: SignatureChange) -> Exchange {
        let signer = self.signing.own_signer(&self.shutdown).await.map(Cow::into_owned);
        let signer = match change {
            SignatureChange::Unsigned => None,
            SignatureChange::InQuery => signer.map(|signer| signer.in_place(Place::Query)),
            SignatureChange::ExpiredInQuery => {
                signer.map(|signer| signer.in_place(Place::Query).shifted(-FAR_FROM_NOW))
            }
            SignatureChange::OutlivedInQuery => {
                signer.map(|signer| signer.in_place(Place::Query).shifted(NOT_LONG_AGO).valid_for(SHORT_LIFE))
            }
            SignatureChange::Expired => signer.map(|signer| signer.shifted(-FAR_FROM_NOW)),
            SignatureChange::Future => signer.map(|signer| signer.shifted(FAR_FROM_NOW)),
            SignatureChange::WrongSecret => {
                self.signing.altered(|key| key.secret_access_key.push('x'), &self.signing.service)
            }
            SignatureChange::UnknownKey => {
                self.signing.altered(|key| key.access_key_id = "AKIAIVSCONFORMANCE00".to_owned(), &self.signing.service)
            }
            SignatureChange::MissingToken => {
                let credentials =
                    self.signing.temporary.clone().map(|known| Credentials { session_token: None, ..known });
                credentials.map(|credentials| self.signing.signer_of(&credentials))
            }
            SignatureChange::WrongService => self.signing.altered(|_| {}, "s3"),
            SignatureChange::TamperedBody => {
                return self
                    .send_edited(request, |signed| {
                        signed.body = [signed.body.as_ref(), b" "].concat().into();
                    })
                    .await;
            }
            SignatureChange::TamperedSignature => {
                return self
                    .send_edited(request, |signed| {
                        edit_authorization(signed, |value| {
                            let last = value.pop();
                            value.push(if last == Some('0') { '1' } else { '0' });
                        });
                    })
                    .await;
            }
            SignatureChange::OtherAlgorithm => {
                return self
                    .send_edited(request, |signed| {
                        edit_authorization(signed, |value| {
                            *value = value.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1")
                        });
                    })
                    .await;
            }
            SignatureChange::IsoDate => {
                let signer = signer.map(|signer| signer.dated_by(DateHeader::Date));
                return self.once(Attempt { caller: Caller::Other, ..Attempt::signed(request, signer.as_ref()) }).await;
            }
        };
        self.once(Attempt { caller: Caller::Other, ..Attempt::signed(request, signer.as_ref()) }).await
    }

    /// Signs the request, then changes what was signed.
    async fn send_edited(&self, request: &Request, edit: impl Fn(&mut Request)) -> Exchange {
        let signer = self.signing.own_signer(&self.shutdown).await;
        let varied = self.varied(request);
        let signed = signer.map(|signer| signer.sign(&varied, self.endpoint(), self.senders.host()));
        let mut signed = signed.and_then(Result::ok).unwrap_or_else(|| request.clone());
        edit(&mut signed);
        let exchange = self.once(Attempt { caller: Caller::Other, ..Attempt::signed(&signed, None) }).await;
        Exchange { request: request.clone(), ..exchange }
    }
}

fn edit_authorization(request: &mut Request, edit: impl Fn(&mut String)) {
    for (name, value) in &mut request.headers {
        if name == "authorization" {
            let mut edited = value.to_string();
            edit(&mut edited);
            *value = edited.into();
        }
    }
}
