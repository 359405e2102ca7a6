//! What `docs/`, `action.yml` and `deploy/` tell build servers to run, run: their own shell steps against a target of
//! this test, with stand-ins only for what a build server brings along (the checkout, cargo, the emulator).

#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::markdown::fenced;
use crate::common::{self, Scratch, Target, assert_exit, assert_same, conformance, report, sarif};
use serde_json::Value;

/// The address of the emulator in all these files.
const EMULATOR: &str = "http://127.0.0.1:4566";
/// Keeps each run short; it is found where the steps run.
const CONFIG: &str = "only = [\"CreateChannel.input.*\", \"GetChannel.*\"]\n";
const NAME: &str = "ignore:CreateChannel.input.name.length.max";
const TYPE: &str = "ignore:CreateChannel.input.type.enum";

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

fn yaml(text: &str) -> Value {
    serde_yaml_ng::from_str(text).unwrap()
}

/// The YAML blocks below a heading of the page about continuous integration, in order.
fn documented_blocks(heading: &str) -> Vec<Value> {
    let page = file("docs/continuous-integration.md");
    let blocks = fenced(&page).into_iter().filter(|block| block.heading == heading && block.language == "yaml");
    blocks.map(|block| yaml(&block.text)).collect()
}

/// The TOML block of a page that begins so.
fn documented_toml(page: &str, start: &str) -> String {
    let blocks = fenced(&file(page));
    blocks.into_iter().find(|block| block.language == "toml" && block.text.starts_with(start)).expect(start).text
}

/// A build server's machine: a working directory, programs, and a target that is already running.
struct Machine {
    scratch: Scratch,
    target: Target,
}

impl Machine {
    /// With a target that has faults, and a baseline that knows those of `known`.
    fn new(known: &[&str], faults: &[&str]) -> Machine {
        let machine = Machine { scratch: Scratch::new(), target: Target::with(known) };
        let program = Path::new(env!("CARGO_BIN_EXE_ivs-conformance"));
        std::os::unix::fs::symlink(program, machine.scratch.file("ivs-conformance")).unwrap();
        for stand_in in ["cargo", "start-my-emulator"] {
            let path = machine.scratch.file(stand_in);
            std::fs::write(&path, "#!/bin/sh\nexit 0\n").unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        }
        std::fs::write(machine.scratch.file("ivs-conformance.toml"), CONFIG).unwrap();
        let update =
            format!("ivs-conformance run --endpoint {EMULATOR} --baseline known.toml --update-baseline --implemented");
        assert_exit(&machine.run(&update, &[]), 0);
        Machine { target: Target::with(faults), ..machine }
    }

    /// Runs a step as GitHub and GitLab do: bash that stops at the first command that fails.
    fn run(&self, step: &str, variables: &[(&str, &str)]) -> Output {
        let path = format!("{}:{}", self.scratch.file(""), std::env::var("PATH").unwrap());
        let step = step.replace(EMULATOR, &self.target.endpoint);
        let mut command = Command::new("bash");
        command.args(["-e", "-c", &step]).current_dir(self.scratch.file("")).env("PATH", path).env("NO_COLOR", "1");
        command.env("IVS_CONFORMANCE_STATE_DIR", common::STATE);
        command.env_remove("AWS_REGION").envs(variables.iter().copied()).output().unwrap()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.scratch.file(name)).unwrap()
    }
}

/// The shell steps of a GitHub job, with its matrix filled in; the others only call actions.
fn steps(job: &Value, shard: u64) -> Vec<String> {
    let steps = job["steps"].as_array().unwrap().iter().filter_map(|step| step["run"].as_str());
    let steps: Vec<String> = steps.map(|step| step.replace("${{ matrix.shard }}", &shard.to_string())).collect();
    assert!(!steps.is_empty() && steps.iter().all(|step| !step.contains("${{")), "{steps:#?}");
    steps
}

/// Runs the documented matrix of shards and its verdict.
fn github(machine: &Machine) -> Output {
    let jobs = &documented_blocks("GitHub Actions")[1]["jobs"];
    let shards = jobs["shard"]["strategy"]["matrix"]["shard"].as_array().unwrap();
    for shard in shards {
        for step in steps(&jobs["shard"], shard.as_u64().unwrap()) {
            assert_exit(&machine.run(&step, &[]), 0);
        }
    }
    let summary = machine.scratch.file("step-summary.md");
    let mut steps = steps(&jobs["verdict"], 0);
    let last = steps.pop().unwrap();
    for step in steps {
        assert_exit(&machine.run(&step, &[]), 0);
    }
    machine.run(&last, &[("GITHUB_STEP_SUMMARY", &summary)])
}

#[test]
fn the_documented_matrix_passes_what_is_known_and_fails_what_is_new() {
    let machine = Machine::new(&[NAME], &[NAME]);
    assert_exit(&github(&machine), 0);
    assert!(machine.read("step-summary.md").contains("conforms"), "{}", machine.read("step-summary.md"));
    let machine = Machine::new(&[NAME], &[NAME, TYPE]);
    assert_exit(&github(&machine), 1);
    assert!(machine.read("step-summary.md").contains("CreateChannel.input.type.enum"));
    assert!(machine.read("report.html").starts_with("<!doctype html>"));
}

#[test]
fn a_documented_shard_that_could_not_test_fails_at_once() {
    let machine = Machine::new(&[], &[]);
    let jobs = &documented_blocks("GitHub Actions")[1]["jobs"];
    let check = steps(&jobs["shard"], 1).pop().unwrap().replace(EMULATOR, "http://127.0.0.1:9");
    assert_exit(&machine.run(&check, &[]), 3);
}

/// The lines of a GitLab job as one script, as its runner joins them.
fn script(job: &Value) -> String {
    let lines: Vec<&str> = job["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    lines.join("\n")
}

#[test]
fn the_jobs_for_gitlab_do_the_same() {
    for (faults, code) in [(vec![NAME], 0), (vec![NAME, TYPE], 1), (vec![], 1)] {
        let machine = Machine::new(&[NAME], &faults);
        let pipeline = &documented_blocks("GitLab CI")[0];
        let shards = pipeline["shard"]["parallel"].as_u64().unwrap();
        for shard in 1..=shards {
            let (index, total) = (shard.to_string(), shards.to_string());
            let variables =
                [("CI_NODE_INDEX", index.as_str()), ("CI_NODE_TOTAL", total.as_str()), ("IVS_CONFORMANCE_GIT", "x")];
            assert_exit(&machine.run(&script(&pipeline["shard"]), &variables), 0);
        }
        let verdict = machine.run(&script(&pipeline["verdict"]), &[("IVS_CONFORMANCE_GIT", "x")]);
        assert_exit(&verdict, code);
        assert!(machine.read("junit.xml").contains("<testsuites"));
    }
}

/// Runs the composite action as a workflow calls it; the outputs, and how it ended.
fn action(machine: &Machine, given: &Value) -> (BTreeMap<String, String>, Output) {
    let action = yaml(&file("action.yml"));
    let declared = action["inputs"].as_object().unwrap();
    for name in given.as_object().unwrap().keys() {
        assert!(declared.contains_key(name), "action.yml has no input `{name}`");
    }
    assert!(declared.values().all(|input| input["description"].as_str().is_some_and(|text| !text.is_empty())));
    let value = |name: &str| {
        let value = given.get(name).or(declared.get(name).map(|input| &input["default"]));
        value.and_then(Value::as_str).unwrap_or_else(|| panic!("an input named {name}")).to_owned()
    };
    let (outputs, summary) = (machine.scratch.file("outputs"), machine.scratch.file("step-summary.md"));
    let mut results: BTreeMap<String, String> = BTreeMap::new();
    let mut last = None;
    for step in action["runs"]["steps"].as_array().unwrap() {
        let Some(run) = step["run"].as_str() else { continue };
        // A release is nothing that a test can have.
        if step["id"] == "release" {
            continue;
        }
        assert_eq!(step["shell"], "bash", "{step}");
        let mut variables = vec![("GITHUB_OUTPUT".to_owned(), outputs.clone())];
        variables.extend([("GITHUB_STEP_SUMMARY".to_owned(), summary.clone())]);
        variables.push(("RUNNER_TEMP".to_owned(), machine.scratch.file("")));
        for (name, text) in step["env"].as_object().unwrap() {
            let text = text.as_str().unwrap().trim_start_matches("${{ ").trim_end_matches(" }}");
            let known = match text.strip_prefix("inputs.") {
                Some(input) => value(input),
                None if text == "github.action_path" => machine.scratch.file(""),
                None => results[text.strip_prefix("steps.check.outputs.").expect(text)].clone(),
            };
            variables.push((name.clone(), known));
        }
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let output = machine.run(run, &variables);
        let has_failed = !output.status.success();
        last = Some(output);
        if has_failed {
            break;
        }
        let written = std::fs::read_to_string(&outputs).unwrap_or_default();
        results
            .extend(written.lines().filter_map(|line| line.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())));
    }
    (results, last.unwrap())
}

#[test]
fn the_action_checks_reports_and_gives_the_verdict() {
    let uses = &documented_blocks("GitHub Actions")[0]["jobs"]["conformance"]["steps"];
    let call = uses.as_array().unwrap().iter().find(|step| step["uses"] == "./ivs-conformance").unwrap();
    for (faults, code) in [(vec![NAME], 0), (vec![NAME, TYPE], 1)] {
        let machine = Machine::new(&[NAME], &faults);
        let mut given = call["with"].clone();
        given["binary"] = Value::from("ivs-conformance");
        given["endpoint"] = Value::from(machine.target.endpoint.as_str());
        given["arguments"] = Value::from("--seed 7  --request-timeout 9");
        let (outputs, verdict) = action(&machine, &given);
        assert_exit(&verdict, code);
        assert_eq!(outputs["exit-code"], code.to_string());
        let record = report(&machine.scratch.file("ivs-conformance-reports/report.json"));
        assert_eq!(record["seed"], 7);
        sarif(&machine.scratch.file("ivs-conformance-reports/report.sarif"));
        for name in ["junit.xml", "report.html", "summary.md"] {
            assert!(!machine.read(&format!("ivs-conformance-reports/{name}")).is_empty(), "{name}");
        }
        assert_eq!(machine.read("step-summary.md"), machine.read("ivs-conformance-reports/summary.md"));
    }
}

#[test]
fn the_action_refuses_an_empty_endpoint() {
    let machine = Machine::new(&[], &[]);
    let given = serde_json::json!({"binary": "ivs-conformance", "endpoint": "", "baseline": "known.toml"});
    let (outputs, refusal) = action(&machine, &given);
    assert_exit(&refusal, 2);
    assert!(outputs.is_empty() && String::from_utf8_lossy(&refusal.stdout).contains("endpoint"), "{refusal:?}");
}

/// The one container of a job.
fn container(job: &Value) -> &Value {
    assert_eq!(job["kind"], "Job", "{job}");
    &job["spec"]["template"]["spec"]["containers"][0]
}

/// Runs a container's command with its volume in the machine's directory.
fn pod(machine: &Machine, container: &Value, variables: &[(&str, &str)]) -> Output {
    let words = |key: &str| container[key].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned());
    let line: Vec<String> = words("command").chain(words("args")).collect();
    let [shell, flag, script] = line.as_slice() else { panic!("{line:?}") };
    assert_eq!([shell.as_str(), flag.as_str()], ["/bin/sh", "-c"]);
    let mount = container["volumeMounts"][0]["mountPath"].as_str().unwrap();
    let script = script.replace(&format!("{mount}/"), &machine.scratch.file(""));
    let quoted = script.replace('\'', r"'\''");
    machine.run(&format!("/bin/sh -c '{quoted}'"), variables)
}

#[test]
fn the_indexed_job_and_its_merge_do_the_same() {
    let manifest = file("deploy/kubernetes.yaml");
    let documents: Vec<Value> = manifest.split("\n---\n").map(yaml).collect();
    let job = &documents[1];
    let merge = yaml(&file("deploy/kubernetes-merge.yaml"));
    let shards = job["spec"]["completions"].as_u64().unwrap();
    let known = |name: &str| {
        let all = container(job)["env"].as_array().unwrap();
        all.iter().find(|variable| variable["name"] == name).unwrap()["value"].as_str().unwrap().to_owned()
    };
    assert_eq!(known("SHARDS"), shards.to_string());
    assert_eq!(
        documents[0]["metadata"]["name"],
        merge["spec"]["template"]["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"]
    );
    for (faults, code) in [(vec![], 0), (vec![TYPE, NAME], 1)] {
        let machine = Machine::new(&[], &faults);
        let start = |index: u64| {
            let (index, shards) = (index.to_string(), shards.to_string());
            let variables = [
                ("JOB_COMPLETION_INDEX", index.as_str()),
                ("SHARDS", shards.as_str()),
                ("ENDPOINT", machine.target.endpoint.as_str()),
            ];
            pod(&machine, container(job), &variables)
        };
        // All pods at once, as in a cluster.
        std::thread::scope(|scope| {
            let pods: Vec<_> = (0..shards).map(|index| scope.spawn(move || start(index))).collect();
            // What has diverged is for the merge to say.
            pods.into_iter().for_each(|pod| assert_exit(&pod.join().unwrap(), 0));
        });
        assert_exit(&pod(&machine, container(&merge), &[]), code);
        let single = format!("ivs-conformance run --endpoint {EMULATOR} --report json=single.json");
        assert_exit(&machine.run(&single, &[]), code);
        let [merged, single] = ["report.json", "single.json"].map(|name| report(&machine.scratch.file(name)));
        assert_same(&merged, &single);
    }
    let machine = Machine::new(&[], &[]);
    let nobody = [("JOB_COMPLETION_INDEX", "0"), ("SHARDS", "8"), ("ENDPOINT", "http://127.0.0.1:9")];
    assert_exit(&pod(&machine, container(job), &nobody), 3);
}

#[test]
fn the_documented_baseline_can_be_read() {
    let scratch = Scratch::new();
    let known = scratch.file("known.toml");
    // The day that it shows is to come for ever.
    let text = documented_toml("docs/continuous-integration.md", "# Cause: ")
        .replace("expires = \"2027-", "expires = \"2999-");
    assert!(text.contains("2999-"), "{text}");
    std::fs::write(&known, text).unwrap();
    let target = Target::with(&[NAME]);
    let arguments = ["run", "--endpoint", &target.endpoint, "--only", "CreateChannel.input.*", "--baseline", &known];
    assert_exit(&conformance(&arguments), 0);
}

#[test]
fn the_documented_configuration_is_understood() {
    let machine = Machine::new(&[NAME], &[NAME]);
    let text = documented_toml("docs/configuration.md", "endpoint = ").replace(EMULATOR, &machine.target.endpoint);
    std::fs::write(machine.scratch.file("ivs-conformance.toml"), text).unwrap();
    let output = machine.run("ivs-conformance run --only 'CreateChannel.input.*' --only 'StopStream.*'", &[]);
    // The operation is there, though the file says that it is not.
    assert_exit(&output, 1);
    let said = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("StopStream responded though expected not to be implemented"), "{said}");
    assert!(machine.read("junit.xml").contains("<testsuites") && !machine.read("report.html").is_empty());
}
