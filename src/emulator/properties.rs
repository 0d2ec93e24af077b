//! How one property of a machine is drawn, where that is more than a constant.

use fastrand::Rng;

use super::company::{self, Role, System};
use super::dice::{guid, happens};
use super::machine::{IpAddress, Text, VmMetadata};
use super::population::INACTIVE_AFTER_MS;

pub(super) const RISK: &[(u32, Option<&str>)] = &[
    (904, Some("None")),
    (26, Some("Informational")),
    (42, Some("Low")),
    (15, Some("Medium")),
    (10, Some("High")),
    (2, None),
    // Unknown values appear over time (section 3).
    (1, Some("Severe")),
];
pub(super) const EXPOSURE: &[(u32, Option<&str>)] = &[
    (20, Some("None")),
    (480, Some("Low")),
    (390, Some("Medium")),
    (107, Some("High")),
    (2, None),
    (1, Some("Unrated")),
];

pub(super) fn level(rng: &mut Rng, choices: &[(u32, Option<&'static str>)]) -> Option<Text> {
    company::text(*company::weighted(rng, choices))
}

pub(super) fn health(rng: &mut Rng, silent_ms: u64) -> Text {
    let drawn = company::weighted(
        rng,
        &[
            (960, "Active"),
            (18, "ImpairedCommunication"),
            (16, "NoSensorData"),
            (3, "NoSensorDataImpairedCommunication"),
            (2, "Unknown"),
            (1, "Degraded"),
        ],
    );
    if silent_ms >= INACTIVE_AFTER_MS { "Inactive" } else { drawn }.into()
}

pub(super) fn onboarding(rng: &mut Rng, role: &Role, system: &System) -> Option<Text> {
    let choices: &[(u32, Option<&'static str>)] = if role.code == company::DISCOVERED {
        &[(70, Some("CanBeOnboarded")), (20, Some("InsufficientInfo")), (10, Some("Unsupported"))]
    } else if matches!(system.platform, "WindowsXp" | "ChromeOS" | "CentOS") {
        &[(1, Some("Unsupported"))]
    } else {
        &[
            (982, Some("Onboarded")),
            (11, Some("CanBeOnboarded")),
            (4, Some("InsufficientInfo")),
            (2, Some("Unsupported")),
            (1, None),
        ]
    };
    level(rng, choices)
}

/// Windows `10.<sensor>.<build>.<revision>`, Linux `30.…`, macOS `20.…` (section 3).
pub(super) fn agent_version(rng: &mut Rng, system: &System) -> Option<String> {
    let sensor = *rng.choice(&[8760, 8790, 8790, 8792, 8795]).unwrap_or(&8790);
    let revision = rng.u32(1_000..6_000);
    match system.platform {
        _ if happens(rng, 5) => None,
        "WindowsXp" | "Windows" | "ChromeOS" => None,
        platform if company::is_windows(platform) => {
            Some(format!("10.{sensor}.{}.{revision}", system.build.unwrap_or(19_045)))
        }
        "macOS" => Some(format!("20.124082.{revision}.0")),
        "iOS" | "Android" => Some(format!("1.0.{revision}.0")),
        _ => Some(format!("30.124082.{revision}.0")),
    }
}

pub(super) fn tags(rng: &mut Rng, role: &Role, system: &System) -> Vec<Text> {
    let mut tags: Vec<Text> = role.tags.iter().map(|tag| Text::Borrowed(*tag)).collect();
    if matches!(role.code, "web" | "db") && happens(rng, 250) {
        tags.push("pci".into());
    }
    if happens(rng, 20) {
        tags.push("canary".into());
    }
    let old = matches!(system.platform, "WindowsServer2016" | "WindowsServer2012R2" | "Windows7");
    if old && !tags.iter().any(|tag| tag == "legacy") {
        tags.push("legacy".into());
    }
    if role.code == "kio" && happens(rng, 400) {
        tags.push("lobby".into());
    }
    tags
}

pub(super) fn managed_by(rng: &mut Rng, intune: bool, windows: bool) -> Option<Text> {
    if intune {
        return Some("Intune".into());
    }
    let unknown = &[(800, Some("Unknown")), (200, None)];
    let defender = &[(850, Some("MicrosoftDefenderForEndpoint")), (100, Some("Unknown")), (50, None)];
    level(rng, if windows { defender } else { unknown })
}

pub(super) fn external_ip(rng: &mut Rng, site: u32) -> String {
    // Addresses for documentation (RFC 5737, RFC 3849): nobody's.
    if happens(rng, 80) {
        format!("2001:db8:{:x}::{:x}", site + 1, rng.u16(1..))
    } else {
        format!("203.0.113.{}", site * 8 + rng.u32(1..8))
    }
}

/// Loopback and link-local included; `ipAddress` can be empty (section 3).
pub(super) fn addresses(rng: &mut Rng, first: &str, bits: u64) -> Vec<IpAddress> {
    let mac = Some(format!("{:012X}", bits >> 16));
    let link_local = format!("fe80::{:x}:{:x}", bits as u16, (bits >> 16) as u16);
    let entry = |ip_address: String, mac_address, r#type, operational_status| IpAddress {
        ip_address,
        mac_address,
        r#type,
        operational_status,
    };
    let mut all = vec![
        entry(first.to_owned(), mac.clone(), "Ethernet", "Up"),
        entry(link_local, mac, "Ethernet", "Up"),
        entry("127.0.0.1".to_owned(), None, "SoftwareLoopback", "Up"),
    ];
    if happens(rng, 120) {
        all.push(entry(String::new(), Some("000000000000".to_owned()), "Other", "Down"));
    }
    all
}

/// `rng` is the host's own, so that the records of a reinstalled host name the same VM.
pub(super) fn vm(rng: &mut Rng, role: &Role) -> Option<VmMetadata> {
    let vm_id = guid(rng);
    if happens(rng, role.cloud) {
        let subscription = guid(rng);
        let group = format!("/subscriptions/{subscription}/resourceGroups/rg-{}", role.code);
        return Some(VmMetadata {
            resource_id: Some(format!("{group}/providers/Microsoft.Compute/virtualMachines/{vm_id}")),
            subscription_id: Some(subscription),
            vm_id,
            cloud_provider: "Azure",
        });
    }
    (!role.personal && happens(rng, 300)).then_some(VmMetadata {
        vm_id,
        cloud_provider: "Unknown",
        resource_id: None,
        subscription_id: None,
    })
}
