//! From `c` to the confirmed plan, as an operator meets it.

use insta::assert_snapshot;

use crate::domain::{HealthStatus, Level, MachineValue};
use crate::tui::effect::Effect;
use crate::tui::key::Input;
use crate::tui::modal::Modal;
use crate::tui::msg::Msg;
use crate::tui::sample::{Console, console, machine, now, status};

const SIZES: [(u16, u16); 2] = [(120, 36), (80, 24)];

/// A tenant of many more machines, so that a selection is a small share of it.
fn large(width: u16, height: u16) -> Console {
    let mut console = console(width, height);
    console.press("r");
    let mut machines = crate::tui::sample::machines();
    for n in 0..600 {
        let group = ["DMZ", "Paris", "Kiosks"][n % 3];
        machines.push(machine(&format!(
            "lyo-kio-{n:03} | d{n:07x} | Windows10 | 22H2 | {group} | Active | None | Normal | 5m | 10.7.{}.{} | kiosk",
            n / 200,
            n % 200
        )));
    }
    console.tell(Msg::Page { list: 2, machines, unreadable: 0, checking_the_end: true, at: now() });
    console.tell(Msg::ListEnded { list: 2 });
    console
}

fn comment(console: &mut Console) {
    console.press("c");
    console.tell(Msg::RunName(Ok("4f2a".into())));
    console.tell(Msg::RecentComments(vec![
        "CHG-1038 retire the Lyon lab".into(),
        "INC-20771 isolate kiosk fleet, replaced by thin clients".into(),
        "CHG-1011 duplicate records after reimaging".into(),
    ]));
}

fn confirm(console: &mut Console) {
    comment(console);
    console.types("CHG-1042 retire the Paris web tier").press("Enter");
    assert!(matches!(console.app.modals[..], [Modal::Confirm(_)]), "{}", console.screen());
}

/// `par web`, both records of `par-web-014` among them, and three of Tier0 that the filter hides.
fn select_many(console: &mut Console) {
    console.press("/").types("tier0").press("Enter a /").press("^u").types("par-web").press("Enter a");
}

#[test]
fn the_comment_as_it_will_be_sent() {
    for (width, height) in SIZES {
        let mut console = large(width, height);
        select_many(&mut console);
        comment(&mut console);
        console.types("CHG-1042 retire the Paris web tier");
        assert_snapshot!(format!("comment-{width}x{height}"), console.screen());
        console.press("^u space space space Enter");
        assert_snapshot!(format!("comment-blank-{width}x{height}"), console.screen());
    }
}

#[test]
fn many_machines_with_facts_and_warnings() {
    for (width, height) in SIZES {
        let mut console = large(width, height);
        select_many(&mut console);
        confirm(&mut console);
        console.press("1");
        assert_snapshot!(format!("many-{width}x{height}"), console.screen());
        console.press("PgDn");
        assert_snapshot!(format!("many-scrolled-{width}x{height}"), console.screen());
    }
}

#[test]
fn one_machine_of_two_records_side_by_side() {
    for (width, height) in SIZES {
        let mut console = large(width, height);
        console.press("/").types("7b1f4967").press("Enter space");
        confirm(&mut console);
        console.types("par-web-014 7b1f");
        assert_snapshot!(format!("one-{width}x{height}"), console.screen());
    }
}

#[test]
fn a_large_part_of_the_tenant_asks_for_its_name_too() {
    for (width, height) in SIZES {
        let mut console = console(width, height);
        console.press("a");
        confirm(&mut console);
        console.types("64 contoso");
        assert_snapshot!(format!("large-{width}x{height}"), console.screen());
    }
}

#[test]
fn enter_does_nothing_until_text_and_reading_are_complete() {
    let mut console = large(120, 36);
    select_many(&mut console);
    confirm(&mut console);
    console.asked();
    for wrong in ["", "1", "190", "all", "contoso.com", "yes"] {
        console.press("^u").types(wrong).press("Enter");
        assert_eq!(console.asked(), [], "{wrong}");
    }
    let n = console.app.machines.selected_and_hidden().0;
    console.press("^u").types(&n.to_string()).press("Enter");
    assert_eq!(console.asked(), [], "the sixth warning was not on screen yet");
    assert!(console.screen().contains("read the warnings first: ↓"));
    console.press("PgDn Enter");
    let asked = console.asked();
    let [Effect::Confirm(plan)] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(plan.machines().len(), n);
    assert_eq!(plan.comment().as_sent(), "CHG-1042 retire the Paris web tier [offramp 4f2a jdoe]");
    console.press("Enter");
    assert_eq!(console.asked(), [], "a held Enter confirms once");
}

#[test]
fn esc_goes_back_to_the_comment_and_then_to_the_list_with_nothing_lost() {
    let mut console = large(120, 36);
    console.press("space space");
    confirm(&mut console);
    console.asked();
    console.press("Esc");
    assert!(matches!(console.app.modals[..], [Modal::Comment(_)]));
    console.tell(Msg::RunName(Ok("4f2b".into())));
    assert!(console.screen().contains("CHG-1042 retire the Paris web tier [offramp 4f2b jdoe]"));
    console.press("Esc");
    assert!(console.app.modals.is_empty());
    assert_eq!(console.app.machines.selected_and_hidden(), (2, 0));
    console.press("c");
    assert!(console.screen().contains("CHG-1042 retire the Paris web tier"), "the text is kept");
    assert!(console.asked().iter().all(|effect| !matches!(effect, Effect::Confirm(_))));
}

#[test]
fn a_refresh_behind_the_dialog_does_not_change_the_plan() {
    let mut console = large(120, 36);
    console.press("/").types("par-fil").press("Enter space");
    confirm(&mut console);
    let before = console.screen();
    console.app.list_number = 9;
    console.tell(Msg::Page { list: 9, machines: vec![], unreadable: 0, checking_the_end: true, at: now() });
    console.tell(Msg::ListEnded { list: 9 });
    assert_eq!(console.screen(), before);
    console.asked();
    console.types("par-fil-001").press("Enter");
    assert!(matches!(&console.asked()[..], [Effect::Confirm(plan)] if plan.machines().len() == 1));
}

#[test]
fn a_paste_fills_the_field_and_never_presses_enter() {
    let mut console = large(120, 36);
    console.press("/").types("par-fil").press("Enter space");
    comment(&mut console);
    console.tell(Msg::Input(Input::Paste("CHG-7\r\nretire it\r\n".into())));
    assert!(console.screen().contains("CHG-7  retire it [offramp 4f2a jdoe]"), "{}", console.screen());
    console.press("Enter");
    console.asked();
    console.tell(Msg::Input(Input::Paste("par-fil-001\r\n".into())));
    assert_eq!(console.asked(), []);
    assert!(console.screen().contains("matches"));
}

#[test]
fn a_name_that_cannot_be_typed_is_typed_by_its_id() {
    let mut console = console(120, 36);
    console.press("r");
    let machines = vec![
        machine(
            "東京-001.corp.contoso.com | abcdef0123 | Windows11 | 24H2 | DMZ | Active | None | Normal | 4m | 10.9.9.1 |",
        ),
        machine(" | 99887766 | Windows11 | 24H2 | DMZ | Active | None | Normal | 4m | 10.9.9.1 |"),
    ];
    console.tell(Msg::Page { list: 2, machines, unreadable: 0, checking_the_end: true, at: now() });
    console.tell(Msg::ListEnded { list: 2 });
    console.press("/").types("abcdef01").press("Enter space");
    confirm(&mut console);
    assert!(console.screen().contains("Type abcdef01 to confirm"), "{}", console.screen());
}

#[test]
fn an_ordinary_selection_shows_no_warning() {
    let mut console = large(120, 36);
    console.press("/").types("lyo-kio-00").press("Enter a");
    confirm(&mut console);
    assert!(!console.screen().contains("Read first"), "{}", console.screen());
}

#[test]
fn what_is_pending_already_and_what_is_all_inactive_is_said() {
    let mut console = large(120, 36);
    console
        .press("/")
        .types("par-web-017")
        .press("Enter space")
        .press("/ ^u")
        .types("par-web-018")
        .press("Enter space");
    let held = console.app.machines.selected(&console.app.shared.inventory)[0].machine.id.clone();
    let status = crate::offboard::view::Status { held: std::sync::Arc::new([held].into()), ..status() };
    console.tell(Msg::Status(std::sync::Arc::new(status)));
    confirm(&mut console);
    let screen = console.screen();
    assert!(screen.contains("all 2 are inactive: this will probably change nothing"), "{screen}");
    assert!(screen.contains("1 already pending"), "{screen}");
    // The sample holds what the warnings speak of.
    let rows = console.app.shared.inventory.rows();
    assert!(rows.iter().any(|row| row.machine.risk == Some(Level::High)));
    assert!(rows.iter().any(|row| row.machine.value == Some(MachineValue::High)));
    assert!(rows.iter().any(|row| row.machine.health == Some(HealthStatus::Inactive)));
}

#[test]
fn without_a_name_for_the_run_nothing_goes_on() {
    let mut console = console(120, 36);
    console.press("space c").types("CHG-1").press("Enter");
    assert!(matches!(console.app.modals[..], [Modal::Comment(_)]), "the journal has not answered yet");
    console.tell(Msg::RunName(Err("the journal /var/x/journal.db cannot be written".into())));
    console.press("Enter");
    assert!(console.screen().contains("cannot be written"));
    assert!(matches!(console.app.modals[..], [Modal::Comment(_)]));
}

#[test]
fn a_screen_too_small_to_show_the_warnings_neither_breaks_nor_counts_as_reading_them() {
    let mut console = large(80, 24);
    select_many(&mut console);
    confirm(&mut console);
    assert!(console.screen().contains("read the warnings first: ↓"), "{}", console.screen());
    // Narrower than a heading of the facts, then tall enough for every warning, had it been wide enough.
    for (width, height) in [(1, 1), (11, 300), (59, 300), (300, 14), (80, 24)] {
        console.app.resize(ratatui::layout::Rect::new(0, 0, width, height));
        console.screen();
    }
    assert!(console.screen().contains("read the warnings first: ↓"), "{}", console.screen());
}
