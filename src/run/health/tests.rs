use super::*;
use crate::wire::sample;

fn request(target: &str) -> Request {
    sample::request(target, "")
}

fn failed(kind: FailureKind) -> Exchange {
    sample::exchange(request("/"), sample::failure(kind))
}

fn answered(status: u16) -> Exchange {
    sample::exchange(request("/"), sample::response(status, &[], ""))
}

/// One of very many requests, unless silence of one in a few is what is tested.
fn note(health: &Health, request: &Request, exchange: &Exchange) {
    health.note(request, exchange, u64::MAX);
}

fn reason(health: &Health) -> Option<String> {
    health.given_up.borrow().clone()
}

#[test]
fn a_silent_operation_is_not_called_for_ever_and_the_others_are() {
    let health = Health::new(4, Locality::Loopback, Duration::ZERO);
    for _ in 0..UNANSWERED {
        assert_eq!(health.objection(&request("/GetChannel/x")), None);
        note(&health, &request("/GetChannel/x"), &failed(FailureKind::Timeout));
        note(&health, &request("/ListChannels"), &answered(200));
    }
    assert!(health.objection(&request("/GetChannel/y?z")).unwrap().contains("POST /GetChannel"));
    assert_eq!(health.objection(&request("/ListChannels")), None);
    health.forget_silence();
    for _ in 0..UNANSWERED {
        assert_eq!(health.objection(&request("/GetChannel/x")), None);
        note(&health, &request("/GetChannel/x"), &failed(FailureKind::Timeout));
    }
    assert!(health.objection(&request("/GetChannel/x")).is_some());
    assert_eq!(reason(&health), None);
}

#[test]
fn only_silence_of_several_operations_stops_the_run() {
    let health = Health::new(4, Locality::Loopback, Duration::ZERO);
    for number in 0..1000 {
        note(&health, &request(&format!("/Operation{number}")), &failed(FailureKind::Protocol));
    }
    for _ in 0..FAILED + 4 {
        note(&health, &request("/GetChannel"), &failed(FailureKind::Timeout));
    }
    assert_eq!(reason(&health), None);
    note(&health, &request("/ListChannels"), &answered(200));
    for number in 0..FAILED + 4 {
        assert_eq!(reason(&health), None);
        note(&health, &request(&format!("/Operation{}", number % 5)), &failed(FailureKind::Timeout));
    }
    assert!(reason(&health).unwrap().contains("5 operations"));
}

#[test]
fn rare_silence_is_no_reason_to_stop_and_frequent_silence_is() {
    for (answers, stops) in [(2 * RARELY, false), (RARELY / 2, true)] {
        let health = Health::new(4, Locality::Loopback, Duration::ZERO);
        for number in 0..UNANSWERED_IN_ALL {
            note(&health, &request("/ListChannels"), &answered(200));
            let sent = (number + 1) * (answers + 1);
            health.note(&request(&format!("/Operation{number}")), &failed(FailureKind::Timeout), sent);
        }
        assert_eq!(reason(&health).is_some(), stops, "{answers}");
    }
}

#[test]
fn only_a_target_that_was_there_may_come_back() {
    let health = Health::new(4, Locality::Loopback, Duration::ZERO);
    assert!(!health.may_come_back());
    note(&health, &request("/"), &answered(404));
    assert!(health.may_come_back() && health.may_come_back());
    assert_eq!(health.outages(), 1);
    note(&health, &request("/"), &answered(200));
    assert!(health.may_come_back());
    assert_eq!(health.outages(), 2);
    note(&health, &request("/"), &failed(FailureKind::Connect));
    assert!(reason(&health).unwrap().contains("gone"));
}

#[test]
fn what_broke_off_when_the_target_went_away_is_no_silence_and_going_away_has_a_limit() {
    let health = Health::new(4, Locality::Loopback, Duration::ZERO);
    for outage in 1..=100 {
        note(&health, &request("/"), &answered(200));
        assert_eq!(reason(&health), None, "after {outage} outages");
        (0..8).for_each(|number| note(&health, &request(&format!("/{number}")), &failed(FailureKind::Timeout)));
        let before = clock::instant();
        assert!(health.may_come_back() && health.is_away());
        assert_eq!(health.failures_in_a_row(), 0);
        health.note_back(before);
        assert!(health.is_away(), "that request was on its way when the target went away");
        health.note_back(clock::instant());
        assert!(!health.is_away());
    }
    assert_eq!(reason(&health).unwrap(), "the target went away 100 times");
}

#[test]
fn what_was_given_up_says_nothing() {
    let health = Health::new(1, Locality::Loopback, Duration::ZERO);
    for number in 0..1000 {
        note(&health, &request(&format!("/Operation{number}")), &failed(FailureKind::Withheld));
    }
    assert_eq!((health.failures_in_a_row(), reason(&health)), (0, None));
}
