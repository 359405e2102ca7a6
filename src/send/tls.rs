//! Encryption: which certificates are trusted, and what is wrong with one that is not, in words.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};
use rustls_platform_verifier::Verifier;

use super::endpoint::Endpoint;
use super::network::{Network, SendError};

/// The flag that names a file of certificates.
const FLAG: &str = "--ca-cert";
/// Protocols that are offered, the preferred one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// How connections to an endpoint, and to proxies on the way, are encrypted.
///
/// # Errors
/// A file of certificates cannot be used, or the system has no certificates.
pub fn config(endpoint: &Endpoint, network: &Network) -> Result<ClientConfig, SendError> {
    let mut trusted = Vec::new();
    for file in &network.ca_certs {
        trusted.extend(read(file, FLAG)?);
    }
    let provider = Arc::new(ring::default_provider());
    let failed = |error: Error| SendError::Client(words(&error));
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    if !endpoint.is_tls() && endpoint.is_loopback() {
        // Nothing is encrypted, and to read the system's certificates takes time.
        return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
    }
    for (variable, file) in &network.ca_variables {
        trusted.extend(read(file, variable)?);
    }
    let verifier = Trust::new(trusted, provider).map_err(failed)?;
    let mut config = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(config)
}

/// The certificates of a PEM file.
fn read(path: &Path, origin: &'static str) -> Result<Vec<CertificateDer<'static>>, SendError> {
    let bad = |reason: String| SendError::Certificates { file: path.display().to_string(), origin, reason };
    let text = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(|error| bad(format!("it is not PEM: {error}")))?;
    if found.is_empty() {
        return Err(bad("it has no certificate in PEM form".to_owned()));
    }
    for (number, certificate) in found.iter().enumerate() {
        let read = RootCertStore::empty().add(certificate.clone());
        read.map_err(|_| bad(format!("its certificate number {} is damaged", number + 1)))?;
    }
    Ok(found)
}

/// Trusts what the system trusts, and what it was told to.
#[derive(Debug)]
struct Trust {
    system: Verifier,
    told: Vec<CertificateDer<'static>>,
}

impl Trust {
    fn new(told: Vec<CertificateDer<'static>>, provider: Arc<CryptoProvider>) -> Result<Trust, Error> {
        Ok(Trust { system: Verifier::new_with_extra_roots(told.clone(), provider)?, told })
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.system.verify_server_cert(certificate, intermediates, name, ocsp_response, now);
        match verified {
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::Other(_)))
                if is_self_signed(certificate) =>
            {
                // A server may show the very certificate that was named, though it is one of an authority.
                if self.told.iter().any(|told| told.as_ref() == certificate.as_ref()) {
                    verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                    return Ok(ServerCertVerified::assertion());
                }
                Err(Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(SelfSigned)))))
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.system.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.system.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.system.supported_verify_schemes()
    }
}

/// A certificate that names itself as its issuer.
#[derive(Debug)]
struct SelfSigned;

impl fmt::Display for SelfSigned {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("self-signed; --ca-cert FILE")
    }
}

impl std::error::Error for SelfSigned {}

/// Whether issuer and subject are the same. Source of the form: RFC 5280, section 4.1.
fn is_self_signed(certificate: &CertificateDer<'_>) -> bool {
    const VERSION: u8 = 0xa0;
    let names = || {
        let (_, certificate, _) = element(certificate.as_ref())?;
        let (_, mut rest, _) = element(certificate)?;
        if rest.first() == Some(&VERSION) {
            rest = element(rest)?.2;
        }
        // Serial number and algorithm.
        let rest = element(element(rest)?.2)?.2;
        let (_, issuer, rest) = element(rest)?;
        // Validity.
        let (_, subject, _) = element(element(rest)?.2)?;
        Some(issuer == subject)
    };
    names().unwrap_or(false)
}

/// The first element of DER: its tag, its content, and what follows it. Source: ITU-T X.690, section 8.1.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, mut rest) = rest.split_first()?;
    let mut length = usize::from(*first);
    if length >= 0x80 {
        let (digits, after) = rest.split_at_checked(length & 0x7f).filter(|(digits, _)| digits.len() <= 4)?;
        length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
        rest = after;
    }
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// What is wrong, for a reader.
pub fn words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(problem) => format!("the certificate is not trusted: {}", distrust(problem)),
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            "the target does not speak TLS".to_owned()
        }
        Error::AlertReceived(alert) => format!("the target ended the handshake with the alert {}", spaced(alert)),
        Error::PeerIncompatible(_) => "the target has no TLS version or cipher suite that is safe".to_owned(),
        Error::PeerMisbehaved(_) => "the target breaks the rules of the handshake".to_owned(),
        Error::General(text) => text.clone(),
        other => other.to_string(),
    }
}

fn distrust(problem: &CertificateError) -> String {
    match problem {
        CertificateError::UnknownIssuer => "its issuer is not known; --ca-cert FILE".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet; is the clock right?".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name than that of the endpoint".to_owned()
        }
        CertificateError::BadEncoding => "it is damaged".to_owned(),
        CertificateError::Revoked => "it was revoked".to_owned(),
        CertificateError::BadSignature => "its signature is wrong".to_owned(),
        CertificateError::Other(OtherError(inner)) if inner.is::<SelfSigned>() => inner.to_string(),
        CertificateError::Other(OtherError(inner)) if inner.to_string() == "CaUsedAsEndEntity" => {
            "it is that of an authority and not of a server".to_owned()
        }
        CertificateError::Other(OtherError(inner)) => inner.to_string(),
        other => other.to_string(),
    }
}

/// The words of a name in camel case.
fn spaced(name: &impl fmt::Debug) -> String {
    let mut words = String::new();
    for character in format!("{name:?}").chars() {
        if character.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn self_signed_certificates_are_told_from_others() {
        let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        assert!(is_self_signed(own.cert.der()));
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "another");
        let issued = params.signed_by(&key, &rcgen::Issuer::new(rcgen::CertificateParams::default(), own.signing_key));
        assert!(!is_self_signed(issued.unwrap().der()));
        for damaged in [&b""[..], b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x30\x01\xa0"] {
            assert!(!is_self_signed(&CertificateDer::from(damaged)));
        }
    }

    #[test]
    fn files_of_certificates_are_read_or_refused_with_the_reason() {
        let folder = std::env::temp_dir().join(format!("ivs-conformance-tls-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("ca.pem");
        let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(&file, own.cert.pem()).unwrap();
        assert_eq!(read(&file, FLAG).unwrap(), [own.cert.der().clone()]);
        let damaged = own.cert.pem().replace("MII", "AAA");
        for (text, reason) in [("", "no certificate"), (&damaged, "number 1 is damaged")] {
            std::fs::write(&file, text).unwrap();
            let message = read(&file, FLAG).unwrap_err().to_string();
            assert!(message.contains(reason) && message.contains("ca.pem (--ca-cert)"), "{message}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(read(&file, "AWS_CA_BUNDLE").unwrap_err().to_string().contains("AWS_CA_BUNDLE"));
    }

    #[test]
    fn problems_are_told_in_words() {
        let told = [
            words(&Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(SelfSigned))))),
            words(&Error::InvalidCertificate(CertificateError::UnknownIssuer)),
            words(&Error::AlertReceived(rustls::AlertDescription::HandshakeFailure)),
        ];
        assert_eq!(told[0], "the certificate is not trusted: self-signed; --ca-cert FILE");
        assert_eq!(told[1], "the certificate is not trusted: its issuer is not known; --ca-cert FILE");
        assert_eq!(told[2], "the target ended the handshake with the alert handshake failure");
    }
}
