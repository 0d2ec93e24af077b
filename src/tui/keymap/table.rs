//! The table itself: one entry a key, in the order in which footer and help show them.

use super::{Binding, Context, Footer, Group, Scope};
use crate::tui::command::Command;

const LISTS: &[Scope] = &[Scope::Machines, Scope::Range, Scope::Details, Scope::Runs, Scope::Run];
const MOVES: &[Scope] =
    &[Scope::Machines, Scope::Range, Scope::Details, Scope::Runs, Scope::Run, Scope::Reading];
const SCROLLS: &[Scope] = &[
    Scope::Machines,
    Scope::Range,
    Scope::Details,
    Scope::Runs,
    Scope::Run,
    Scope::Reading,
    Scope::Comment,
    Scope::Typed,
    Scope::Offer,
    Scope::Decide,
];
const SCREENS: &[Scope] = &[Scope::Machines, Scope::Details, Scope::Runs, Scope::Run];
const QUIET: &[Scope] = &[Scope::Machines, Scope::Details, Scope::Runs, Scope::Run, Scope::FirstStart];
const ASKING: &[Scope] = &[
    Scope::Comment,
    Scope::Typed,
    Scope::Reading,
    Scope::Leaving,
    Scope::Offer,
    Scope::Decide,
    Scope::Question,
];

/// Lists that are asked of the service. The runs are told by the engine whenever one changes.
const ASKED: &[Scope] = &[Scope::Machines, Scope::Range, Scope::Details];
/// Where `!` stops beside the lists: wherever no text is typed, because a stop must never wait.
const STOPS: &[Scope] = &[
    Scope::Range,
    Scope::Reading,
    Scope::Leaving,
    Scope::Offer,
    Scope::Decide,
    Scope::Question,
    Scope::TooSmall,
];

fn always(_: &Context) -> Option<String> {
    None
}

fn blocked(context: &Context) -> Option<String> {
    context.blocked.clone()
}

fn elsewhere(context: &Context) -> Option<String> {
    context.elsewhere.clone()
}

const fn plain(
    keys: &'static [&'static str],
    shown: &'static str,
    on: &'static [Scope],
    command: Command,
    group: Group,
    help: &'static str,
) -> Binding {
    Binding {
        keys,
        shown,
        on,
        command,
        group: Some(group),
        help,
        help_short: help,
        footer: None,
        unless: always,
    }
}

const fn silent(keys: &'static [&'static str], on: &'static [Scope], command: Command) -> Binding {
    Binding {
        keys,
        shown: "",
        on,
        command,
        group: None,
        help: "",
        help_short: "",
        footer: None,
        unless: always,
    }
}

/// A binding with its place in the footer.
macro_rules! foot {
    ($rank:literal, $label:expr, $binding:expr) => {
        Binding { footer: Some(Footer { label: $label, rank: $rank }), ..$binding }
    };
}

/// Every key, in the order in which footer and help show them.
pub const TABLE: &[Binding] = &[
    // ── Moving
    plain(&["j", "Down"], "j  k", MOVES, Command::Down, Group::Move, "down, up"),
    silent(&["k", "Up"], MOVES, Command::Up),
    silent(&["Down"], &[Scope::Comment, Scope::Typed, Scope::Offer, Scope::Decide], Command::Down),
    silent(&["Up"], &[Scope::Comment, Scope::Typed, Scope::Offer, Scope::Decide], Command::Up),
    plain(&["g", "Home"], "g  G", MOVES, Command::First, Group::Move, "first, last"),
    silent(&["G", "End"], MOVES, Command::Last),
    plain(&["^d"], "^d ^u", MOVES, Command::HalfPageDown, Group::Move, "half a page"),
    silent(&["^u"], MOVES, Command::HalfPageUp),
    plain(&["^f"], "^f ^b", MOVES, Command::PageDown, Group::Move, "a page"),
    silent(&["^b"], MOVES, Command::PageUp),
    silent(&["PgDn"], SCROLLS, Command::PageDown),
    silent(&["PgUp"], SCROLLS, Command::PageUp),
    // ── Selecting
    foot!(
        240,
        |context| if context.no_machines { String::new() } else { "select".into() },
        Binding {
            help_short: "select or not, go down",
            ..plain(
                &["space"],
                "space",
                &[Scope::Machines, Scope::Details],
                Command::Toggle,
                Group::Select,
                "select or not, go down",
            )
        }
    ),
    foot!(
        90,
        |context| if context.no_machines { String::new() } else { "range".into() },
        Binding {
            help_short: "start a range",
            ..plain(
                &["v"],
                "v",
                &[Scope::Machines],
                Command::Range,
                Group::Select,
                "start a range; space keeps, Esc drops",
            )
        }
    ),
    foot!(
        100,
        |context| if context.no_machines { String::new() } else { "all".into() },
        plain(
            &["a", "^a"],
            "a  ^a",
            &[Scope::Machines],
            Command::SelectAll,
            Group::Select,
            "all that the filter shows",
        )
    ),
    plain(&["\\"], "\\", &[Scope::Machines], Command::SelectNone, Group::Select, "none"),
    plain(&["i"], "i", &[Scope::Machines], Command::Invert, Group::Select, "invert within the filter"),
    foot!(
        110,
        |context| if context.can_undo { "undo".into() } else { String::new() },
        Binding {
            unless: |context| (!context.can_undo).then(|| "nothing to undo".into()),
            ..plain(&["u"], "u", &[Scope::Machines], Command::Undo, Group::Select, "undo the last change")
        }
    ),
    // ── A range
    foot!(
        245,
        |_| "extend".into(),
        Binding { shown: "j k", ..silent(&["S-Down"], &[Scope::Range], Command::RangeDown) }
    ),
    silent(&["S-Down"], &[Scope::Machines], Command::RangeDown),
    silent(&["S-Up"], &[Scope::Machines, Scope::Range], Command::RangeUp),
    foot!(
        246,
        |_| "keep the range".into(),
        Binding { shown: "space", ..silent(&["space", "v"], &[Scope::Range], Command::Range) }
    ),
    foot!(
        244,
        |_| "drop the range".into(),
        Binding { shown: "Esc", ..silent(&["Esc"], &[Scope::Range], Command::Back) }
    ),
    // ── Finding
    foot!(
        241,
        |context| if context.no_machines { String::new() } else { "filter".into() },
        plain(
            &["/"],
            "/",
            &[Scope::Machines, Scope::Details],
            Command::Filter,
            Group::Find,
            "filter as you type"
        )
    ),
    Binding {
        help_short: "those outside the rule",
        ..plain(
            &["."],
            ".",
            &[Scope::Machines],
            Command::Others,
            Group::Find,
            "show those outside the rule too",
        )
    },
    plain(&["s"], "s", &[Scope::Machines], Command::OnlySelected, Group::Find, "show only the selected"),
    foot!(
        239,
        |context| if context.no_machines { String::new() } else { "details".into() },
        plain(&["Enter"], "Enter", &[Scope::Machines], Command::Enter, Group::Find, "details")
    ),
    foot!(
        236,
        |_| "close".into(),
        Binding { shown: "Enter", ..silent(&["Enter"], &[Scope::Details], Command::Enter) }
    ),
    foot!(
        105,
        |context| if context.empty { "ask again".into() } else { String::new() },
        plain(&["r", "^r"], "r", ASKED, Command::Refresh, Group::Find, "ask the service again")
    ),
    foot!(
        246,
        |context| if context.filter.is_empty() {
            "keep no filter".into()
        } else {
            format!("keep {}", context.filter)
        },
        Binding { shown: "Enter", ..silent(&["Enter"], &[Scope::Filter], Command::KeepFilter) }
    ),
    foot!(
        245,
        |_| "restore".into(),
        Binding { shown: "Esc", ..silent(&["Esc"], &[Scope::Filter], Command::Back) }
    ),
    // ── Offboarding
    foot!(
        242,
        |context| if context.read_only || context.no_machines { String::new() } else { "offboard".into() },
        Binding {
            unless: |context| {
                blocked(context).or_else(|| (context.selected == 0).then(|| "select a machine first".into()))
            },
            ..plain(
                &["c"],
                "c",
                &[Scope::Machines],
                Command::Offboard,
                Group::Offboard,
                "comment, confirm, run",
            )
        }
    ),
    foot!(
        243,
        |context| if context.going_on { "stop the run".into() } else { String::new() },
        Binding {
            help_short: "stop the run",
            unless: |context| context.nothing_to_stop.clone(),
            ..plain(
                &["!"],
                "!",
                &[Scope::Machines, Scope::Details, Scope::Runs, Scope::Run],
                Command::Stop,
                Group::Offboard,
                "stop the run: it only stops",
            )
        }
    ),
    foot!(
        242,
        |context| if context.halted && context.left > 0 && context.elsewhere.is_none() && !context.read_only {
            format!("go on with {}", context.left)
        } else {
            String::new()
        },
        Binding {
            help_short: "go on with a stopped run",
            unless: |context| {
                elsewhere(context)
                    .or_else(|| (!context.halted).then(|| "this run has not stopped".into()))
                    .or_else(|| blocked(context))
                    .or_else(|| (context.left == 0).then(|| "nothing is left to send".into()))
            },
            ..plain(
                &[">"],
                ">",
                &[Scope::Runs, Scope::Run],
                Command::GoOn,
                Group::Offboard,
                "go on; asks for the number that is left",
            )
        }
    ),
    foot!(
        120,
        |context| match context.queued {
            _ if context.elsewhere.is_some() => String::new(),
            0 => String::new(),
            n if context.halted => format!("cancel {n} queued"),
            _ => "cancel queued".into(),
        },
        Binding {
            unless: |context| {
                elsewhere(context).or_else(|| (context.queued == 0).then(|| "nothing is queued".into()))
            },
            ..plain(
                &["X"],
                "X",
                &[Scope::Runs, Scope::Run],
                Command::CancelQueued,
                Group::Offboard,
                "cancel what is queued",
            )
        }
    ),
    // ── Runs
    foot!(
        239,
        |context| if context.empty { String::new() } else { "open".into() },
        plain(&["Enter"], "Enter", &[Scope::Runs], Command::Enter, Group::Find, "open the run")
    ),
    foot!(
        239,
        |context| if context.undecided { "decide".into() } else { "details".into() },
        Binding {
            help_short: "details, or decide",
            ..plain(
                &["Enter"],
                "Enter",
                &[Scope::Run],
                Command::Enter,
                Group::Find,
                "details; decide an undecided machine",
            )
        }
    ),
    foot!(
        100,
        |context| if context.needs > 0 { "next failure".into() } else { String::new() },
        plain(
            &["f"],
            "f",
            &[Scope::Runs, Scope::Run],
            Command::NextFailure,
            Group::Find,
            "next machine that needs you",
        )
    ),
    foot!(
        98,
        |_| "all runs".into(),
        plain(&["Esc"], "Esc", &[Scope::Run], Command::Back, Group::Anywhere, "back to all runs")
    ),
    silent(&["Esc"], &[Scope::Machines, Scope::Details, Scope::Runs, Scope::FirstStart], Command::Back),
    plain(&["r", "^r"], "r", &[Scope::Run], Command::Refresh, Group::Find, "read its machines again"),
    // ── Without a sign-in
    foot!(
        241,
        |_| "demo".into(),
        plain(&["d"], "d", &[Scope::FirstStart], Command::Demo, Group::Find, "open the demo")
    ),
    // ── Anywhere
    foot!(
        80,
        |_| "machines".into(),
        Binding { shown: "1", ..silent(&["1"], &[Scope::Runs, Scope::Run], Command::Machines) }
    ),
    silent(&["1"], &[Scope::Machines, Scope::Details], Command::Machines),
    foot!(
        115,
        |context| if context.going_on { "the run".into() } else { String::new() },
        Binding { shown: "2", ..silent(&["2"], &[Scope::Machines, Scope::Details], Command::Runs) }
    ),
    silent(&["2"], &[Scope::Runs, Scope::Run], Command::Runs),
    Binding {
        help_short: "Machines, Runs, next",
        ..plain(
            &["Tab"],
            "1 2 Tab",
            SCREENS,
            Command::NextScreen,
            Group::Anywhere,
            "Machines, Runs, the next one",
        )
    },
    plain(&["^l"], "^l", LISTS, Command::Redraw, Group::Anywhere, "draw again"),
    foot!(
        254,
        |_| "help".into(),
        Binding {
            unless: always,
            ..plain(
                &["?", "F1"],
                "?",
                &[Scope::Machines, Scope::Range, Scope::Details, Scope::Runs, Scope::Run, Scope::FirstStart,],
                Command::Help,
                Group::Anywhere,
                "help for this screen",
            )
        }
    ),
    foot!(
        255,
        |_| "quit".into(),
        Binding {
            help_short: "quit",
            ..plain(&["q"], "q", QUIET, Command::Quit, Group::Anywhere, "quit; asks while a run is going on",)
        }
    ),
    silent(&["q"], &[Scope::TooSmall], Command::Quit),
    silent(&["^c"], Scope::ALL, Command::Interrupt),
    // ── Dialogs: each names its own keys
    silent(&["Enter"], ASKING, Command::Enter),
    silent(&["Esc"], ASKING, Command::Back),
    silent(&["?", "F1", "q"], &[Scope::Reading], Command::Back),
    silent(&["!"], STOPS, Command::Stop),
    silent(&["Q"], &[Scope::Leaving], Command::QuitAnyway),
    silent(&[">"], &[Scope::Offer], Command::GoOn),
    silent(&["X"], &[Scope::Offer], Command::CancelQueued),
    silent(&["a"], &[Scope::Decide], Command::SendAgain),
    silent(&["l"], &[Scope::Decide], Command::LeaveIt),
];
