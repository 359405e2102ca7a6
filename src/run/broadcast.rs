//! Broadcasts by a command: a shell command sends a stream to the target until it is told to stop.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::session::{Blocked, Session};
use super::settings::BroadcastCommand;
use crate::plan::suite::{BroadcastState, BroadcastStep};

/// What a command is told, by placeholder and environment variable.
const PLACEHOLDERS: [(&str, &str); 3] = [
    ("{ingest-endpoint}", "IVS_CONFORMANCE_INGEST_ENDPOINT"),
    ("{stream-key}", "IVS_CONFORMANCE_STREAM_KEY"),
    ("{duration}", "IVS_CONFORMANCE_DURATION"),
];
/// How long a command may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);

/// A command that streams to the target.
#[derive(Debug)]
pub struct Streaming {
    /// Identifier of the resource that broadcasts.
    pub resource: String,
    child: Child,
}

impl Streaming {
    /// Starts a command. Its placeholders become variables of its environment, so that no secret stands in its text.
    ///
    /// # Errors
    /// It cannot be started.
    fn start(command: &BroadcastCommand, resource: &str, endpoint: &str, key: &str) -> Result<Streaming, String> {
        let seconds = command.duration.as_secs().to_string();
        let mut line = command.line.clone();
        let mut shell = Command::new("sh");
        for ((placeholder, variable), value) in PLACEHOLDERS.iter().zip([endpoint, key, &seconds]) {
            line = line.replace(placeholder, &format!("${{{variable}}}"));
            shell.env(variable, value);
        }
        let child = shell
            .args(["-c", &line])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("the broadcast command does not start: {error}"))?;
        Ok(Streaming { resource: resource.to_owned(), child })
    }

    /// Why it ended already, if it did.
    fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok().flatten()?;
        Some(format!("the broadcast command ended by itself ({status}); try it by hand"))
    }

    /// Asks the command to end, with a `q` and the end of its input, then makes it.
    pub async fn stop(mut self) {
        if let Some(mut input) = self.child.stdin.take() {
            // One that is gone already needs no asking.
            let _ = input.write_all(b"q\n").await;
        }
        if timeout(GRACE, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }
}

impl Session<'_> {
    /// Starts or ends a broadcast by a command.
    pub(super) async fn stream(
        &mut self,
        command: &BroadcastCommand,
        resource: &str,
        step: &BroadcastStep,
    ) -> Result<(), Blocked> {
        if step.health.is_some() {
            return Err(Blocked("a broadcast command cannot choose the health of its stream".to_owned()));
        }
        if let Some(position) = self.worker.streaming.iter().position(|streaming| streaming.resource == resource) {
            self.worker.streaming.remove(position).stop().await;
        }
        if step.state == BroadcastState::Offline {
            return Ok(());
        }
        let outer = self.variables.clone();
        let kind = self.worker.env.contract.rules.broadcast.as_ref().map(|control| control.resource.clone());
        self.variables.extend(kind.map(|kind| (kind, Value::from(resource))));
        let found = self.find_ingest().await;
        let [endpoint, key] = ["ingest-endpoint", "stream-key"]
            .map(|name| self.variables.get(name).and_then(Value::as_str).unwrap_or_default().to_owned());
        self.variables = outer;
        found?;
        if endpoint.is_empty() || key.is_empty() {
            return Err(Blocked("the suite does not say where a broadcaster streams to".to_owned()));
        }
        self.worker.tally.secrets.insert(&key);
        let mut streaming = Streaming::start(command, resource, &endpoint, &key).map_err(Blocked)?;
        tokio::time::sleep(Duration::from_millis(300)).await;
        if let Some(reason) = streaming.ended() {
            return Err(Blocked(reason));
        }
        self.worker.streamed.insert(resource.to_owned());
        self.worker.streaming.push(streaming);
        Ok(())
    }

    /// What is waited for in vain says nothing of the target if nothing is sent there any more.
    pub(super) fn broadcasts_go_on(&mut self) -> Result<(), Blocked> {
        match self.worker.streaming.iter_mut().find_map(Streaming::ended) {
            Some(reason) => Err(Blocked(reason)),
            None => Ok(()),
        }
    }

    async fn find_ingest(&mut self) -> Result<(), Blocked> {
        let env = std::sync::Arc::clone(&self.worker.env);
        for step in &env.plan.suites.ingest.steps {
            Box::pin(self.must(step)).await?;
        }
        Ok(())
    }

    /// Ends the broadcast of a resource that is about to be deleted; true if there was one at any time.
    pub(super) async fn stop_streaming(&mut self, arn: &str) -> bool {
        if let Some(position) = self.worker.streaming.iter().position(|streaming| streaming.resource == arn) {
            self.worker.streaming.remove(position).stop().await;
        }
        self.worker.streamed.remove(arn)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn command(line: &str) -> BroadcastCommand {
        BroadcastCommand { line: line.to_owned(), duration: Duration::from_secs(90) }
    }

    #[tokio::test]
    async fn a_command_gets_what_it_needs_and_ends_when_it_is_asked_to() {
        let file = std::env::temp_dir().join(format!("ivs-conformance-stream-{}", std::process::id()));
        let line = format!(
            "echo \"{{ingest-endpoint}} {{stream-key}} {{duration}}\" > {0}; read word; echo $word >> {0}",
            file.display()
        );
        let key = "sk_x_\"; touch /tmp/never; \"";
        let streaming = Streaming::start(&command(&line), "arn", "a.example", key).unwrap();
        streaming.stop().await;
        let written = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(written, format!("a.example {key} 90\nq\n"));
    }

    #[tokio::test]
    async fn a_command_that_ends_by_itself_is_seen() {
        let mut streaming = Streaming::start(&command("exit 7"), "arn", "e", "k").unwrap();
        let _ = streaming.child.wait().await;
        assert!(streaming.ended().unwrap().contains("by itself"));
    }
}
