use clap::Parser;

use super::*;
use crate::cli::args::{Cli, Command};
use crate::cli::environment::profiles;
use crate::cli::exit::Exit;

fn environment(variables: &[(&str, &str)]) -> Environment {
    let files = profiles(
        "[profile other]\nregion = ap-south-1\n",
        "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = s\nregion = eu-west-1\n\
         [other]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = s\naws_session_token = t\n",
    );
    Environment::of(variables, files)
}

fn resolve(flags: &[&str], variables: &[(&str, &str)]) -> Result<Resolved, CliError> {
    let line = ["ivs-conformance", "run"].into_iter().chain(flags.iter().copied());
    let Command::Run(args) = Cli::try_parse_from(line).unwrap().command else { panic!("run") };
    run(*args, Config::default(), &environment(variables))
}

fn key_id(resolved: &Resolved) -> Option<&str> {
    resolved.settings.credentials.as_ref().map(|credentials| credentials.access_key_id.as_str())
}

#[test]
fn without_flags_the_embedded_reference_is_checked() {
    let resolved = resolve(&[], &[("AWS_ACCESS_KEY_ID", "AKIDREAL"), ("AWS_SECRET_ACCESS_KEY", "s")]).unwrap();
    assert_eq!(resolved.target, TargetChoice::Embedded);
    assert_eq!(key_id(&resolved), Some(TEST_ACCESS_KEY_ID));
    assert_eq!(resolved.settings.seed, DEFAULT_SEED);
    assert_eq!(resolved.settings.broadcast, Broadcast::ControlPath(REFERENCE_BROADCAST.to_owned()));
    assert_eq!(resolved.settings.request_timeout, Duration::from_secs(10));
    assert!(resolved.settings.jobs >= 4);
}

#[test]
fn loopback_without_credentials_in_the_environment_is_signed_with_test_credentials() {
    for endpoint in
        ["http://127.0.0.1:5000/", "http://localhost:1", "http://[::1]:8", "http://127.8.9.1", "http://a.localhost"]
    {
        let resolved = resolve(&["--endpoint", endpoint], &[]).unwrap();
        assert_eq!(key_id(&resolved), Some(TEST_ACCESS_KEY_ID), "{endpoint}");
        assert!(!resolved.settings.endpoint.ends_with('/'));
        assert_eq!(resolved.settings.broadcast, Broadcast::Unavailable);
    }
}

#[test]
fn the_environment_gives_credentials_and_region() {
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AKIDENV"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_SESSION_TOKEN", "t"),
        ("AWS_DEFAULT_REGION", "us-west-2"),
    ];
    let resolved = resolve(&["--endpoint", "http://127.0.0.1:5000"], &variables).unwrap();
    assert_eq!(key_id(&resolved), Some("AKIDENV"));
    assert_eq!(resolved.settings.region, "us-west-2");
    let resolved = resolve(&["--endpoint", "http://127.0.0.1:5000", "--region", "eu-central-1"], &variables).unwrap();
    assert_eq!(resolved.settings.region, "eu-central-1");
}

#[test]
fn a_profile_that_is_asked_for_wins() {
    let flags = ["--endpoint", "https://example.com", "--aws-profile", "other"];
    let resolved = resolve(&flags, &[("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "s")]).unwrap();
    assert_eq!(key_id(&resolved), Some("AKIDOTHER"));
    assert_eq!(resolved.settings.region, "ap-south-1");
    assert!(resolve(&["--aws-profile", "missing"], &[]).is_err());
}

#[test]
fn a_remote_endpoint_wants_credentials_or_auth_none() {
    let line = |flags: &[&str]| {
        let all =
            ["ivs-conformance", "run", "--endpoint", "https://example.com"].into_iter().chain(flags.iter().copied());
        let Command::Run(args) = Cli::try_parse_from(all).unwrap().command else { panic!("run") };
        run(*args, Config::default(), &Environment::default())
    };
    let error = line(&[]).unwrap_err();
    assert_eq!(error.exit(), Exit::Usage);
    assert!(error.message().contains("AWS_ACCESS_KEY_ID"));
    assert!(line(&["--auth", "none"]).unwrap().settings.credentials.is_none());
}

#[test]
fn an_aws_host_names_its_region() {
    let resolved = resolve(&["--endpoint", "https://ivs.us-west-2.amazonaws.com"], &[]).unwrap();
    assert_eq!(resolved.settings.region, "us-west-2");
    assert_eq!(key_id(&resolved), Some("AKIDDEFAULT"));
}

#[test]
fn bad_values_are_refused_in_one_sentence() {
    for flags in [
        vec!["--endpoint", "nonsense"],
        vec!["--endpoint", "ftp://example.com"],
        vec!["--endpoint", "http://127.0.0.1/?x=1"],
        vec!["--endpoint", "http://me:secret@127.0.0.1/"],
        vec!["--jobs", "0"],
        vec!["--rate", "0"],
        vec!["--rate", "NaN"],
        vec!["--request-timeout", "0"],
        vec!["--deadline", "0s"],
        vec!["--broadcast", "live"],
        vec!["--update-baseline"],
        vec!["--only", "a["],
        vec!["--shard", "1/2", "--baseline", "b.toml", "--update-baseline"],
    ] {
        let error = resolve(&flags, &[]).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage, "{flags:?}");
        assert!(!error.message().contains("secret@"), "{flags:?}");
        assert_eq!(error.message().lines().count(), 1, "{flags:?}");
    }
}

#[test]
fn elsewhere_a_run_is_careful_and_needs_consent() {
    let resolved = resolve(&["--endpoint", "https://example.com"], &[]).unwrap();
    let settings = &resolved.settings;
    assert_eq!((resolved.consent, settings.locality, settings.paced), (Consent::Needed, Locality::Remote, true));
    assert_eq!((settings.jobs, settings.throttling), (1, Throttling::Avoided));
    let id = RunId::new(settings.nonce.unwrap()).id;
    assert_eq!(settings.record, JournalMode::Journal(PathBuf::from(format!("ivs-conformance-{id}.journal"))));
    let flags = ["--endpoint", "https://example.com", "--yes", "--journal", "j", "--quotas=false", "--throttling"];
    let resolved = resolve(&flags, &[]).unwrap();
    assert_eq!((resolved.consent, resolved.settings.paced), (Consent::Given, false));
    assert_eq!(resolved.settings.record, JournalMode::Journal(PathBuf::from("j")));
    assert_eq!(resolved.settings.throttling, Throttling::Provoked);
}

#[test]
fn on_this_machine_nothing_is_written_down_unless_it_is_asked_for() {
    let resolved = resolve(&["--endpoint", "http://127.0.0.1:5000"], &[]).unwrap();
    assert_eq!((resolved.consent, &resolved.settings.record), (Consent::Given, &JournalMode::Off));
    let resolved = resolve(&["--journal", "j"], &[]).unwrap();
    assert_eq!(resolved.settings.record, JournalMode::Journal(PathBuf::from("j")));
}

#[test]
fn aws_stands_for_the_service_in_the_region() {
    let contract = crate::spec::builtin().unwrap();
    let endpoint = |region: &str| {
        let mut settings = resolve(&["--endpoint", "aws", "--region", region], &[]).unwrap().settings;
        crate::cli::stages::name_endpoint(&mut settings, &contract).map(|()| settings.endpoint)
    };
    assert_eq!(endpoint("us-west-2").unwrap(), "https://ivs.us-west-2.amazonaws.com");
    assert_eq!(endpoint("cn-north-1").unwrap(), "https://ivs.cn-north-1.amazonaws.com.cn");
    assert_eq!(endpoint("evil.example/").unwrap_err().exit(), Exit::Usage);
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "s")];
    let nowhere = Environment::of(&keys, Default::default());
    let Command::Run(args) = Cli::try_parse_from(["ivs-conformance", "run", "--endpoint", "aws"]).unwrap().command
    else {
        panic!("run")
    };
    assert!(run(*args, Config::default(), &nowhere).unwrap_err().message().contains("--region"));
}

#[test]
fn credentials_are_searched_for_only_elsewhere_and_only_if_the_environment_has_none() {
    let none = environment(&[]);
    let keys = environment(&[("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "s")]);
    let target = |endpoint: Option<&str>, profile: Option<&str>, auth| TargetArgs {
        endpoint: endpoint.map(str::to_owned),
        aws_profile: profile.map(str::to_owned),
        auth,
        ..TargetArgs::default()
    };
    for (target, environment, searched) in [
        (target(None, None, None), &none, false),
        (target(Some("http://127.0.0.1:1"), None, None), &none, false),
        (target(Some("http://127.0.0.1:1"), Some("other"), None), &none, false),
        (target(Some("https://example.com"), None, Some(AuthMode::None)), &none, false),
        (target(Some("https://example.com"), None, None), &keys, false),
        (target(Some("https://example.com"), None, None), &none, true),
        (target(Some("aws"), Some("other"), None), &keys, true),
    ] {
        assert_eq!(must_search(&target, environment).unwrap(), searched, "{target:?}");
    }
}
