//! Machines whose names a terminal would act on: they are shown, and reach the terminal as text alone. Proved on the
//! bytes that the real program writes, from its start to its end.

use std::collections::BTreeSet;

use offramp::emulator::Faults;

use crate::support::bytes::asked;
use crate::support::tenant::Machine;
use crate::support::{Console, Tenant, machine};

/// What a name would have the terminal do, each to be found in the bytes as it stands if it got through.
pub const PAYLOADS: [&str; 9] = [
    "\u{1b}]52;c;cm0gLXJmIH4K\u{7}", // the clipboard
    "\u{1b}]0;owned\u{1b}\\",        // the title
    "\u{1b}[2J\u{1b}[H",             // clear and home
    "\u{1b}[5;41m",                  // colours
    "\u{1b}[?1049l\u{1b}[?25h",      // the other screen
    "\u{9b}31m",                     // CSI by C1
    "\u{90}q\u{9c}",                 // DCS by C1
    "\u{0}\u{8}\u{8}\u{7f}",         // NUL, back, delete
    "\u{202e}bew\u{202c}",           // right to left
];

/// A machine for each payload: in its name, its tags, its group, its address and a property that nobody knows.
pub fn hostile() -> impl Iterator<Item = Machine> {
    PAYLOADS.into_iter().enumerate().map(|(number, payload)| {
        machine(&format!("h{number}"))
            .named(&format!("h{number}-{payload}-end"))
            .with("machineTags", vec![payload])
            .with("rbacGroupName", payload)
            .with("lastIpAddress", payload)
            .with("riskScore", payload)
            .with("newProperty", payload)
    })
}

/// Fails if the program asked the terminal for anything but drawing, since its start.
#[track_caller]
pub fn asked_for_nothing_but_drawing(console: &Console) {
    let bytes = console.bytes();
    let asked = asked(&bytes);
    // Move, clear, pen, the alternate screen, marked pastes, the cursor, the scrolling region.
    let drawing =
        ["H", "J", "m", "?1049h", "?1049l", "?2004h", "?2004l", "?25h", "?25l", "r"].map(String::from);
    let more: BTreeSet<_> = asked.csi.difference(&BTreeSet::from(drawing)).cloned().collect();
    assert_eq!(more, BTreeSet::new(), "control sequences");
    assert_eq!(asked.escapes, BTreeSet::new(), "other sequences");
    assert_eq!(asked.controls, BTreeSet::new(), "controls");
    let text = String::from_utf8_lossy(&bytes);
    for payload in PAYLOADS {
        assert!(!text.contains(payload), "{payload:?} got through");
    }
    // After the alternate screen was left nothing is said at all.
    let (_, after) = text.rsplit_once("\u{1b}[?1049l").expect("the alternate screen was left");
    assert_eq!(after, "");
}

#[test]
fn names_reach_the_terminal_as_text_alone() {
    let tenant = Tenant::of(hostile()).start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().sees("‹001B›]52").sees("‹009B›31m").sees("‹202E›");
    // Every row with its details, and what the filter and the rule say of them.
    console.press("Enter").sees("Enter close").sees("newProperty");
    for number in 1..PAYLOADS.len() {
        console.press("j").sees(&format!("╭─ h{number}-"));
    }
    console.press("Esc").no_longer_sees("newProperty");
    console.press("/").types("h0").press("Enter").sees("1 offboardable");
    console.press("space").sees("1 selected");
    console.quits();
    console.left_the_terminal_intact();
    asked_for_nothing_but_drawing(&console);
    tenant.was_sent_nothing();
}

#[test]
fn names_reach_the_terminal_as_text_alone_through_comment_confirmation_and_run() {
    let tenant = Tenant::of(hostile()).speed(60.0).start();
    let mut console = Console::start(&tenant);
    let count = PAYLOADS.len();
    console.offboards_all(count, "CHG-7");
    console.sees(&format!("✓ {count} succeeded")).sees("‹001B›]52");
    // One by one: what the service returned of each, and its details.
    for number in 0..count {
        console.sees(&format!("── h{number}-"));
        console.press("Enter").wait_for("the whole action", |screen| screen.dialog().is_some());
        let title = console.screen().dialog().unwrap().title;
        console.dialog(&title).reads("requestorComment").esc().press("j");
    }
    console.press("Esc").sees("runs of ").press("1").list_is_whole();
    console.quits();
    console.left_the_terminal_intact();
    asked_for_nothing_but_drawing(&console);
    assert_eq!(tenant.actions(), count);
}

#[test]
fn a_single_hostile_machine_is_confirmed_by_the_start_of_its_id() {
    let others = (1..=9).map(|number| machine(&format!("web-{number}")));
    let hostile =
        machine("h").named(&PAYLOADS.concat()).with("id", "9c1e77a0b34d4f21958d0f6a2be7713c5d804e19");
    let tenant = Tenant::of(others.chain([hostile])).start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("/").types("9c1e77a0").press("Enter").sees("1 offboardable");
    console.press("space").sees("1 selected").press("c");
    console.wait_for("the comment", |screen| screen.dialog().is_some());
    let comment = console.screen().dialog().unwrap().title;
    console.dialog(&comment).types("CHG-7").reads("sent as CHG-7 [offramp ").enter();
    console.wait_for("the confirmation", |screen| {
        screen.dialog().is_some_and(|it| it.title.starts_with("Offboard "))
    });
    let title = console.screen().dialog().unwrap().title;
    console.dialog(&title).reads("Type 9c1e77a0 to confirm").types("9c1e77a0").reads("✓ matches").esc();
    console.dialog(&comment).esc();
    console.quits();
    asked_for_nothing_but_drawing(&console);
    tenant.was_sent_nothing();
}

#[test]
fn two_names_that_differ_only_in_what_is_hidden_look_different() {
    let names =
        ["twin-001", "twin-\u{200b}001", "twin-001\u{feff}", "twin-00\u{ad}1", "twin-\u{2066}001\u{2069}"];
    let machines = names.iter().enumerate().map(|(number, name)| machine(&format!("t{number}")).named(name));
    let tenant = Tenant::of(machines).start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().sees("5 offboardable");
    let screen = console.screen();
    let rows: Vec<String> =
        screen.lines().into_iter().filter(|line| line.contains("Server 2022 21H2")).collect();
    let shown: BTreeSet<&str> = rows.iter().map(|row| row[..row.find("Server").unwrap()].trim()).collect();
    assert_eq!(shown.len(), names.len(), "{shown:#?}");
    console.quits();
    asked_for_nothing_but_drawing(&console);
}

#[test]
fn a_whole_hostile_tenant_reaches_the_terminal_as_text_alone() {
    let tenant = Tenant::of([]).and_drawn(75).faults(Faults::Hostile).start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press(".").sees(" that are not");
    console.press("Enter").sees("Enter close");
    let rows = 75;
    for row in 2..=rows {
        console.press("j").sees(&format!(" {row} of {rows} ─"));
    }
    console.press("Esc").no_longer_sees("Enter close").press("?").dialog("Keys on Machines").esc();
    console.quits();
    asked_for_nothing_but_drawing(&console);
    tenant.was_sent_nothing();
}
