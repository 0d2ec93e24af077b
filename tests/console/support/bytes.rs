//! The bytes that the program wrote, taken apart as a terminal would: text, controls, sequences.

use std::collections::BTreeSet;

/// What a stream of bytes asked of the terminal, besides showing text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Control sequences by their form: private mark, intermediate bytes and final byte, and for modes the number:
    /// `?1049h`, `m`, `H`.
    pub csi: BTreeSet<String>,
    /// Other sequences, by what follows the escape.
    pub escapes: BTreeSet<String>,
    /// C0 controls and DEL, C1 controls as UTF-8 or as raw bytes, hidden characters: what is neither text nor sequence.
    pub controls: BTreeSet<char>,
}

/// Takes bytes apart.
pub fn asked(bytes: &[u8]) -> Asked {
    let mut asked = Asked::default();
    // A byte that is no UTF-8 is a raw C1 control to some terminals.
    let text: Vec<char> = String::from_utf8_lossy(bytes).chars().collect();
    let mut at = 0;
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            ('\u{1b}', Some('[')) => {
                let start = at + 2;
                let length = text[start..].iter().position(|c| ('@'..='~').contains(c)).unwrap_or(0);
                asked.csi.insert(form(&text[start..=start + length]));
                at = start + length;
            }
            ('\u{1b}', following) => {
                asked.escapes.insert(following.map(char::to_string).unwrap_or_default());
                at += 1;
            }
            (c, _) if is_no_text(c) => {
                asked.controls.insert(c);
            }
            _ => {}
        }
        at += 1;
    }
    asked
}

fn form(sequence: &[char]) -> String {
    let is_mode = matches!(sequence, ['?', .., 'h' | 'l']);
    sequence.iter().filter(|c| is_mode || !matches!(c, '0'..='9' | ';' | ':')).collect()
}

fn is_no_text(c: char) -> bool {
    c.is_control()
        || c == char::REPLACEMENT_CHARACTER
        || matches!(u32::from(c), 0x00ad | 0x061c | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfeff | 0xe0000..=0xe0fff)
}

#[test]
fn a_stream_of_bytes_is_taken_apart_as_a_terminal_does() {
    let bytes =
        "a\u{1b}[?1049h\u{1b}[12;3H\u{1b}[38;2;1;2;3mx\u{1b}]52;c;eA==\u{7}\u{9b}2J\u{202e}".as_bytes();
    let asked = asked(bytes);
    assert_eq!(asked.csi, BTreeSet::from(["?1049h", "H", "m"].map(String::from)));
    assert_eq!(asked.escapes, BTreeSet::from(["]".to_owned()]));
    assert_eq!(asked.controls, BTreeSet::from(['\u{7}', '\u{9b}', '\u{202e}']));
}
