use super::*;
use crate::wire::sample;

fn exchange(milliseconds: f64, status: u16) -> Exchange {
    let elapsed = Duration::from_secs_f64(milliseconds / 1000.0);
    Exchange { elapsed, ..sample::exchange(sample::request("/", ""), sample::response(status, &[], "{}")) }
}

fn note(concurrency: &Concurrency, exchange: &Exchange) {
    concurrency.note(concurrency.depart(), exchange, 0);
}

/// The same beside another request.
fn note_beside(concurrency: &Concurrency, exchange: &Exchange) {
    let _other = concurrency.depart();
    note(concurrency, exchange);
}

/// A target that serves `servers` requests at a time, each in `milliseconds`, behind a wire of `wire` milliseconds.
fn limit_at(servers: usize, wire: f64, milliseconds: f64, jobs: usize) -> usize {
    let concurrency = Concurrency::new(&Settings { jobs, ..Settings::for_loopback("http://127.0.0.1") });
    let latency = |in_flight: usize| wire + milliseconds * (in_flight as f64 / servers as f64).max(1.0);
    (0..40).for_each(|_| note(&concurrency, &exchange(latency(1), 200)));
    concurrency.begin();
    for _ in 0..20_000 {
        let in_flight = *concurrency.limit.borrow();
        note_beside(&concurrency, &exchange(latency(in_flight), 200));
    }
    *concurrency.limit.borrow()
}

#[test]
fn latency_alone_is_answered_with_as_many_workers_as_there_may_be() {
    assert_eq!(limit_at(1000, 200.0, 1.0, 16), MOST);
    assert_eq!(limit_at(1000, 20.0, 0.1, 8), MOST);
    assert_eq!(limit_at(1000, 200.0, 1.0, 300), 300, "more were asked for");
}

#[test]
fn targets_that_are_near_or_serve_one_request_at_a_time_get_no_more_than_before() {
    assert_eq!(limit_at(1000, 0.1, 0.1, 16), 16, "a fast target");
    assert_eq!(limit_at(1, 0.1, 5.0, 16), 16, "one request at a time");
    assert_eq!(limit_at(1000, 200.0, 1.0, 1), 1, "one job");
}

#[test]
fn a_target_gets_no_more_than_it_bears() {
    // 32 requests at a time, 100 ms each: more of them only wait.
    let limit = limit_at(32, 0.0, 100.0, 16);
    assert!((32..=80).contains(&limit), "{limit}");
}

#[test]
fn a_busy_target_gets_less_and_then_more_again() {
    let concurrency = Concurrency::new(&Settings { jobs: 16, ..Settings::for_loopback("http://127.0.0.1") });
    (0..40).for_each(|_| note(&concurrency, &exchange(200.0, 200)));
    assert_eq!(concurrency.lanes(), LANES);
    concurrency.begin();
    (0..400).for_each(|_| note(&concurrency, &exchange(200.0, 429)));
    assert_eq!((*concurrency.limit.borrow(), concurrency.lanes()), (4, 1));
    (0..2000).for_each(|_| note(&concurrency, &exchange(200.0, 200)));
    assert!(*concurrency.limit.borrow() >= 64, "{:?}", concurrency.limit);
}

#[test]
fn a_target_whose_queue_of_connections_is_too_short_gets_half_and_never_more_again() {
    let concurrency = Concurrency::new(&Settings { jobs: 16, ..Settings::for_loopback("http://127.0.0.1") });
    let note = |stalled| concurrency.note(concurrency.depart(), &exchange(40.0, 200), stalled);
    (0..40).for_each(|_| note(0));
    concurrency.begin();
    (0..200).for_each(|_| note(0));
    let before = *concurrency.limit.borrow();
    assert!(before > 32, "{before}");
    (0..2 * before).for_each(|_| note(1));
    assert!(*concurrency.limit.borrow() >= before, "one may be slow for another reason");
    let before = *concurrency.limit.borrow();
    (0..4000).for_each(|_| note(4));
    assert_eq!(*concurrency.limit.borrow(), before / 2);
}

#[test]
fn a_target_that_turns_out_to_be_slow_has_several_requests_of_a_case_in_flight() {
    let concurrency = Concurrency::new(&Settings { jobs: 16, ..Settings::for_loopback("http://127.0.0.1") });
    (0..40).for_each(|_| note(&concurrency, &exchange(1.0, 200)));
    concurrency.begin();
    (0..400).for_each(|_| note_beside(&concurrency, &exchange(44.0, 200)));
    assert_eq!(concurrency.lanes(), 1, "it may be slow because it is busy");
    (0..LATEST).for_each(|_| note(&concurrency, &exchange(44.0, 200)));
    assert_eq!(concurrency.lanes(), LANES);
    (0..LATEST).for_each(|_| note_beside(&concurrency, &exchange(300.0, 200)));
    assert_eq!(concurrency.lanes(), 1, "it serves one request after another");
    (0..LATEST).for_each(|_| note_beside(&concurrency, &exchange(90.0, 200)));
    assert_eq!(concurrency.lanes(), LANES);
    (0..LATEST).for_each(|_| note(&concurrency, &exchange(4.0, 200)));
    assert_eq!(concurrency.lanes(), 1);
    drop(concurrency.depart());
    assert!(concurrency.depart().began_alone, "what was given up is not in flight");
}

#[test]
fn a_number_that_was_asked_for_stays() {
    let settings = Settings { growth: Growth::Fixed, jobs: 3, ..Settings::for_loopback("http://127.0.0.1") };
    let concurrency = Concurrency::new(&settings);
    concurrency.begin();
    (0..4000).for_each(|number| note(&concurrency, &exchange(200.0, if number % 2 == 0 { 200 } else { 503 })));
    assert_eq!((concurrency.most(), *concurrency.limit.borrow(), concurrency.lanes()), (3, 3, 1));
}

#[tokio::test]
async fn a_worker_waits_until_it_is_its_turn() {
    let concurrency = Concurrency::new(&Settings { jobs: 16, ..Settings::for_loopback("http://127.0.0.1") });
    concurrency.admit(15).await;
    let parked = tokio::time::timeout(Duration::from_millis(20), concurrency.admit(16)).await;
    assert!(parked.is_err());
    concurrency.limit.send_replace(17);
    concurrency.admit(16).await;
}
