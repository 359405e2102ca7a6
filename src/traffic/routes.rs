//! To which operation of the contract a recorded request belongs, if it belongs to any.

use url::Url;

use crate::protocol::Call;
use crate::recording::Recorded;
use crate::spec::Arn;
use crate::spec::contract::Contract;

/// Ends of the host names under which AWS serves its APIs. Source: AWS General Reference, "AWS service endpoints".
const AWS_DOMAINS: [&str; 4] = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn"];
/// What may follow the service's name in such a host name.
const FIPS: &str = "-fips";

/// Why a recorded request is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassedOver {
    /// It went to another origin, or to another service.
    Elsewhere,
    /// It has a method and path that no operation of the contract has.
    NoOperation,
}

/// Recognizes the requests of one contract.
#[derive(Debug)]
pub struct Routes {
    /// Origin and base path of the one target that is judged; `None` judges all.
    endpoint: Option<(String, String)>,
}

impl Routes {
    /// Of all targets, or of the one at an endpoint.
    ///
    /// # Errors
    /// The endpoint is not an HTTP URL; one phrase.
    pub fn new(endpoint: Option<&str>) -> Result<Routes, String> {
        let Some(text) = endpoint else { return Ok(Routes { endpoint: None }) };
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        let Some(host) = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https")) else {
            return Err("it is neither http nor https".to_owned());
        };
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let origin = format!("{}://{host}{port}", url.scheme());
        Ok(Routes { endpoint: Some((origin, url.path().trim_end_matches('/').to_owned())) })
    }

    /// The call that a recorded request is.
    ///
    /// # Errors
    /// Why it is none.
    pub fn find<'c>(&self, contract: &'c Contract, recorded: &Recorded) -> Result<Call<'c>, PassedOver> {
        let target = match &self.endpoint {
            Some((origin, base)) => {
                let is_there = recorded.origin.as_deref().is_none_or(|known| known == origin);
                let below = recorded.request.target.strip_prefix(base.as_str());
                below.filter(|below| is_there && below.starts_with('/')).ok_or(PassedOver::Elsewhere)?
            }
            None => recorded.request.target.as_str(),
        };
        if is_elsewhere(contract, recorded, self.endpoint.is_some()) {
            return Err(PassedOver::Elsewhere);
        }
        let call = Call::of(contract, &recorded.request.method, target);
        let call = call.ok_or(PassedOver::NoOperation)?;
        // Other services have the same path for the ARNs of their own resources.
        let names_another = |value: &Option<String>| {
            let arn = value.as_deref().and_then(Arn::parse);
            arn.is_some_and(|arn| !is_service(contract, arn.service))
        };
        match self.endpoint.is_none() && call.labels.iter().any(|(_, value)| names_another(value)) {
            true => Err(PassedOver::Elsewhere),
            false => Ok(call),
        }
    }
}

/// Whether host or signature name another service.
fn is_elsewhere(contract: &Contract, recorded: &Recorded, is_chosen: bool) -> bool {
    let of_host = recorded.origin.as_deref().and_then(service_of_host).filter(|_| !is_chosen);
    let of_signature = recorded.request.headers.iter().find(|(name, _)| name == "authorization");
    let of_signature = of_signature.and_then(|(_, value)| service_of_signature(value));
    of_host.into_iter().chain(of_signature).any(|service| !is_service(contract, service))
}

fn is_service(contract: &Contract, name: &str) -> bool {
    let service = &contract.service;
    let names = [service.signing_name.as_deref(), service.endpoint_prefix.as_deref()];
    // A contract without these traits names no service.
    names.iter().all(Option::is_none) || names.contains(&Some(name))
}

/// The service in an AWS host name, e.g. `ivs` of `https://ivs-fips.us-east-1.amazonaws.com`.
fn service_of_host(origin: &str) -> Option<&str> {
    let (_, authority) = origin.split_once("://")?;
    let host = authority.split(':').next().unwrap_or(authority);
    AWS_DOMAINS.iter().any(|domain| host.ends_with(domain)).then_some(())?;
    let label = host.split('.').next()?;
    Some(label.strip_suffix(FIPS).unwrap_or(label))
}

/// The service in the credential scope of a signature. Source: AWS Signature Version 4.
fn service_of_signature(authorization: &str) -> Option<&str> {
    let (_, credential) = authorization.split_once("Credential=")?;
    let mut scope = credential.split([',', ' ']).next()?.rsplit('/');
    (scope.next() == Some("aws4_request")).then_some(())?;
    scope.next()
}

/// The region in the credential scope of a signature, else the one in an AWS host name.
pub fn region(recorded: &Recorded) -> Option<String> {
    let signature = recorded.request.headers.iter().find(|(name, _)| name == "authorization");
    let of_signature = signature.and_then(|(_, value)| {
        let (_, credential) = value.split_once("Credential=")?;
        credential.split([',', ' ']).next()?.rsplit('/').nth(2)
    });
    let of_host = recorded.origin.as_deref().filter(|origin| service_of_host(origin).is_some());
    let of_host = of_host.and_then(|origin| origin.split_once("://")?.1.split('.').nth(1));
    of_signature.or(of_host).filter(|region| !region.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::recording::read;

    fn recorded(method: &str, url: &str, authorization: &str) -> Recorded {
        let line =
            serde_json::json!({"method": method, "url": url, "request_headers": {"Authorization": authorization}});
        let mut found = Vec::new();
        read(line.to_string().as_bytes(), &mut |recorded| found.push(recorded)).unwrap();
        found.pop().unwrap()
    }

    fn found(endpoint: Option<&str>, method: &str, url: &str, authorization: &str) -> Result<String, PassedOver> {
        let contract = crate::spec::builtin().unwrap();
        let recorded = recorded(method, url, authorization);
        Routes::new(endpoint).unwrap().find(&contract, &recorded).map(|call| call.operation.name.clone())
    }

    #[test]
    fn method_and_path_tell_the_operation() {
        let found = |method, path: &str| found(None, method, &format!("http://localhost:4566{path}"), "");
        assert_eq!(found("POST", "/CreateChannel").unwrap(), "CreateChannel");
        assert_eq!(found("GET", "/tags/arn%3Aaws%3Aivs%3Ax%3A1%3Achannel%2Fabc").unwrap(), "ListTagsForResource");
        assert_eq!(found("DELETE", "/tags/arn:aws:ivs:x:1:channel/abc?tagKeys=a").unwrap(), "UntagResource");
        assert_eq!(found("GET", "/tags/arn:aws:eks:x:1:cluster/abc"), Err(PassedOver::Elsewhere));
        for (method, path) in [
            ("GET", "/CreateChannel"),
            ("POST", "/createchannel"),
            ("POST", "/x/CreateChannel"),
            ("POST", "/CreateChannel/"),
            ("GET", "/"),
        ] {
            assert_eq!(found(method, path), Err(PassedOver::NoOperation), "{method} {path}");
        }
    }

    #[test]
    fn host_signature_and_endpoint_tell_the_service() {
        let scope =
            |service: &str| format!("AWS4-HMAC-SHA256 Credential=AKID/20260101/us-west-2/{service}/aws4_request, x");
        let aws = |host: &str| format!("https://{host}.us-west-2.amazonaws.com/CreateChannel");
        assert!(found(None, "POST", &aws("ivs"), "").is_ok() && found(None, "POST", &aws("ivs-fips"), "").is_ok());
        assert_eq!(found(None, "POST", &aws("medialive"), ""), Err(PassedOver::Elsewhere));
        let local = "http://127.0.0.1:1/CreateChannel";
        assert!(found(None, "POST", local, &scope("ivs")).is_ok());
        assert_eq!(found(None, "POST", local, &scope("mediaconnect")), Err(PassedOver::Elsewhere));
        let below = "http://127.0.0.1:1/stage/CreateChannel";
        assert_eq!(found(None, "POST", below, ""), Err(PassedOver::NoOperation));
        assert!(found(Some("http://127.0.0.1:1/stage/"), "POST", below, "").is_ok());
        assert_eq!(found(Some("http://127.0.0.1:2"), "POST", local, ""), Err(PassedOver::Elsewhere));
        assert_eq!(region(&recorded("POST", local, &scope("ivs"))).as_deref(), Some("us-west-2"));
        assert_eq!(region(&recorded("POST", &aws("ivs"), "")).as_deref(), Some("us-west-2"));
        assert_eq!(region(&recorded("POST", local, "")), None);
    }
}
