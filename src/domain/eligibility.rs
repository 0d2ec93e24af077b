//! The rule: which machines may be offboarded, and the reason when not (reference, section 3.1).
//!
//! Windows 10 version 1703 and later, Windows 11, Windows Server 2019 and later; never macOS or Linux. Newer pages of
//! the service allow more; this rule stays, and a refusal is worded as ours. An [`Offboardable`] can only be made
//! here, so a function that takes one need not ask again.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Machine, MachineId, OsFamily, Release, SafeText};

/// Windows 10 1703.
const WINDOWS_10_BUILD_MIN: i64 = 15_063;
/// Windows Server 2019 (1809), for servers of the semi-annual channel, which carry no year.
const SERVER_BUILD_MIN: i64 = 17_763;

/// What the rule looks at: kept with a plan, so that the rule can be asked again just before a machine is sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RuleFacts {
    /// `osPlatform`.
    pub os_platform: Option<SafeText>,
    /// `version`, a release name as a rule.
    pub version: Option<SafeText>,
    /// `osBuild`.
    pub os_build: Option<i64>,
    /// `onboardingStatus`.
    pub onboarding_status: Option<SafeText>,
    /// `mergedIntoMachineId`.
    pub merged_into: Option<SafeText>,
}

/// A machine that the rule allows: the proof that selection, plan and call ask for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Offboardable(MachineId);

impl Offboardable {
    /// Asks the rule about a machine of the list.
    pub fn of(machine: &Machine) -> Result<Self, Refusal> {
        Self::by_facts(&machine.id, &machine.rule_facts())
    }

    /// Asks the rule about facts that were kept.
    pub fn by_facts(id: &MachineId, facts: &RuleFacts) -> Result<Self, Refusal> {
        rule(facts).map(|()| Self(id.clone()))
    }

    /// Which machine it is.
    pub fn id(&self) -> &MachineId {
        &self.0
    }
}

/// Why a machine cannot be offboarded by this program, in the order in which reasons are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// macOS, Linux, a phone: the system's family in words.
    NotWindows(&'static str),
    /// A platform that is no system we know, as the service gave it.
    PlatformUnknown(SafeText),
    /// No platform at all.
    PlatformMissing,
    /// Bare `Windows`: the service has not identified it.
    WindowsUnidentified,
    /// Windows 7, 8, XP.
    OlderThanWindows10,
    /// A Windows 10 release before 1703, by version or by build.
    OlderThan1703,
    /// Windows 10 with neither a release name nor a build.
    VersionUnknown,
    /// A server release before 2019.
    OlderThanServer2019,
    /// A server without a year whose build is missing.
    ServerBuildUnknown,
    /// Merged into another record: no longer a real machine.
    Merged,
    /// Not onboarded: the service's value.
    NotOnboarded(SafeText),
    /// `onboardingStatus` absent, null or empty.
    OnboardingUnknown,
}

impl Refusal {
    /// Whether the rule itself says no, rather than that there is nothing to offboard.
    pub fn is_by_rule(&self) -> bool {
        !matches!(self, Self::Merged | Self::NotOnboarded(_) | Self::OnboardingUnknown)
    }

    /// The reason alone: "older than Server 2019".
    pub fn reason(&self) -> Cow<'static, str> {
        match self {
            Self::NotWindows(family) => Cow::Borrowed(family),
            Self::PlatformUnknown(platform) => format!("{platform} is no system it knows").into(),
            Self::PlatformMissing => "operating system unknown".into(),
            Self::WindowsUnidentified => "Windows, not identified by the service".into(),
            Self::OlderThanWindows10 => "older than Windows 10".into(),
            Self::OlderThan1703 => "older than Windows 10 1703".into(),
            Self::VersionUnknown => "version unknown".into(),
            Self::OlderThanServer2019 => "older than Server 2019".into(),
            Self::ServerBuildUnknown => "server build unknown".into(),
            Self::Merged => "merged into another record".into(),
            Self::NotOnboarded(status) => format!("not onboarded ({status})").into(),
            Self::OnboardingUnknown => "onboarding status unknown".into(),
        }
    }

    /// The whole sentence for a list: "outside offramp's rule: Linux".
    pub fn sentence(&self) -> String {
        let whose = if self.is_by_rule() { "outside offramp's rule" } else { "nothing to offboard" };
        format!("{whose}: {}", self.reason())
    }

    /// The same where there is little room: "not by rule: Linux".
    pub fn short(&self) -> String {
        if self.is_by_rule() { format!("not by rule: {}", self.reason()) } else { self.reason().into_owned() }
    }
}

/// The rule of reference 3.1: the first reason that holds, or none.
pub fn rule(facts: &RuleFacts) -> Result<(), Refusal> {
    system(facts)?;
    if facts.merged_into.as_ref().is_some_and(|id| !id.is_empty()) {
        return Err(Refusal::Merged);
    }
    match facts.onboarding_status.as_ref().filter(|status| !status.is_empty()) {
        Some(status) if status.as_str().eq_ignore_ascii_case("onboarded") => Ok(()),
        Some(status) => Err(Refusal::NotOnboarded(status.clone())),
        None => Err(Refusal::OnboardingUnknown),
    }
}

fn system(facts: &RuleFacts) -> Result<(), Refusal> {
    let Some(platform) = facts.os_platform.as_ref().filter(|platform| !platform.is_empty()) else {
        return Err(Refusal::PlatformMissing);
    };
    match OsFamily::of(platform.as_str()) {
        OsFamily::Windows11 => Ok(()),
        OsFamily::Windows10 => windows_10(facts),
        OsFamily::WindowsServer(Some(year)) if year >= 2019 => Ok(()),
        OsFamily::WindowsServer(Some(_)) => Err(Refusal::OlderThanServer2019),
        OsFamily::WindowsServer(None) => match facts.os_build {
            Some(build) if build >= SERVER_BUILD_MIN => Ok(()),
            Some(_) => Err(Refusal::OlderThanServer2019),
            None => Err(Refusal::ServerBuildUnknown),
        },
        OsFamily::OlderWindows => Err(Refusal::OlderThanWindows10),
        OsFamily::UnidentifiedWindows => Err(Refusal::WindowsUnidentified),
        OsFamily::MacOs => Err(Refusal::NotWindows("macOS")),
        OsFamily::Linux => Err(Refusal::NotWindows("Linux")),
        OsFamily::Ios => Err(Refusal::NotWindows("iOS")),
        OsFamily::Android => Err(Refusal::NotWindows("Android")),
        OsFamily::Unknown => Err(Refusal::PlatformUnknown(platform.clone())),
    }
}

/// Version and build each have a say; where they contradict each other the stricter one wins.
fn windows_10(facts: &RuleFacts) -> Result<(), Refusal> {
    let by_version = facts
        .version
        .as_ref()
        .and_then(|name| Release::parse(name.as_str()))
        .map(|release| release >= Release::R1703);
    let by_build = facts.os_build.map(|build| build >= WINDOWS_10_BUILD_MIN);
    match (by_version, by_build) {
        (Some(false), _) | (_, Some(false)) => Err(Refusal::OlderThan1703),
        (None, None) => Err(Refusal::VersionUnknown),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(platform: &str, version: &str, build: i64) -> RuleFacts {
        RuleFacts {
            os_platform: Some(platform.into()),
            version: (!version.is_empty()).then(|| version.into()),
            os_build: (build != 0).then_some(build),
            onboarding_status: Some("Onboarded".into()),
            merged_into: None,
        }
    }

    /// `""` and `0` mean absent.
    #[test]
    fn the_table_of_platforms_and_releases() {
        const YES: &str = "";
        for (platform, version, build, reason) in [
            ("Windows10", "1507", 10_240, "older than Windows 10 1703"),
            ("Windows10", "1511", 10_586, "older than Windows 10 1703"),
            ("Windows10", "1607", 14_393, "older than Windows 10 1703"),
            ("Windows10", "1703", 15_063, YES),
            ("Windows10", "1709", 16_299, YES),
            ("Windows10", "1803", 17_134, YES),
            ("Windows10", "1809", 17_763, YES),
            ("Windows10", "1903", 18_362, YES),
            ("Windows10", "1909", 18_363, YES),
            ("Windows10", "2004", 19_041, YES),
            ("Windows10", "20H2", 19_042, YES),
            ("Windows10", "21H1", 19_043, YES),
            ("Windows10", "21H2", 19_044, YES),
            ("Windows10", "22H2", 19_045, YES),
            ("windows10", "22H2", 19_045, YES),
            ("Windows10WVD", "22H2", 19_045, YES),
            ("Windows10WVD", "1607", 14_393, "older than Windows 10 1703"),
            // one of the two is missing, or is no release name
            ("Windows10", "1703", 0, YES),
            ("Windows10", "1607", 0, "older than Windows 10 1703"),
            ("Windows10", "", 15_063, YES),
            ("Windows10", "", 15_062, "older than Windows 10 1703"),
            ("Windows10", "Other", 22_424, YES),
            ("Windows10", "Other", 14_393, "older than Windows 10 1703"),
            ("Windows10", "10.0.19045", 19_045, YES),
            ("Windows10", "", 0, "version unknown"),
            ("Windows10", "Other", 0, "version unknown"),
            ("Windows10", "10.0.19045", 0, "version unknown"),
            // they contradict each other: the stricter one wins
            ("Windows10", "1607", 19_045, "older than Windows 10 1703"),
            ("Windows10", "22H2", 14_393, "older than Windows 10 1703"),
            ("Windows10", "1709", 18_209, YES),
            ("Windows10", "22H2", -1, "older than Windows 10 1703"),
            ("Windows11", "24H2", 26_100, YES),
            ("Windows11", "", 0, YES),
            ("Windows11MultiSession", "23H2", 22_631, YES),
            ("WindowsServer2019", "1809", 17_763, YES),
            ("WindowsServer2022", "21H2", 20_348, YES),
            ("WindowsServer2025", "24H2", 26_100, YES),
            ("WindowsServer2031", "", 0, YES),
            ("WindowsServer2016", "1607", 14_393, "older than Server 2019"),
            ("WindowsServer2012R2", "", 9_600, "older than Server 2019"),
            ("WindowsServer2008R2", "", 7_601, "older than Server 2019"),
            ("WindowsServer", "1909", 18_363, YES),
            ("WindowsServer", "", 17_763, YES),
            ("WindowsServer", "1709", 16_299, "older than Server 2019"),
            ("WindowsServer", "1909", 0, "server build unknown"),
            ("Windows7", "", 7_601, "older than Windows 10"),
            ("Windows8", "", 9_200, "older than Windows 10"),
            ("Windows81", "", 9_600, "older than Windows 10"),
            ("Windows8.1", "", 9_600, "older than Windows 10"),
            ("WindowsXp", "", 2_600, "older than Windows 10"),
            ("Windows", "", 0, "Windows, not identified by the service"),
            ("Windows", "22H2", 19_045, "Windows, not identified by the service"),
            ("Windows12", "30H2", 40_000, "Windows12 is no system it knows"),
            ("macOS", "14.5", 0, "macOS"),
            ("Linux", "9.5", 6, "Linux"),
            ("Ubuntu", "22.4", 0, "Linux"),
            ("RedHatEnterpriseLinux", "9.5", 6, "Linux"),
            ("CentOS", "", 0, "Linux"),
            ("Debian", "", 0, "Linux"),
            ("SUSELinuxEnterpriseServer", "", 0, "Linux"),
            ("iOS", "", 0, "iOS"),
            ("Android", "", 0, "Android"),
            ("Plan9", "22H2", 19_045, "Plan9 is no system it knows"),
        ] {
            let said = rule(&facts(platform, version, build));
            let reason_given = said.as_ref().err().map(Refusal::reason).unwrap_or_default();
            assert_eq!(reason_given, reason, "{platform} {version} {build}");
            assert!(said.err().is_none_or(|refusal| refusal.is_by_rule()), "{platform}");
        }
    }

    #[test]
    fn a_machine_without_a_platform_is_unknown() {
        for none in [None, Some("".into())] {
            let facts = RuleFacts { os_platform: none, ..facts("", "22H2", 19_045) };
            assert_eq!(rule(&facts), Err(Refusal::PlatformMissing));
        }
    }

    #[test]
    fn nothing_to_offboard_has_its_own_reasons() {
        let windows = facts("Windows11", "24H2", 26_100);
        for (onboarding, merged, sentence) in [
            (Some("onboarded"), None, ""),
            (Some("ONBOARDED"), Some(""), ""),
            (Some("CanBeOnboarded"), None, "nothing to offboard: not onboarded (CanBeOnboarded)"),
            (Some("Unsupported"), None, "nothing to offboard: not onboarded (Unsupported)"),
            (Some("InsufficientInfo"), None, "nothing to offboard: not onboarded (InsufficientInfo)"),
            (Some("Offboarded"), None, "nothing to offboard: not onboarded (Offboarded)"),
            (None, None, "nothing to offboard: onboarding status unknown"),
            (Some(""), None, "nothing to offboard: onboarding status unknown"),
            (Some("Onboarded"), Some("9c1e77"), "nothing to offboard: merged into another record"),
            (Some("CanBeOnboarded"), Some("9c1e77"), "nothing to offboard: merged into another record"),
        ] {
            let facts = RuleFacts {
                onboarding_status: onboarding.map(SafeText::new),
                merged_into: merged.map(SafeText::new),
                ..windows.clone()
            };
            let said = rule(&facts).err().map(|refusal| refusal.sentence()).unwrap_or_default();
            assert_eq!(said, sentence, "{onboarding:?} {merged:?}");
        }
    }

    #[test]
    fn the_rule_speaks_before_onboarding_does() {
        let facts = RuleFacts { onboarding_status: None, ..facts("Linux", "", 0) };
        let refusal = rule(&facts).expect_err("Linux");
        assert_eq!(refusal.sentence(), "outside offramp's rule: Linux");
        assert_eq!(refusal.short(), "not by rule: Linux");
    }
}
