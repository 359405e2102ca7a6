//! What a run signs with: its credentials, replaced before they expire, and the signer that is made of them.

use std::borrow::Cow;

use crate::protocol;
use crate::run::credentials::RefreshingCredentials;
use crate::run::settings::{Credentials, Settings};
use crate::run::shutdown::Shutdown;
use crate::send::Signer;
use crate::spec::Contract;
use crate::wire::Exchange;

/// What is said of a session token that is good no more. Source: AWS documentation, "Common error types"; the short one
/// is what older protocols call it.
const EXPIRED: [&str; 2] = ["ExpiredTokenException", "ExpiredToken"];

/// Credentials, region and service that requests are signed for.
#[derive(Debug, Clone)]
pub(super) struct Signing {
    credentials: Option<Credentials>,
    refreshing: Option<RefreshingCredentials>,
    pub(super) temporary: Option<Credentials>,
    pub(super) region: String,
    pub(super) service: String,
    /// Made of credentials that do not change.
    signer: Option<Signer>,
}

impl Signing {
    /// Signs as the settings say; a contract without a signing name is never signed for.
    pub(super) fn new(contract: &Contract, settings: &Settings) -> Signing {
        let service = contract.service.signing_name.clone().unwrap_or_default();
        let mut signing = Signing {
            credentials: settings.credentials.clone().filter(|_| !service.is_empty()),
            refreshing: settings.refreshing.clone().filter(|_| !service.is_empty()),
            temporary: settings.temporary.clone(),
            region: settings.region.clone(),
            service,
            signer: None,
        };
        signing.signer = signing.signer_for(&signing.region);
        signing
    }

    /// Whether requests are signed.
    pub(super) fn is_on(&self) -> bool {
        self.signer.is_some()
    }

    /// A signer of the run's credentials for a region.
    pub(super) fn signer_for(&self, region: &str) -> Option<Signer> {
        self.held().map(|credentials| signer(&credentials, region, &self.service))
    }

    /// A signer of other credentials.
    pub(super) fn signer_of(&self, credentials: &Credentials) -> Signer {
        signer(credentials, &self.region, &self.service)
    }

    /// A signer of the run's credentials after a change.
    pub(super) fn altered(&self, change: impl Fn(&mut Credentials), service: &str) -> Option<Signer> {
        let mut credentials = self.held()?;
        change(&mut credentials);
        Some(signer(&credentials, &self.region, service))
    }

    /// The credentials of the run, as they are now.
    fn held(&self) -> Option<Credentials> {
        self.refreshing.as_ref().map(RefreshingCredentials::held).or_else(|| self.credentials.clone())
    }

    /// What the run signs with, after credentials that expire soon were replaced.
    pub(super) async fn own_signer(&self, shutdown: &Shutdown) -> Option<Cow<'_, Signer>> {
        if self.refreshing.is_none() {
            return self.signer.as_ref().map(Cow::Borrowed);
        }
        self.refresh(shutdown).await;
        self.signer_for(&self.region).map(Cow::Owned)
    }

    /// Replaces credentials that expire soon.
    pub(super) async fn refresh(&self, shutdown: &Shutdown) {
        if let Some(refreshing) = &self.refreshing {
            tokio::select! {
                biased;
                () = refreshing.refresh() => {}
                () = shutdown.cut_off() => {}
            }
        }
    }

    /// Why nothing can be signed any more, if that is so.
    pub(super) fn end(&self) -> Option<String> {
        self.refreshing.as_ref().and_then(RefreshingCredentials::end)
    }

    /// Texts of all credentials but the first that must not be shown.
    pub(super) fn secrets(&self) -> Vec<String> {
        self.refreshing.as_ref().map(RefreshingCredentials::secrets).unwrap_or_default()
    }

    /// The exchange without such texts.
    pub(super) fn without_secrets<'e>(&self, exchange: &'e Exchange) -> Cow<'e, Exchange> {
        let refreshing = self.refreshing.as_ref();
        refreshing.map_or(Cow::Borrowed(exchange), |refreshing| refreshing.without_secrets(exchange))
    }

    /// Whether the target says that the run's signatures are good no more.
    pub(super) fn is_told_to_have_expired(&self, exchange: &Exchange) -> bool {
        let has_token = self.credentials.as_ref().is_some_and(|known| known.session_token.is_some());
        let refusal = exchange.response().filter(|response| response.status >= 400);
        let Some(response) = refusal.filter(|_| has_token || self.refreshing.is_some()) else { return false };
        let body = protocol::read(response).ok().map(|document| document.value);
        protocol::error_code(response, body.as_ref()).is_some_and(|code| EXPIRED.contains(&code.as_str()))
    }
}

fn signer(credentials: &Credentials, region: &str, service: &str) -> Signer {
    let token = credentials.session_token.as_deref();
    Signer::new(&credentials.access_key_id, &credentials.secret_access_key, token, region, service)
}
