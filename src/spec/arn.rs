//! Amazon Resource Names: `arn:partition:service:region:account:type/id`.

use std::fmt;

/// The parts of an ARN. Source: AWS General Reference, "Amazon Resource Names".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Arn<'a> {
    /// Partition, e.g. `aws`.
    pub partition: &'a str,
    /// Service, e.g. `s3`.
    pub service: &'a str,
    /// Region; empty for global resources.
    pub region: &'a str,
    /// Account id; empty where the service leaves it out.
    pub account: &'a str,
    /// Type of the resource, e.g. `bucket`.
    pub resource_type: &'a str,
    /// Id of the resource within its type.
    pub resource_id: &'a str,
}

impl<'a> Arn<'a> {
    /// The parts of an ARN whose resource is written `type/id`; none for every other text.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        let (partition, service, region, account) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (resource_type, resource_id) = parts.next()?.split_once('/')?;
        let is_complete = [partition, service, resource_type, resource_id].iter().all(|part| !part.is_empty());
        is_complete.then_some(Self { partition, service, region, account, resource_type, resource_id })
    }
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource_type, resource_id } = self;
        write!(formatter, "arn:{partition}:{service}:{region}:{account}:{resource_type}/{resource_id}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints() {
        let text = "arn:aws:ivs:us-west-2:123456789012:stream-key/abc";
        let arn = Arn::parse(text).unwrap();
        assert_eq!((arn.resource_type, arn.resource_id), ("stream-key", "abc"));
        assert_eq!(arn.to_string(), text);
    }

    #[test]
    fn refuses_other_texts() {
        for text in ["", "arn:aws:ivs", "arn:aws:ivs:r:a:channel", "arn:aws:ivs:r:a:/x", "urn:aws:ivs:r:a:channel/x"] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}
