//! The company that the simulated tenant belongs to: its sites, what its machines are for, and what runs on them.
//!
//! Shares of platforms follow a tenant counted in 2026 (reference, section 3.1) with more servers, so that one site's
//! web servers fill a screen. Builds pair with releases as the reference lists them.

use super::machine::Text;

/// A place: the first part of a machine's name, its device group, its share of the machines in percent.
pub(super) struct Site {
    pub code: &'static str,
    pub city: &'static str,
    pub share: u32,
}

pub(super) const SITES: &[Site] = &[
    Site { code: "par", city: "Paris", share: 24 },
    Site { code: "lyo", city: "Lyon", share: 16 },
    Site { code: "ber", city: "Berlin", share: 15 },
    Site { code: "mad", city: "Madrid", share: 13 },
    Site { code: "nan", city: "Nantes", share: 12 },
    Site { code: "lil", city: "Lille", share: 10 },
    Site { code: "mar", city: "Marseille", share: 10 },
];

/// Where a role's machines are filed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Filed {
    /// In the device group of their site.
    UnderSite,
    /// In a device group of their own, whatever the site.
    Under(&'static str),
}

/// What a machine is for: the second part of its name.
pub(super) struct Role {
    pub code: &'static str,
    /// Share of all machines, per mille.
    pub share: u32,
    pub filed: Filed,
    pub tags: &'static [&'static str],
    /// Weighted: what runs on them.
    pub systems: &'static [(u32, System)],
    /// Per mille that is an Azure VM.
    pub cloud: u32,
    /// Joined to Entra, managed by Intune: the machines that people carry.
    pub personal: bool,
}

/// A platform with its release, as the machine object pairs them.
#[derive(Clone, Copy)]
pub(super) struct System {
    pub platform: &'static str,
    pub version: Option<&'static str>,
    pub build: Option<u32>,
}

const fn system(platform: &'static str, version: &'static str, build: u32) -> System {
    System { platform, version: Some(version), build: Some(build) }
}

const fn unbuilt(platform: &'static str, version: &'static str) -> System {
    System { platform, version: Some(version), build: None }
}

// Reference, section 3.1: releases and their builds.
const WINDOWS_10_1607: System = system("Windows10", "1607", 14393);
const WINDOWS_10_1809: System = system("Windows10", "1809", 17763);
const WINDOWS_10_20H2: System = system("Windows10", "20H2", 19042);
const WINDOWS_10_21H2: System = system("Windows10", "21H2", 19044);
const WINDOWS_10_22H2: System = system("Windows10", "22H2", 19045);
const WINDOWS_11_22H2: System = system("Windows11", "22H2", 22621);
const WINDOWS_11_23H2: System = system("Windows11", "23H2", 22631);
const WINDOWS_11_24H2: System = system("Windows11", "24H2", 26100);
const WINDOWS_11_25H2: System = system("Windows11", "25H2", 26200);
const SERVER_2012_R2: System = System { platform: "WindowsServer2012R2", version: None, build: Some(9600) };
const SERVER_2016: System = system("WindowsServer2016", "1607", 14393);
const SERVER_2019: System = system("WindowsServer2019", "1809", 17763);
const SERVER_2022: System = system("WindowsServer2022", "21H2", 20348);
const SERVER_2025: System = system("WindowsServer2025", "24H2", 26100);
const UBUNTU_20: System = unbuilt("Ubuntu", "20.4");
const UBUNTU_22: System = unbuilt("Ubuntu", "22.4");
const RED_HAT_8: System = system("RedHatEnterpriseLinux", "8.10", 8);
const RED_HAT_9: System = system("RedHatEnterpriseLinux", "9.5", 6);
const LINUX: System = unbuilt("Linux", "12.8");
const MACOS_14: System = unbuilt("macOS", "14.7");
const MACOS_15: System = unbuilt("macOS", "15.3");
/// Discovered on the network, not identified.
const WINDOWS: System = System { platform: "Windows", version: None, build: None };

const CLIENTS: &[(u32, System)] = &[
    (22, WINDOWS_11_23H2),
    (48, WINDOWS_11_24H2),
    (14, WINDOWS_11_25H2),
    (6, WINDOWS_11_22H2),
    (8, WINDOWS_10_22H2),
    (2, WINDOWS_10_21H2),
];
const SERVERS: &[(u32, System)] =
    &[(34, SERVER_2019), (44, SERVER_2022), (12, SERVER_2025), (7, SERVER_2016), (3, SERVER_2012_R2)];
const OLD_CLIENTS: &[(u32, System)] = &[
    (12, WINDOWS_10_1607),
    (30, WINDOWS_10_1809),
    (8, WINDOWS_10_20H2),
    (35, WINDOWS_10_21H2),
    (15, WINDOWS_10_22H2),
];

pub(super) const ROLES: &[Role] = &[
    Role { code: "lap", share: 400, tags: &[], systems: CLIENTS, ..PERSONAL },
    Role { code: "wks", share: 120, tags: &[], systems: CLIENTS, ..PERSONAL },
    Role { code: "mac", share: 40, tags: &[], systems: &[(6, MACOS_15), (4, MACOS_14)], ..PERSONAL },
    Role { code: "web", share: 90, filed: Filed::Under("DMZ"), tags: &["web"], ..SERVER },
    Role {
        code: "app",
        share: 50,
        tags: &["app"],
        systems: &[(36, SERVER_2019), (36, SERVER_2022), (8, SERVER_2016), (12, UBUNTU_22), (8, RED_HAT_9)],
        ..SERVER
    },
    Role { code: "db", share: 30, filed: Filed::Under(TIER_0), tags: &["sql"], ..SERVER },
    Role { code: "dc", share: 8, filed: Filed::Under(TIER_0), tags: &[], cloud: 0, ..SERVER },
    Role { code: "fil", share: 10, tags: &[], ..SERVER },
    Role { code: "bkp", share: 6, tags: &["legacy"], ..SERVER },
    Role {
        code: "lin",
        share: 70,
        tags: &[],
        systems: &[(40, UBUNTU_22), (20, UBUNTU_20), (20, RED_HAT_9), (10, RED_HAT_8), (10, LINUX)],
        ..SERVER
    },
    Role { code: "kio", share: 50, filed: Filed::Under("Kiosks"), systems: OLD_CLIENTS, ..FIXED },
    Role { code: "pos", share: 40, filed: Filed::Under("Kiosks"), systems: OLD_CLIENTS, ..FIXED },
    Role {
        code: "vdi",
        share: 16,
        systems: &[(6, system("Windows10WVD", "22H2", 19045)), (4, WINDOWS_11_24H2)],
        cloud: 1_000,
        ..FIXED
    },
    Role { code: LAB, share: 24, filed: Filed::Under("Lab"), systems: CLIENTS, ..FIXED },
    Role {
        code: "pho",
        share: 24,
        tags: &[],
        systems: &[(6, unbuilt("iOS", "18.3")), (4, unbuilt("Android", "15"))],
        ..PERSONAL
    },
    Role { code: DISCOVERED, share: 22, systems: &[(1, WINDOWS)], ..FIXED },
];

const PERSONAL: Role = Role {
    code: "",
    share: 0,
    filed: Filed::UnderSite,
    tags: &[],
    systems: CLIENTS,
    cloud: 0,
    personal: true,
};
const SERVER: Role = Role { systems: SERVERS, cloud: 200, personal: false, ..PERSONAL };
const FIXED: Role = Role { personal: false, ..PERSONAL };

/// The device group whose machines are marked `deviceValue` High.
pub(super) const TIER_0: &str = "Tier0";
/// The role whose first machines are one each of [`RARITIES`].
pub(super) const LAB: &str = "lab";
/// The role of machines that were seen on the network and never onboarded.
pub(super) const DISCOVERED: &str = "dsk";

/// What is met once in a tenant (reference, section 3.1): releases that contradict their builds or are no release
/// names, platforms that no list has.
pub(super) const RARITIES: &[System] = &[
    System { platform: "WindowsXp", version: None, build: None },
    system("Windows10", "Other", 22424),
    System { platform: "Windows7", version: None, build: Some(7601) },
    system("Windows10", "10.0.19045", 19045),
    System { platform: "Windows10", version: None, build: None },
    system("Windows10", "1703", 15063),
    system("Windows10", "1511", 10586),
    system("Windows10", "1709", 14393),
    System { platform: "Windows8.1", version: None, build: Some(9600) },
    system("WindowsServer", "1909", 18363),
    System { platform: "WindowsServer2008R2", version: None, build: Some(7601) },
    unbuilt("ChromeOS", "131"),
    unbuilt("Debian", "12"),
    system("Windows11WVD", "24H2", 26100),
    System { platform: "Windows10", version: Some("22H2"), build: None },
    unbuilt("CentOS", "7.9"),
];

/// All device groups, in the order of their ids from 1 on; id 0 with a null name means none (section 3).
pub(super) fn group_id(name: &str) -> u32 {
    let own = ["DMZ", TIER_0, "Kiosks", "Lab"];
    let place = SITES.iter().map(|site| site.city).chain(own).position(|group| group == name);
    place.map_or(0, |place| 101 + place as u32)
}

/// Whether this is Windows of any kind: decides agent, processor and who manages it.
pub(super) fn is_windows(platform: &str) -> bool {
    platform.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("windows"))
}

/// Whether the service accepts an offboard call for it. The editions of the page differ; this is the one from late
/// 2022 to November 2025 with the unified agent on 2012 R2 and 2016 (section 4.1). What it does with other systems
/// is refused as `OsPlatformNotSupported`.
pub(super) fn service_offboards(platform: &str, version: Option<&str>, build: Option<u64>) -> bool {
    let platform = platform.to_ascii_lowercase();
    if platform.starts_with("windows10") {
        // 1703 is build 15063 (section 3.1).
        let early = matches!(version, Some("1507" | "1511" | "1607"));
        return !early && build.is_none_or(|build| build >= 15_063);
    }
    match platform.strip_prefix("windowsserver") {
        Some("2008" | "2008r2" | "2012") => false,
        Some(_) => true,
        None => platform.starts_with("windows11"),
    }
}

/// Chooses by weight.
pub(super) fn weighted<'a, T>(rng: &mut fastrand::Rng, choices: &'a [(u32, T)]) -> &'a T {
    let total: u32 = choices.iter().map(|(weight, _)| weight).sum();
    let mut at = rng.u32(0..total);
    for (weight, choice) in choices {
        match at.checked_sub(*weight) {
            Some(rest) => at = rest,
            None => return choice,
        }
    }
    unreachable!("the draw is smaller than the sum of the weights")
}

/// A constant as the machine object holds it.
pub(super) fn text(constant: Option<&'static str>) -> Option<Text> {
    constant.map(Text::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        assert_eq!(ROLES.iter().map(|role| role.share).sum::<u32>(), 1_000);
        assert_eq!(SITES.iter().map(|site| site.share).sum::<u32>(), 100);
    }

    #[test]
    fn every_group_has_its_own_id_and_no_group_is_zero() {
        assert_eq!(group_id("Paris"), 101);
        assert_eq!(group_id("Lab"), 111);
        assert_eq!(group_id("nowhere"), 0);
    }

    #[test]
    fn the_service_refuses_what_its_page_does_not_list() {
        let cases = [
            ("Windows11", Some("24H2"), Some(26100), true),
            ("Windows10", Some("1703"), Some(15063), true),
            ("Windows10", Some("1607"), Some(14393), false),
            ("Windows10", None, None, true),
            ("WindowsServer2016", Some("1607"), Some(14393), true),
            ("WindowsServer2012R2", None, Some(9600), true),
            ("WindowsServer2008R2", None, Some(7601), false),
            ("WindowsServer2025", None, None, true),
            ("macOS", None, None, false),
            ("Ubuntu", Some("22.4"), None, false),
            ("Windows", None, None, false),
            ("WindowsXp", None, None, false),
        ];
        for (platform, version, build, expected) in cases {
            assert_eq!(service_offboards(platform, version, build), expected, "{platform} {version:?}");
        }
    }
}
