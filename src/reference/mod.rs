//! A conforming implementation of the Amazon IVS Low-Latency Streaming API,
//! kept in memory and served over HTTP.
//!
//! It is written by hand from the API reference and shares no code with the
//! harness that checks it: a misreading on one side shows as a disagreement.
//! It never calls AWS and never transcodes anything.
//!
//! # How a request goes through
//!
//! 1. `http` finds the operation by method and path, and checks the signature
//!    (`auth`), the headers and the JSON.
//! 2. `shape` checks the input against `inputs`, the hand-written description
//!    of all inputs, and collects every broken constraint by path.
//! 3. `handlers` does the operation's work on one region's `state` under that
//!    region's lock, checking the rules that the reference states in prose
//!    (`rules`).
//! 4. `reply` writes the response.
//!
//! `checks` decides which rules and constraints hold: all of them on the plain server. `ids` names resources. A server with
//! faults runs the same stages from `fault::layer`, with other checks and other names.
//!
//! The region is the one in the request's credential scope, even where
//! signatures are not checked, and [`Config::region`] otherwise.
//!
//! # Which API
//!
//! [`Config::api`] says which contract the server keeps to: that of the reference document, or that of the service's
//! public model of November 2026, which has 11 operations more. Of those the model says what goes in and out; what is
//! inferred beyond it is listed at the head of each of their handlers.
//!
//! # Broadcasting
//!
//! `POST /_reference/broadcast` stands in for a broadcaster. It takes
//! `{"channelArn": ARN, "state": "live"}` or `"offline"`, optionally `"health"`
//! (`HEALTHY`, `STARVING` or `UNKNOWN`) and `"errorEvent"` (the code of an event
//! that ended an earlier attempt), needs no signature, and responses
//! `{"streamId": ID}`, or 404 for a channel that does not exist.
//!
//! # Faults
//!
//! A [`Fault`] is a deliberate deviation, named by an id. In this table `OP` is
//! an operation, `PATH` a path in which `member`, `key` and `value` go through
//! lists and maps, and `*` stands for all operations where `OP*` is written.
//!
//! | id | what it does |
//! | --- | --- |
//! | `ignore:OP.input.PATH.CONSTRAINT` | accepts inputs that break the constraint |
//! | `ignore:rule.NAME` | does not check a rule that the reference states in prose |
//! | `refuse:OP.input.PATH=CLASS` | refuses legal values of a class |
//! | `crash:OP.input.PATH=CLASS` | answers them with an internal error |
//! | `forget:OP.MEMBER` | drops a given member before the operation's work |
//! | `lose-update:OP.MEMBER` | the same, but the response shows the member |
//! | `default:OP.MEMBER=VALUE`, `reset-update:OP.MEMBER=VALUE` | puts a value where a member is missing |
//! | `status:OP*=NNN`, `content-type:OP*=TEXT`, `body:OP*=TEXT` | changes successful answers |
//! | `error-status:…=NNN`, `error-code:…=NAME`, `error-body:…=TEXT`, `error-content-type:…=TEXT` | changes errors; before `=` stands `OP`, `CODE`, `OP.CODE` or `*` |
//! | `no-error-type:OP*` | errors carry no code |
//! | `set:OP.output.PATH=VALUE` | gives a member of answered documents a value, or adds it |
//! | `drop:`, `null:`, `retype:`, `rename:`, `corrupt:`, `lengthen:`, `shorten:`, `epoch:`, `clear:` and then `OP.output.PATH` | changes answered documents |
//! | `page:OP*=` `overlap`, `skip`, `endless`, `unbounded`, `no-token`, `reset`, `token-on-last` | breaks pages |
//! | `batch:OP*=` `drop-errors`, `fail-all`, `drop-last`, `wrong-arn` | breaks batches |
//! | `tags:` `replace`, `lose`, `keep-existing`, `untag-all`, `untag-none`, `untag-first`, `lower-case`, `cleared-by-update`, `refuse-absent` | breaks tags |
//! | `stream:` `live-snapshot`, `not-stopped`, `not-listed`, `no-end-time`, `oldest-session`, `oldest-first`, `events-oldest-first`, `idle-as-missing`, `listed-after-end`, `end-before-start`, `same-stream-id`, `missing-as-idle`, `empty-session` | breaks streams and sessions |
//! | `auth:` `accept-unsigned`, `accept-any-key`, `accept-any-signature`, `ignore-expiry`, `ignore-skew`, `ignore-body`, `ignore-scope`, `ignore-token`, `refuse-presigned` | breaks the check of signatures |
//! | `protocol:` `refuse-encodings`, `accept-unknown-path`, `upper-hex-only`, `need-version` | breaks what lies between HTTP and the operations |
//! | `state:` `region-leak`, `orphan-keys`, `same-stream-key-value`, `wrong-fingerprint`, `wrong-arn-region`, `prefix-filter`, `metadata-characters`, `unique-channel-names`, `reuse-ids`, `same-id`, `preset-on-any-type` | breaks what is kept |
//! | `keep-deleted:OP*` | a delete succeeds and deletes nothing |
//! | `leak:OP*` | summaries show secrets or members that they should not have |
//! | `cross:OP*` | a change reaches another resource as well |
//!
//! A class is `present`, `absent`, `empty`, `size-N` (length or number),
//! `longest` and `shortest` (at the contract's bound),
//! `non-ascii`, `astral` (beyond the Basic Multilingual Plane), `padded`, or an
//! exact value. Behind any id may stand a condition: `@once` (first occasion
//! only), `@second` (from the second on), `@every-3rd`, `@after-update` (once
//! an update has succeeded) or `@concurrent` (for a request that is in flight
//! together with another one about the same resource, or with the same path
//! where none is named; every request then stays in flight for at least ten
//! milliseconds). [`catalogue()`] lists concrete ids.
//!
//! # Variants
//!
//! A [`Variant`] answers differently where the reference leaves room: whoever
//! reports one as a divergence is wrong. [`Variant::ALL`] lists them, each with
//! a description.

mod api;
mod auth;
mod call;
mod checks;
mod config;
mod countries;
mod error;
mod fault;
mod handlers;
mod http;
mod ids;
mod input;
mod inputs;
mod later_inputs;
mod operation;
mod page;
mod pattern;
mod rate;
mod reply;
mod rules;
mod server;
mod service;
mod shape;
mod state;
mod variant;
mod variations;

#[cfg(test)]
mod tests;

pub use api::{Api, UnknownApi};
pub use config::{Auth, Condition, Config, Identity};
pub use fault::{Entry, Fault, InvalidFault, catalogue};
pub use server::{Server, StartError, start};
pub use variant::{UnknownVariant, Variant};
