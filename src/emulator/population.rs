//! The tenant's machines, drawn when they are asked for: nothing is stored, so a tenant of a million starts as fast
//! as one of ten, and the 700th machine is the same whoever asks.
//!
//! A machine has an *index*: machines of one site and one role have neighbouring indices (a *cell*), and its id is
//! found from the index and back. What a call changed (a machine went silent) is the tenant's to remember and comes
//! in as an argument.

use fastrand::Rng;
use serde_json::Value;

use super::clock::{DAY_MS, MINUTE_MS, Moment};
use super::company::{self, Filed, ROLES, Role, SITES, Site, System};
use super::dice::{dice, guid, happens, shuffle, unshuffle};
use super::hostile;
use super::machine::{Machine, Text};
use super::properties;

/// A machine is `Inactive` after this long without contact (reference, section 3, healthStatus).
pub(super) const INACTIVE_AFTER_MS: u64 = 7 * DAY_MS;
/// `exposureLevel` is None for machines silent for 30 days (section 3).
const UNEXPOSED_AFTER_MS: u64 = 30 * DAY_MS;
/// An empty profile stays up to 180 days (section 4.2).
pub(super) const GONE_AFTER_MS: u64 = 180 * DAY_MS;
/// The longest that a drawn machine has been silent at the start.
const SILENT_DAYS_MAX: u64 = 170;
/// So for this long no profile of the population ends.
pub(super) const NOBODY_GONE_FOR_MS: u64 = GONE_AFTER_MS - (SILENT_DAYS_MAX + 1) * DAY_MS;
/// `lastSeen` is the last full report, about daily (section 3).
const REPORT_EVERY_MS: u64 = DAY_MS;

/// Per mille of records that a reinstalled host left behind under its name.
const REIMAGED: u32 = 8;
/// Per mille that fell silent, besides those.
const SILENT: u32 = 78;

/// The machines of one site and one role.
struct Cell {
    site: u32,
    role: &'static Role,
    first: u32,
    /// How many machines of this role earlier cells hold.
    role_before: u32,
}

/// All machines that were drawn, by seed.
pub(super) struct Population {
    seed: u64,
    start: Moment,
    devices: u32,
    cells: Vec<Cell>,
    /// Coprime to the number of machines: the list's order goes by steps of this size.
    stride: u64,
    /// Whether names and tags hold what a terminal must not act on.
    hostile: bool,
}

impl Population {
    pub(super) fn new(seed: u64, devices: u32, start: Moment, hostile: bool) -> Population {
        let mut cells = Vec::with_capacity(SITES.len() * ROLES.len());
        let mut role_before = vec![0; ROLES.len()];
        let mut weight: u64 = 0;
        for (site_number, site) in SITES.iter().enumerate() {
            for (role_number, role) in ROLES.iter().enumerate() {
                let first = share_of(devices, weight);
                weight += u64::from(site.share * role.share);
                cells.push(Cell {
                    site: site_number as u32,
                    role,
                    first,
                    role_before: role_before[role_number],
                });
                role_before[role_number] += share_of(devices, weight) - first;
            }
        }
        Population { seed, start, devices, cells, stride: stride(u64::from(devices)), hostile }
    }

    pub(super) fn start(&self) -> Moment {
        self.start
    }

    pub(super) fn len(&self) -> usize {
        self.devices as usize
    }

    /// The machine that the list has at this place: order is not promised (section 3), so it is none that a client
    /// could lean on.
    pub(super) fn at_place(&self, place: usize) -> u32 {
        ((place as u64 * self.stride) % u64::from(self.devices)) as u32
    }

    /// 40 hex digits (section 3).
    pub(super) fn id(&self, index: u32) -> String {
        format!("{:08x}{:032x}", shuffle(self.seed, index), self.dice("id", index).u128(..))
    }

    pub(super) fn index_of(&self, id: &str) -> Option<u32> {
        let start = u32::from_str_radix(id.get(..8)?, 16).ok()?;
        let index = unshuffle(self.seed, start);
        (index < self.devices && self.id(index) == id).then_some(index)
    }

    /// The first machine of this name; names are not unique (section 3).
    pub(super) fn index_named(&self, name: &str) -> Option<u32> {
        (0..self.devices).find(|index| self.name(*index).is_some_and(|it| it.eq_ignore_ascii_case(name)))
    }

    /// The machine as the service describes it at `now`, if its sensor was not stopped, or stopped at `stopped`.
    pub(super) fn machine(&self, index: u32, now: Moment, stopped: Option<Moment>) -> Machine {
        let cell = self.cell(index);
        let role = cell.role;
        let site = &SITES[cell.site as usize];
        let mut rng = self.dice("machine", index);
        let rng = &mut rng;

        let system = self.system(index);
        let windows = company::is_windows(system.platform);
        let last_seen = self.last_seen(index, stopped.unwrap_or(now));
        let silent_ms = now.ms_since(last_seen);
        let group = match role.filed {
            _ if happens(rng, 25) => None,
            Filed::UnderSite => Some(site.city),
            Filed::Under(group) => Some(group),
        };
        let joined = role.personal && happens(rng, 970);
        let (first_ip, address) = (self.address(index), rng.u64(..));
        let merged = role.personal && happens(rng, 4) && index > cell.first;
        let intune = joined && windows && happens(rng, 940);

        let mut machine = Machine {
            id: self.id(index),
            merged_into_machine_id: merged.then(|| self.id(index - 1)),
            is_potential_duplication: self.is_left_behind(index) && happens(rng, 300),
            is_excluded: happens(rng, 4),
            exclusion_reason: None,
            computer_dns_name: self.name(index),
            first_seen: self.first_seen(index),
            last_seen,
            os_platform: system.platform.into(),
            os_version: (!happens(rng, 20)).then_some(()),
            os_processor: if role.code == "pho" || role.code == "mac" { "arm64" } else { "x64" }.into(),
            version: company::text(system.version),
            last_ip_address: (!happens(rng, 6)).then(|| first_ip.clone()),
            last_external_ip_address: (!happens(rng, 150)).then(|| properties::external_ip(rng, cell.site)),
            agent_version: properties::agent_version(rng, &system),
            os_build: system.build,
            health_status: properties::health(rng, silent_ms),
            device_value: if group == Some(company::TIER_0) {
                Some("High".into())
            } else {
                properties::level(
                    rng,
                    &[(962, Some("Normal")), (30, Some("Low")), (6, Some("High")), (2, None)],
                )
            },
            rbac_group_id: Value::from(group.map_or(0, company::group_id)),
            rbac_group_name: group.map(Text::Borrowed),
            risk_score: properties::level(rng, properties::RISK),
            exposure_level: properties::level(rng, properties::EXPOSURE),
            is_aad_joined: joined,
            aad_device_id: (joined && !happens(rng, 25)).then(|| self.entra_device(index)),
            machine_tags: properties::tags(rng, role, &system),
            defender_av_status: happens(rng, 60).then_some("Updated".into()),
            onboarding_status: properties::onboarding(rng, role, &system),
            os_architecture: if system.platform == "WindowsXp" { "32-bit" } else { "64-bit" }.into(),
            managed_by: properties::managed_by(rng, intune, windows),
            managed_by_status: intune.then_some("Success".into()),
            ip_addresses: properties::addresses(rng, &first_ip, address),
            vm_metadata: properties::vm(&mut self.dice("vm", self.host(index)), role),
        };
        if silent_ms >= UNEXPOSED_AFTER_MS {
            machine.exposure_level = Some("None".into());
        }
        if machine.is_excluded {
            machine.exclusion_reason = Some("Inactive".into());
        }
        if machine.managed_by_status.is_none() && happens(rng, 700) {
            machine.managed_by_status = Some("Unknown".into());
        }
        if self.hostile {
            hostile::spoil(&mut machine, index, rng);
        }
        machine
    }

    fn dice(&self, what: &str, index: u32) -> Rng {
        dice(self.seed, what, u64::from(index))
    }

    fn cell(&self, index: u32) -> &Cell {
        let after = self.cells.partition_point(|cell| cell.first <= index);
        &self.cells[after - 1]
    }

    fn system(&self, index: u32) -> System {
        let cell = self.cell(index);
        let place = (cell.role_before + index - cell.first) as usize;
        let drawn = match company::RARITIES.get(place) {
            Some(rare) if cell.role.code == company::LAB => return *rare,
            _ => *company::weighted(&mut self.dice("system", index), cell.role.systems),
        };
        // Nobody reinstalls a host with something older.
        let host = self.host(index);
        if host != index && drawn.build > self.system(host).build { self.system(host) } else { drawn }
    }

    /// Whether this record is an old one of the host whose newer record is the one before it.
    fn is_left_behind(&self, index: u32) -> bool {
        let cell = self.cell(index);
        let drawn = |index| happens(&mut self.dice("reimaged", index), REIMAGED);
        index > cell.first && cell.role.code != company::DISCOVERED && drawn(index) && !drawn(index - 1)
    }

    fn has_left_one_behind(&self, index: u32) -> bool {
        index + 1 < self.devices && self.is_left_behind(index + 1)
    }

    /// The record that carries the host's identity: the newer one for one left behind, else itself.
    fn host(&self, index: u32) -> u32 {
        if self.is_left_behind(index) { index - 1 } else { index }
    }

    fn name(&self, index: u32) -> Option<String> {
        let host = self.host(index);
        let cell = self.cell(host);
        let mut rng = self.dice("name", host);
        if self.hostile
            && let Some(name) = hostile::name(host)
        {
            return Some(name);
        }
        if cell.role.code == company::DISCOVERED {
            let tail = std::iter::repeat_with(|| rng.choice(*b"ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"));
            let tail: String = tail.take(7).flatten().map(char::from).collect();
            return (!happens(&mut rng, 80)).then(|| format!("DESKTOP-{tail}"));
        }
        let Site { code, .. } = SITES[cell.site as usize];
        let name = format!("{code}-{}-{:03}", cell.role.code, host - cell.first + 1);
        // Docs: fully qualified; recorded: often a bare name, any case (section 3).
        match rng.u32(0..1_000) {
            0..3 => None,
            3..110 => Some(name),
            110..150 => Some(name.to_ascii_uppercase()),
            _ => Some(format!("{name}.{}", super::DOMAIN)),
        }
    }

    /// Since when the machine has been silent, if it was so before the emulator started.
    fn silent_since(&self, index: u32) -> Option<Moment> {
        let mut rng = self.dice("silence", index);
        // A reinstalled host reports under its newer record.
        let silent = happens(&mut rng, SILENT) && !self.has_left_one_behind(index);
        // Most were forgotten in the last two months, some long ago.
        let days = if happens(&mut rng, 700) { rng.u64(8..60) } else { rng.u64(60..SILENT_DAYS_MAX) };
        let since = self.start.minus_ms(days * DAY_MS + rng.u64(0..DAY_MS)).plus_ticks(rng.i64(0..10_000));
        (silent || self.is_left_behind(index)).then_some(since)
    }

    fn first_seen(&self, index: u32) -> Moment {
        if self.has_left_one_behind(index)
            && let Some(silent) = self.silent_since(index + 1)
        {
            return silent.plus_ms(48 * MINUTE_MS);
        }
        let before = self.silent_since(index).unwrap_or(self.start);
        let mut rng = self.dice("first seen", index);
        // Whole seconds: the service's first reports often have no fraction.
        let moment = before.minus_ms(rng.u64(20..900) * DAY_MS + rng.u64(0..DAY_MS));
        if rng.bool() { moment.whole_seconds() } else { moment }
    }

    /// The last full report up to `until`.
    fn last_seen(&self, index: u32, until: Moment) -> Moment {
        self.silent_since(index).unwrap_or_else(|| {
            let mut rng = self.dice("report", index);
            let first = self.start.minus_ms(rng.u64(1..REPORT_EVERY_MS)).plus_ticks(rng.i64(0..10_000));
            first.last_of_every(REPORT_EVERY_MS, until)
        })
    }

    fn entra_device(&self, index: u32) -> String {
        guid(&mut self.dice("entra", self.host(index)))
    }

    fn address(&self, index: u32) -> String {
        let host = self.host(index);
        let cell = self.cell(host);
        let role = ROLES.iter().position(|role| role.code == cell.role.code).unwrap_or(0) as u32;
        let number = host - cell.first;
        format!("10.{}.{}.{}", cell.site + 1, (role * 8 + number / 250) % 256, number % 250 + 4)
    }
}

/// Round half up of `devices` × `weight` ÷ all weights: cells differ from their share by less than one machine.
fn share_of(devices: u32, weight: u64) -> u32 {
    ((u64::from(devices) * weight + 50_000) / 100_000) as u32
}

fn stride(devices: u64) -> u64 {
    let coprime = |stride: &u64| {
        let (mut a, mut b) = (devices, *stride);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a == 1
    };
    // About the golden section of the list: neighbours come far apart.
    // A number and the next prime after it are coprime, so the search is short; 1 always fits.
    (devices * 618 / 1_000 + 1..=devices.max(1)).find(coprime).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    fn start() -> Moment {
        Moment::from_timestamp("2026-11-24T12:00:00Z".parse().unwrap())
    }

    fn company(devices: u32) -> Vec<Machine> {
        let population = Population::new(7, devices, start(), false);
        (0..devices).map(|index| population.machine(index, start(), None)).collect()
    }

    fn per_mille(machines: &[Machine], holds: impl Fn(&Machine) -> bool) -> usize {
        machines.iter().filter(|machine| holds(machine)).count() * 1_000 / machines.len()
    }

    #[test]
    fn the_same_seed_is_the_same_company() {
        let drawn = |seed| {
            let population = Population::new(seed, 300, start(), false);
            let all: Vec<Machine> = (0..300).map(|i| population.machine(i, start(), None)).collect();
            serde_json::to_string(&all).unwrap()
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
    }

    #[test]
    fn every_place_of_the_list_holds_another_machine_and_every_id_is_found() {
        for devices in [1, 2, 3, 10, 100, 2_500] {
            let population = Population::new(3, devices, start(), false);
            let indices: HashSet<u32> = (0..devices as usize).map(|p| population.at_place(p)).collect();
            assert_eq!(indices.len(), devices as usize, "{devices} machines");
            for index in 0..devices {
                let id = population.id(index);
                assert_eq!(id.len(), 40);
                assert_eq!(population.index_of(&id), Some(index));
            }
            assert_eq!(population.index_of(&"0".repeat(40)), None);
            assert_eq!(population.index_of("né"), None);
        }
    }

    #[test]
    fn about_three_quarters_can_be_offboarded_and_little_stands_out() {
        let machines = company(2_500);
        let offboardable = per_mille(&machines, |machine| {
            let platform = machine.os_platform.as_ref();
            let by_rule = platform.starts_with("Windows11")
                || matches!(platform, "WindowsServer2019" | "WindowsServer2022" | "WindowsServer2025")
                || (platform.starts_with("Windows10") && machine.os_build.is_some_and(|b| b >= 15_063));
            by_rule
                && machine.onboarding_status.as_deref() == Some("Onboarded")
                && machine.merged_into_machine_id.is_none()
        });
        assert!((700..800).contains(&offboardable), "{offboardable} ‰ offboardable");
        let inactive = per_mille(&machines, |machine| machine.health_status == "Inactive");
        assert!((60..100).contains(&inactive), "{inactive} ‰ inactive");
        let risky = per_mille(&machines, |machine| machine.risk_score.as_deref() == Some("High"));
        assert!((3..20).contains(&risky), "{risky} ‰ at high risk");
    }

    #[test]
    fn some_hosts_were_reinstalled_under_their_name() {
        let machines = company(2_500);
        let mut by_name: HashMap<&str, Vec<&Machine>> = HashMap::new();
        for machine in &machines {
            by_name.entry(machine.computer_dns_name.as_deref().unwrap_or("")).or_default().push(machine);
        }
        by_name.remove("");
        let twins: Vec<_> = by_name.values().filter(|records| records.len() > 1).collect();
        assert!((10..40).contains(&twins.len()), "{} names are shared", twins.len());
        for records in twins {
            let [newer, older] = records[..] else { panic!("more than two records of one name") };
            assert_eq!(older.health_status, "Inactive");
            assert!(newer.first_seen > older.last_seen, "the newer record began after the older fell silent");
            assert!(older.os_build <= newer.os_build);
            let vm = |machine: &Machine| machine.vm_metadata.as_ref().map(|vm| vm.vm_id.clone());
            assert_eq!(vm(newer), vm(older));
            if let (Some(newer), Some(older)) = (&newer.aad_device_id, &older.aad_device_id) {
                assert_eq!(newer, older);
            }
        }
    }

    #[test]
    fn no_machine_was_seen_last_before_it_was_seen_first() {
        for machine in company(2_500) {
            assert!(machine.first_seen < machine.last_seen && machine.last_seen <= start(), "{machine:?}");
        }
    }

    #[test]
    fn one_sites_web_servers_fill_a_screen_and_tier_0_is_valuable() {
        let machines = company(2_500);
        let named = |machine: &Machine, start: &str| {
            machine.computer_dns_name.as_ref().is_some_and(|name| name.to_lowercase().starts_with(start))
        };
        let web: Vec<_> = machines.iter().filter(|machine| named(machine, "par-web-")).collect();
        assert!((40..70).contains(&web.len()), "{} web servers in Paris", web.len());
        let tier_0: Vec<_> = machines
            .iter()
            .filter(|machine| machine.rbac_group_name.as_deref() == Some(company::TIER_0))
            .collect();
        assert!(!tier_0.is_empty());
        assert!(tier_0.iter().all(|machine| machine.device_value.as_deref() == Some("High")));
    }

    #[test]
    fn every_rarity_is_met_once_in_a_company() {
        let machines = company(2_500);
        for rare in company::RARITIES {
            let met = machines.iter().any(|machine| {
                machine.os_platform == rare.platform
                    && machine.version.as_deref() == rare.version
                    && machine.os_build == rare.build
            });
            assert!(met, "{} {:?} {:?}", rare.platform, rare.version, rare.build);
        }
    }

    #[test]
    fn a_machine_reports_daily_until_its_sensor_stops_and_is_inactive_on_day_7() {
        let population = Population::new(7, 50, start(), false);
        let index = (0..50).find(|i| population.silent_since(*i).is_none()).unwrap();
        let later = start().plus_ms(10 * DAY_MS);
        let running = population.machine(index, later, None);
        assert!(later.ms_since(running.last_seen) < DAY_MS);
        let lasting = |mut machine: Machine| {
            machine.last_seen = start();
            machine.health_status = "Active".into();
            serde_json::to_value(machine).unwrap()
        };
        let at_start = population.machine(index, start(), None);
        assert_eq!(lasting(at_start), lasting(running.clone()), "nothing else changes with time");
        let stopped = population.machine(index, later, Some(start()));
        assert!(start() >= stopped.last_seen && start().ms_since(stopped.last_seen) < DAY_MS);
        assert_eq!(stopped.health_status, "Inactive");
        assert_eq!(stopped.onboarding_status, running.onboarding_status, "it may go on showing Onboarded");
    }
}
