//! Timestamps in the form of ISO 8601.

/// `YYYY-MM-DDThh:mm:ss`, perhaps a fraction, then `Z` or an offset.
pub fn is_iso_8601(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = b"0000-00-00T00:00:00";
    let Some((head, tail)) = bytes.split_at_checked(shape.len()) else { return false };
    let fits = |(byte, form): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
    if !head.iter().zip(shape).all(fits) {
        return false;
    }
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u32>().ok());
    let is_within = |range: std::ops::Range<usize>, low: u32, high: u32| {
        number(range).is_some_and(|value| (low..=high).contains(&value))
    };
    let is_date = is_within(5..7, 1, 12) && is_within(8..10, 1, 31);
    let is_time = is_within(11..13, 0, 23) && is_within(14..16, 0, 59) && is_within(17..19, 0, 60);
    let tail = std::str::from_utf8(tail).unwrap_or("");
    let zone = match tail.strip_prefix('.') {
        Some(rest) => {
            let digits = rest.chars().take_while(char::is_ascii_digit).count();
            if digits == 0 {
                return false;
            }
            rest.get(digits..).unwrap_or("")
        }
        None => tail,
    };
    is_date && is_time && is_zone(zone)
}

pub(super) fn is_zone(zone: &str) -> bool {
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let form: String = zone.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    zone == "Z" || (matches!(form.as_str(), "+00:00" | "-00:00" | "+0000" | "-0000") && digits.len() == 4)
}
