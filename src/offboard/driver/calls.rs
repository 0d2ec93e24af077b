//! One call on its way: it first waits for its token, which may take as long as a sign-in, and only then leaves. Whoever
//! stops its run meanwhile is obeyed: nothing has left yet.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use crate::defender::{Answered, Client, OffboardOutcome};
use crate::domain::{Comment, Offboardable};
use crate::offboard::journal::rows::{RunRow, Wish};
use crate::offboard::machine_run::Outcome;
use crate::offboard::view::RunId;

use super::translate;

/// What is stopped. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Stops(Arc<Mutex<Stopped>>);

#[derive(Debug, Default)]
struct Stopped {
    runs: HashSet<RunId>,
    /// The process ends, or its journal failed.
    all: bool,
}

impl Stops {
    /// Notes what is wanted of runs, as the journal has it now.
    pub(super) fn note(&self, rows: &[RunRow]) {
        self.with(|stopped| {
            for row in rows {
                if row.wish == Wish::Go {
                    stopped.runs.remove(&row.id);
                } else {
                    stopped.runs.insert(row.id);
                }
            }
        });
    }

    /// Nothing leaves any more.
    pub(super) fn all(&self) {
        self.with(|stopped| stopped.all = true);
    }

    fn is_stopped(&self, run: RunId) -> bool {
        self.with(|stopped| stopped.all || stopped.runs.contains(&run))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Stopped) -> T) -> T {
        work(&mut self.0.lock().expect("no panic while it is held"))
    }
}

/// Sends one call, unless its run was stopped while it waited for its token.
pub(super) async fn call(
    client: &Client,
    run: RunId,
    machine: &Offboardable,
    comment: &Comment,
    stops: &Stops,
) -> Answered<Outcome> {
    let never_left = |value| {
        let generation = client.identity().map(|identity| identity.generation).unwrap_or_default();
        Answered { value, date: None, generation }
    };
    if let Err(error) = client.sign_in().await {
        return never_left(translate::outcome(OffboardOutcome::NotSent(error)));
    }
    if stops.is_stopped(run) {
        return never_left(Outcome::Withheld("stopped before it left".into()));
    }
    let Answered { value, date, generation } = client.offboard(machine, comment).await;
    Answered { value: translate::outcome(value), date, generation }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::defender::{ApiBase, Authority, ClientConfig, SignIn};
    use crate::offboard::simulation::plan;

    /// The sign-in host answers only when the test says so; the API counts who connects.
    #[tokio::test]
    async fn what_is_stopped_while_it_waits_for_its_token_never_leaves() {
        for is_stopped in [true, false] {
            let (host, api) = (
                TcpListener::bind("127.0.0.1:0").await.unwrap(),
                TcpListener::bind("127.0.0.1:0").await.unwrap(),
            );
            let url = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
            let sign_in = SignIn::ClientSecret {
                authority: Authority::parse(&url(&host)).unwrap(),
                tenant: "contoso.com".into(),
                client_id: "a-1".into(),
                secret: "of no use".to_owned().into(),
            };
            let client =
                Client::new(ClientConfig::new(ApiBase::parse(&url(&api)).unwrap(), sign_in)).unwrap();
            let plan = plan("4f2a", ["m1".to_owned()]);
            let (stops, run) = (Stops::default(), RunId(1));
            let sign_in = async {
                let (mut connection, _) = host.accept().await.unwrap();
                assert!(connection.read(&mut [0; 4_096]).await.unwrap() > 0);
                if is_stopped {
                    stops.with(|stopped| stopped.runs.insert(run));
                }
                let body = r#"{"token_type":"Bearer","expires_in":3600,"access_token":"t"}"#;
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
                let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                connection.write_all(answer.as_bytes()).await.unwrap();
                drop(connection);
                // Whatever comes to the API is dropped unanswered.
                api.accept().await.map(drop)
            };
            let machine = &plan.machines()[0].machine;
            let outcome = tokio::select! {
                answered = call(&client, run, machine, plan.comment(), &stops) => answered.value,
                connected = sign_in => {
                    connected.unwrap();
                    assert!(!is_stopped, "it left though it was stopped");
                    continue;
                }
            };
            assert_eq!(outcome, Outcome::Withheld("stopped before it left".into()));
            assert!(is_stopped, "nothing stopped it");
        }
    }
}
