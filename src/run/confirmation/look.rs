//! What looking for a finding again showed, and whether noise explains it.

use std::collections::{BTreeMap, BTreeSet};

use super::task::depends_on_lists;
use crate::judge::FindingKind;
use crate::record::{FindingKey, Found, Seen, Tally};
use crate::run::run_context::RunContext;

/// How likely it may be that noise alone explains one of a run's confirmed findings.
const MOST_CHANCE: f64 = 0.01;

/// Share of the requests from which on noise is loud.
const LOUD: f64 = 0.005;

/// Times that noise is taken to meet the same request of one case, while it spares the same request of all others.
const MOST_IN_ONE_CASE: u64 = 2;

/// How much more noise there is than findings show.
const UNSEEN: f64 = 2.0;

/// Operations that must respond in another form, or refuse valid requests, now and then before noise counts as of that kind.
const MANY_OPERATIONS: usize = 3;

/// The body of a response that shows nothing.
const EMPTY: &[u8] = b"{}";

/// What looking for each finding again showed.
pub(super) type Looked = BTreeMap<FindingKey, Looks>;

/// How much noise there is on the way to the target.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noise {
    /// Share of the run's requests that it met.
    share: f64,
    /// Findings that it may have made, or may not.
    findings: usize,
    /// Operations that it met.
    operations: usize,
    /// Whether responses come that belong to other requests.
    is_of_mixed_up_responses: bool,
    /// Whether pages come in place of responses by chance.
    is_of_pages: bool,
    /// Whether valid requests are refused by chance: the target, or another instance of it, did not get them as they were sent, or
    /// does not know what others made.
    is_of_refusals: bool,
}

impl Noise {
    /// What the findings of the run so far say of it that did not show every time.
    pub fn of(env: &RunContext, tally: &Tally, looked: &Looked) -> Noise {
        let is_partial =
            |key: &FindingKey, found: &Found| looked.get(key).map_or(found.seen, |looks| looks.seen).is_partial();
        let is_of_many = |is_meant: &dyn Fn(FindingKind, &Found) -> bool| {
            let meant =
                tally.findings.iter().filter(|(key, found)| is_meant(key.kind, found) && is_partial(key, found));
            meant.map(|(key, _)| key.operation.as_str()).collect::<BTreeSet<_>>().len() >= MANY_OPERATIONS
        };
        let kind = Noise {
            share: 0.0,
            findings: 0,
            operations: 0,
            is_of_mixed_up_responses: is_of_many(&|_, found| has_another_form(found)),
            is_of_pages: is_of_many(&|_, found| found.is_shown_by_page()),
            is_of_refusals: is_of_many(&|kind, _| kind == FindingKind::RejectedValid),
        };
        let noisy: Vec<_> = tally.findings.iter().filter(|(key, _)| kind.looks_like(key.kind)).collect();
        let partial = || noisy.iter().filter(|(key, found)| is_partial(key, found));
        // Other cases change what is listed: findings of lists that show only sometimes tell of noise only beside others.
        let is_of_lists = partial().all(|(key, found)| depends_on_lists(env, key, found));
        let seen: u64 = partial().map(|(_, found)| events(found)).sum();
        let operations = partial().map(|(key, _)| key.operation.as_str()).collect::<BTreeSet<_>>().len();
        // A request that was sent again after its connection broke is not a finding, but it counts as noise. Without
        // other noise the target may break such connections every time.
        let events = if seen > 0 && !is_of_lists { seen + env.target.repeats() } else { 0 };
        let share = events as f64 / env.target.requests().max(1) as f64;
        Noise { share, findings: noisy.len(), operations, ..kind }
    }

    /// Whether it looks like findings of a kind.
    pub fn looks_like(self, kind: FindingKind) -> bool {
        match kind {
            FindingKind::RejectedValid => self.is_of_refusals,
            // Another instance may still hold, or never got, what the request depends on.
            FindingKind::AcceptedInvalid => self.shows_other_states() || self.is_of_pages,
            FindingKind::WrongBehaviour => self.shows_other_states(),
            kind => kind.may_be_noise(),
        }
    }

    /// Whether what responses show may not be the state that the run made.
    pub fn shows_other_states(self) -> bool {
        self.is_of_mixed_up_responses || self.is_of_refusals
    }

    /// What noise does not look like by its kind, and what showed more than once and not every time.
    pub fn unsteady(self, looked: &Looked) -> BTreeSet<FindingKey> {
        let is_unsteady = |(key, looks): &(&FindingKey, &Looks)| {
            let may_be_chance = match key.kind {
                FindingKind::RejectedValid | FindingKind::AcceptedInvalid => true,
                FindingKind::WrongBehaviour => self.shows_other_states(),
                _ => false,
            };
            may_be_chance && looks.seen.is_partial() && looks.seen.times > 1
        };
        looked.iter().filter(is_unsteady).map(|(key, _)| key.clone()).collect()
    }

    /// Whether it meets so many requests, whatever they ask for, that most cases see it.
    pub fn is_loud(self) -> bool {
        self.share > LOUD && self.operations >= MANY_OPERATIONS
    }

    /// Findings that showed every time and yet may be its work.
    pub fn explained(self, looked: &Looked) -> BTreeSet<FindingKey> {
        let explained = looked.iter().filter(|(key, looks)| !looks.seen.is_partial() && self.may_explain(key, looks));
        explained.map(|(key, _)| key.clone()).collect()
    }

    /// Whether it may be all that these looks show.
    pub fn may_explain(self, key: &FindingKey, looks: &Looks) -> bool {
        // A wrong state may come of any request before it, and not all requests are judged that lead to it.
        let (place, share) = match key.kind {
            FindingKind::WrongBehaviour => (Place::Anywhere, self.share * UNSEEN),
            _ => (Place::WhereItShows, self.share),
        };
        self.looks_like(key.kind) && looks.may_be_chance(share, self.findings, place)
    }
}

/// Which request noise must have met to show a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The one that shows it.
    WhereItShows,
    /// Any request of its case.
    Anywhere,
}

/// Whether a success shows it that is empty or has another status or form than documented, and is not a page.
fn has_another_form(found: &Found) -> bool {
    let Some(response) = found.exchange.response().filter(|response| (200..300).contains(&response.status)) else {
        return false;
    };
    let is_strange = match found.violation.kind {
        FindingKind::MalformedResponse | FindingKind::WrongStatus => true,
        FindingKind::WrongBehaviour => response.body.trim_ascii() == EMPTY,
        _ => false,
    };
    is_strange && !found.is_shown_by_page()
}

/// How many of a finding's occurrences noise may have made. Noise spreads over cases; what only one case shows again and
/// again is a defect that needs a state.
fn events(found: &Found) -> u64 {
    if found.also_in.is_empty() { found.occurrences.min(MOST_IN_ONE_CASE) } else { found.occurrences }
}

/// The looks at one finding.
#[derive(Debug, Clone)]
pub(super) struct Looks {
    /// How often it was looked for and seen, the first time included.
    pub seen: Seen,
    /// Where it showed again, and after how many requests.
    showings: Vec<Showing>,
    /// What the last of them showed.
    pub latest: Option<Found>,
}

/// One look that showed the finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Showing {
    /// Position of the telling request among those of its case.
    place: usize,
    /// Requests that the look sent.
    requests: u64,
}

impl Default for Looks {
    fn default() -> Self {
        Looks { seen: Seen::ONCE, showings: Vec::new(), latest: None }
    }
}

impl Looks {
    /// Notes a look that sent so many requests. One that does not count says nothing unless it showed the finding.
    pub fn note(&mut self, found: Option<&Found>, requests: u64, counts: bool) {
        self.seen.of += u64::from(found.is_some() || counts);
        self.seen.times += u64::from(found.is_some());
        if let Some(found) = found {
            self.showings.push(Showing { place: found.setup.len(), requests });
            self.latest = Some(found.clone());
        }
    }

    /// Adds later looks at the same finding.
    pub fn extend(&mut self, later: Looks) {
        self.seen.of += later.seen.of - 1;
        self.seen.times += later.seen.times - 1;
        self.showings.extend(later.showings);
        self.latest = later.latest.or(self.latest.take());
    }

    /// Whether noise that meets this share of all requests may have made every one of these showings, for one of so many
    /// findings. A defect stays where it is; noise hardly ever meets the same request of a case again.
    fn may_be_chance(&self, noise: f64, findings: usize, place: Place) -> bool {
        // Requests that a step repeats have one place: how many were sent tells them apart.
        let first = self.showings.first();
        let chance = |showing: &Showing| match Some(showing) == first && place == Place::WhereItShows {
            true => noise,
            false => 1.0 - (1.0 - noise).powf(showing.requests as f64),
        };
        // The first showing says where; it may have met any request.
        let (any, others) = match self.showings.split_first() {
            Some((any, others)) => (1.0 - (1.0 - noise).powf(any.requests as f64), others),
            None => (1.0, &[][..]),
        };
        any * others.iter().map(chance).product::<f64>() * findings as f64 > MOST_CHANCE
    }

    /// Whether it showed at several places of its case.
    pub fn wanders(&self) -> bool {
        self.showings.windows(2).any(|pair| pair.first().map(|one| one.place) != pair.last().map(|one| one.place))
    }

    /// Whether it showed several times, and each time after another number of requests.
    pub fn never_repeats(&self) -> bool {
        let different: BTreeSet<_> = self.showings.iter().map(|showing| (showing.place, showing.requests)).collect();
        self.showings.len() > 1 && different.len() == self.showings.len()
    }

    /// Whether it showed less often than not.
    pub fn is_rare(&self) -> bool {
        self.seen.times * 2 < self.seen.of
    }

    /// Counts a look in vain, if no look counted so far.
    pub fn count_one(&mut self) {
        self.seen.of = self.seen.of.max(2);
    }

    /// Counts only the first showing: the others are other events.
    pub fn keep_one(&mut self) {
        self.seen.times = self.seen.times.min(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks that showed the finding after so many requests each, at these places.
    fn looks(places: &[usize], requests: u64) -> Looks {
        let showings = places.iter().map(|place| Showing { place: *place, requests }).collect();
        let times = places.len() as u64 + 1;
        Looks { seen: Seen { of: times, times }, showings, latest: None }
    }

    #[test]
    fn without_noise_everything_that_shows_each_time_is_a_defect() {
        assert!(!looks(&[3, 9], 200).may_be_chance(0.0, 100, Place::WhereItShows));
        assert!(!looks(&[1, 1], 2).may_be_chance(0.0, 1, Place::WhereItShows));
    }

    #[test]
    fn noise_explains_what_long_cases_show_here_and_there() {
        assert!(looks(&[3, 9], 200).may_be_chance(0.02, 30, Place::WhereItShows));
        assert!(!looks(&[3, 3, 3, 3], 200).may_be_chance(0.02, 30, Place::WhereItShows));
        assert!(!looks(&[2, 2, 2, 2], 3).may_be_chance(0.02, 100, Place::WhereItShows));
        assert!(looks(&[3, 3, 3, 3], 200).may_be_chance(0.02, 30, Place::Anywhere), "any request may have led to it");
        assert!(!looks(&[3, 3, 3, 3], 4).may_be_chance(0.02, 30, Place::Anywhere));
        let mut repeated = looks(&[3, 3, 3, 3], 100);
        repeated.showings.iter_mut().zip([100, 62, 91, 44]).for_each(|(showing, requests)| showing.requests = requests);
        assert!(
            repeated.may_be_chance(0.02, 30, Place::WhereItShows),
            "another repetition of one step failed each time"
        );
    }

    #[test]
    fn what_comes_after_another_number_of_requests_each_time_never_repeats() {
        let mut one = looks(&[3, 3, 3], 100);
        assert!(!one.never_repeats() && !looks(&[3], 100).never_repeats());
        one.showings.iter_mut().zip([100, 62, 91]).for_each(|(showing, requests)| showing.requests = requests);
        assert!(one.never_repeats());
    }

    #[test]
    fn what_is_at_one_place_does_not_wander() {
        assert!(!looks(&[4, 4], 9).wanders() && looks(&[4, 5], 9).wanders() && !looks(&[], 9).wanders());
        let mut one = looks(&[4, 5], 9);
        one.keep_one();
        assert_eq!(one.seen, Seen { of: 3, times: 1 });
    }
}
