//! The machines as an operator meets them, at the two sizes that must hold.

use insta::assert_snapshot;

use crate::domain::{Machine, MachineId};
use crate::tui::effect::Effect;
use crate::tui::modal::Modal;
use crate::tui::msg::{Msg, Who};
use crate::tui::sample::{Console, at, console, machine, machines, now, status, who};
use crate::tui::trouble::Trouble;

/// Shows a screen at both sizes after the same acts.
fn at_both_sizes(name: &str, act: impl Fn(&mut Console)) {
    for (width, height) in [(120, 36), (80, 24)] {
        let mut console = console(width, height);
        act(&mut console);
        assert_snapshot!(format!("{name}-{width}x{height}"), console.screen());
    }
}

/// The same from the very start, before anything was answered.
fn from_the_start(name: &str, act: impl Fn(&mut Console)) {
    for (width, height) in [(120, 36), (80, 24)] {
        let mut console = Console::unconnected(width, height);
        act(&mut console);
        assert_snapshot!(format!("{name}-{width}x{height}"), console.screen());
    }
}

fn page(machines: Vec<Machine>, checking_the_end: bool) -> Msg {
    Msg::Page { list: 1, machines, unreadable: 0, checking_the_end, at: now() }
}

#[test]
fn a_filter_a_selection_and_others_shown() {
    at_both_sizes("selected", |console| {
        console.press(". / p a r Enter").press("j j j j space space space").press("j j j j j");
    });
}

#[test]
fn what_the_filter_hides_is_counted_beside_the_selection() {
    at_both_sizes("hidden", |console| {
        console.press("a").press("/ d b - Enter");
    });
}

#[test]
fn a_refused_machine_is_not_selected_and_the_reason_is_said() {
    at_both_sizes("refused", |console| {
        console.press(". / l i n Enter space");
        assert_eq!(console.app.machines.selected_and_hidden(), (0, 0));
    });
}

#[test]
fn a_range_is_hollow_until_it_is_kept_and_passes_over_what_the_rule_refuses() {
    at_both_sizes("range", |console| {
        console.press(". j j v j j");
    });
    let mut console = console(120, 36);
    console.press(". j j v j j space");
    assert_eq!(console.app.machines.selected_and_hidden(), (2, 0));
    assert!(console.screen().contains("1 outside the rule passed over"));
    console.press("u");
    assert_eq!(console.app.machines.selected_and_hidden(), (0, 0));
    console.press("v j j Esc");
    assert_eq!(console.app.machines.selected_and_hidden(), (0, 0));
}

#[test]
fn details_of_one_of_two_records() {
    at_both_sizes("details", |console| {
        console.press("j j j j j j j j j j j Enter");
    });
}

#[test]
fn help() {
    at_both_sizes("help", |console| {
        console.press("?");
    });
}

#[test]
fn pages_show_as_they_arrive() {
    from_the_start("loading", |console| {
        console.tell(Msg::SignedIn(who()));
        console.tell(page(machines(), false));
    });
}

#[test]
fn an_empty_tenant_says_what_was_asked_and_answered() {
    from_the_start("empty", |console| {
        console.tell(Msg::SignedIn(who()));
        console.tell(page(vec![], true));
        console.tell(Msg::ListEnded { list: 1 });
    });
}

#[test]
fn a_filter_that_matches_nothing_says_what_each_word_costs() {
    at_both_sizes("no-match", |console| {
        console.press("/").types("par db lyon").press("Enter");
    });
}

#[test]
fn an_error_keeps_the_list() {
    let trouble = || Trouble {
        what: "The list was not refreshed. The last one stays, and so does the selection.".into(),
        short: "Not refreshed: 503 from a gateway after 3 tries".into(),
        why: "eu.api.security.microsoft.com: 503 from a gateway after 3 tries, \"upstream connect error\""
            .into(),
        todo: "Try again; it may pass by itself.".into(),
        of_list: true,
        of_sign_in: false,
    };
    at_both_sizes("error", |console| {
        console.press("space r");
        console.tell(Msg::ListFailed { list: 2, trouble: trouble() });
    });
    at_both_sizes("error-whole", |console| {
        console.press("r");
        console.tell(Msg::ListFailed { list: 2, trouble: trouble() });
        console.press("Enter");
    });
}

#[test]
fn a_sign_in_that_fails_says_why_and_what_to_do() {
    from_the_start("sign-in-failed", |console| {
        console.tell(Msg::SignInFailed(Trouble {
            what: "Not signed in. Nothing was asked of the tenant.".into(),
            short: "Not signed in: AADSTS7000215: Invalid client secret provided.".into(),
            why: "login.microsoftonline.com: AADSTS7000215: Invalid client secret provided. (trace id 5a2f)"
                .into(),
            todo: "Correct AZURE_CLIENT_SECRET: often the secret's id was pasted in place of its value."
                .into(),
            of_list: true,
            of_sign_in: true,
        }));
    });
}

#[test]
fn read_only_has_no_key_for_c_and_names_the_missing_permission() {
    at_both_sizes("read-only", |console| {
        console.tell(Msg::SignedIn(Who {
            may_offboard: Some(false),
            badges: vec!["READ-ONLY".into()],
            ..who()
        }));
        console.press("space c");
        assert!(console.app.modals.is_empty());
    });
}

#[test]
fn names_of_any_length_and_script_keep_their_columns() {
    at_both_sizes("wide", |console| {
        console.press("r");
        let long = "x".repeat(300);
        let odd = [
            format!("{long} | aa | Windows11 | 24H2 | {long} | Active | None | Normal | 4m | fe80::1234:5678:9abc:def0 | {long}"),
            "東京-サーバー-001.例え.jp | bb | Windows11 | 24H2 | 東京 | Active | None | Normal | 4m | 10.9.9.1 | 本番".into(),
            "evil\u{202e}gnp.exe | cc | Windows11 | 24H2 | DMZ | Active | None | Normal | 4m | 10.9.9.2 | \u{1b}]52;c;aGk=\u{7}".into(),
        ];
        let machines = odd.iter().map(|row| machine(row)).collect();
        console.tell(Msg::Page { list: 2, machines, unreadable: 3, checking_the_end: true, at: now() });
        console.tell(Msg::ListEnded { list: 2 });
    });
}

#[test]
fn one_row_and_the_smallest_screen() {
    let mut console = console(60, 15);
    console.press("/").types("bkp").press("Enter .");
    assert_snapshot!("least-60x15", console.screen());
    console.press("Esc c");
    assert!(console.screen().contains("select a machine first"));
}

#[test]
fn a_refresh_moves_neither_hand_nor_selection() {
    let mut console = console(120, 36);
    console.press("j j j j space");
    let before = console.app.machines.under_cursor(&console.app.shared).map(|machine| machine.id.clone());
    console.press("r");
    let mut later = machines();
    later.insert(
        0,
        machine("aaa-new-001 | ff | Windows11 | 24H2 | DMZ | Active | None | Normal | 4m | 10.9.9.9 | web"),
    );
    console.tell(Msg::Page {
        list: 2,
        machines: later,
        unreadable: 0,
        checking_the_end: true,
        at: at("2026-11-24T12:09:00Z"),
    });
    assert!(console.screen().contains("68 in all"), "the old list stays until the new one is whole");
    console.tell(Msg::ListEnded { list: 2 });
    assert!(console.screen().contains("69 in all"));
    let after = console.app.machines.under_cursor(&console.app.shared).map(|machine| machine.id.clone());
    assert_eq!(after, before);
    assert_eq!(console.app.machines.selected_and_hidden(), (1, 0));
    assert!(console.screen().contains("list of 12:09:00Z"));
}

#[test]
fn a_machine_that_leaves_the_list_or_the_rule_is_unselected_and_that_is_said() {
    let mut console = console(120, 36);
    console.press("a r");
    let mut later = machines();
    later.retain(|machine| machine.short_name() != Some("par-db-003"));
    for machine in &mut later {
        if machine.short_name() == Some("par-db-004") {
            machine.onboarding_status = Some("CanBeOnboarded".into());
        }
    }
    console.tell(Msg::Page { list: 2, machines: later, unreadable: 0, checking_the_end: true, at: now() });
    console.tell(Msg::ListEnded { list: 2 });
    assert!(console.screen().contains("2 of the selected left the list or the rule"), "{}", console.screen());
}

#[test]
fn an_answer_to_an_older_question_is_dropped() {
    let mut console = console(120, 36);
    console.press("r r");
    let changed = console.tell(Msg::Page {
        list: 2,
        machines: vec![],
        unreadable: 0,
        checking_the_end: true,
        at: now(),
    });
    assert!(!changed && !console.tell(Msg::ListEnded { list: 2 }));
    assert!(console.screen().contains("68 in all"));
}

#[test]
fn while_a_filter_is_typed_nothing_else_can_be_reached() {
    let mut console = console(120, 36);
    console.asked();
    console.press("/").types("acq!>X.u?1").press("^h ^w ^u ^h Esc");
    assert_eq!(console.asked(), []);
    assert_eq!(console.app.machines.filter_text(), "");
    assert_eq!(console.app.machines.selected_and_hidden(), (0, 0));
}

#[test]
fn esc_closes_one_thing_at_a_time_and_never_the_selection() {
    let mut console = console(120, 36);
    console.press("/ p a r Enter space v Esc");
    assert_eq!(console.app.machines.filter_text(), "par");
    console.press("Enter Esc");
    assert_eq!(console.app.machines.filter_text(), "par");
    console.press("Esc");
    assert_eq!(console.app.machines.filter_text(), "");
    console.press("Esc Esc");
    assert_eq!(console.app.machines.selected_and_hidden(), (1, 0));
}

#[test]
fn c_acts_on_the_selection_only_never_on_the_cursors_row() {
    let mut console = console(120, 36);
    console.asked();
    console.press("c");
    assert!(console.app.modals.is_empty());
    assert_eq!(console.asked(), []);
    console.press("space c");
    assert!(matches!(console.app.modals[..], [Modal::Comment(_)]));
    assert_eq!(console.asked(), [Effect::NameRun, Effect::RecentComments]);
}

#[test]
fn what_changes_nothing_is_not_drawn() {
    let mut console = console(120, 36);
    for key in ["k", "g", "x", "Esc", "^b"] {
        let key = crate::tui::key::Key::named(key).unwrap();
        assert!(!console.tell(Msg::Input(crate::tui::key::Input::Key(key))), "{key}");
    }
    let same = std::sync::Arc::new(status());
    assert!(!console.tell(Msg::Status(same)), "the same status again");
}

#[test]
fn an_id_is_what_is_selected_not_a_row() {
    let mut console = console(120, 36);
    console.press("/").types("7b1f4967").press("Enter space");
    let selected = console.app.machines.selected(&console.app.shared.inventory);
    let expected = MachineId::parse(&format!("{:0<40}", "7b1f4967")).unwrap();
    assert_eq!(selected.iter().map(|row| row.machine.id.clone()).collect::<Vec<_>>(), [expected]);
}

#[test]
fn the_list_follows_a_filter_that_is_typed_from_far_below() {
    let mut console = console(120, 36);
    console.press("G /").types("par-app");
    assert!(console.screen().contains("par-app-001"), "{}", console.screen());
}

#[test]
fn undo_does_not_bring_back_what_a_run_has_taken() {
    let mut console = console(120, 36);
    console.press("space space c");
    console.tell(Msg::RunName(Ok("4f2a".into())));
    console.types("CHG-1").press("Enter").types("2").press("Enter");
    assert!(console.asked().iter().any(Effect::can_send));
    console.tell(Msg::Confirmed(Ok(crate::offboard::view::RunId(1))));
    console.press("1 u u");
    assert_eq!(console.app.machines.selected_and_hidden(), (0, 0));
}

#[test]
fn what_has_nothing_to_do_with_the_list_stays_until_it_is_seen() {
    let mut console = console(120, 36);
    console.tell(Msg::Confirmed(Err("the journal is full".into())));
    console.press("r");
    console.tell(Msg::Page {
        list: 2,
        machines: machines(),
        unreadable: 0,
        checking_the_end: true,
        at: now(),
    });
    console.tell(Msg::ListEnded { list: 2 });
    assert!(console.screen().contains("nothing was sent"), "{}", console.screen());
    console.press("Esc");
    assert!(!console.screen().contains("nothing was sent"));
}

#[test]
fn a_list_that_breaks_off_says_so_and_goes_on_saying_so() {
    let mut console = Console::unconnected(120, 36);
    console.tell(Msg::SignedIn(who()));
    console.tell(page(machines(), false));
    console.tell(Msg::ListFailed { list: 1, trouble: broken_off() });
    assert!(console.screen().contains("The list broke off"));
    console.press("Esc");
    assert!(console.screen().contains("incomplete"), "{}", console.screen());
}

fn broken_off() -> Trouble {
    Trouble {
        what: "The list broke off.".into(),
        short: "The list broke off".into(),
        why: "503".into(),
        todo: "Try again.".into(),
        of_list: true,
        of_sign_in: false,
    }
}
