//! A tenant and a console for the tests of the screens: the same machines that the design's pictures show.

pub(crate) mod runs;

use std::sync::Arc;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::App;
use super::key::{Input, Key};
use super::msg::{Msg, Who};
use super::shared::Shared;
use super::theme::{Depth, Theme};
use super::view;
use crate::domain::{ActionId, HealthStatus, Level, Machine, MachineId, MachineValue, SafeText};
use crate::offboard::view::{Calls, Counts, Driver, LastAction, Phase, RunId, RunView, Seat, Status, Window};

/// The instant at which everything in the pictures stands.
pub(crate) fn now() -> Timestamp {
    at("2026-11-24T12:01:10Z")
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn ago(age: &str) -> Timestamp {
    let (number, unit) = age.split_at(age.len() - 1);
    let seconds = match unit {
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => 1,
    };
    let number: i64 = number.parse().expect("a number");
    Timestamp::from_second(now().as_second() - number * seconds).expect("in range")
}

/// A machine by its row in the pictures.
pub(crate) fn machine(row: &str) -> Machine {
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    let [name, id, platform, version, group, health, risk, value, seen, ip, tags] = cells[..] else {
        panic!("eleven cells: {row}");
    };
    // 40 hex digits, as the service's ids are
    let id = format!("{id:0<40}");
    let text = |text: &str| (!text.is_empty()).then(|| SafeText::new(text));
    let build = match platform {
        "WindowsServer2019" => Some(17_763),
        "WindowsServer2022" => Some(20_348),
        "WindowsServer2025" => Some(26_100),
        _ => None,
    };
    let name = if name.contains('.') { name.to_owned() } else { format!("{name}.corp.contoso.com") };
    let properties = [
        ("id", id.as_str()),
        ("computerDnsName", &name),
        ("onboardingStatus", if group.is_empty() { "CanBeOnboarded" } else { "Onboarded" }),
        ("healthStatus", health),
        ("lastSeen", &ago(seen).to_string()),
        ("firstSeen", "2024-02-14T07:40:55Z"),
        ("osPlatform", platform),
        ("version", version),
        ("osArchitecture", "64-bit"),
        ("rbacGroupName", group),
        ("deviceValue", value),
        ("riskScore", risk),
        ("exposureLevel", "Medium"),
        ("machineTags", tags),
        ("managedBy", "MicrosoftDefenderForEndpoint"),
        ("lastIpAddress", ip),
        ("sensorFlavour", "aHorseOfAnotherColour"),
    ];
    Machine {
        name: text(&name),
        first_seen: Some(at("2024-02-14T07:40:55Z")),
        last_seen: Some(ago(seen)),
        os_platform: text(platform),
        version: text(version),
        os_build: build,
        health: Some(HealthStatus::parse(health)),
        onboarding_status: Some(if group.is_empty() { "CanBeOnboarded" } else { "Onboarded" }.into()),
        risk: Some(Level::parse(risk)),
        exposure: Some(Level::Medium),
        value: Some(MachineValue::parse(value)),
        group: text(group),
        ip: text(ip),
        tags: tags.split(", ").filter(|tag| !tag.is_empty()).map(SafeText::new).collect(),
        managed_by: Some("MicrosoftDefenderForEndpoint".into()),
        properties: properties.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        ..Machine::bare(MachineId::parse(&id).expect("an id"))
    }
}

/// The rows of the pictures, and a few more so that the list scrolls.
pub(crate) fn machines() -> Vec<Machine> {
    let mut out: Vec<Machine> = ROWS.trim().lines().map(machine).collect();
    for n in 100..140 {
        out.push(machine(&format!(
            "prs-web-{n} | e{n} | WindowsServer2022 | 21H2 | Paris | Active | None | Normal | 5m | 10.2.4.{n} | web"
        )));
    }
    out
}

const ROWS: &str = "
par-app-001 | 0a6b8374 | WindowsServer2019 | 1809 | Paris | Active | Low | Normal | 4m | 10.1.2.11 | app
par-app-002 | 0d6b882d | WindowsServer2019 | 1809 | Paris | Active | None | Normal | 11m | 10.1.2.12 | app
par-app-009 | 026b76dc | WindowsServer2022 | 21H2 | Paris | Active | None | Normal | 2h | 10.1.2.19 | app, canary
par-bkp-001 | 1b1b1b1b | WindowsServer2016 | 1607 | Paris | Active | None | Normal | 4m | 10.1.2.30 | backup
par-db-003 | 35b7c61d | WindowsServer2022 | 21H2 | Tier0 | Active | Low | High | 4m | 10.1.3.23 | sql, pci
par-db-004 | 2eb7bb18 | WindowsServer2022 | 21H2 | Tier0 | Active | None | High | 6m | 10.1.3.24 | sql, pci
par-dc-001 | 06287458 | WindowsServer2022 | 21H2 | Tier0 | Active | None | High | 4m | 10.1.0.5 |
par-fil-001 | f47fcdb0 | WindowsServer2019 | 1809 | Paris | Inactive | None | Normal | 31d | 10.1.2.40 | legacy
par-lin-007 | 77aa0011 | Ubuntu | 22.4 | Paris | Active | None | Normal | 6m | 10.1.4.97 |
par-web-011 | 8bd59d98 | WindowsServer2019 | 1809 | DMZ | Active | Medium | Normal | 9m | 10.1.4.4 | web
par-web-012 | 8ed5a251 | WindowsServer2019 | 1809 | DMZ | Active | None | Normal | 7m | 10.1.4.5 | web
par-web-013 | 8dd5a0be | WindowsServer2019 | 1809 | DMZ | ImpairedCommunication | None | Normal | 3h | 10.1.4.6 | web
par-web-014 | 7b1f4967 | WindowsServer2019 | 1809 | DMZ | Inactive | High | Normal | 12d | 10.1.4.7 | web, pci
PAR-WEB-014 | c20d83e1 | WindowsServer2022 | 21H2 | DMZ | Active | None | Normal | 4m | 10.1.4.7 | web, pci
par-web-015 | 8fd5a3e4 | WindowsServer2022 | 21H2 | DMZ | Active | None | Normal | 4m | 10.1.4.8 | web
par-web-016 | 9c1e77a0 | WindowsServer2022 | 21H2 | DMZ | Active | Low | Normal | 9m | 10.1.4.9 | web, pci
par-web-017 | 91d5a70a | WindowsServer2019 | 1809 | DMZ | Inactive | None | Normal | 16d | 10.1.4.10 | web
par-web-018 | 84d59293 | WindowsServer2019 | 1809 | DMZ | Inactive | None | Normal | 16d | 10.1.4.11 | web
par-web-019 | 12121212 | WindowsServer2012R2 | | DMZ | Active | None | Normal | 5m | 10.1.4.12 | web
par-web-020 | 7acec710 | WindowsServer2019 | 1809 | DMZ | Active | Low | Normal | 22m | 10.1.4.13 | web
par-web-021 | 7bcec8a3 | WindowsServer2022 | 21H2 | DMZ | Active | None | Normal | 5m | 10.1.4.14 | web
par-web-022 | 7ccca36a | WindowsServer2022 | 21H2 | DMZ | Active | None | Normal | 5m | 10.1.4.15 | web
par-web-023 | 7dcecbc9 | WindowsServer2022 | 21H2 | DMZ | NoSensorData | None | Normal | 2d | 10.1.4.16 | web
par-web-024 | 24242424 | WindowsServer2022 | | | Active | None | Normal | 5m | 10.1.4.17 | web
par-web-025 | 7fceceef | WindowsServer2025 | 24H2 | DMZ | Active | None | Normal | 8m | 10.1.4.18 | web
par-web-026 | 80ced082 | WindowsServer2025 | 24H2 | DMZ | Active | None | Normal | 8m | 10.1.4.19 | web
par-web-027 | 81ced215 | WindowsServer2025 | 24H2 | DMZ | Active | None | Normal | 8m | 10.1.4.20 | web
par-web-028 | 82ced3a8 | WindowsServer2025 | 24H2 | DMZ | Active | Low | Normal | 9m | 10.1.4.21 | web
";

/// A console that is signed in and whose list is whole.
pub(crate) fn console(width: u16, height: u16) -> Console {
    let mut console = Console::unconnected(width, height);
    console.tell(Msg::SignedIn(who()));
    console.tell(Msg::Status(Arc::new(status())));
    console.tell(Msg::Page {
        list: 1,
        machines: machines(),
        unreadable: 0,
        checking_the_end: true,
        at: now(),
    });
    console.tell(Msg::ListEnded { list: 1 });
    console
}

pub(crate) fn who() -> Who {
    Who {
        tenant: "contoso.com".into(),
        cloud: "commercial eu".into(),
        cloud_short: "eu".into(),
        acts: "ir-automation".into(),
        may_offboard: Some(true),
        host: "eu.api.security.microsoft.com".into(),
        permissions: vec!["Machine.Read.All".into(), "Machine.Offboard".into()],
        ..Who::default()
    }
}

/// The status of the pictures: 37 calls are free, and a run has finished its sending.
pub(crate) fn status() -> Status {
    Status {
        calls: Calls {
            minute: Window {
                used: 63,
                max: 100,
                first_frees: Some(at("2026-11-24T12:01:12Z")),
                all_free: Some(at("2026-11-24T12:02:04Z")),
            },
            hour: Window {
                used: 412,
                max: 1_500,
                first_frees: Some(at("2026-11-24T12:20:31Z")),
                all_free: Some(at("2026-11-24T13:02:04Z")),
            },
            free_now: 37,
            ..Calls::default()
        },
        runs: vec![run(
            "4d02",
            "CHG-1046 retire the Nantes kiosks",
            Phase::Sent,
            Counts { pending: 12, succeeded: 51, ..Counts::default() },
        )],
        last_action: Some(LastAction {
            id: ActionId::parse("c81f5e09-0000-4000-8000-000000000000").expect("an id"),
            kind: "Offboard".into(),
            status: "Succeeded".into(),
            machine: "nan-kio-031".into(),
            at: at("2026-11-24T12:01:02Z"),
        }),
        seat: Seat::Mine,
        ..Status::default()
    }
}

/// A run by its name, with its machines where `counts` says.
pub(crate) fn run(name: &str, words: &str, phase: Phase, counts: Counts) -> RunView {
    RunView {
        id: RunId(i64::from_str_radix(name, 16).expect("hex")),
        name: name.into(),
        comment: SafeText::new(&format!("{words} [offramp {name} jdoe]")),
        operator: "jdoe".into(),
        tenant: "contoso.com".into(),
        started: at("2026-11-24T12:00:02Z"),
        ended: None,
        phase,
        counts,
        driver: Driver::Me,
        all_sent_by: None,
        last_word: at("2026-11-24T12:01:02Z"),
        looking_until: None,
    }
}

/// A console without a terminal: keys in, cells out.
pub(crate) struct Console {
    pub(crate) app: App,
    pub(crate) asked: Vec<super::effect::Effect>,
    pub(crate) now: Timestamp,
}

impl Console {
    /// Just started.
    pub(crate) fn unconnected(width: u16, height: u16) -> Self {
        let mut shared = Shared::new(Theme::new(Depth::True), Rect::new(0, 0, width, height), now());
        shared.operator = "jdoe".into();
        shared.host_name = "par-jump-02".into();
        let mut app = App::new(shared);
        let asked = app.start();
        Self { app, asked, now: now() }
    }

    /// Something happens. Says whether the screen changed.
    pub(crate) fn tell(&mut self, msg: Msg) -> bool {
        let then = self.app.update(msg, self.now);
        self.asked.extend(then.effects);
        self.app.painted();
        then.changed
    }

    /// Keys by name, blanks between them.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Self {
        for name in keys.split(' ') {
            let key = Key::named(name).unwrap_or_else(|| panic!("{name} is no key"));
            self.tell(Msg::Input(Input::Key(key)));
        }
        self
    }

    /// Text, typed key by key.
    pub(crate) fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let name = if c == ' ' { "space".to_owned() } else { c.to_string() };
            let key = Key::named(&name).unwrap_or_else(|| panic!("{name} is no key"));
            self.tell(Msg::Input(Input::Key(key)));
        }
        self
    }

    /// What was asked of the world since the last time.
    pub(crate) fn asked(&mut self) -> Vec<super::effect::Effect> {
        std::mem::take(&mut self.asked)
    }

    /// The screen as cells.
    pub(crate) fn buffer(&self) -> Buffer {
        let mut buf = Buffer::empty(self.app.shared.area);
        view::draw(&self.app, &mut buf);
        buf
    }

    /// The screen as text, without blanks at the ends of lines.
    pub(crate) fn screen(&self) -> String {
        let buf = self.buffer();
        let lines: Vec<String> = (0..buf.area.height)
            .map(|y| {
                let line: String = (0..buf.area.width).map(|x| buf[(x, y)].symbol()).collect();
                line.trim_end().to_owned()
            })
            .collect();
        lines.join("\n")
    }
}
