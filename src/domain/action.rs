//! [`MachineAction`]: what the service makes of a call, kept as it was returned (reference, section 5).

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{MachineId, SafeText};

/// The id of a machine action: a GUID by the reference, kept as it came, and safe inside a URL's path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ActionId(String);

/// Why a text is no id of a machine action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no id of a machine action")]
pub struct BadActionId(SafeText);

impl ActionId {
    /// Takes 1 to 64 ASCII letters, digits and dashes.
    pub fn parse(raw: &str) -> Result<Self, BadActionId> {
        let fits =
            (1..=64).contains(&raw.len()) && raw.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits { Ok(Self(raw.to_owned())) } else { Err(BadActionId(SafeText::bounded(raw, 64))) }
    }

    /// The id as the service gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its first group, for columns.
    pub fn short(&self) -> String {
        format!("{}…", self.0.get(..8).unwrap_or(&self.0))
    }
}

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ActionId {
    type Error = BadActionId;
    fn try_from(raw: String) -> Result<Self, BadActionId> {
        Self::parse(&raw)
    }
}

impl From<ActionId> for String {
    fn from(id: ActionId) -> Self {
        id.0
    }
}

/// How far an action is. The list is open: a value that is not known is kept and shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ActionStatus {
    /// Waits for the machine.
    Pending,
    /// The machine works on it.
    InProgress,
    /// Done.
    Succeeded,
    /// The machine could not do it.
    Failed,
    /// No machine picked it up.
    TimeOut,
    /// Taken back before it was final.
    Cancelled,
    /// A value of the service that this program does not know: not final.
    Other(SafeText),
}

impl ActionStatus {
    /// Reads the service's value; both spellings of Cancelled occur.
    pub fn parse(raw: &str) -> Self {
        match raw {
            "Pending" => Self::Pending,
            "InProgress" => Self::InProgress,
            "Succeeded" => Self::Succeeded,
            "Failed" => Self::Failed,
            "TimeOut" => Self::TimeOut,
            "Cancelled" | "Canceled" => Self::Cancelled,
            other => Self::Other(SafeText::bounded(other, 64)),
        }
    }

    /// The service's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::TimeOut => "TimeOut",
            Self::Cancelled => "Cancelled",
            Self::Other(raw) => raw.as_str(),
        }
    }

    /// Whether nothing changes it any more.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::TimeOut | Self::Cancelled)
    }
}

impl fmt::Display for ActionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What kind of action it is; only one matters here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ActionKind {
    /// `Offboard`, in old answers `OffboardMachine`.
    Offboard,
    /// Any other, as the service names it.
    Other(SafeText),
}

impl ActionKind {
    /// Reads the service's `type`.
    pub fn parse(raw: &str) -> Self {
        match raw {
            "Offboard" | "OffboardMachine" => Self::Offboard,
            other => Self::Other(SafeText::bounded(other, 64)),
        }
    }

    /// The service's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Offboard => "Offboard",
            Self::Other(raw) => raw.as_str(),
        }
    }
}

/// A machine action as the service returned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineAction {
    /// `id`.
    pub id: ActionId,
    /// `type`.
    pub kind: ActionKind,
    /// `status`.
    pub status: ActionStatus,
    /// `machineId`; null in some samples.
    pub machine: Option<MachineId>,
    /// `computerDnsName`.
    pub name: Option<SafeText>,
    /// `requestor`: a person, an app's display name or a GUID.
    pub requestor: Option<SafeText>,
    /// `requestorComment`.
    pub comment: Option<SafeText>,
    /// `creationDateTimeUtc`.
    pub created: Option<Timestamp>,
    /// `lastUpdateDateTimeUtc`, in lists also `lastUpdateTimeUtc`.
    pub updated: Option<Timestamp>,
    /// `errorHResult`.
    pub error_hresult: Option<i64>,
    /// Every property with its value as text, in the order in which the service gave them, nulls left out.
    pub properties: Vec<(SafeText, SafeText)>,
}

impl MachineAction {
    /// A property by the service's name, as text.
    pub fn property(&self, name: &str) -> Option<&SafeText> {
        self.properties.iter().find(|(key, _)| key.as_str() == name).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_status_is_kept_and_not_final() {
        for (raw, shown, is_final) in [
            ("Pending", "Pending", false),
            ("InProgress", "InProgress", false),
            ("Succeeded", "Succeeded", true),
            ("Failed", "Failed", true),
            ("TimeOut", "TimeOut", true),
            ("Cancelled", "Cancelled", true),
            ("Canceled", "Cancelled", true),
            ("Paused\u{7}", "Paused‹0007›", false),
        ] {
            let status = ActionStatus::parse(raw);
            assert_eq!((status.as_str(), status.is_final()), (shown, is_final));
        }
    }

    #[test]
    fn an_action_id_is_safe_in_a_path() {
        assert!(ActionId::parse("2e9da30d-27f6-4208-81f2-9cd3d67893ba").is_ok());
        for bad in ["", "..", "a/b", "a b", "a%2e", &"a".repeat(65)] {
            assert!(ActionId::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(ActionId::parse("2e9da30d-27f6").unwrap().short(), "2e9da30d…");
    }
}
