use super::*;
use crate::report::sample;

fn history() -> (tempfile::TempDir, History) {
    let state = tempfile::tempdir().unwrap();
    let history = History { directory: state.path().join("state").join(RUNS) };
    (state, history)
}

fn names(history: &History) -> Vec<String> {
    let entries = fs::read_dir(&history.directory).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_last_run_is_found_first() {
    let (_state, history) = history();
    let mut record = sample::failing();
    for seed in 1..=3 {
        record.seed = seed;
        history.keep(&record).unwrap();
    }
    let seed = |age| -> u64 {
        let text = fs::read_to_string(history.find(age).unwrap()).unwrap();
        serde_json::from_str::<Record>(&text).unwrap().seed
    };
    assert_eq!([seed(0), seed(1), seed(2)], [3, 2, 1]);
    let error = history.find(3).unwrap_err().to_string();
    assert!(error.starts_with("only 3 runs are kept in ") && error.contains("--report json=FILE"), "{error}");
}

#[test]
fn without_a_run_the_error_says_what_to_do() {
    let (_state, history) = history();
    let error = history.find(0).unwrap_err().to_string();
    assert!(error.starts_with("no run is kept in ") && error.contains("use `ivs-conformance run` first"), "{error}");
    let nowhere = History::of(&Environment::of(&[], Default::default())).unwrap_err().to_string();
    assert!(nowhere.contains("IVS_CONFORMANCE_STATE_DIR"), "{nowhere}");
}

#[test]
fn the_oldest_go_and_files_of_others_stay() {
    let (_state, history) = history();
    let oldest = history.keep(&sample::clean()).unwrap();
    let killed = history.directory.join("20200101T000000.000000Z-aBcDeF.partial");
    let foreign = ["mine.json", "20200101T000000.000000Z.txt", "0-0.json"].map(|name| history.directory.join(name));
    for file in foreign.iter().chain([&killed]) {
        fs::write(file, "{}").unwrap();
    }
    for _ in 1..MOST_RUNS {
        history.keep(&sample::clean()).unwrap();
    }
    assert!(oldest.exists() && !killed.exists());
    let newest = history.keep(&sample::clean()).unwrap();
    assert!(!oldest.exists() && newest.exists());
    assert_eq!(names(&history).len(), MOST_RUNS + foreign.len());
    assert!(foreign.iter().all(|file| file.exists()));
}

#[test]
fn concurrent_runs_keep_whole_reports_and_no_more_than_the_limit() {
    let (_state, history) = history();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    history.keep(&sample::failing()).unwrap();
                }
            });
        }
    });
    assert_eq!(names(&history).len(), MOST_RUNS);
    for age in 0..MOST_RUNS {
        let text = fs::read_to_string(history.find(age).unwrap()).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), sample::failing());
    }
}

#[test]
fn what_cannot_be_written_is_said_with_its_place() {
    let state = tempfile::tempdir().unwrap();
    let file = state.path().join("file");
    fs::write(&file, "").unwrap();
    let history = History { directory: file.join(RUNS) };
    let error = history.keep(&sample::clean()).unwrap_err().to_string();
    assert!(error.starts_with("the run was not kept: cannot write into ") && error.contains("file"), "{error}");
}
