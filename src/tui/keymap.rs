//! The one table of keys. Dispatch, footer, help and the README's table all come from it.

use super::command::Command;
use super::key::Key;

/// Where a key has a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The list of machines.
    Machines,
    /// The list of machines while a range is open.
    Range,
    /// The list of machines with the details open.
    Details,
    /// The line in which a filter is typed: everything else types.
    Filter,
    /// The list of runs.
    Runs,
    /// One open run.
    Run,
    /// The screen without a sign-in.
    FirstStart,
    /// The dialog for the comment: letters type.
    Comment,
    /// A dialog with text to type before it does anything: letters type.
    Typed,
    /// A dialog to read: help.
    Reading,
    /// The question before leaving.
    Leaving,
    /// The offer of an unfinished run.
    Offer,
    /// Send again, or leave it.
    Decide,
    /// A question that Enter answers.
    Question,
    /// A terminal too small for any screen: only what must never be out of reach.
    TooSmall,
}

impl Scope {
    /// Every scope.
    pub const ALL: &[Self] = &[
        Self::Machines,
        Self::Range,
        Self::Details,
        Self::Filter,
        Self::Runs,
        Self::Run,
        Self::FirstStart,
        Self::Comment,
        Self::Typed,
        Self::Reading,
        Self::Leaving,
        Self::Offer,
        Self::Decide,
        Self::Question,
        Self::TooSmall,
    ];

    /// Whether letters are text here.
    pub fn is_typing(self) -> bool {
        matches!(self, Self::Filter | Self::Comment | Self::Typed)
    }
}

/// Under which heading help shows a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Moving.
    Move,
    /// Finding.
    Find,
    /// Selecting.
    Select,
    /// What cannot be taken back, and what stops it.
    Offboard,
    /// Everywhere.
    Anywhere,
}

impl Group {
    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Find => "Find",
            Self::Select => "Select",
            Self::Offboard => "Offboard",
            Self::Anywhere => "Anywhere",
        }
    }
}

/// The little that conditions and labels look at.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each answers one question of one key; none excludes another"
)]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// How many machines are selected.
    pub selected: usize,
    /// Whether a change of the selection can be undone.
    pub can_undo: bool,
    /// Why nothing can be sent at all, if nothing can: read-only, no journal, another console, no sign-in.
    pub blocked: Option<String>,
    /// The read-only sign-in: what is dangerous is not there to press.
    pub read_only: bool,
    /// A run of this console that sends or waits.
    pub going_on: bool,
    /// The run under the eyes: `>` would go on with so many.
    pub left: usize,
    /// The run under the eyes has so many queued.
    pub queued: usize,
    /// The run under the eyes has stopped or lost its driver.
    pub halted: bool,
    /// The run under the eyes needs a person for so many machines.
    pub needs: usize,
    /// The cursor is on an undecided machine.
    pub undecided: bool,
    /// Why the run under the eyes can't be changed from here, if it can't: another process drives it.
    pub elsewhere: Option<String>,
    /// Why `!` would stop nothing, if it would.
    pub nothing_to_stop: Option<String>,
    /// The filter that Enter would keep.
    pub filter: String,
    /// The list is old enough or failed: refreshing is what the screen is for.
    pub empty: bool,
}

/// One line of the table.
#[derive(Clone, Copy)]
pub struct Binding {
    /// The keys, by [`Key::named`].
    pub keys: &'static [&'static str],
    /// How footer and help write them.
    pub shown: &'static str,
    /// Where.
    pub on: &'static [Scope],
    /// What it asks.
    pub command: Command,
    /// Under which heading help shows it; none: help does not list it.
    pub group: Option<Group>,
    /// What help says.
    pub help: &'static str,
    /// The same at 80 columns.
    pub help_short: &'static str,
    /// The footer's label and its rank, the highest stays longest; none: not in the footer.
    pub footer: Option<Footer>,
    /// Why it can't be used now, if it can't.
    pub unless: fn(&Context) -> Option<String>,
}

/// How a key stands in the footer.
#[derive(Clone, Copy)]
pub struct Footer {
    /// What it would do now; empty: not shown now.
    pub label: fn(&Context) -> String,
    /// The higher, the longer it stays while the line is too long.
    pub rank: u8,
}

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
        |_| "select".into(),
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
        |_| "range".into(),
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
        |_| "all".into(),
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
        |_| "filter".into(),
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
        |_| "details".into(),
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
        |context| if context.read_only { String::new() } else { "offboard".into() },
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
        plain(
            &["Enter"],
            "Enter",
            &[Scope::Run],
            Command::Enter,
            Group::Find,
            "details; decide an undecided machine"
        )
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
    foot!(
        240,
        |_| "look again".into(),
        plain(
            &["r", "^r"],
            "r",
            &[Scope::FirstStart],
            Command::Refresh,
            Group::Find,
            "look for a sign-in again",
        )
    ),
    // ── Anywhere
    foot!(
        80,
        |_| "machines".into(),
        Binding { shown: "1", ..silent(&["1"], &[Scope::Runs, Scope::Run], Command::Machines) }
    ),
    silent(&["1"], &[Scope::Machines, Scope::Details, Scope::FirstStart], Command::Machines),
    foot!(
        115,
        |context| if context.going_on { "the run".into() } else { String::new() },
        Binding {
            shown: "2",
            ..silent(&["2"], &[Scope::Machines, Scope::Details, Scope::FirstStart], Command::Runs)
        }
    ),
    silent(&["2"], &[Scope::Runs, Scope::Run], Command::Runs),
    plain(&["Tab"], "1 2 Tab", QUIET, Command::NextScreen, Group::Anywhere, "Machines, Runs, the next one"),
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
            ..plain(
                &["q"],
                "q",
                QUIET,
                Command::Quit,
                Group::Anywhere,
                "quit; asks if something would be lost",
            )
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

/// What a key asks where it is pressed.
pub fn lookup(scope: Scope, key: Key) -> Option<&'static Binding> {
    TABLE.iter().find(|binding| {
        binding.on.contains(&scope) && binding.keys.iter().any(|name| Key::named(name) == Some(key))
    })
}

/// How a screen or dialog writes the key of a command: in its own words for it, as the table has it.
pub fn shown(scope: Scope, command: Command) -> &'static str {
    TABLE
        .iter()
        .find(|binding| binding.command == command && binding.on.contains(&scope))
        .map_or("", |binding| if binding.shown.is_empty() { binding.keys[0] } else { binding.shown })
}

/// The items of the footer: key and label, as many as fit into `width`, the lowest rank leaving first.
pub fn footer(scope: Scope, context: &Context, width: usize) -> Vec<(&'static str, String)> {
    let mut items: Vec<(&'static str, String, u8)> = TABLE
        .iter()
        .filter(|binding| binding.on.contains(&scope))
        .filter_map(|binding| {
            let footer = binding.footer?;
            // `a  ^a` in help is `a` here
            let shown = if binding.keys.contains(&"^a") { "a" } else { binding.shown };
            let label = (footer.label)(context);
            (!label.is_empty()).then_some((shown, label, footer.rank))
        })
        .collect();
    let length = |items: &[(&str, String, u8)]| {
        items.iter().map(|(key, label, _)| key.chars().count() + 1 + label.chars().count()).sum::<usize>()
            + 3 * items.len().saturating_sub(1)
    };
    while length(&items) > width {
        let Some(lowest) = (0..items.len()).min_by_key(|index| items[*index].2) else { break };
        if items[lowest].2 >= 254 {
            break;
        }
        items.remove(lowest);
    }
    items.into_iter().map(|(key, label, _)| (key, label)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_key_can_be_read_and_none_is_there_twice_in_a_scope() {
        for scope in Scope::ALL {
            let mut seen = HashSet::new();
            for binding in TABLE.iter().filter(|binding| binding.on.contains(scope)) {
                for name in binding.keys {
                    let key = Key::named(name).unwrap_or_else(|| panic!("{name} is no key"));
                    assert!(seen.insert(key), "{name} twice in {scope:?}");
                }
            }
        }
    }

    #[test]
    fn where_text_is_typed_nothing_dangerous_can_be_reached_and_no_letter_is_a_command() {
        for binding in TABLE {
            for scope in binding.on.iter().filter(|scope| scope.is_typing()) {
                assert!(!binding.command.is_dangerous(), "{:?} in {scope:?}", binding.command);
                for name in binding.keys {
                    assert_eq!(Key::named(name).unwrap().typed(), None, "{name} in {scope:?}");
                }
            }
        }
    }

    #[test]
    fn the_key_that_opens_a_danger_never_confirms_it() {
        let confirms: Vec<_> = TABLE
            .iter()
            .filter(|binding| binding.on.contains(&Scope::Typed) && binding.command == Command::Enter)
            .flat_map(|binding| binding.keys)
            .collect();
        for binding in TABLE.iter().filter(|binding| binding.command.is_dangerous()) {
            assert!(binding.keys.iter().all(|key| !confirms.contains(&key)), "{:?}", binding.command);
        }
    }

    #[test]
    fn every_command_in_the_footer_or_in_help_says_what_it_does() {
        for binding in TABLE.iter().filter(|binding| binding.group.is_some()) {
            assert!(!binding.help.is_empty() && !binding.shown.is_empty(), "{:?}", binding.command);
        }
    }

    #[test]
    fn the_footer_drops_the_lowest_rank_first_and_keeps_help_and_quit() {
        let context = Context { can_undo: true, ..Context::default() };
        let line = |width| {
            footer(Scope::Machines, &context, width)
                .into_iter()
                .map(|(key, label)| format!("{key} {label}"))
                .collect::<Vec<_>>()
                .join("   ")
        };
        assert_eq!(
            line(118),
            "space select   v range   a all   u undo   / filter   Enter details   c offboard   ? help   q quit"
        );
        assert_eq!(line(78), "space select   / filter   Enter details   c offboard   ? help   q quit");
        assert_eq!(line(10), "? help   q quit");
    }
}
