//! The machine as the service's JSON has it: every property of the reference's table (section 3), in one struct.
//!
//! Written from the reference alone. The client has its own model of the same JSON, and the two must stay strangers:
//! a mistake shared is a mistake that no test finds.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::clock::Moment;

/// Text that is a constant for most machines and drawn for some.
pub(super) type Text = Cow<'static, str>;

/// A property that is null wherever it is not absent.
pub(super) type Null = ();

/// One machine. Nulls are `None`; what can be absent says so.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the service's names")]
pub(super) struct Machine {
    pub id: String,
    pub merged_into_machine_id: Option<String>,
    pub is_potential_duplication: bool,
    pub is_excluded: bool,
    pub exclusion_reason: Option<Text>,
    pub computer_dns_name: Option<String>,
    pub first_seen: Moment,
    pub last_seen: Moment,
    pub os_platform: Text,
    /// Null in recordings of 2023 to 2025, absent in one of 2026 (section 3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_version: Option<Null>,
    pub os_processor: Text,
    pub version: Option<Text>,
    pub last_ip_address: Option<String>,
    pub last_external_ip_address: Option<String>,
    pub agent_version: Option<String>,
    pub os_build: Option<u32>,
    pub health_status: Text,
    pub device_value: Option<Text>,
    /// A number in recordings, a string by newer pages (section 3).
    pub rbac_group_id: Value,
    pub rbac_group_name: Option<Text>,
    pub risk_score: Option<Text>,
    pub exposure_level: Option<Text>,
    pub is_aad_joined: bool,
    pub aad_device_id: Option<String>,
    pub machine_tags: Vec<Text>,
    /// Met in 2023, gone by 2024 (section 3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub defender_av_status: Option<Text>,
    pub onboarding_status: Option<Text>,
    pub os_architecture: Text,
    pub managed_by: Option<Text>,
    pub managed_by_status: Option<Text>,
    pub ip_addresses: Vec<IpAddress>,
    pub vm_metadata: Option<VmMetadata>,
}

/// One of a machine's addresses.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the service's names")]
pub(super) struct IpAddress {
    pub ip_address: String,
    /// 12 hex digits without separators, or null for a loopback (section 3).
    pub mac_address: Option<String>,
    pub r#type: &'static str,
    pub operational_status: &'static str,
}

/// Where a virtual machine lives.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VmMetadata {
    pub vm_id: String,
    pub cloud_provider: &'static str,
    pub resource_id: Option<String>,
    pub subscription_id: Option<String>,
}
