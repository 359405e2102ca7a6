use super::*;
use crate::run::ledger::JournalState;

fn header() -> Header {
    Header {
        schema: SCHEMA.to_owned(),
        run: "0123456789abcdef".to_owned(),
        endpoint: "http://127.0.0.1:1".to_owned(),
        region: "us-east-1".to_owned(),
        service: "ivs".to_owned(),
        contract: "00".to_owned(),
        tool: "0.1.0".to_owned(),
        broadcast: None,
        signing: Signing::default(),
    }
}

fn intent(number: u64) -> Entry {
    let operation = "CreateChannel".to_owned();
    Entry::Intent { number, operation, region: None, name: None, tagged: true, parents: Vec::new() }
}

fn path(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("ivs-conformance-{name}-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

#[test]
fn a_line_that_was_being_written_is_left_out_and_gone_on_from() {
    let path = path("torn");
    let mut journal = Journal::create(&path, true, header()).unwrap();
    journal.write(&intent(0)).unwrap();
    journal.write(&intent(1)).unwrap();
    drop(journal);
    let mut text = std::fs::read_to_string(&path).unwrap();
    text.truncate(text.len() - 9);
    std::fs::write(&path, &text).unwrap();
    assert_eq!(read(&path).unwrap().1, [intent(0)]);
    Journal::reopen(&path, false).unwrap().write(&Entry::Settled { number: 0 }).unwrap();
    let (header, entries) = read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(entries, [intent(0), Entry::Settled { number: 0 }]);
    assert!(JournalState::of(header, entries).open.is_empty());
}

#[test]
fn what_is_no_journal_is_refused_with_its_line() {
    let path = path("damaged");
    let first = serde_json::to_string(&Entry::Run(header())).unwrap();
    let newer = first.replace("journal/1", "journal/2");
    for (text, line) in [
        (String::new(), 1),
        ("no journal\n".to_owned(), 1),
        ("{\"event\":\"ended\"}\n".to_owned(), 1),
        (format!("{newer}\n"), 1),
        (format!("{first}\n{{\"event\":\"deleted\"}}\n"), 2),
    ] {
        std::fs::write(&path, &text).unwrap();
        match read(&path).unwrap_err() {
            JournalError::FileError { line: found, .. } => assert_eq!(found, line, "{text}"),
            other => panic!("{other}"),
        }
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_story_ends_with_what_is_left() {
    let resource = |arn: &str| Named { kind: "channel".to_owned(), arn: arn.to_owned() };
    let entries = vec![
        intent(0),
        Entry::Created { number: 0, resources: vec![resource("a"), resource("b")] },
        intent(1),
        Entry::Refused { number: 1 },
        intent(2),
        Entry::Failed { number: 2, failure: Failure::Status(500) },
        Entry::Deleted { arn: "a".to_owned() },
    ];
    let lines: Vec<String> = entries.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
    let read: Vec<Entry> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, entries);
    let story = JournalState::of(header(), entries);
    assert_eq!((story.lots.len(), story.open.len(), story.next, story.ended), (1, 1, 3, false));
    assert_eq!(story.lots[0].resources, [resource("b")]);
    assert_eq!(story.open[0].number, 2);
    assert_eq!(story.open[0].fate(), "it was answered with status 500");
}
