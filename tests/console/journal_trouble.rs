//! A journal that cannot be used: the console lists, says which file and why, and sends nothing.

use std::fs;
use std::path::Path;

use crate::support::{Console, Host, Tenant, WIDE};

/// Sees the words, and can neither comment nor send.
#[track_caller]
fn lists_and_sends_nothing(console: &mut Console, words: &str) {
    console.list_is_whole().sees(words).press("a").sees("4 selected");
    console.press("c").sees("! ").has_handled_all().no_dialog().sees("4 selected");
    console.quits();
    console.left_the_terminal_intact();
}

/// The journal's file, as the first console made it.
fn journal(host: &Host, tenant: &Tenant) -> std::path::PathBuf {
    let mut console = host.console(tenant).start();
    console.list_is_whole().press("space").sees("1 selected").press("c");
    console.dialog("Comment for par-db-003").types("x").reads("sent as x [offramp ").esc();
    console.quits();
    let mut files = host.files().into_iter().map(|(path, _)| path);
    let is_journal = |path: &Path| {
        path.starts_with(host.state_dir()) && fs::read(path).is_ok_and(|it| it.starts_with(b"SQLite"))
    };
    files.find(|path| is_journal(path)).expect("a journal")
}

#[test]
fn a_state_directory_that_cannot_be_written_is_named() {
    let tenant = Tenant::paris().start();
    let host = Host::new();
    // Something else stands in its place: not even root can write there.
    fs::write(host.state_dir(), "not a directory").unwrap();
    let mut console = host.console(&tenant).size(WIDE).start();
    lists_and_sends_nothing(&mut console, "journal");
    tenant.was_sent_nothing();
}

#[test]
fn a_damaged_journal_is_named_and_never_replaced() {
    let tenant = Tenant::paris().start();
    let host = Host::new();
    let file = journal(&host, &tenant);
    let damaged = b"SQLite format 3\0 and then nothing of it".repeat(100);
    fs::write(&file, &damaged).unwrap();
    let mut console = host.console(&tenant).start();
    lists_and_sends_nothing(&mut console, file.file_name().unwrap().to_str().unwrap());
    assert_eq!(fs::read(&file).unwrap(), damaged, "it was touched");
    tenant.was_sent_nothing();
}

#[test]
fn a_journal_of_a_newer_version_is_left_alone() {
    let tenant = Tenant::paris().start();
    let host = Host::new();
    let file = journal(&host, &tenant);
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", 4_000).unwrap();
    drop(connection);
    let mut console = host.console(&tenant).start();
    lists_and_sends_nothing(&mut console, "newer");
    tenant.was_sent_nothing();
}
