//! Everything that can happen to the console.

use std::sync::Arc;

use jiff::Timestamp;

use super::key::Input;
use super::trouble::Trouble;
use crate::domain::{Machine, SafeText};
use crate::offboard::view::{MachineView, RunId, Status};

/// Something that happened. An answer names its question, so that a late one is recognised.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// The operator did something.
    Input(Input),
    /// Time passed, and something on the screen counts it.
    Tick,
    /// No way to sign in was found: what is set and what is not.
    NoSignIn(Vec<Setting>),
    /// Signed in, and to where.
    SignedIn(Who),
    /// Signing in, or reaching the service at all, failed.
    SignInFailed(Trouble),
    /// A page of machines came.
    Page {
        /// Which list.
        list: u64,
        /// Its machines, each id new.
        machines: Vec<Machine>,
        /// How many rows came so far that could not be read.
        unreadable: usize,
        /// Only the proof is missing that nothing follows.
        checking_the_end: bool,
        /// The service's instant of the answer.
        at: Timestamp,
    },
    /// The list is whole.
    ListEnded {
        /// Which list.
        list: u64,
    },
    /// The list could not be had.
    ListFailed {
        /// Which list.
        list: u64,
        /// What happened.
        trouble: Trouble,
    },
    /// The engine's state changed.
    Status(Arc<Status>),
    /// A name for the next run, or why there is none.
    RunName(Result<String, SafeText>),
    /// Comments of earlier runs, the newest first.
    RecentComments(Vec<SafeText>),
    /// The plan is in the journal and its run has begun, or why not.
    Confirmed(Result<RunId, SafeText>),
    /// The machines of a run.
    Machines {
        /// Which run.
        run: RunId,
        /// What the journal holds, or why it can't be read.
        machines: Result<Vec<MachineView>, SafeText>,
    },
    /// A wish for a run was journaled, or why not.
    Wished(Result<(), SafeText>),
    /// The process was stopped, and goes on.
    Continued,
    /// The terminal is gone.
    LostTerminal,
    /// The process is asked to end (SIGTERM, SIGHUP).
    AskedToEnd,
    /// The engine has finished what was in flight: the program may end.
    EngineEnded,
}

/// Who acts, where, and what an operator must not overlook.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Who {
    /// The tenant as the header names it: the configured domain, else the first eight of its id.
    pub tenant: SafeText,
    /// `commercial eu`, `simulated`.
    pub cloud: SafeText,
    /// The same at 80 columns: `eu`, or nothing.
    pub cloud_short: SafeText,
    /// The app's display name, or the person.
    pub acts: SafeText,
    /// READ-ONLY, DEMO, LOCAL, API NOT MICROSOFT: host.
    pub badges: Vec<SafeText>,
    /// Whether the sign-in may offboard; none: its token can't be read.
    pub may_offboard: Option<bool>,
    /// Whether a person signed in, who sees only their device groups.
    pub person: bool,
    /// Where calls go.
    pub host: SafeText,
    /// What the sign-in may do.
    pub permissions: Vec<SafeText>,
    /// Whether everything is simulated.
    pub demo: bool,
}

/// One variable of the environment, as the first screen shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Which way of signing in it belongs to.
    pub way: &'static str,
    /// What is set, made safe and never a secret; what is wrong with it; or that it is not set.
    pub value: SettingValue,
}

/// What a variable holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingValue {
    /// Not set, and none of its way is.
    NotSet,
    /// Not set, though others of its way are.
    Missing,
    /// Set: what may be shown of it.
    Set(SafeText),
    /// Set, and wrong: why.
    Wrong(SafeText),
}
