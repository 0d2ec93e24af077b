//! Ten machines offboarded without a screen: the simulated tenant over real HTTP, the client, the engine and its
//! journal on disk. What became of them is told by the tenant's own log.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use offramp::defender::{ApiBase, Authority, Client, ClientConfig, SignIn};
use offramp::domain::{Comment, HealthStatus, Machine, Mark, Offboardable};
use offramp::emulator::{Api, Emulator, Faults, Options, Scripted, Switches};
use offramp::offboard::view::{Driver, MachineState, Phase, RunId, RunView, Seat, Status};
use offramp::offboard::{Offboarding, Operator, Plan, Setup};

/// A tenant, and a place for the journal.
struct Setting {
    emulator: Emulator,
    dir: tempfile::TempDir,
    speed: f64,
}

impl Setting {
    async fn new(faults: Faults, speed: f64, switches: Switches) -> Self {
        let options = Options { devices: 900, faults, speed, switches, ..Options::default() };
        let emulator = Emulator::start(options).await.unwrap();
        Self { emulator, dir: tempfile::tempdir().unwrap(), speed }
    }

    fn start(&self) -> Offboarding {
        start(self.dir.path(), self.speed)
    }

    fn client(&self) -> Client {
        let sign_in = SignIn::ClientSecret {
            authority: Authority::parse(&self.emulator.url()).unwrap(),
            tenant: self.emulator.tenant_id().to_owned(),
            client_id: self.emulator.client_id().to_owned(),
            secret: self.emulator.client_secret().to_owned().into(),
        };
        let mut config = ClientConfig::new(ApiBase::parse(&self.emulator.url()).unwrap(), sign_in);
        config.speed = self.speed;
        Client::new(config).unwrap()
    }

    /// Signs in, and gives the engine the client.
    async fn sign_in(&self, engine: &Offboarding) -> Client {
        let client = self.client();
        let identity = loop {
            match client.sign_in().await {
                Ok(identity) => break identity,
                Err(error) if error.may_pass() => {}
                Err(error) => panic!("{error}"),
            }
        };
        engine.signed_in(client.clone(), identity);
        client
    }
}

fn start(dir: &Path, speed: f64) -> Offboarding {
    let operator = Operator { name: "jdoe".into(), ..Operator::default() };
    Offboarding::start(Setup { state_dir: Some(dir.to_owned()), speed, operator })
}

/// Machines of the list that the rule allows and that report.
async fn offboardable(client: &Client, n: usize) -> Vec<Machine> {
    let mut list = client.machines();
    let mut chosen: BTreeMap<_, Machine> = BTreeMap::new();
    while let Some(page) = list.next().await {
        let page = match page {
            Ok(page) => page,
            Err(error) if error.may_pass() => continue,
            Err(error) => panic!("{error}"),
        };
        for machine in page.machines {
            if Offboardable::of(&machine).is_ok() && machine.health == Some(HealthStatus::Active) {
                chosen.insert(machine.id.clone(), machine);
            }
        }
    }
    assert!(chosen.len() >= n, "only {} machines", chosen.len());
    chosen.into_values().take(n).collect()
}

async fn plan(engine: &Offboarding, machines: &[Machine]) -> Plan {
    let mark = Mark { run: engine.run_name().await.unwrap(), operator: "jdoe".into() };
    let comment = Comment::parse("CHG-1042 retire the Paris web tier", Some(&mark)).unwrap();
    Plan::freeze(mark, comment, machines).unwrap()
}

/// Waits until a run is shown that fulfils a condition.
async fn until_run(
    engine: &Offboarding,
    id: RunId,
    what: &str,
    condition: impl Fn(&RunView) -> bool,
) -> Arc<Status> {
    until(engine, what, |status| status.runs.iter().any(|run| run.id == id && condition(run))).await
}

/// Waits until what is shown fulfils a condition.
async fn until(engine: &Offboarding, what: &str, condition: impl Fn(&Status) -> bool) -> Arc<Status> {
    let mut status = engine.status();
    let seen = tokio::time::timeout(Duration::from_secs(240), status.wait_for(|status| condition(status)))
        .await
        .map(|status| Arc::clone(&status.unwrap()));
    seen.unwrap_or_else(|_| panic!("waited in vain until {what}: {:#?}", engine.status().borrow()))
}

fn run(status: &Status, id: RunId) -> &RunView {
    status.runs.iter().find(|run| run.id == id).unwrap()
}

async fn ready(engine: &Offboarding) {
    until(engine, "the seat is ours", |status| status.seat == Seat::Mine).await;
}

async fn confirm(engine: &Offboarding, plan: &Plan) -> RunId {
    loop {
        match engine.confirm(plan.clone()).await {
            Ok(run) => return run,
            Err(words) => assert_eq!(words.as_str(), "sign in first", "while the journal opens the bucket"),
        }
        tokio::task::yield_now().await;
    }
}

/// The tenant says: these machines, each with exactly one action.
fn each_has_one_action(emulator: &Emulator, machines: &[Machine]) {
    let mut actions: BTreeMap<String, usize> = BTreeMap::new();
    for (machine, ..) in emulator.offboard_actions() {
        *actions.entry(machine).or_default() += 1;
    }
    let expected: BTreeMap<String, usize> = machines.iter().map(|m| (m.id.to_string(), 1)).collect();
    assert_eq!(actions, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_machines_are_offboarded_and_their_actions_come_back() {
    let switches = Switches { failed_per_mille: 0, offboard_latency_ms: 5, ..Switches::default() };
    let setting = Setting::new(Faults::None, 20.0, switches).await;
    let engine = setting.start();
    ready(&engine).await;
    let client = setting.sign_in(&engine).await;
    let machines = offboardable(&client, 10).await;
    let plan = plan(&engine, &machines).await;
    let id = confirm(&engine, &plan).await;

    let sent =
        until_run(&engine, id, "all are accepted", |run| run.counts.pending + run.counts.succeeded == 10)
            .await;
    assert_eq!(sent.calls.minute.used as usize, 10);
    let done = until_run(&engine, id, "the run is finished", |run| run.phase == Phase::Finished).await;
    let view = run(&done, id);
    assert_eq!((view.counts.succeeded, view.counts.all()), (10, 10));
    assert_eq!(view.comment.as_str(), plan.comment().as_sent());
    assert_eq!(done.last_action.as_ref().unwrap().status.as_str(), "Succeeded");
    assert_eq!(done.trouble, None);

    let views = engine.machines(id).await.unwrap();
    for (view, machine) in views.iter().zip(&machines) {
        assert_eq!((&view.id, view.state, view.attempts), (&machine.id, MachineState::Succeeded, 1));
        let action = view.action.as_ref().unwrap();
        assert_eq!(action.property("status").unwrap().as_str(), "Succeeded");
        assert_eq!(action.property("requestorComment").unwrap().as_str(), plan.comment().as_sent());
    }
    each_has_one_action(&setting.emulator, &machines);
    let calls = setting.emulator.log().iter().filter(|call| call.api == Api::Offboard).count();
    assert_eq!(calls, 10, "the tenant saw each call once");

    assert_eq!(engine.recent_comments().await, ["CHG-1042 retire the Paris web tier".into()]);
    let refused = engine.confirm(plan).await.unwrap_err();
    assert!(refused.as_str().ends_with("is on this host already"), "{refused}");
    engine.shut_down().await;

    // After a restart it is all still there, as the service returned it.
    let again = setting.start();
    until(&again, "the journal is read", |status| !status.runs.is_empty()).await;
    assert_eq!(again.machines(id).await.unwrap(), views);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rough_faults_lose_nothing_and_send_nothing_twice() {
    let setting = Setting::new(Faults::Rough, 120.0, Switches::default()).await;
    let engine = setting.start();
    ready(&engine).await;
    let client = setting.sign_in(&engine).await;
    let machines = offboardable(&client, 40).await;
    let plan = plan(&engine, &machines).await;
    let id = confirm(&engine, &plan).await;
    until_run(&engine, id, "the run is finished or a person has to decide", |run| {
        let counts = run.counts;
        counts.queued + counts.sending + counts.unknown + counts.pending == 0
    })
    .await;
    let mut actions: BTreeMap<String, usize> = BTreeMap::new();
    for (machine, ..) in setting.emulator.offboard_actions() {
        *actions.entry(machine).or_default() += 1;
    }
    assert!(actions.values().all(|n| *n == 1), "{actions:?}");
    for view in engine.machines(id).await.unwrap() {
        let there = actions.contains_key(view.id.as_str());
        match view.state {
            MachineState::Succeeded | MachineState::Failed => assert!(there, "{view:?}"),
            MachineState::Refused => assert!(!there, "{view:?}"),
            MachineState::Undecided => {}
            other => panic!("{other:?}: {view:?}"),
        }
    }
    assert!(setting.emulator.busiest(Api::Offboard, 60_000) <= 100);
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_driver_that_dies_in_the_middle_is_taken_over() {
    let switches = Switches { failed_per_mille: 0, offboard_latency_ms: 60, ..Switches::default() };
    let setting = Setting::new(Faults::None, 60.0, switches).await;
    let engine = setting.start();
    ready(&engine).await;
    let client = setting.sign_in(&engine).await;
    let machines = offboardable(&client, 60).await;
    // Two whose action is created and one whose is not never get an answer.
    setting.emulator.set_switches(|switches| {
        let scripts = [Scripted::CreatedThenHang, Scripted::Hang, Scripted::CreatedThenHang];
        for (machine, script) in machines[20..].iter().zip(scripts) {
            switches.machine_scripts.insert(machine.id.to_string(), vec![script]);
        }
    });
    let plan = plan(&engine, &machines).await;
    let id = confirm(&engine, &plan).await;
    until_run(&engine, id, "some are sent, three are on their way", |run| {
        run.counts.pending + run.counts.succeeded >= 24 && run.counts.sending >= 3
    })
    .await;

    // A second console lists and reads, says who sends, and sends nothing.
    let second = setting.start();
    let seen =
        until(&second, "another has the seat", |status| matches!(status.seat, Seat::Other { .. })).await;
    assert_eq!(seen.seat, Seat::Other { pid: std::process::id() });
    let seen = until(&second, "it sees the run", |status| !status.runs.is_empty()).await;
    assert_eq!(run(&seen, id).driver, Driver::Other { pid: std::process::id() });
    setting.sign_in(&second).await;
    let words = second.confirm(plan.clone()).await.unwrap_err();
    assert!(words.as_str().starts_with("another console (process "), "{words}");

    drop(engine); // as `kill -9` would end it: no goodbye, requests dropped
    let waits = until(&second, "the run is offered", |status| {
        status.seat == Seat::Mine && run(status, id).phase == Phase::Unfinished
    })
    .await;
    let view = run(&waits, id);
    assert_eq!(view.driver, Driver::Me);
    assert!(view.looking_until.is_some() && view.counts.unknown >= 1, "{view:?}");
    let before = setting.emulator.log().iter().filter(|call| call.api == Api::Offboard).count();
    let found = until_run(&second, id, "nothing is unknown any more", |run| run.counts.unknown == 0).await;
    let calls = setting.emulator.log().iter().filter(|call| call.api == Api::Offboard).count();
    assert_eq!(calls, before, "nothing goes on by itself");

    let left = run(&found, id).counts.left_to_send();
    let words = second.go_on(id, left + 1).await.unwrap_err();
    assert!(words.as_str().ends_with("look again"), "{words}");
    second.go_on(id, left).await.unwrap();
    let done = until_run(&second, id, "the run is finished", |run| run.phase == Phase::Finished).await;
    assert_eq!(run(&done, id).counts.succeeded, 60, "{:?}", run(&done, id));
    each_has_one_action(&setting.emulator, &machines);
    second.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_run_goes_on_and_a_cancelled_one_does_not() {
    let switches = Switches { failed_per_mille: 0, offboard_latency_ms: 40, ..Switches::default() };
    let setting = Setting::new(Faults::None, 20.0, switches).await;
    let engine = setting.start();
    ready(&engine).await;
    let client = setting.sign_in(&engine).await;
    let machines = offboardable(&client, 90).await;
    let first = confirm(&engine, &plan(&engine, &machines[..45]).await).await;
    until_run(&engine, first, "it sends", |run| run.counts.sent() >= 3).await;
    engine.stop(first).await.unwrap();
    let stopped = until_run(&engine, first, "nothing is on its way", |run| {
        matches!(run.phase, Phase::Stopped { .. }) && run.counts.sending == 0
    })
    .await;
    let Phase::Stopped { by, .. } = &run(&stopped, first).phase else { unreachable!() };
    assert_eq!(by.as_str(), "stopped by jdoe");
    let left = run(&stopped, first).counts.queued;
    assert!(left > 0, "stopped in the middle");
    engine.go_on(first, left).await.unwrap();

    let second = confirm(&engine, &plan(&engine, &machines[45..]).await).await;
    engine.cancel_queued(second).await.unwrap();
    let done = until(&engine, "both are finished", |status| {
        status.runs.len() == 2 && status.runs.iter().all(|run| run.phase == Phase::Finished)
    })
    .await;
    assert_eq!(run(&done, first).counts.succeeded, 45);
    let counts = run(&done, second).counts;
    assert_eq!(counts.cancelled + counts.succeeded, 45);
    assert!(counts.cancelled > 0);
    let words = engine.go_on(second, 0).await.unwrap_err();
    assert!(words.as_str().ends_with("was cancelled"), "{words}");
    engine.shut_down().await;
}

#[tokio::test]
async fn without_a_journal_nothing_is_sent_and_it_says_which_file() {
    let engine = start(Path::new("/proc/offramp-state"), 1.0); // takes no files, not even root's
    let status = until(&engine, "it says so", |status| status.seat != Seat::Opening).await;
    let Seat::NoJournal(words) = &status.seat else { panic!("{status:?}") };
    assert!(words.as_str().starts_with("/proc/offramp-state cannot be used ("), "{words}");
    assert_eq!(engine.run_name().await.unwrap_err(), *words);
    assert_eq!(engine.recent_comments().await, []);
    engine.shut_down().await;
    assert_eq!(engine.run_name().await.unwrap_err().as_str(), "the engine has ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_engine_says_nothing() {
    let setting = Setting::new(Faults::None, 1.0, Switches::default()).await;
    let engine = setting.start();
    ready(&engine).await;
    setting.sign_in(&engine).await;
    // Asking twice is answered after all that was under way before.
    engine.run_name().await.unwrap();
    let mut status = engine.status();
    let mut quiet = false;
    while !quiet {
        status.borrow_and_update();
        // The engine looks at its journal each second: three of its looks pass without a word.
        quiet = tokio::time::timeout(Duration::from_millis(3_200), status.changed()).await.is_err();
    }
    let lists = setting.emulator.log().iter().filter(|call| call.api == Api::MachineActions).count();
    assert!(lists <= 1, "without a run there is nothing to follow: {lists} lists");
    engine.shut_down().await;
}
