//! Operating systems as the service names them: the family of an `osPlatform`, and the order of Windows 10 releases.
//!
//! There is no published list of `osPlatform` values (reference, section 3.1), so a name that is not known stays
//! [`OsFamily::Unknown`] and is never guessed into a family that could be offboarded.

/// What an `osPlatform` value stands for, as far as the rule asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OsFamily {
    /// `Windows10`, `Windows10WVD` and other `Windows10…`.
    Windows10,
    /// `Windows11…`.
    Windows11,
    /// `WindowsServerYYYY…`, or without a year for the semi-annual channel.
    WindowsServer(Option<u16>),
    /// `Windows7`, `Windows8`, `Windows8.1`, `WindowsXp` and what else is older than Windows 10.
    OlderWindows,
    /// Bare `Windows`: discovered on the network, not identified.
    UnidentifiedWindows,
    /// `macOS`.
    MacOs,
    /// `iOS`.
    Ios,
    /// `Android`.
    Android,
    /// `Linux` and the distributions by name.
    Linux,
    /// Anything else, and no value at all.
    Unknown,
}

/// How Linux distributions begin, in lower case.
const LINUX: &[&str] = &[
    "linux",
    "ubuntu",
    "redhat",
    "rhel",
    "centos",
    "debian",
    "suse",
    "sles",
    "fedora",
    "oracle",
    "amazon",
    "rocky",
    "alma",
    "mariner",
    "azurelinux",
];

/// How systems older than Windows 10 go on after `windows`, in lower case.
const OLDER: &[&str] = &["7", "8", "xp", "vista", "2000", "phone"];

impl OsFamily {
    /// Reads an `osPlatform`, without regard to case.
    pub fn of(platform: &str) -> Self {
        let platform = platform.trim().to_ascii_lowercase();
        let Some(windows) = platform.strip_prefix("windows") else {
            return match platform.as_str() {
                "macos" | "mac" | "osx" | "macosx" => Self::MacOs,
                "ios" | "ipados" => Self::Ios,
                "android" => Self::Android,
                other if LINUX.iter().any(|name| other.starts_with(name)) => Self::Linux,
                _ => Self::Unknown,
            };
        };
        if windows.is_empty() {
            return Self::UnidentifiedWindows;
        }
        if let Some(server) = windows.strip_prefix("server") {
            return Self::server(server);
        }
        // A digit after the number would make it another number: `Windows100` is not Windows 10.
        for (number, family) in [("10", Self::Windows10), ("11", Self::Windows11)] {
            if let Some(rest) = windows.strip_prefix(number) {
                return if rest.starts_with(|c: char| c.is_ascii_digit()) { Self::Unknown } else { family };
            }
        }
        if OLDER.iter().any(|name| windows.starts_with(name)) { Self::OlderWindows } else { Self::Unknown }
    }

    fn server(rest: &str) -> Self {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        match (digits, rest[..digits].parse()) {
            (0, _) if rest.is_empty() => Self::WindowsServer(None),
            (4, Ok(year)) => Self::WindowsServer(Some(year)),
            _ => Self::Unknown,
        }
    }
}

/// A Windows release by its name (`1703`, `20H2`), in release order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// Two digits: 15 for 2015.
    year: u8,
    /// The month that the name gives, or that its half stands for.
    month: u8,
}

impl Release {
    /// Windows 10 1703, the first that the rule takes.
    pub const R1703: Self = Self { year: 17, month: 3 };

    /// Reads a release name; `Other`, `10.0.19045` and `1901` (which never was one) are none.
    pub fn parse(name: &str) -> Option<Self> {
        const BY_MONTH: &[&str] =
            &["1507", "1511", "1607", "1703", "1709", "1803", "1809", "1903", "1909", "2004"];
        let name = name.trim();
        if BY_MONTH.contains(&name) {
            return Some(Self { year: name[..2].parse().ok()?, month: name[2..].parse().ok()? });
        }
        let (year, half) = name.split_once(['H', 'h'])?;
        let month = match half {
            "1" => 5,
            "2" => 10,
            _ => return None,
        };
        let two_digits = year.len() == 2 && year.bytes().all(|b| b.is_ascii_digit());
        let year: u8 = year.parse().ok().filter(|_| two_digits)?;
        // Halves were named from 20H2 on.
        Some(Self { year, month }).filter(|release| *release >= Self { year: 20, month: 10 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_of_the_reference() {
        use OsFamily as F;
        for (platform, family) in [
            ("Windows10", F::Windows10),
            ("windows10wvd", F::Windows10),
            ("Windows100", F::Unknown),
            ("Windows11", F::Windows11),
            ("Windows12", F::Unknown),
            ("WindowsServer2012R2", F::WindowsServer(Some(2012))),
            ("WindowsServer2025", F::WindowsServer(Some(2025))),
            ("WindowsServer20190", F::Unknown),
            ("WindowsServerNano", F::Unknown),
            ("WindowsServer", F::WindowsServer(None)),
            ("Windows7", F::OlderWindows),
            ("Windows8.1", F::OlderWindows),
            ("WindowsXp", F::OlderWindows),
            ("Windows", F::UnidentifiedWindows),
            ("macOS", F::MacOs),
            ("iOS", F::Ios),
            ("Android", F::Android),
            ("Ubuntu", F::Linux),
            ("RedHatEnterpriseLinux", F::Linux),
            ("SUSE", F::Linux),
            ("", F::Unknown),
            ("Plan9", F::Unknown),
        ] {
            assert_eq!(OsFamily::of(platform), family, "{platform}");
        }
    }

    #[test]
    fn releases_are_in_release_order() {
        let named = "1507 1511 1607 1703 1709 1803 1809 1903 1909 2004 20H2 21H1 21H2 22H2 23H2 24H2 25H2";
        let releases: Vec<_> = named.split(' ').map(|name| Release::parse(name).expect(name)).collect();
        assert!(releases.is_sorted_by(|a, b| a < b), "{releases:?}");
        for none in ["Other", "", "10.0.19045", "1901", "2009", "20H3", "19H1", "9.5", "+2H2", "1703 x"] {
            assert_eq!(Release::parse(none), None, "{none}");
        }
    }
}
