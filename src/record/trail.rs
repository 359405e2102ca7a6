//! The requests that lead to a finding, each with what came back, so that they can be sent again: a later request may name
//! what an earlier response gave.

use bytes::Bytes;

use super::evidence::BODY_KEPT;
use crate::plan::suite::SignatureChange;
use crate::wire::{Exchange, Request, Text};

/// A request with the body that came back for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailStep {
    /// The operation that is called; empty if it is none of the contract's.
    pub operation: Text,
    /// The request, before it is signed.
    pub request: Request,
    /// Body of the response; empty if no response arrived or if it is too long to keep.
    pub response: Bytes,
    /// How the request is sent.
    pub manner: Manner,
    /// Which test sent it.
    pub origin: Origin,
}

/// How a request is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Manner {
    /// One after another, with the signature of the run if the run signs.
    #[default]
    AsRun,
    /// Signed for another region.
    InRegion(String),
    /// With a signature that differs from the run's.
    Changed(SignatureChange),
    /// With the credentials of another caller.
    OtherCaller,
    /// At the same time as others.
    Concurrent,
    /// To the path of the target that starts and ends broadcasts, which stands outside the contract.
    Control,
    /// Not a request: a command that streams to the target.
    Stream,
    /// Not a request of the test: a list was searched for an ARN that the response does not show.
    LookedUp,
}

/// Which test sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The test that shows the finding.
    Own,
    /// An earlier test, which made a resource that tests share.
    Shared,
}

impl TrailStep {
    /// A step of the test at hand.
    pub fn new(operation: &str, exchange: &Exchange, manner: Manner) -> TrailStep {
        let body = exchange.response().map(|response| response.body.clone()).filter(|body| body.len() <= BODY_KEPT);
        TrailStep {
            operation: operation.into(),
            request: exchange.request.clone(),
            response: body.unwrap_or_default(),
            manner,
            origin: Origin::Own,
        }
    }

    /// A request to the path of the target that starts and ends broadcasts.
    pub fn control(request: Request) -> TrailStep {
        TrailStep::outside(request, Manner::Control)
    }

    /// A command that streams to the target.
    pub fn stream() -> TrailStep {
        TrailStep::without_request(Manner::Stream)
    }

    /// A search of a list for an ARN.
    pub fn looked_up() -> TrailStep {
        TrailStep::without_request(Manner::LookedUp)
    }

    fn without_request(manner: Manner) -> TrailStep {
        let (method, target) = (Text::default(), Text::default());
        TrailStep::outside(Request { method, target, headers: Vec::new(), body: Bytes::new() }, manner)
    }

    fn outside(request: Request, manner: Manner) -> TrailStep {
        TrailStep { operation: Text::default(), request, response: Bytes::new(), manner, origin: Origin::Own }
    }

    /// The same step, seen from a test that uses what it made.
    #[must_use]
    pub fn shared(&self) -> TrailStep {
        TrailStep { origin: Origin::Shared, ..self.clone() }
    }

    /// Whether it is the same exchange, whichever test it is seen from.
    pub fn is_same(&self, other: &TrailStep) -> bool {
        self.request == other.request && self.response == other.response
    }

    /// Whether the test at hand sent it to an operation of the contract.
    pub fn is_own_request(&self) -> bool {
        self.origin == Origin::Own && !matches!(self.manner, Manner::Control | Manner::Stream | Manner::LookedUp)
    }
}

/// What leads to a finding, and the request that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// What comes before it, oldest first.
    pub before: Vec<TrailStep>,
    /// The request that shows the finding.
    pub telling: TrailStep,
}

impl Trail {
    /// A request that needs nothing before it.
    pub fn of(operation: &str, exchange: &Exchange) -> Trail {
        Trail { before: Vec::new(), telling: TrailStep::new(operation, exchange, Manner::AsRun) }
    }
}
