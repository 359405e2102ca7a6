//! Failover slate configurations; their summary has the same members.

use serde::Serialize;

use super::Tags;

/// A failover slate configuration as it is stored and answered.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FailoverSlate {
    pub(crate) activation_threshold_seconds: i64,
    pub(crate) arn: String,
    pub(crate) max_slate_display_seconds: i64,
    pub(crate) min_slate_display_seconds: i64,
    pub(crate) name: String,
    pub(crate) state: &'static str,
    pub(crate) tags: Tags,
}

resource!(FailoverSlate);
