//! What users install: archives, the image, completions and manual pages, used as they will be used.

#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::{Scratch, assert_exit, conformance};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ivs-conformance");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(name)).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Writes a program that stands in for another.
fn stand_in(scratch: &Scratch, name: &str, script: &str) {
    let path = scratch.file(name);
    std::fs::write(&path, format!("#!/usr/bin/env bash\nset -euo pipefail\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
}

/// Runs a script in the scratch directory, where its stand-ins are found first.
fn bash(scratch: &Scratch, script: &str, variables: &[(&str, &str)]) -> Output {
    let path = format!("{}:{}", scratch.file(""), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command.args(["-e", "-c", script]).current_dir(scratch.file("")).env("PATH", path);
    command.envs(variables.iter().copied()).output().unwrap()
}

fn succeeded(output: Output) -> String {
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// The targets that releases are built for.
fn targets() -> Vec<String> {
    let workflow: Value = serde_yaml_ng::from_str(&file(".github/workflows/release.yml")).unwrap();
    let matrix = workflow["jobs"]["build"]["strategy"]["matrix"]["include"].as_array().unwrap().clone();
    matrix.iter().map(|entry| entry["target"].as_str().unwrap().to_owned()).collect()
}

/// A repository in which the program was built for a target, and packed; its `dist` folder.
fn packed(scratch: &Scratch, target: &str) -> String {
    let binary = if target.contains("windows") { "ivs-conformance.exe" } else { "ivs-conformance" };
    let copy = "mkdir -p deploy && cp \"$ROOT/deploy/archive\" deploy/ && cp \"$ROOT\"/{README.md,LICENSE-MIT,LICENSE-APACHE} .";
    // The program of the tests is large; what stands in for it calls it.
    std::fs::create_dir_all(scratch.file(&format!("target/{target}/release"))).unwrap();
    stand_in(scratch, &format!("target/{target}/release/{binary}"), &format!("exec '{PROGRAM}' \"$@\""));
    succeeded(bash(scratch, &format!("{copy} && deploy/archive {target}"), &[("ROOT", ROOT)]));
    scratch.file("dist")
}

#[test]
fn archives_are_what_binstall_looks_for() {
    let manifest: toml::Table = toml::from_str(&file("Cargo.toml")).unwrap();
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let fill = |template: &str, target: &str| {
        let extension = if target.contains("windows") { ".exe" } else { "" };
        let values = [
            ("repo", "https://example.com/r"),
            ("version", "1.2.3"),
            ("name", "ivs-conformance"),
            ("target", target),
            ("bin", "ivs-conformance"),
            ("binary-ext", extension),
        ];
        values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{ {name} }}"), value))
    };
    let targets = targets();
    for part in ["linux-gnu", "linux-musl", "apple-darwin", "windows-msvc"] {
        assert!(targets.iter().any(|target| target.contains(part)), "no release for {part}: {targets:?}");
    }
    for target in targets.iter().filter(|target| target.starts_with("x86_64")) {
        let scratch = Scratch::new();
        let dist = packed(&scratch, target);
        let url = fill(binstall["pkg-url"].as_str().unwrap(), target);
        let name = url.strip_prefix("https://example.com/r/releases/download/v1.2.3/").expect(&url);
        let listed = succeeded(bash(&scratch, &format!("tar -tzf '{dist}/{name}'"), &[]));
        let entries: BTreeSet<&str> = listed.lines().collect();
        let binary = fill(binstall["bin-dir"].as_str().unwrap(), target);
        for entry in [binary, format!("ivs-conformance-{target}/man/ivs-conformance-spec-diff.1")] {
            assert!(entries.contains(entry.as_str()), "{entry} is not in {listed}");
        }
        succeeded(bash(&scratch, &format!("cd dist && sha256sum --check {name}.sha256"), &[]));
    }
}

#[test]
fn the_action_installs_the_release_of_each_machine() {
    let action: Value = serde_yaml_ng::from_str(&file("action.yml")).unwrap();
    let steps = action["runs"]["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["id"] == "release").unwrap()["run"].as_str().unwrap();
    let machines: Vec<&str> = step.lines().filter_map(|line| Some(line.trim().split_once(") target=")?.0)).collect();
    assert!(machines.len() >= 5, "{machines:?}");
    for machine in machines {
        let scratch = Scratch::new();
        let target = step.split(&format!("{machine}) target=")).nth(1).unwrap().split(' ').next().unwrap();
        assert!(targets().iter().any(|known| known == target), "{target} is not released");
        packed(&scratch, target);
        // In place of a download: the files of the release.
        stand_in(&scratch, "curl", "for url in \"$@\"; do case $url in http*) cp \"$DIST/${url##*/}\" .;; esac; done");
        let (dist, temp) = (scratch.file("dist"), scratch.file("temp"));
        let release = "https://example.com/r/releases/download/v1.2.3";
        let variables = [("RELEASE", release), ("MACHINE", machine), ("RUNNER_TEMP", &temp), ("DIST", &dist)];
        succeeded(bash(&scratch, &format!("mkdir temp\n{step}"), &variables));
        let extension = if target.contains("windows") { ".exe" } else { "" };
        let installed = format!("{temp}/ivs-conformance/release/ivs-conformance{extension}");
        let version = Command::new(&installed).arg("--version").output().unwrap();
        assert_eq!(text(&version.stdout).trim(), concat!("ivs-conformance ", env!("CARGO_PKG_VERSION")));
        // A file that was changed on the way is not unpacked.
        succeeded(bash(&scratch, "echo >> dist/*.tar.gz; rm -r temp/*", &[]));
        assert!(!bash(&scratch, step, &variables).status.success(), "{machine}");
        assert!(!Path::new(&installed).exists());
    }
}

#[test]
fn the_image_builds_its_dependencies_apart_and_does_not_run_as_root() {
    let dockerfile = file("deploy/Dockerfile").replace("\\\n", " ");
    let lines: Vec<&str> = dockerfile.lines().collect();
    let layer = lines.iter().find(|line| line.starts_with("RUN sed")).unwrap().trim_start_matches("RUN ");
    let scratch = Scratch::new();
    // Real cargo reads the manifest that the layer is left with; it would build for minutes.
    let metadata = format!("'{}' metadata --no-deps --offline --format-version 1", env!("CARGO"));
    stand_in(&scratch, "cargo", &format!("echo \"$@\" >built; {metadata} >metadata.json"));
    let script = format!("cp \"$ROOT\"/Cargo.{{toml,lock}} . && {layer}");
    succeeded(bash(&scratch, &script, &[("ROOT", ROOT)]));
    let metadata: Value =
        serde_json::from_str(&std::fs::read_to_string(scratch.file("metadata.json")).unwrap()).unwrap();
    let targets = metadata["packages"][0]["targets"].as_array().unwrap();
    let kinds: Vec<&str> = targets.iter().map(|target| target["kind"][0].as_str().unwrap()).collect();
    assert_eq!(kinds, ["lib", "bin"], "what the layer does not have is not in its manifest");
    let built = std::fs::read_to_string(scratch.file("built")).unwrap();
    let last = lines.iter().rfind(|line| line.contains("cargo build")).unwrap();
    assert!(last.trim_end().ends_with(built.trim()), "the layer is of another build: {built} and {last}");
    let user = lines.iter().find_map(|line| line.strip_prefix("USER ")).unwrap();
    assert!(user.parse::<u32>().is_ok_and(|id| id > 0), "{user}");
    let manifest: toml::Table = toml::from_str(&file("Cargo.toml")).unwrap();
    assert_eq!(manifest["profile"]["release"]["strip"].as_bool(), Some(true));
}

/// What completion offers in a shell for the words of a command line.
fn offered(shell: &str, script: &str) -> BTreeSet<String> {
    let scratch = Scratch::new();
    let completions = conformance(&["completions", shell]);
    assert_exit(&completions, 0);
    std::fs::write(scratch.file("completions"), &completions.stdout).unwrap();
    std::os::unix::fs::symlink(PROGRAM, scratch.file("ivs-conformance")).unwrap();
    std::fs::write(scratch.file("script"), script).unwrap();
    let path = format!("{}:{}", scratch.file(""), std::env::var("PATH").unwrap());
    let mut command = Command::new(shell);
    command.arg("script").current_dir(scratch.file("")).env("PATH", path).env("HOME", scratch.file(""));
    let output = command.output().unwrap_or_else(|error| panic!("{shell}: {error}"));
    let page = succeeded(output);
    page.split_whitespace().map(|word| word.trim_matches('\u{1b}').to_owned()).collect()
}

#[test]
fn bash_completes_after_a_command() {
    for (words, wanted, unwanted) in [
        ("ivs-conformance ru", "run", "serve"),
        ("ivs-conformance run --pro", "--profile", "--seed"),
        ("ivs-conformance run --profile s", "standard", "quick"),
        ("ivs-conformance serve --fau", "--fault", "--profile"),
        ("ivs-conformance serve --auth n", "none", "sigv4"),
        ("ivs-conformance spec d", "diff", "check"),
        ("ivs-conformance spec diff --form", "--format", "--fault"),
    ] {
        let script = format!(
            "source completions\nCOMP_WORDS=({words})\nCOMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\nCOMP_LINE='{words}'\n\
             COMP_POINT=${{#COMP_LINE}}\ncompletion=$(complete -p ivs-conformance)\nfunction=${{completion##*-F }}\n\
             \"${{function%% *}}\" ivs-conformance \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"\n\
             printf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
        );
        let offered = offered("bash", &script);
        assert!(offered.contains(wanted) && !offered.contains(unwanted), "{words}: {offered:?}");
    }
}

#[test]
#[ignore = "needs fish"]
fn fish_completes_after_a_command() {
    for (words, wanted, unwanted) in [
        ("ivs-conformance run --pro", "--profile", "--seed"),
        ("ivs-conformance serve --auth n", "none", "sigv4"),
        ("ivs-conformance spec d", "diff", "check"),
    ] {
        let offered = offered("fish", &format!("source completions\ncomplete -C '{words}'\n"));
        assert!(offered.contains(wanted) && !offered.contains(unwanted), "{words}: {offered:?}");
    }
}

#[test]
#[ignore = "needs zsh"]
fn zsh_completes_after_a_command() {
    for (words, wanted) in [
        ("ivs-conformance run --prof", "--profile"),
        ("ivs-conformance serve --auth n", "none"),
        ("ivs-conformance spec d", "diff"),
    ] {
        // Completion needs a line that is edited, at a pseudo-terminal; `go:` is its prompt.
        let script = format!(
            "zmodload zsh/zpty\nzpty shell zsh -f -i\n\
             zpty -w shell 'autoload -Uz compinit && compinit -u -D; source ./completions; PS1=g\"\"o:'\n\
             zpty -r -m shell line '*go:*'\n\
             zpty -w -n shell '{words}'$'\\t'' :end'\nzpty -r -m shell line '*:end*'\nprint -r -- \"$line\"\n"
        );
        let offered = offered("zsh", &script);
        assert!(offered.iter().any(|word| word.contains(wanted)), "{words}: {offered:?}");
    }
}

#[test]
fn each_command_has_a_manual_page_in_a_file() {
    let scratch = Scratch::new();
    let directory = scratch.file("man1");
    assert_exit(&conformance(&["man", "--directory", &directory]), 0);
    let mut names: Vec<String> =
        std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    for name in ["ivs-conformance.1", "ivs-conformance-run.1", "ivs-conformance-spec-export.1"] {
        assert!(names.iter().any(|known| known == name), "no {name} in {names:?}");
    }
    for name in &names {
        let page = std::fs::read_to_string(format!("{directory}/{name}")).unwrap();
        let words: String = name.trim_start_matches("ivs-conformance").trim_end_matches(".1").replace('-', " ");
        let printed: Vec<&str> = ["man"].into_iter().chain(words.split_whitespace()).collect();
        assert_eq!(text(&conformance(&printed).stdout), page, "{name}");
    }
    let unknown = conformance(&["man", "selftst"]);
    assert_exit(&unknown, 2);
    assert!(text(&unknown.stderr).contains("did you mean `selftest`?"), "{unknown:?}");
}

#[test]
#[ignore = "needs man"]
fn man_shows_each_page_without_a_warning() {
    let scratch = Scratch::new();
    let directory = scratch.file("man1");
    assert_exit(&conformance(&["man", "--directory", &directory]), 0);
    for entry in std::fs::read_dir(&directory).unwrap() {
        let mut command = Command::new("man");
        command.args(["--warnings", "--local-file"]).arg(entry.unwrap().path()).env("MANWIDTH", "100");
        let output = command.env("LC_ALL", "C.UTF-8").output().unwrap();
        assert_eq!(text(&output.stderr), "");
        let page = succeeded(output);
        for title in ["NAME", "SYNOPSIS", "DESCRIPTION", "ENVIRONMENT", "EXIT STATUS"] {
            assert!(page.lines().any(|line| line == title), "no {title} in {page}");
        }
    }
}
