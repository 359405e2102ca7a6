//! What a run signs with, and the signatures that are wrong on purpose.

use std::borrow::Cow;
use std::time::Duration;

use super::Target;
use crate::plan::suite::SignatureChange;
use crate::protocol;
use crate::run::credentials::RefreshingCredentials;
use crate::run::settings::Credentials;
use crate::send::{DateHeader, Place, Signer};
use crate::wire::{Exchange, Request};

/// An hour and a bit: beyond every allowance for clocks that differ.
const FAR_FROM_NOW: i64 = 3 * 3600;
/// Ten minutes: within every allowance for clocks that differ.
const NOT_LONG_AGO: i64 = -600;
/// How long such a signature is valid, if it is to have expired.
const SHORT_LIFE: Duration = Duration::from_secs(60);
/// What is said of a session token that is good no more. Source: AWS documentation, "Common error types"; the short one
/// is what older protocols call it.
const EXPIRED: [&str; 2] = ["ExpiredTokenException", "ExpiredToken"];

impl Target {
    /// Sends a request once, with a signature that differs from the run's.
    pub async fn send_changed(&self, request: &Request, change: SignatureChange) -> Exchange {
        let signer = self.own_signer().await.map(Cow::into_owned);
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
            SignatureChange::WrongSecret => self.altered(|key| key.secret_access_key.push('x'), &self.service),
            SignatureChange::UnknownKey => {
                self.altered(|key| key.access_key_id = "AKIAIVSCONFORMANCE00".to_owned(), &self.service)
            }
            SignatureChange::MissingToken => {
                let credentials = self.temporary.clone().map(|known| Credentials { session_token: None, ..known });
                credentials.map(|credentials| self::signer(&credentials, &self.region, &self.service))
            }
            SignatureChange::WrongService => self.altered(|_| {}, "s3"),
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
                return self.once(request, signer.as_ref(), None).await;
            }
        };
        self.once(request, signer.as_ref(), None).await
    }

    /// Signs the request, then changes what was signed.
    async fn send_edited(&self, request: &Request, edit: impl Fn(&mut Request)) -> Exchange {
        let signer = self.own_signer().await;
        let varied = self.varied(request);
        let signed = signer.map(|signer| signer.sign(&varied, self.endpoint(), self.sender.host()));
        let mut signed = signed.and_then(Result::ok).unwrap_or_else(|| request.clone());
        edit(&mut signed);
        let exchange = self.once(&signed, None, None).await;
        Exchange { request: request.clone(), ..exchange }
    }

    fn altered(&self, change: impl Fn(&mut Credentials), service: &str) -> Option<Signer> {
        let mut credentials = self.held()?;
        change(&mut credentials);
        Some(signer(&credentials, &self.region, service))
    }

    pub(super) fn signer_for(&self, region: &str) -> Option<Signer> {
        self.held().map(|credentials| signer(&credentials, region, &self.service))
    }

    /// The credentials of the run, as they are now.
    fn held(&self) -> Option<Credentials> {
        self.refreshing.as_ref().map(RefreshingCredentials::held).or_else(|| self.credentials.clone())
    }

    /// What the run signs with, after credentials that expire soon were replaced.
    pub(super) async fn own_signer(&self) -> Option<Cow<'_, Signer>> {
        if self.refreshing.is_none() {
            return self.signer.as_ref().map(Cow::Borrowed);
        }
        self.refresh_credentials().await;
        self.signer_for(&self.region).map(Cow::Owned)
    }

    pub(super) async fn refresh_credentials(&self) {
        if let Some(refreshing) = &self.refreshing {
            tokio::select! {
                biased;
                () = refreshing.refresh() => {}
                () = self.watch.cut_off() => {}
            }
        }
    }

    /// Whether the target says that the run's signatures are good no more.
    pub(super) fn is_told_to_have_expired(&self, exchange: &Exchange) -> bool {
        let has_token = self.credentials.as_ref().is_some_and(|known| known.session_token.is_some());
        let refusal = exchange.response().filter(|response| response.status >= 400);
        let Some(response) = refusal.filter(|_| has_token || self.refreshing.is_some()) else { return false };
        let body = serde_json::from_slice(&response.body).ok();
        protocol::error_code(response, body.as_ref()).is_some_and(|code| EXPIRED.contains(&code.as_str()))
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

pub(super) fn signer(credentials: &Credentials, region: &str, service: &str) -> Signer {
    let token = credentials.session_token.as_deref();
    Signer::new(&credentials.access_key_id, &credentials.secret_access_key, token, region, service)
}
