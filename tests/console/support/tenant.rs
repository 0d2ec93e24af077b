//! A simulated tenant in this process, with a runtime of its own, and builders for who is in it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use offramp::emulator::{Api, Call, DOMAIN, Emulator, Faults, Options, Scripted, Switches};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

/// A machine by its short name, offboardable and in no way special; a test changes what it is about.
pub struct Machine(Map<String, Value>);

/// An onboarded, active Windows Server 2022 that reported four minutes ago.
pub fn machine(name: &str) -> Machine {
    let seen = Timestamp::now() - SignedDuration::from_mins(4);
    let Value::Object(properties) = json!({
        "id": id_of(name),
        "computerDnsName": format!("{name}.{DOMAIN}"),
        "firstSeen": "2024-02-14T07:40:55Z",
        "lastSeen": seen.to_string(),
        "osPlatform": "WindowsServer2022",
        "version": "21H2",
        "osBuild": 20348,
        "osProcessor": "x64",
        "osArchitecture": "64-bit",
        "healthStatus": "Active",
        "onboardingStatus": "Onboarded",
        "deviceValue": "Normal",
        "riskScore": "None",
        "exposureLevel": "Low",
        "rbacGroupId": 101,
        "rbacGroupName": "DMZ",
        "machineTags": ["web"],
        "lastIpAddress": "10.1.4.7",
        "managedBy": "MicrosoftDefenderForEndpoint",
    }) else {
        unreachable!("an object was written")
    };
    Machine(properties)
}

impl Machine {
    /// With another value of a property.
    #[must_use]
    pub fn with(mut self, property: &str, value: impl Into<Value>) -> Self {
        self.0.insert(property.to_owned(), value.into());
        self
    }

    /// With this name as it stands, without a domain.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        self.with("computerDnsName", name)
    }
}

/// The id of the machine with this short name: forty digits that follow from it (FNV-1a).
pub fn id_of(name: &str) -> String {
    let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    for byte in name.bytes() {
        hash = (hash ^ u128::from(byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
    }
    format!("{hash:032x}{:08x}", hash as u32)
}

/// What a call that is held is told to wait.
const HELD_SECONDS: u64 = 20;

/// A tenant that is not started yet.
pub struct Builder {
    options: Options,
}

/// A running tenant.
pub struct Tenant {
    // Before the runtime: it ends its server inside it.
    pub emulator: Emulator,
    _runtime: Runtime,
    pub speed: f64,
}

impl Tenant {
    /// A tenant of these machines and nobody else, in the order of the list. No action of it fails by chance.
    pub fn of(machines: impl IntoIterator<Item = Machine>) -> Builder {
        let machines = machines.into_iter().map(|machine| Value::Object(machine.0)).collect();
        let switches = Switches { extra_machines: machines, failed_per_mille: 0, ..Switches::default() };
        Builder { options: Options { devices: 0, switches, ..Options::default() } }
    }

    /// The tenant most scenarios are about: web servers of Paris, one of them twice, one that is outside the rule and
    /// one that is not onboarded.
    pub fn paris() -> Builder {
        Self::of([
            machine("par-db-003")
                .with("rbacGroupName", "Tier0")
                .with("deviceValue", "High")
                .with("machineTags", vec!["sql"]),
            machine("par-lin-007").with("osPlatform", "Ubuntu").with("version", "22.4"),
            machine("par-web-011"),
            machine("par-web-012"),
            machine("par-web-014").with("osPlatform", "WindowsServer2019").with("version", "1809"),
            machine("par-web-024").with("onboardingStatus", "CanBeOnboarded"),
        ])
    }

    /// So many web servers that can all be offboarded: `web-0001`, `web-0002`, …
    pub fn of_many(count: usize) -> Builder {
        Self::of((1..=count).map(|number| machine(&format!("web-{number:04}"))))
    }

    /// Lets every offboard call through from now on.
    pub fn lets_all_through(&self) {
        self.emulator.set_switches(|it| it.offboard_script.clear());
    }

    /// How many offboard actions calls have created.
    pub fn actions(&self) -> usize {
        self.emulator.offboard_actions().len()
    }

    /// How often an offboard call reached the service.
    pub fn offboard_calls(&self) -> Vec<Call> {
        self.calls(Api::Offboard)
    }

    /// The calls of one API.
    pub fn calls(&self, api: Api) -> Vec<Call> {
        self.emulator.log().into_iter().filter(|call| call.api == api).collect()
    }

    /// Fails if any call that changes something has reached the service. Ask when the console has ended: before, one
    /// might still be on its way.
    pub fn was_sent_nothing(&self) {
        let sent: Vec<Call> = self
            .emulator
            .log()
            .into_iter()
            .filter(|call| call.method != "GET" && call.api != Api::Token)
            .collect();
        assert!(sent.is_empty(), "something was sent: {sent:#?}");
    }

    /// The short names of the machines that have an offboard action from a call, each as often as it has one, sorted.
    pub fn offboarded(&self, names: &[&str]) -> Vec<String> {
        let mut found: Vec<String> = self
            .emulator
            .offboard_actions()
            .into_iter()
            .map(|(machine, ..)| {
                let name = names.iter().find(|name| id_of(name) == machine);
                name.map_or(machine, |name| (*name).to_owned())
            })
            .collect();
        found.sort();
        found
    }
}

impl Builder {
    /// With so many drawn machines more.
    #[must_use]
    pub fn and_drawn(mut self, devices: usize) -> Self {
        self.options.devices = devices;
        self
    }

    /// Unkind in this way.
    #[must_use]
    pub fn faults(mut self, faults: Faults) -> Self {
        self.options.faults = faults;
        self
    }

    /// Another draw of everything that is drawn.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// Time runs so many times faster, here and in the consoles that are pointed at it.
    #[must_use]
    pub fn speed(mut self, speed: f64) -> Self {
        self.options.speed = speed;
        self
    }

    /// With switches turned.
    #[must_use]
    pub fn but(mut self, change: impl FnOnce(&mut Switches)) -> Self {
        change(&mut self.options.switches);
        self
    }

    /// Lets so many offboard calls through, then answers each with "too many requests", as somebody else's use of the
    /// limits would: a run waits there, however fast or slow this machine is, until [`Tenant::lets_all_through`].
    #[must_use]
    pub fn holding_after(mut self, calls: usize) -> Self {
        let held = Scripted::TooManyRequests(Some(HELD_SECONDS));
        let script = &mut self.options.switches.offboard_script;
        script.resize(calls, Scripted::Normal);
        script.resize(calls + 10_000, held);
        self
    }

    /// Starts it.
    pub fn start(self) -> Tenant {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime for the tenant");
        let speed = self.options.speed;
        let emulator = runtime.block_on(Emulator::start(self.options)).expect("a simulated tenant");
        Tenant { emulator, _runtime: runtime, speed }
    }
}

/// Waits until something outside the console is so.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !holds() {
        assert!(start.elapsed() < super::SAFETY_NET, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
