//! The rooms of the house and the arrows between them, read from the imports of the sources.
//!
//! `domain` stands on nothing; `inventory`, `defender` and `offboard` stand on what is below them; the console on all;
//! the emulator stands apart, so that it and the client check each other. Every `use` and every path written out counts,
//! `super::` included. Tests inside the sources do not: they may look everywhere.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Files (by the beginning of their path below `src/`), what they must not name, and why.
struct Forbidden {
    files: &'static [&'static str],
    except: &'static [&'static str],
    paths: &'static [&'static str],
    why: &'static str,
}

/// A room of the crate, and the rooms it may stand on.
const ROOMS: &[(&str, &[&str])] = &[
    ("domain", &["domain"]),
    ("inventory", &["inventory", "domain"]),
    ("defender", &["defender", "domain"]),
    ("offboard", &["offboard", "inventory", "defender", "domain"]),
    ("emulator", &["emulator"]),
    ("tui", &["tui", "offboard", "inventory", "defender", "domain", "config", "emulator"]),
    ("config", &["config", "defender", "domain", "emulator"]),
];

/// What reads a clock.
const CLOCKS: &[&str] =
    &["std::time::Instant", "std::time::SystemTime", "jiff::Timestamp::now", "jiff::Zoned::now"];
/// What reaches out of the process, or runs by itself.
const WORLD: &[&str] =
    &["tokio", "reqwest", "rusqlite", "rustix", "std::fs", "std::net", "std::thread", "std::env"];

const RULES: &[Forbidden] = &[
    Forbidden {
        files: &["domain/", "inventory/"],
        except: &[],
        paths: WORLD,
        why: "what the words mean, and the machines in memory, need no world",
    },
    Forbidden {
        files: &["domain/", "inventory/"],
        except: &[],
        paths: CLOCKS,
        why: "time comes in from outside",
    },
    Forbidden {
        files: &["offboard/"],
        except: &["offboard/driver", "offboard/handle.rs"],
        paths: &["tokio", "reqwest", "crate::defender"],
        why: "the engine is pure: its driver, and the handle to it, alone know the service and the runtime",
    },
    Forbidden {
        files: &["offboard/"],
        except: &["offboard/driver", "offboard/clock.rs"],
        paths: CLOCKS,
        why: "time comes in with events",
    },
    Forbidden {
        files: &["offboard/"],
        except: &["offboard/journal/sqlite.rs", "offboard/journal/store.rs"],
        paths: &["rusqlite"],
        why: "the journal's interface is without SQLite's types",
    },
    Forbidden {
        files: &["offboard/"],
        // The journal asks on what kind of file system it is.
        except: &["offboard/clock.rs", "offboard/lock.rs", "offboard/journal/sqlite.rs"],
        paths: &["rustix"],
        why: "what is Linux alone stands in few files",
    },
    Forbidden {
        files: &["offboard/"],
        except: &["offboard/driver", "offboard/clock.rs", "offboard/lock.rs", "offboard/journal/sqlite.rs"],
        paths: &["std::fs", "std::net", "std::thread", "std::env", "std::process"],
        why: "the engine is pure: what goes out are commands",
    },
    Forbidden {
        files: &["tui/"],
        except: &["tui/runtime"],
        paths: &["crate::emulator", "reqwest"],
        why: "the runtime alone starts the demo's tenant",
    },
    Forbidden {
        files: &["tui/screen/", "tui/modal/", "tui/widget/", "tui/update", "tui/view.rs", "tui/keymap.rs"],
        except: &[],
        paths: &["crate::defender", "crate::emulator", "crate::config"],
        why: "a screen knows what its messages bring, not who was asked",
    },
    Forbidden {
        files: &["tui/screen/", "tui/modal/", "tui/widget/", "tui/update", "tui/view.rs", "tui/keymap.rs"],
        except: &[],
        paths: WORLD,
        why: "state and view are pure: what they want of the world is an effect",
    },
    Forbidden {
        files: &["tui/screen/", "tui/modal/", "tui/widget/", "tui/update", "tui/view.rs", "tui/keymap.rs"],
        except: &[],
        paths: CLOCKS,
        why: "the instant of a message comes with it",
    },
    Forbidden {
        files: &[""],
        except: &["main.rs", "tui/"],
        paths: &["ratatui", "crossterm"],
        why: "the console alone draws",
    },
];

#[test]
fn every_arrow_between_the_rooms_points_down() {
    let mut wrong = String::new();
    for source in sources() {
        let Some((_, below)) = ROOMS.iter().find(|(room, _)| source.is_in(room)) else { continue };
        for path in source.paths.iter().filter(|path| path.starts_with("crate::")) {
            let room = path.split("::").nth(1).unwrap_or_default();
            if !below.contains(&room) {
                writeln!(wrong, "{} uses {path}", source.name).unwrap();
            }
        }
    }
    assert_eq!(wrong, "", "arrows that point up or aside");
}

#[test]
fn what_has_to_be_pure_names_nothing_of_the_world() {
    let mut wrong = String::new();
    for source in sources() {
        for rule in RULES {
            let starts = |names: &[&str]| names.iter().any(|name| source.name.starts_with(name));
            if !starts(rule.files) || starts(rule.except) {
                continue;
            }
            for path in source.paths.iter().filter(|path| rule.paths.iter().any(|it| is_below(path, it))) {
                writeln!(wrong, "{} uses {path}: {}", source.name, rule.why).unwrap();
            }
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn every_rule_is_about_files_that_exist() {
    let names: Vec<String> = sources().into_iter().map(|source| source.name).collect();
    for rule in RULES {
        for start in rule.files {
            assert!(names.iter().any(|name| name.starts_with(start)), "no file begins with {start}");
        }
    }
    for (room, _) in ROOMS {
        let exists = |name: &String| name.starts_with(&format!("{room}/")) || *name == format!("{room}.rs");
        assert!(names.iter().any(exists), "there is no room {room}");
    }
}

#[test]
fn paths_are_found_wherever_they_stand() {
    let text = r#"
        //! use crate::in_a_comment;
        use std::{fmt, time::{Duration, Instant as Clock}};
        use super::super::app::{App, self};
        use crate::domain::*;
        fn f() { let x = crate::emulator::DOMAIN; tokio::spawn("crate::in::a_string"); Timestamp::now(); }
        #[cfg(test)]
        mod tests { use crate::in_tests; }
    "#;
    let module = ["crate", "tui", "screen", "machines"].map(str::to_owned);
    let found = paths(text, &module);
    for path in [
        "std::fmt",
        "std::time::Duration",
        "std::time::Instant",
        "crate::tui::app::App",
        "crate::tui::app",
        "crate::domain::*",
        "crate::emulator::DOMAIN",
        "tokio::spawn",
        "Timestamp::now",
    ] {
        assert!(found.contains(path), "{path} was not found in {found:#?}");
    }
    assert!(!found.iter().any(|path| path.contains("in_")), "{found:#?}");
    assert!(!found.iter().any(|path| path.contains("in::a")), "{found:#?}");
}

/// `jiff::Timestamp::now` is found by what stands at the call as well: `Timestamp::now`.
fn is_below(path: &str, forbidden: &str) -> bool {
    let short = forbidden.strip_prefix("jiff::").unwrap_or(forbidden);
    [forbidden, short]
        .iter()
        .any(|it| path == *it || path.strip_prefix(it).is_some_and(|rest| rest.starts_with("::")))
}

// ── Reading the sources

struct Source {
    /// Its path below `src/`, with slashes.
    name: String,
    /// Every path that it names, absolute where it begins with `crate`, `super` or `self`.
    paths: BTreeSet<String>,
}

impl Source {
    fn is_in(&self, room: &str) -> bool {
        self.name.strip_prefix(room).is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
    }
}

/// Every source file but those that exist for tests alone.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let texts: Vec<(String, String)> = files
        .into_iter()
        .map(|file| {
            let name = file.strip_prefix(&root).expect("below src").to_string_lossy().replace('\\', "/");
            (name, fs::read_to_string(&file).expect("a source that can be read"))
        })
        .collect();
    let for_tests: Vec<String> = texts.iter().flat_map(|(name, text)| test_modules(name, text)).collect();
    let is_for_tests = |name: &str| {
        for_tests.iter().any(|module| {
            name.strip_prefix(&**module).is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
        })
    };
    texts
        .iter()
        .filter(|(name, _)| !is_for_tests(name))
        .map(|(name, text)| Source { name: name.clone(), paths: paths(text, &module_of(name)) })
        .collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory that can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// `tui/screen/machines/mod.rs` is `crate::tui::screen::machines`.
fn module_of(name: &str) -> Vec<String> {
    let mut module = vec!["crate".to_owned()];
    module.extend(name.trim_end_matches(".rs").split('/').map(str::to_owned));
    if module.last().is_some_and(|last| matches!(&**last, "mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

/// Where the modules lie that a file declares as `#[cfg(test)] mod name;`.
fn test_modules(name: &str, text: &str) -> Vec<String> {
    let directory = module_of(name)[1..].join("/");
    let mut found = Vec::new();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for pair in lines.windows(2) {
        let declared = pair[1].split_whitespace().skip_while(|word| *word != "mod").nth(1);
        if let ("#[cfg(test)]", Some(module)) = (pair[0], declared.and_then(|word| word.strip_suffix(';'))) {
            found.push(format!("{directory}/{module}").trim_start_matches('/').to_owned());
        }
    }
    found
}

/// Every path in a source up to its tests.
fn paths(text: &str, module: &[String]) -> BTreeSet<String> {
    let mut tokens = tokens(text);
    let of_tests = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
    let begins = |at: &usize| {
        let following = &tokens[*at..];
        following.starts_with(&of_tests.map(str::to_owned)) && following.get(9).is_some_and(|it| it == "{")
    };
    if let Some(tests) = (0..tokens.len()).find(begins) {
        tokens.truncate(tests);
    }
    let mut found = BTreeSet::new();
    let mut at = 0;
    while at < tokens.len() {
        let start = at;
        if tokens[at] == "use" {
            at += 1;
            tree(&tokens, &mut at, &mut Vec::new(), &mut found);
        } else if is_word(&tokens[at]) && tokens.get(at + 1).is_some_and(|token| token == "::") {
            let mut path = vec![tokens[at].clone()];
            while tokens.get(at + 1).is_some_and(|token| token == "::")
                && tokens.get(at + 2).is_some_and(|token| is_word(token))
            {
                path.push(tokens[at + 2].clone());
                at += 2;
            }
            found.insert(path.join("::"));
        }
        at = at.max(start) + 1;
    }
    found.iter().map(|path| absolute(path, module)).collect()
}

/// One branch of a `use`, and those below it.
fn tree(tokens: &[String], at: &mut usize, before: &mut Vec<String>, found: &mut BTreeSet<String>) {
    let depth = before.len();
    while let Some(token) = tokens.get(*at) {
        match &**token {
            "{" => {
                loop {
                    *at += 1;
                    tree(tokens, at, before, found);
                    if tokens.get(*at).is_none_or(|token| token != ",") {
                        break;
                    }
                }
                *at += 1;
                before.truncate(depth);
                return;
            }
            "," | "}" | ";" => break,
            // Under another name it is the same.
            "as" => *at += 1,
            "::" | "self" if depth > 0 || before.len() > depth => {}
            "::" => {}
            word => before.push(word.to_owned()),
        }
        *at += 1;
    }
    if before.len() > depth || tokens.get(at.saturating_sub(1)).is_some_and(|token| token == "self") {
        found.insert(before.join("::"));
    }
    before.truncate(depth);
}

/// Without `super` and `self`.
fn absolute(path: &str, module: &[String]) -> String {
    let mut base = module.to_vec();
    let mut words = path.split("::").peekable();
    match words.peek() {
        Some(&"self") => {
            words.next();
        }
        Some(&"super") => {
            while words.next_if_eq(&"super").is_some() {
                base.pop();
            }
        }
        _ => return path.to_owned(),
    }
    base.extend(words.map(str::to_owned));
    base.join("::")
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Words, `::` and single signs; comments and texts left out.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        let next = rest.get(1).copied();
        at += match chars[at] {
            '/' if next == Some('/') => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
            '/' if next == Some('*') => {
                2 + rest[2..].windows(2).position(|pair| pair == ['*', '/']).map_or(rest.len(), |end| end + 2)
            }
            'r' if matches!(next, Some('"' | '#')) && raw_text(rest).is_some() => raw_text(rest).unwrap_or(1),
            '"' => text_length(rest),
            // A character, and not a lifetime.
            '\'' if next == Some('\\') => 2 + rest[2..].iter().position(|c| *c == '\'').unwrap_or(0) + 1,
            '\'' if rest.get(2) == Some(&'\'') => 3,
            ':' if next == Some(':') => {
                tokens.push("::".to_owned());
                2
            }
            c if c.is_alphanumeric() || c == '_' => {
                let word: String = rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
                let length = word.chars().count();
                tokens.push(word);
                length
            }
            c => {
                if !c.is_whitespace() {
                    tokens.push(c.to_string());
                }
                1
            }
        };
    }
    tokens
}

fn text_length(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// How long a raw text is, if one begins here: `r"…"`, `r#"…"#`.
fn raw_text(rest: &[char]) -> Option<usize> {
    let signs = rest[1..].iter().take_while(|c| **c == '#').count();
    if rest.get(1 + signs) != Some(&'"') {
        return None;
    }
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', signs)).collect();
    let body = &rest[2 + signs..];
    body.windows(end.len()).position(|window| window == end).map(|found| 2 + signs + found + end.len())
}
