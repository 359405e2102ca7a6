//! The connections of a run: to the endpoint, and to the endpoints of other regions.

use crate::run::settings::{Locality, Settings};
use crate::send::{Connections, SendError, Sender};

/// Senders to a target.
#[derive(Debug)]
pub(super) struct Senders {
    own: Sender,
    /// Senders to the endpoints of other regions, where each region has its own.
    elsewhere: Vec<(String, Sender)>,
}

impl Senders {
    /// Senders to the endpoint of the settings, and to those of `regions` if the endpoint's host names the run's own.
    ///
    /// # Errors
    /// The endpoint is not a URL, or TLS cannot be set up.
    pub(super) fn new(settings: &Settings, regions: &[String]) -> Result<Senders, SendError> {
        let sender = |endpoint: &str| Sender::new(endpoint, settings.request_timeout, &settings.network);
        let own = sender(&settings.endpoint)?;
        let label = format!(".{}.", settings.region);
        let endpoint = own.endpoint();
        let regions = match settings.locality == Locality::Loopback || !endpoint.contains(&label) {
            true => &[],
            false => regions,
        };
        let elsewhere = regions.iter().map(|region| {
            let endpoint = endpoint.replacen(&label, &format!(".{region}."), 1);
            Ok((region.clone(), sender(&endpoint)?))
        });
        Ok(Senders { elsewhere: elsewhere.collect::<Result<_, SendError>>()?, own })
    }

    /// The same senders with connections of their own and of this kind.
    pub(super) fn fork(&self, connections: Connections) -> Senders {
        let elsewhere = self.elsewhere.iter();
        Senders {
            own: self.own.fork().on(connections),
            elsewhere: elsewhere.map(|(region, sender)| (region.clone(), sender.fork().on(connections))).collect(),
        }
    }

    /// The sender for a region; the run's own for `None`, and where all regions have one endpoint.
    pub(super) fn to(&self, region: Option<&str>) -> &Sender {
        let elsewhere = region.and_then(|region| self.elsewhere.iter().find(|(known, _)| known == region));
        elsewhere.map_or(&self.own, |(_, sender)| sender)
    }

    /// Host and port of the endpoint.
    pub(super) fn host(&self) -> &str {
        self.own.host()
    }
}
