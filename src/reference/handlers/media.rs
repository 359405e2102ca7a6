//! What a broadcaster's encoder is taken to send.

use super::super::state::{Audio, Channel, Ingest, Ingests, Video};

/// The tracks of multitrack input, best first: height, width and bit rate.
const LADDER: [(u32, u32, u32); 3] = [(1080, 1920, 6_000_000), (720, 1280, 3_000_000), (480, 852, 1_200_000)];

/// The first track, for the deprecated member; only here the AVC members are
/// filled (rule 119).
pub(super) fn first_track(channel: &Channel) -> Ingest {
    let mut video = video(0, LADDER[first_rung(channel)]);
    video.avc_level = video.level;
    video.avc_profile = video.profile;
    Ingest { audio: audio(), video }
}

/// All tracks: one, or more with multitrack input (rule 118).
pub(super) fn all_tracks(channel: &Channel) -> Ingests {
    let multitrack = channel.multitrack_input_configuration.as_ref();
    let count = if multitrack.is_some_and(|multitrack| multitrack.enabled) { LADDER.len() } else { 1 };
    let rungs = LADDER.iter().skip(first_rung(channel)).take(count);
    Ingests {
        audio_configurations: vec![audio()],
        video_configurations: rungs.enumerate().map(|(track, rung)| video(track, *rung)).collect(),
    }
}

/// Multitrack input does not exceed its maximum resolution.
fn first_rung(channel: &Channel) -> usize {
    let multitrack = channel.multitrack_input_configuration.as_ref();
    let multitrack = multitrack.filter(|multitrack| multitrack.enabled);
    match multitrack.and_then(|multitrack| multitrack.maximum_resolution.as_deref()) {
        Some("HD") => 1,
        Some("SD") => 2,
        _ => 0,
    }
}

fn audio() -> Audio {
    Audio { channels: 2, codec: "mp4a.40.2", sample_rate: 48_000, target_bitrate: 160_000, track: "Track0".to_owned() }
}

fn video(track: usize, (height, width, bitrate): (u32, u32, u32)) -> Video {
    Video {
        avc_level: "",
        avc_profile: "",
        codec: "avc1.4D402A",
        encoder: "obs-output module (libobs version 30.2.0)",
        level: "4.2",
        profile: "Main",
        target_bitrate: bitrate,
        target_framerate: 60,
        track: format!("Track{track}"),
        video_height: height,
        video_width: width,
    }
}
