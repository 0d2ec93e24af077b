//! The one table of keys. Dispatch, footer, help and the README's table all come from it.

mod table;

use super::command::Command;
use super::key::Key;

pub use table::TABLE;

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
    /// There is not a single machine: nothing to move over, filter or select.
    pub no_machines: bool,
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

/// The table for the README: every key that help lists, and where it has a meaning.
pub fn markdown() -> String {
    let mut out = String::from("| keys | where | does |\n|---|---|---|\n");
    let mut row = |keys: &str, on: &str, help: &str| {
        out.extend(["| ", keys, " | ", on, " | ", help, " |\n"]);
    };
    for binding in TABLE.iter().filter(|binding| binding.group.is_some()) {
        let places = [
            (Scope::Machines, "Machines"),
            (Scope::Runs, "Runs"),
            (Scope::Run, "a run"),
            (Scope::FirstStart, "without a sign-in"),
        ];
        let on: Vec<_> =
            places.iter().filter(|(scope, _)| binding.on.contains(scope)).map(|(_, name)| *name).collect();
        let on = if on.len() >= 3 { "everywhere".to_owned() } else { on.join(", ") };
        let keys: Vec<_> = binding.shown.split_whitespace().map(|key| format!("`{key}`")).collect();
        let help = binding.help.replace('|', "\\|");
        row(&keys.join(" "), &on, &help);
    }
    out
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
