use super::*;
use crate::run::settings::Shard;
use clap::CommandFactory;

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn flags_can_be_given_more_than_once() {
    let cli = Cli::try_parse_from([
        "ivs-conformance",
        "run",
        "--only",
        "a*",
        "--only",
        "b*",
        "--report",
        "json=-",
        "--report",
        "html=x.html",
        "--strict",
        "--implemented=false",
        "--yes=false",
        "--plan",
        "--shard",
        "2/3",
    ])
    .unwrap();
    let Command::Run(run) = cli.command else { panic!("run") };
    assert_eq!(run.plan.selection.only, ["a*", "b*"]);
    assert_eq!(run.verdict.report.len(), 2);
    assert_eq!(run.verdict.strict, Some(true));
    assert_eq!((run.account.yes, run.plan_only, run.verdict.update_baseline), (false, true, false));
    assert_eq!(run.verdict.implemented, Some(false));
    assert_eq!(run.plan.shard, Some(Shard { index: 2, count: 3 }));
}

#[test]
fn what_makes_no_sense_is_refused() {
    for bad in [
        vec!["run", "--shard", "4/3"],
        vec!["run", "--profile", "slow"],
        vec!["run", "--report", "pdf=x"],
        vec!["run", "--report", "json"],
        vec!["run", "--seed", "-1"],
        vec!["serve", "--listen", "nowhere"],
        vec!["merge"],
        vec!["spec", "export", "--format", "pdf"],
        vec!["run", "--unknown"],
    ] {
        let line = std::iter::once("ivs-conformance").chain(bad.iter().copied());
        assert!(Cli::try_parse_from(line).is_err(), "{bad:?}");
    }
}
