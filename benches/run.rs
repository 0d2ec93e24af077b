//! How long a run takes, beside the bound that the engine's design gives it: `cargo bench --bench run`.
//!
//! 500 machines against the simulated tenant over real HTTP, both at sixty times the speed. The bound is P5 of the
//! design: four windows that are a minute, and an answer's latency, long; the last burst; and the start.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made says so and ends")]

use std::time::Instant;

use offramp::defender::{ApiBase, Authority, Client, ClientConfig, SignIn};
use offramp::domain::{Comment, Machine, Mark, Offboardable};
use offramp::emulator::{Api, Emulator, Options, Switches};
use offramp::offboard::view::Seat;
use offramp::offboard::{Offboarding, Operator, Plan, Setup};

const MACHINES: usize = 500;
const SPEED: f64 = 60.0;
/// ρ: our clock and the service's differ by less.
const DRIFT: f64 = 0.001;

fn main() {
    // `cargo test --benches` runs this with `--test`: there is nothing to check, and nothing to measure.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    tokio::runtime::Runtime::new().unwrap().block_on(run());
}

async fn run() {
    let switches = Switches { failed_per_mille: 0, ..Switches::default() };
    let emulator = Emulator::start(Options { devices: 2_500, speed: SPEED, switches, ..Options::default() })
        .await
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    let engine = Offboarding::start(Setup {
        state_dir: Some(directory.path().to_owned()),
        speed: SPEED,
        operator: Operator { name: "bench".into(), sudo_user: None, login_uid: None, ssh_connection: None },
    });
    let client = client(&emulator);
    let identity = client.sign_in().await.unwrap();
    engine.signed_in(client.clone(), identity);
    let mut status = engine.status();
    status.wait_for(|status| status.seat == Seat::Mine).await.unwrap();
    let machines = offboardable(&client).await;
    let mark = Mark { run: engine.run_name().await.unwrap(), operator: "bench".into() };
    let comment = Comment::parse("how long a run takes", Some(&mark)).unwrap();
    let plan = Plan::freeze(mark, comment, &machines).unwrap();

    let began = Instant::now();
    let id = engine.confirm(plan).await.unwrap();
    let sent = status
        .wait_for(|status| {
            let run = status.runs.iter().find(|run| run.id == id);
            run.is_some_and(|run| run.counts.queued + run.counts.sending == 0)
        })
        .await
        .unwrap()
        .clone();
    let real = began.elapsed();
    let at: Vec<u64> =
        emulator.log().iter().filter(|call| call.api == Api::Offboard).map(|call| call.at).collect();
    let took = (at.iter().max().unwrap() - at.iter().min().unwrap()) as f64 / 1_000.0;
    let latency = f64::from(sent.calls.latency_ms) / 1_000.0;
    let windows = ((MACHINES - 1) / 100) as f64;
    let bound =
        windows * (60.0 * (1.0 + DRIFT) + latency) + (100.0_f64 / 16.0).ceil() * latency + 4.0 * latency;
    println!(
        "{MACHINES} machines at {SPEED} times the speed: {} calls in {:.1} s",
        at.len(),
        real.as_secs_f64()
    );
    println!("  first call to last   {took:8.1} s of the tenant");
    println!("  P5                   {bound:8.1} s at L = {latency:.2} s");
    println!("  ratio                {:8.3}", took / bound);
    println!("  most in 60 s         {:8} of 100", emulator.busiest(Api::Offboard, 60_000));
    engine.shut_down().await;
}

fn client(emulator: &Emulator) -> Client {
    let sign_in = SignIn::ClientSecret {
        authority: Authority::parse(&emulator.url()).unwrap(),
        tenant: emulator.tenant_id().to_owned(),
        client_id: emulator.client_id().to_owned(),
        secret: emulator.client_secret().to_owned().into(),
    };
    let mut config = ClientConfig::new(ApiBase::parse(&emulator.url()).unwrap(), sign_in);
    config.speed = SPEED;
    Client::new(config).unwrap()
}

async fn offboardable(client: &Client) -> Vec<Machine> {
    let mut machines = Vec::new();
    let mut pages = client.machines();
    while let Some(page) = pages.next().await {
        machines.extend(page.unwrap().machines);
    }
    machines.retain(|machine| Offboardable::of(machine).is_ok());
    machines.truncate(MACHINES);
    machines
}
