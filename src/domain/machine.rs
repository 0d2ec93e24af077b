//! [`Machine`]: one record of the tenant's inventory, with its properties typed as far as this program asks
//! (reference, section 3). Unknown values are kept as they came.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{RuleFacts, SafeText};

/// The identity of a machine, from list to call. Opaque and case-sensitive: 40 hex digits as a rule, not always.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MachineId(compact_str::CompactString);

/// Why a text is no id of a machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no id of a machine")]
pub struct BadMachineId(SafeText);

impl MachineId {
    /// Takes 1 to 128 characters that a URL's path carries as they are. An id of dots alone is refused: a URL
    /// would drop it, and the call would reach another address.
    pub fn parse(raw: &str) -> Result<Self, BadMachineId> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
        let fits = (1..=128).contains(&raw.len()) && raw.bytes().all(plain) && raw.bytes().any(|b| b != b'.');
        if fits { Ok(Self(raw.into())) } else { Err(BadMachineId(SafeText::bounded(raw, 64))) }
    }

    /// The id as the service gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its beginning, `length` characters, for `#7b1f` and for columns.
    pub fn start(&self, length: usize) -> &str {
        self.0.get(..length).unwrap_or(&self.0)
    }
}

impl fmt::Display for MachineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for MachineId {
    type Error = BadMachineId;
    fn try_from(raw: String) -> Result<Self, BadMachineId> {
        Self::parse(&raw)
    }
}

impl From<MachineId> for String {
    fn from(id: MachineId) -> Self {
        id.0.into_string()
    }
}

/// An open enumeration of the service: the values that this program acts on, and any other as it came.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A value that this program does not know, as the service gave it.
            Other(SafeText),
        }

        impl $name {
            /// Reads the service's value.
            pub fn parse(raw: &str) -> Self {
                match raw {
                    $($text => Self::$variant,)+
                    other => Self::Other(SafeText::bounded(other, 64)),
                }
            }

            /// The service's word.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(raw) => raw.as_str(),
                }
            }
        }
    };
}

open_enum! {
    /// `healthStatus`. Inactive: no contact for seven days or more.
    HealthStatus {
        /// Reports as it should.
        Active = "Active",
        /// Silent for seven days or more.
        Inactive = "Inactive",
        /// Cannot talk to the service properly.
        ImpairedCommunication = "ImpairedCommunication",
        /// Talks, and sends no sensor data.
        NoSensorData = "NoSensorData",
        /// Both of the two.
        NoSensorDataImpairedCommunication = "NoSensorDataImpairedCommunication",
        /// The service does not know.
        Unknown = "Unknown",
    }
}

open_enum! {
    /// `riskScore` and `exposureLevel`, in their order.
    Level {
        /// No alerts, or silent for 30 days.
        None = "None",
        /// Risk only.
        Informational = "Informational",
        /// Low.
        Low = "Low",
        /// Medium.
        Medium = "Medium",
        /// High.
        High = "High",
    }
}

open_enum! {
    /// `deviceValue`, as the tenant's people set it.
    MachineValue {
        /// Low.
        Low = "Low",
        /// Normal.
        Normal = "Normal",
        /// High.
        High = "High",
    }
}

impl HealthStatus {
    /// The word for a column (layout: "Labels").
    pub fn label(&self) -> &str {
        match self {
            Self::ImpairedCommunication => "Impaired",
            Self::NoSensorData => "No data",
            Self::NoSensorDataImpairedCommunication => "No data, imp.",
            other => other.as_str(),
        }
    }
}

/// One machine of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// `id`.
    pub id: MachineId,
    /// `computerDnsName`: often a bare name, any case, not unique.
    pub name: Option<SafeText>,
    /// `firstSeen`.
    pub first_seen: Option<Timestamp>,
    /// `lastSeen`: the last full report, about daily.
    pub last_seen: Option<Timestamp>,
    /// `osPlatform`.
    pub os_platform: Option<SafeText>,
    /// `version`.
    pub version: Option<SafeText>,
    /// `osBuild`.
    pub os_build: Option<i64>,
    /// `healthStatus`.
    pub health: Option<HealthStatus>,
    /// `onboardingStatus`.
    pub onboarding_status: Option<SafeText>,
    /// `riskScore`.
    pub risk: Option<Level>,
    /// `exposureLevel`.
    pub exposure: Option<Level>,
    /// `deviceValue`.
    pub value: Option<MachineValue>,
    /// `rbacGroupName`.
    pub group: Option<SafeText>,
    /// `lastIpAddress`.
    pub ip: Option<SafeText>,
    /// `machineTags`.
    pub tags: Vec<SafeText>,
    /// `managedBy`.
    pub managed_by: Option<SafeText>,
    /// `aadDeviceId`.
    pub aad_device_id: Option<SafeText>,
    /// `vmMetadata.vmId`.
    pub vm_id: Option<SafeText>,
    /// `mergedIntoMachineId`.
    pub merged_into: Option<SafeText>,
    /// Every property with its value as text, under the service's name and in its order; null reads "null".
    pub properties: Vec<(SafeText, SafeText)>,
}

impl Machine {
    /// A machine of which nothing but the id is known: what readers and tests fill in.
    pub fn bare(id: MachineId) -> Self {
        Self {
            id,
            name: None,
            first_seen: None,
            last_seen: None,
            os_platform: None,
            version: None,
            os_build: None,
            health: None,
            onboarding_status: None,
            risk: None,
            exposure: None,
            value: None,
            group: None,
            ip: None,
            tags: Vec::new(),
            managed_by: None,
            aad_device_id: None,
            vm_id: None,
            merged_into: None,
            properties: Vec::new(),
        }
    }

    /// What the rule looks at.
    pub fn rule_facts(&self) -> RuleFacts {
        RuleFacts {
            os_platform: self.os_platform.clone(),
            version: self.version.clone(),
            os_build: self.os_build,
            onboarding_status: self.onboarding_status.clone(),
            merged_into: self.merged_into.clone(),
        }
    }

    /// The name as people say it: without its domain. A machine without a name, or with one of blanks, has none.
    pub fn short_name(&self) -> Option<&str> {
        let name = self.name.as_ref()?.as_str().trim();
        let short = name.split('.').next().filter(|first| !first.is_empty()).unwrap_or(name);
        (!short.is_empty()).then_some(short)
    }

    /// The operating system as a column shows it (layout: "Labels"): `Server 2019 1809`.
    pub fn os_label(&self) -> String {
        let Some(platform) = self.os_platform.as_ref().filter(|platform| !platform.is_empty()) else {
            return "unknown".into();
        };
        let family = platform_label(platform.as_str());
        match self.version.as_ref().filter(|version| !version.is_empty()) {
            Some(version) => format!("{family} {version}"),
            None => family,
        }
    }
}

/// The platform alone, as a column shows it: `Server 2019`.
pub(crate) fn platform_label(platform: &str) -> String {
    let lower = platform.to_ascii_lowercase();
    if let Some(server) = lower.strip_prefix("windowsserver") {
        let named = &platform[platform.len() - server.len()..];
        return match named.len() {
            0 => "Server".into(),
            4 => format!("Server {named}"),
            // `2012R2`
            n if n > 4 && named.is_char_boundary(4) => format!("Server {} {}", &named[..4], &named[4..]),
            _ => platform.into(),
        };
    }
    for (number, label) in [("windows10", "Windows 10"), ("windows11", "Windows 11")] {
        if lower.starts_with(number) {
            return label.into();
        }
    }
    platform.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_opaque_but_cannot_leave_its_place_in_a_path() {
        for good in ["9c1e77a0b34d4f21958d0f6a2be7713c5d804e19", "a", "ABC_def-1.2~"] {
            assert_eq!(MachineId::parse(good).map(String::from), Ok(good.to_owned()));
        }
        for bad in ["", ".", "..", "a/b", "a?b", "a b", "a%2e", "ä", "a\0", &"a".repeat(129)] {
            assert!(MachineId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn labels_of_operating_systems() {
        for (platform, version, label) in [
            ("WindowsServer2019", "1809", "Server 2019 1809"),
            ("WindowsServer2012R2", "", "Server 2012 R2"),
            ("WindowsServer", "1909", "Server 1909"),
            ("Windows10WVD", "22H2", "Windows 10 22H2"),
            ("windows11", "24H2", "Windows 11 24H2"),
            ("Ubuntu", "22.4", "Ubuntu 22.4"),
            ("", "22H2", "unknown"),
        ] {
            let machine = Machine {
                os_platform: Some(platform.into()),
                version: Some(version.into()),
                ..Machine::bare(MachineId::parse("a").unwrap())
            };
            assert_eq!(machine.os_label(), label);
        }
    }

    #[test]
    fn a_short_name_loses_its_domain() {
        let named =
            |name: &str| Machine { name: Some(name.into()), ..Machine::bare(MachineId::parse("a").unwrap()) };
        assert_eq!(named("par-web-014.corp.contoso.com").short_name(), Some("par-web-014"));
        assert_eq!(named("PAR-WEB-014").short_name(), Some("PAR-WEB-014"));
        assert_eq!(named(".corp").short_name(), Some(".corp"));
        assert_eq!((named("").short_name(), named("   ").short_name()), (None, None));
    }
}
