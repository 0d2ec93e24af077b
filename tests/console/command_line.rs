//! What the program says without a console.

use crate::support::Host;

fn words(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).expect("words are UTF-8")
}

#[test]
fn without_a_terminal_it_says_so_and_exits_with_2() {
    let host = Host::new();
    for arguments in [&[][..], &["demo"]] {
        let mut builder = host.console_without_tenant();
        for argument in arguments {
            builder = builder.argument(argument);
        }
        let assert = builder.without_terminal().code(2);
        let output = assert.get_output();
        assert!(words(&output.stderr).contains("needs a terminal"), "{}", words(&output.stderr));
        assert_eq!(words(&output.stdout), "", "talk goes to the standard error");
    }
}

#[test]
fn time_runs_faster_on_this_host_only() {
    let host = Host::new();
    let builder = host.console_without_tenant().argument("--speed").argument("60");
    let assert =
        builder.argument("--api-url").argument("https://api.security.microsoft.com").without_terminal();
    let output = assert.code(2).get_output().clone();
    assert!(words(&output.stderr).contains("--speed is for a simulated tenant on this host only"));
}

#[test]
fn an_address_that_is_not_encrypted_is_refused_but_on_this_host() {
    let host = Host::new();
    let builder = host.console_without_tenant().argument("--api-url").argument("http://api.example");
    builder.without_terminal().code(2);
}

#[test]
fn what_the_command_line_holds_is_made_safe_before_it_is_said() {
    let host = Host::new();
    let assert = host.console_without_tenant().argument("--\u{1b}]52;c;eA==\u{7}\u{9b}").without_terminal();
    let output = assert.code(2).get_output().clone();
    let said = words(&output.stderr);
    assert!(!said.contains('\u{1b}') && !said.contains('\u{9b}') && !said.contains('\u{7}'), "{said:?}");
}

#[test]
fn help_names_the_commands_and_the_variables() {
    let host = Host::new();
    let output =
        host.console_without_tenant().argument("--help").without_terminal().code(0).get_output().clone();
    let said = words(&output.stdout);
    for word in ["demo", "emulate", "--api-url", "--speed", "AZURE_CLIENT_SECRET", "OFFRAMP_STATE_DIR"] {
        assert!(said.contains(word), "{word} is missing in\n{said}");
    }
}
