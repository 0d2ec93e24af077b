//! Every way in which a test can bend the tenant; as they stand they leave it faithful and quiet.
//!
//! The reference's section 8 lists what a faithful emulator can be told to do. A behaviour of the service that hurt
//! people in the field becomes a switch here, and a test, before it is code in the client.

use std::collections::{BTreeMap, BTreeSet};

use super::{Api, Scripted};

/// How a tenant answers a list without any row (reference, section 3: both must read as "no machines").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyList {
    /// `404 Not Found`, by the page.
    NotFound,
    /// 200 with an empty `value`, in a vendor's fixture.
    EmptyValue,
}

/// What `@odata.nextLink` of the machine list is like (reference, section 3, paging).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// There is none, even when more machines follow.
    Never,
    /// Without `$top`, when more machines follow.
    Correct,
    /// Every answer has one; it has lost the names of its options, and following it never ends.
    Broken,
    /// Every answer has one, it is well formed, and the pages start again after the last.
    Endless,
    /// It points to another host.
    Elsewhere,
}

/// What a second offboard call gets while one is pending (reference, section 4.2: both occur).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondCall {
    /// 400 `ActiveRequestAlreadyExists`.
    Exists,
    /// Success, with the earlier action.
    Earlier,
    /// One, then the other.
    Alternate,
}

/// What a 429 says beside its status (reference, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// The seconds until a slot is free.
    Truthful,
    /// Nothing.
    Missing,
    /// This, whatever the windows hold.
    Seconds(u64),
}

/// When a call with latency is counted and done; between sending and answer nobody outside can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// As the request comes in; the answer takes its time.
    OnArrival,
    /// When the answer leaves; the request took its time. A client that gives up before is not counted:
    /// [`Scripted::Late`] is for requests that travel on.
    OnAnswer,
}

/// What tests can turn. [`Emulator::set_switches`](super::Emulator::set_switches) changes them while it runs.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own; they combine freely")]
pub struct Switches {
    /// `Some`: the tenant has no machine, and says so this way. Read at each call.
    pub no_machines: Option<EmptyList>,
    /// Machines given by hand, as the API shows them; they come first in the list. `id` is needed.
    pub extra_machines: Vec<serde_json::Value>,
    /// The most rows in a page, below what was asked.
    pub page_cap: Option<usize>,
    /// Rows that each page repeats from the one before.
    pub page_overlap: usize,
    /// The links of the machine list.
    pub links: Links,

    /// The application permissions of tokens; empty: the token has no `roles` at all.
    pub roles: Vec<String>,
    /// `aud` of tokens, in place of the resource that was asked for.
    pub audience: Option<String>,
    /// `tid` of tokens, in place of the tenant's.
    pub tid: Option<String>,
    /// How long tokens live; drawn between 60 and 90 minutes if `None` (section 2).
    pub token_lifetime_seconds: Option<u64>,
    /// Tokens have ended before they are given out.
    pub token_expired: bool,
    /// The secret has expired (AADSTS7000222).
    pub secret_expired: bool,
    /// Every API call is 401 with this message, such as the tenant's own trouble of section 6, "Account mode is
    /// inactive".
    pub unauthorized: Option<String>,

    /// 200 or 201: docs disagree, and any 2xx counts (section 4).
    pub offboard_status: u16,
    /// What a second call gets.
    pub second_call: SecondCall,
    /// Consumed call by call: what happens to the offboard calls that pass sign-in (a refusal by the
    /// limits goes before it, and uses it up).
    pub offboard_script: Vec<Scripted>,
    /// The same for the calls about one machine, by its id; it goes before
    /// [`offboard_script`](Switches::offboard_script).
    pub machine_scripts: BTreeMap<String, Vec<Scripted>>,
    /// The same for every other API.
    pub scripts: BTreeMap<Api, Vec<Scripted>>,
    /// Real milliseconds that an offboard call takes.
    pub offboard_latency_ms: u64,
    /// Up to this many real milliseconds more, drawn call by call.
    pub offboard_jitter_ms: u64,
    /// Real milliseconds that every other call takes.
    pub latency_ms: u64,
    /// When a call with latency counts.
    pub counted: Counted,

    /// These APIs answer 429 to everything.
    pub always_429: BTreeSet<Api>,
    /// What a 429 says.
    pub retry_after: RetryAfter,
    /// 429 carries the documented code `TooManyRequests` in place of the recorded `"429"`.
    pub documented_429: bool,

    /// Milliseconds of the tenant for which a new action is missing from lists; by the faults if `None`.
    pub list_lag_ms: Option<u64>,
    /// Per mille of actions that end `Failed`.
    pub failed_per_mille: u32,
    /// Machines whose actions all end `Failed`.
    pub failing: BTreeSet<String>,
    /// Machines that report again, this many milliseconds of the tenant after their sensor stopped (section 4.2:
    /// management that still assigns onboarding may bring a machine back).
    pub returning: BTreeMap<String, u64>,
    /// How many earlier actions, by other people, the tenant has. Read at the start only.
    pub history: usize,
    /// `requestor` is the application's id, as in 2021 and 2022, in place of its display name.
    pub requestor_is_app_id: bool,
    /// Lists spell `lastUpdateTimeUtc` (section 5).
    pub old_action_spelling: bool,
}

impl Default for Switches {
    fn default() -> Switches {
        Switches {
            no_machines: None,
            extra_machines: Vec::new(),
            page_cap: None,
            page_overlap: 0,
            links: Links::Correct,
            roles: vec!["Machine.Read.All".to_owned(), "Machine.Offboard".to_owned()],
            audience: None,
            tid: None,
            token_lifetime_seconds: None,
            token_expired: false,
            secret_expired: false,
            unauthorized: None,
            offboard_status: 201,
            second_call: SecondCall::Alternate,
            offboard_script: Vec::new(),
            machine_scripts: BTreeMap::new(),
            scripts: BTreeMap::new(),
            offboard_latency_ms: 0,
            offboard_jitter_ms: 0,
            latency_ms: 0,
            counted: Counted::OnArrival,
            always_429: BTreeSet::new(),
            retry_after: RetryAfter::Truthful,
            documented_429: false,
            list_lag_ms: None,
            failed_per_mille: 20,
            failing: BTreeSet::new(),
            returning: BTreeMap::new(),
            history: 0,
            requestor_is_app_id: false,
            old_action_spelling: false,
        }
    }
}
