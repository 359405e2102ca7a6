//! Playback restriction policies; their summary has the same members.

use serde::Serialize;

use super::Tags;

/// A policy as it is stored and answered.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Policy {
    pub(crate) allowed_countries: Vec<String>,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) arn: String,
    pub(crate) enable_strict_origin_enforcement: bool,
    pub(crate) name: String,
    pub(crate) tags: Tags,
}

resource!(Policy);
