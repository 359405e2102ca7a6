//! What the API of November 2026 takes besides: the inputs of its 11 operations, and the members that older ones got.
//! Written by hand from the service's public model.

use super::inputs::{
    AD_CONFIGURATION, BOOLEAN, CHANNEL_ARN, FAILOVER_SLATE, NAME, NEXT_TOKEN, TAGS, UP_TO_100, list, optional,
    required, text,
};
use super::operation::Operation;
use super::pattern::Pattern;
use super::shape::{Member, Shape};

static AD_ARN: Shape = text(0, 128, Some(Pattern::Arn(AD_CONFIGURATION)));
static SLATE_ARN: Shape = text(0, 128, Some(Pattern::Arn(FAILOVER_SLATE)));
static AD_ARN_OR_EMPTY: Shape = text(0, 128, Some(Pattern::ArnOrEmpty(AD_CONFIGURATION)));
static SLATE_ARN_OR_EMPTY: Shape = text(0, 128, Some(Pattern::ArnOrEmpty(FAILOVER_SLATE)));
static MEDIA_TAILOR_ARN: Shape = text(0, 128, Some(Pattern::MediaTailorArn));
static MEDIA_TAILOR: Shape = Shape::Structure(&[optional("playbackConfigurationArn", &MEDIA_TAILOR_ARN)]);
static MEDIA_TAILORS: Shape = list(1, 3, &MEDIA_TAILOR);
static AD_DURATION: Shape = Shape::Integer { min: 1, max: 300 };
static POST_ROLL: Shape = Shape::Structure(&[required("durationSeconds", &AD_DURATION), required("enabled", &BOOLEAN)]);
static AD_BREAK_ID: Shape = text(12, 12, Some(Pattern::Alphanumeric));
static TIME: Shape = Shape::Timestamp;
static ACTIVATION: Shape = Shape::Integer { min: 3, max: 5 };
static MIN_DISPLAY: Shape = Shape::Integer { min: 3, max: 10 };
static MAX_DISPLAY: Shape = Shape::Integer { min: 60, max: 180 };

const OF_CHANNELS: &[Member] =
    &[optional("adConfigurationArn", &AD_ARN_OR_EMPTY), optional("failoverSlateConfigurationArn", &SLATE_ARN_OR_EMPTY)];
const CREATE_AD_CONFIGURATION: &[Member] = &[
    required("mediaTailorPlaybackConfigurations", &MEDIA_TAILORS),
    optional("name", &NAME),
    optional("postRollConfiguration", &POST_ROLL),
    optional("tags", &TAGS),
];
const UPDATE_AD_CONFIGURATION: &[Member] = &[
    required("arn", &AD_ARN),
    optional("mediaTailorPlaybackConfigurations", &MEDIA_TAILORS),
    optional("name", &NAME),
    optional("postRollConfiguration", &POST_ROLL),
];
const CREATE_SLATE: &[Member] = &[
    optional("activationThresholdSeconds", &ACTIVATION),
    optional("maxSlateDisplaySeconds", &MAX_DISPLAY),
    optional("minSlateDisplaySeconds", &MIN_DISPLAY),
    optional("name", &NAME),
    optional("tags", &TAGS),
];
const UPDATE_SLATE: &[Member] = &[
    optional("activationThresholdSeconds", &ACTIVATION),
    required("arn", &SLATE_ARN),
    optional("maxSlateDisplaySeconds", &MAX_DISPLAY),
    optional("minSlateDisplaySeconds", &MIN_DISPLAY),
    optional("name", &NAME),
];
const INSERT_AD_BREAK: &[Member] = &[
    optional("adBreakId", &AD_BREAK_ID),
    required("channelArn", &CHANNEL_ARN),
    required("durationSeconds", &AD_DURATION),
    optional("targetStartAt", &TIME),
];

/// The members that an operation takes since November 2026.
pub(super) fn members(operation: Operation) -> &'static [Member] {
    use Operation as Op;
    match operation {
        Op::CreateChannel | Op::UpdateChannel => OF_CHANNELS,
        Op::ListChannels => {
            const {
                &[
                    optional("filterByAdConfigurationArn", &AD_ARN_OR_EMPTY),
                    optional("filterByFailoverSlateConfigurationArn", &SLATE_ARN_OR_EMPTY),
                ]
            }
        }
        Op::CreateAdConfiguration => CREATE_AD_CONFIGURATION,
        Op::CreateFailoverSlateConfiguration => CREATE_SLATE,
        Op::DeleteAdConfiguration | Op::GetAdConfiguration => const { &[required("arn", &AD_ARN)] },
        Op::DeleteFailoverSlateConfiguration | Op::GetFailoverSlateConfiguration => {
            const { &[required("arn", &SLATE_ARN)] }
        }
        Op::InsertAdBreak => INSERT_AD_BREAK,
        Op::ListAdConfigurations | Op::ListFailoverSlateConfigurations => {
            const { &[optional("maxResults", &UP_TO_100), optional("nextToken", &NEXT_TOKEN)] }
        }
        Op::UpdateAdConfiguration => UPDATE_AD_CONFIGURATION,
        Op::UpdateFailoverSlateConfiguration => UPDATE_SLATE,
        _ => &[],
    }
}
