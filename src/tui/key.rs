//! One key as the console knows it, and the stream of terminal events made into keys and pastes.

use std::fmt;
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A key with its modifiers. Shift is part of a letter, and stands beside other keys only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// Held with it.
    pub modifiers: KeyModifiers,
}

impl Key {
    /// A key of the terminal. Releases are no keys.
    pub fn from_event(event: KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let mut modifiers =
            event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        if matches!(event.code, KeyCode::Char(_) | KeyCode::BackTab) {
            modifiers.remove(KeyModifiers::SHIFT);
        }
        Some(Self { code: event.code, modifiers })
    }

    /// A key by the name that the table uses: `j`, `^d`, `space`, `Enter`, `PgDn`, `S-Down`, `F1`.
    pub fn named(name: &str) -> Option<Self> {
        let (name, modifiers) = match name.split_at_checked(1) {
            Some(("^", rest)) if !rest.is_empty() => (rest, KeyModifiers::CONTROL),
            _ => match name.strip_prefix("S-") {
                Some(rest) => (rest, KeyModifiers::SHIFT),
                None => (name, KeyModifiers::NONE),
            },
        };
        let code = match name {
            "space" => KeyCode::Char(' '),
            "Enter" => KeyCode::Enter,
            "Esc" => KeyCode::Esc,
            "Tab" => KeyCode::Tab,
            "Up" => KeyCode::Up,
            "Down" => KeyCode::Down,
            "Home" => KeyCode::Home,
            "End" => KeyCode::End,
            "PgUp" => KeyCode::PageUp,
            "PgDn" => KeyCode::PageDown,
            "F1" => KeyCode::F(1),
            one => {
                let mut chars = one.chars();
                let c = chars.next().filter(|_| chars.next().is_none())?;
                KeyCode::Char(c)
            }
        };
        Some(Self { code, modifiers })
    }

    /// The character that it types into a field, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}+{:?}", self.modifiers, self.code)
    }
}

/// What the operator did at the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Key),
    /// An Enter that came with other keys, faster than a hand types: the end of a paste that no mark announced.
    /// It never confirms.
    HastyEnter,
    /// A bracketed paste: it goes to a field or nowhere.
    Paste(String),
    /// The terminal has another size.
    Resize,
}

/// How long a lone Esc byte may turn out to be the beginning of a key that a slow line has split.
const ESC_HOLD: Duration = Duration::from_millis(50);

/// An Enter that follows another key within this was not pressed by a hand. At 9,600 baud a byte takes 1 ms.
const BURST: Duration = Duration::from_millis(10);

/// Makes keys of terminal events. Holds Esc back for a moment: `Esc` and `[A` in two reads are an arrow, and would
/// otherwise close a dialog and type two letters; `Esc` and `]` are a late answer of the terminal, which types nothing.
#[derive(Debug, Default)]
pub struct Keys {
    held: Option<Instant>,
    sequence: Option<Sequence>,
    /// When the key before came.
    last: Option<Instant>,
}

#[derive(Debug, PartialEq, Eq)]
enum Sequence {
    /// After `ESC [` or `ESC O`: parameters so far.
    Key(String),
    /// After `ESC ]`: everything up to BEL or ST.
    Answer { escaped: bool },
}

/// Longest parameter part of a split key: a longer one is garbage and is dropped.
const SEQUENCE_CHARS_MAX: usize = 16;

impl Keys {
    /// Takes an event that came at `now`; what it means is pushed to `out`.
    pub fn feed(&mut self, event: Event, now: Instant, out: &mut Vec<Input>) {
        match event {
            Event::Key(event) => {
                if let Some(key) = Key::from_event(event) {
                    let hasty = self.last.replace(now).is_some_and(|last| now.duration_since(last) < BURST);
                    let before = out.len();
                    self.key(key, now, out);
                    if hasty && out.last() == Some(&Input::Key(ENTER)) && out.len() > before {
                        out.pop();
                        out.push(Input::HastyEnter);
                    }
                }
            }
            Event::Paste(text) => {
                self.release(out);
                out.push(Input::Paste(text));
            }
            Event::Resize(..) => out.push(Input::Resize),
            Event::FocusGained | Event::FocusLost | Event::Mouse(_) => {}
        }
    }

    /// When a held Esc has to be let go, if one is held.
    pub fn deadline(&self) -> Option<Instant> {
        self.held.map(|since| since + ESC_HOLD)
    }

    /// Lets a held Esc go: nothing followed it.
    pub fn time_out(&mut self, now: Instant, out: &mut Vec<Input>) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.release(out);
        }
    }

    fn release(&mut self, out: &mut Vec<Input>) {
        if self.held.take().is_some() && self.sequence.take().is_none() {
            out.push(Input::Key(ESC));
        }
    }

    fn key(&mut self, key: Key, now: Instant, out: &mut Vec<Input>) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.release(out);
        }
        if let Some(sequence) = self.sequence.take() {
            self.sequence = Self::go_on(sequence, key, out);
            self.held = self.sequence.as_ref().map(|_| now);
            return;
        }
        let after_esc = self.held.take().is_some();
        match key.code {
            KeyCode::Char('[' | 'O') if after_esc && key.modifiers.is_empty() => {
                self.sequence = Some(Sequence::Key(String::new()));
                self.held = Some(now);
            }
            // `ESC ]` in one read arrives as Alt and the bracket.
            KeyCode::Char(']') if after_esc || key.modifiers == KeyModifiers::ALT => {
                self.sequence = Some(Sequence::Answer { escaped: false });
                self.held = Some(now);
            }
            KeyCode::Esc if key.modifiers.is_empty() => {
                if after_esc {
                    out.push(Input::Key(ESC));
                }
                self.held = Some(now);
            }
            _ => {
                if after_esc {
                    out.push(Input::Key(ESC));
                }
                out.push(Input::Key(key));
            }
        }
    }

    fn go_on(sequence: Sequence, key: Key, out: &mut Vec<Input>) -> Option<Sequence> {
        match (sequence, key.code) {
            // BEL arrives as ^g; ST as Esc and a backslash, or as Alt and a backslash.
            (Sequence::Answer { .. }, KeyCode::Char('g')) if key.modifiers == KeyModifiers::CONTROL => None,
            (Sequence::Answer { .. }, KeyCode::Char('\\')) if key.modifiers == KeyModifiers::ALT => None,
            (Sequence::Answer { escaped: true }, KeyCode::Char('\\')) => None,
            (Sequence::Answer { .. }, code) => Some(Sequence::Answer { escaped: code == KeyCode::Esc }),
            (Sequence::Key(mut parameters), KeyCode::Char(c)) => {
                if c.is_ascii_digit() || c == ';' {
                    parameters.push(c);
                    return (parameters.len() < SEQUENCE_CHARS_MAX).then_some(Sequence::Key(parameters));
                }
                out.extend(split_key(&parameters, c).map(Input::Key));
                None
            }
            (Sequence::Key(_), _) => None,
        }
    }
}

const ENTER: Key = Key { code: KeyCode::Enter, modifiers: KeyModifiers::NONE };
const ESC: Key = Key { code: KeyCode::Esc, modifiers: KeyModifiers::NONE };

/// The key that a split sequence ends in; an unknown one is no key.
fn split_key(parameters: &str, last: char) -> Option<Key> {
    let code = match (last, parameters.split(';').next().unwrap_or("")) {
        ('A', _) => KeyCode::Up,
        ('B', _) => KeyCode::Down,
        ('C', _) => KeyCode::Right,
        ('D', _) => KeyCode::Left,
        ('H', _) | ('~', "1" | "7") => KeyCode::Home,
        ('F', _) | ('~', "4" | "8") => KeyCode::End,
        ('P', _) | ('~', "11") => KeyCode::F(1),
        ('~', "3") => KeyCode::Delete,
        ('~', "5") => KeyCode::PageUp,
        ('~', "6") => KeyCode::PageDown,
        _ => return None,
    };
    let modifiers = match parameters.split_once(';') {
        Some((_, "2")) => KeyModifiers::SHIFT,
        Some((_, "5")) => KeyModifiers::CONTROL,
        _ => KeyModifiers::NONE,
    };
    Some(Key { code, modifiers })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str) -> Event {
        let key = match name.strip_prefix("A-") {
            Some(rest) => Key { modifiers: KeyModifiers::ALT, ..Key::named(rest).unwrap() },
            None => Key::named(name).unwrap(),
        };
        Event::Key(KeyEvent::new(key.code, key.modifiers))
    }

    /// Feeds keys that come within the hold, then lets it run out.
    fn fed(names: &[&str]) -> Vec<Input> {
        let (mut keys, mut out, start) = (Keys::default(), Vec::new(), Instant::now());
        for name in names {
            keys.feed(event(name), start, &mut out);
        }
        keys.time_out(start + ESC_HOLD, &mut out);
        assert_eq!(keys.deadline(), None);
        out
    }

    fn keys(names: &[&str]) -> Vec<Input> {
        names.iter().map(|name| Input::Key(Key::named(name).unwrap())).collect()
    }

    #[test]
    fn an_arrow_split_by_a_slow_line_is_one_key() {
        assert_eq!(fed(&["Esc", "[", "A"]), keys(&["Up"]));
        assert_eq!(fed(&["Esc", "[", "6", "~"]), keys(&["PgDn"]));
        assert_eq!(fed(&["Esc", "[", "1", ";", "2", "B"]), keys(&["S-Down"]));
        assert_eq!(fed(&["Esc", "O", "A", "c"]), keys(&["Up", "c"]));
    }

    #[test]
    fn a_late_answer_of_the_terminal_types_nothing() {
        assert_eq!(fed(&["A-]", "1", "1", ";", "r", "g", "b", ":", "1", "c", "/", "^g", "j"]), keys(&["j"]));
        assert_eq!(fed(&["Esc", "]", "c", "/", "Esc", "\\", "j"]), keys(&["j"]));
        assert_eq!(fed(&["A-]", "c", "A-\\", "j"]), keys(&["j"]));
    }

    #[test]
    fn esc_is_esc_when_nothing_of_a_key_follows() {
        assert_eq!(fed(&["Esc"]), keys(&["Esc"]));
        assert_eq!(fed(&["Esc", "Esc"]), keys(&["Esc", "Esc"]));
        assert_eq!(fed(&["Esc", "j"]), keys(&["Esc", "j"]));
        let (mut keys_, mut out, start) = (Keys::default(), Vec::new(), Instant::now());
        keys_.feed(event("Esc"), start, &mut out);
        keys_.feed(event("["), start + ESC_HOLD, &mut out);
        assert_eq!(out, keys(&["Esc", "["]), "the bracket came later than a split key would");
    }

    #[test]
    fn an_enter_within_a_burst_is_not_a_hands() {
        let (mut keys_, mut out, start) = (Keys::default(), Vec::new(), Instant::now());
        keys_.feed(event("3"), start, &mut out);
        keys_.feed(event("Enter"), start + BURST / 2, &mut out);
        keys_.feed(event("3"), start + BURST * 3, &mut out);
        keys_.feed(event("Enter"), start + BURST * 4, &mut out);
        let key = |name: &str| Input::Key(Key::named(name).unwrap());
        assert_eq!(out, [key("3"), Input::HastyEnter, key("3"), key("Enter")]);
    }

    #[test]
    fn garbage_never_ends_in_a_key() {
        assert_eq!(fed(&["Esc", "[", "9", "9", "q"]), []);
        let long: Vec<_> =
            ["Esc", "["].into_iter().chain(std::iter::repeat_n("1", SEQUENCE_CHARS_MAX)).collect();
        assert_eq!(fed(&long), []);
    }
}
