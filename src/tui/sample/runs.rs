//! The runs of the design's pictures: 4e90 stopped, 51d0 waiting, six behind them, and the machines of 51d0.

use std::sync::Arc;

use super::{Console, at, console, run, status};
use crate::domain::{ActionId, ActionKind, ActionStatus, MachineAction, MachineId, SafeText};
use crate::offboard::view::{
    Calls, Counts, Driver, MachineState, MachineView, Phase, RunId, RunView, Status, Window,
};
use crate::tui::msg::Msg;

/// The instant of the pictures of a run.
pub(crate) const NOW: &str = "2026-11-24T12:05:24Z";

/// The number of a run by its name.
pub(crate) fn id(name: &str) -> RunId {
    RunId(i64::from_str_radix(name, 16).expect("hex"))
}

/// The list of the pictures.
pub(crate) fn runs() -> Vec<RunView> {
    let phase = |words: &str| match words {
        "stopped" => Phase::Stopped { by: "the terminal was lost".into(), at: at("2026-11-24T11:21:40Z") },
        "waiting" => Phase::Waiting("the minute is full".into()),
        "sent" => Phase::Sent,
        _ => Phase::Finished,
    };
    let mut runs = Vec::new();
    for (name, started, state, numbers, comment) in [
        ("51d0", "2026-11-24T12:03:27Z", "waiting", [3, 1, 137, 80, 115], "CHG-1051 close the Paris site"),
        ("4d02", "2026-11-24T12:00:02Z", "sent", [0, 0, 0, 7, 56], "CHG-1046 retire the Nantes kiosks"),
        ("4c71", "2026-11-24T11:41:09Z", "finished", [0, 0, 0, 0, 301], "CHG-1044 replace the Metz farm"),
        ("4e90", "2026-11-24T11:20:31Z", "stopped", [2, 0, 12, 9, 36], "CHG-1040 retire the Lille stores"),
        ("3e81", "2026-11-24T09:55:50Z", "finished", [1, 0, 0, 0, 36], "CHG-1038 retire the Lyon lab"),
        ("3d07", "2026-11-23T16:12:00Z", "sent", [0, 0, 0, 5, 7], "INC-20771 kiosks become thin clients"),
        ("39c4", "2026-11-21T08:30:00Z", "finished", [0, 0, 0, 0, 1_412], "CHG-1011 duplicate records"),
        ("38aa", "2026-11-20T17:02:00Z", "finished", [2, 0, 80, 0, 8], "CHG-1009 wrong list"),
    ] {
        let [failed, unknown, unsent, pending, succeeded] = numbers;
        let halted = matches!(state, "stopped" | "waiting");
        let (queued, cancelled) = if halted { (unsent, 0) } else { (0, unsent) };
        let undecided = usize::from(halted);
        let counts =
            Counts { queued, unknown, undecided, pending, succeeded, failed, cancelled, ..Counts::default() };
        let started = at(started);
        let ended = (state == "finished").then(|| started + jiff::SignedDuration::from_secs(142));
        runs.push(RunView {
            started,
            ended,
            driver: if state == "waiting" { Driver::Me } else { Driver::Nobody },
            all_sent_by: (state == "waiting").then(|| at("2026-11-24T12:06:33Z")),
            last_word: at("2026-11-24T11:21:40Z"),
            ..run(name, comment, phase(state), counts)
        });
    }
    runs
}

/// The minute is full and 51d0 waits for it.
pub(crate) fn busy() -> Status {
    let mut status = Status { runs: runs(), change: 1, ..status() };
    status.calls = Calls {
        minute: Window {
            used: 100,
            max: 100,
            first_frees: Some(at("2026-11-24T12:05:28Z")),
            all_free: Some(at("2026-11-24T12:05:40Z")),
        },
        hour: Window {
            used: 612,
            max: 1_500,
            first_frees: Some(at("2026-11-24T12:20:31Z")),
            all_free: Some(at("2026-11-24T13:05:20Z")),
        },
        free_now: 0,
        next_call: Some(at("2026-11-24T12:05:28Z")),
        ..Calls::default()
    };
    status
}

/// A status with one run changed.
pub(crate) fn with(mut status: Status, name: &str, change: impl FnOnce(&mut RunView)) -> Status {
    change(status.runs.iter_mut().find(|run| run.name == name).expect("a run of the list"));
    status.change += 1;
    status
}

/// 51d0 after `!`.
pub(crate) fn stopped() -> Status {
    with(busy(), "51d0", |run| {
        run.phase = Phase::Stopped { by: "stopped by jdoe".into(), at: at("2026-11-24T12:05:31Z") };
        run.counts = Counts { queued: 112, sending: 8, pending: 90, succeeded: 122, ..run.counts };
        run.all_sent_by = None;
    })
}

/// Nothing goes on: 51d0 is all sent.
pub(crate) fn quiet() -> Status {
    let status = with(busy(), "51d0", |run| {
        run.phase = Phase::Sent;
        run.counts = Counts { queued: 0, succeeded: 252, ..run.counts };
    });
    Status { calls: super::status().calls, ..status }
}

/// A console of the machines with such a status.
pub(crate) fn console_with(status: Status, width: u16, height: u16) -> Console {
    let mut console = console(width, height);
    console.now = at(NOW);
    console.tell(Msg::Status(Arc::new(status)));
    console.asked();
    console
}

/// A machine of a run where nothing is known of it but its state.
pub(crate) fn machine(name: &str, id: &str, state: MachineState) -> MachineView {
    MachineView {
        id: MachineId::parse(&format!("{id:0<40}")).expect("an id"),
        name: Some(SafeText::new(&format!("{name}.corp.contoso.com"))),
        state,
        attempts: u32::from(state != MachineState::Queued),
        sent: (state != MachineState::Queued).then(|| at("2026-11-24T12:03:28Z")),
        action: None,
        asked: Some(at("2026-11-24T12:05:22Z")),
        why: None,
        history: Vec::new(),
        inactive_since: None,
    }
}

/// The same with a MachineAction.
pub(crate) fn acting(name: &str, id: &str, state: MachineState, status: &str, action: &str) -> MachineView {
    let mut view = machine(name, id, state);
    let action = format!("{action}-27f6-4208-81f2-9cd3d67893ba");
    let updated = "2026-11-24T12:03:29.1183406Z";
    let properties = [
        ("id", action.as_str()),
        ("type", "Offboard"),
        ("requestor", "ir-automation"),
        ("requestorComment", "CHG-1051 close the Paris site [offramp 51d0 jdoe]"),
        ("status", status),
        ("machineId", view.id.as_str()),
        ("computerDnsName", &format!("{name}.corp.contoso.com")),
        ("creationDateTimeUtc", "2026-11-24T12:03:29.1183402Z"),
        ("lastUpdateDateTimeUtc", updated),
        ("errorHResult", if status == "Failed" { "-2147023436" } else { "0" }),
        ("requestSource", "PublicApi"),
    ];
    let properties = properties.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    view.action = Some(MachineAction {
        id: ActionId::parse(&action).expect("an id"),
        kind: ActionKind::Offboard,
        status: ActionStatus::parse(status),
        machine: Some(view.id.clone()),
        name: view.name.clone(),
        requestor: Some("ir-automation".into()),
        comment: Some("CHG-1051 close the Paris site [offramp 51d0 jdoe]".into()),
        created: Some(at("2026-11-24T12:03:29.1183402Z")),
        updated: Some(at(updated)),
        error_hresult: Some(if status == "Failed" { -2_147_023_436 } else { 0 }),
        properties,
    });
    view
}

/// The machines of 51d0, as many in each state as its counts say.
pub(crate) fn machines_of(counts: &Counts) -> Vec<MachineView> {
    use MachineState as S;
    let mut out = Vec::new();
    for (n, (name, action)) in PENDING.iter().enumerate().take(counts.pending) {
        let (name, id) = name.split_once(' ').expect("a name and an id");
        let status = if n < 2 { "InProgress" } else { "Pending" };
        let mut view = acting(name, id, S::Accepted, status, action);
        view.inactive_since = match name {
            "par-web-014" => Some(at("2026-11-12T09:14:31Z")),
            "par-web-017" | "par-web-018" => Some(at("2026-11-08T09:14:31Z")),
            _ => None,
        };
        out.push(view);
    }
    for n in out.len()..counts.pending {
        out.push(acting(
            &format!("prs-app-{n:03}"),
            &format!("ab{n:04}"),
            S::Accepted,
            "Pending",
            "44bc9a10",
        ));
    }
    let refused = [
        ("par-db-003", "35b7c61d", "403 Forbidden: Machine is out of the caller's scope"),
        ("par-web-022", "7ccca36a", "404 ResourceNotFound: Machine 5d2a… was not found"),
        ("par-web-031", "10be0000", "400 OsPlatformNotSupported"),
    ];
    for (name, id, why) in refused.iter().take(counts.failed) {
        out.push(MachineView {
            why: Some((*why).into()),
            history: vec![
                ("answered".into(), "403 Forbidden".into()),
                ("message".into(), "Machine is out of the caller's scope".into()),
                ("request-id".into(), "8f1c02d7-6a3e-4b59-9c10-e27d54b8a6f3".into()),
            ],
            ..machine(name, id, S::Refused)
        });
    }
    let id = |n: usize, first: &str| if n == 0 { first.to_owned() } else { format!("{n:04x}{first}") };
    for n in 0..counts.unknown {
        out.push(machine("par-app-009", &id(n, "026b76dc"), S::Unknown));
    }
    for n in 0..counts.undecided {
        out.push(MachineView {
            history: vec![
                (
                    "answered".into(),
                    "400 ActiveRequestAlreadyExists at 12:03:31Z to attempt 1 of this run".into(),
                ),
                (
                    "then looked for".into(),
                    "two complete lists, of 12:04:33Z and 12:04:38Z, show no action on it, by anyone".into(),
                ),
            ],
            ..machine("prs-app-003", &id(n, "58c0e7f2"), S::Undecided)
        });
    }
    for (count, state, prefix) in [
        (counts.sending, S::Sending, "prs-snd"),
        (counts.queued, S::Queued, "prs-que"),
        (counts.set_aside, S::SetAside, "prs-set"),
        (counts.cancelled, S::Cancelled, "prs-can"),
        (counts.left, S::Left, "prs-lft"),
    ] {
        for n in 0..count {
            out.push(machine(&format!("{prefix}-{n:03}"), &format!("{}{n:04}", state as u8 + 10), state));
        }
    }
    for n in 0..counts.succeeded {
        let (name, id) = (format!("prs-web-{n:03}"), format!("cd{n:04}"));
        out.push(acting(&name, &id, S::Succeeded, "Succeeded", "9b03d7a1"));
    }
    out
}

const PENDING: &[(&str, &str)] = &[
    ("par-web-011 8bd59d98", "77aa01c2"),
    ("par-web-012 8ed5a251", "0b2c9f44"),
    ("par-web-013 8dd5a0be", "c3d1e805"),
    ("par-web-014 7b1f4967", "2e9da30d"),
    ("par-web-015 8fd5a3e4", "91f06b7e"),
    ("par-web-017 91d5a70a", "5a40d2c9"),
    ("par-web-018 84d59293", "d8e7713b"),
    ("par-web-020 7acec710", "44bc9a10"),
    ("par-web-021 7bcec8a3", "e02c5b7f"),
    ("par-web-023 7dcecbc9", "1fd9604a"),
    ("par-web-032 32323232", "a61be3c8"),
];

/// A console with the run open and its machines there.
pub(crate) fn opened(status: Status, name: &str, width: u16, height: u16) -> Console {
    let machines = machines_of(&status.runs.iter().find(|run| run.name == name).expect("a run").counts);
    let mut console = console_with(status, width, height);
    console.tell(Msg::Confirmed(Ok(id(name))));
    console.tell(Msg::Machines { run: id(name), machines: Ok(machines) });
    console.asked();
    console
}
