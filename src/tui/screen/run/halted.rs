//! What stands in an open run while nothing more is sent: what is where, and what each key would do to how many.

use ratatui::text::Span;

use crate::domain::when::{count, instant};
use crate::offboard::view::{Phase, RunView};
use crate::tui::command::Command;
use crate::tui::keymap::{Scope, shown};
use crate::tui::shared::Shared;
use crate::tui::theme::{Meaning, sign};
use crate::tui::widget::run::{elsewhere, is_halted, left_words};

type Line = Vec<Span<'static>>;

/// The block, whole: with a blank line before the keys and a last sentence where the screen is tall.
pub(super) fn whole(run: &RunView, shared: &Shared, tall: bool) -> Vec<Line> {
    if !is_halted(run) {
        return Vec::new();
    }
    let mut out = vec![head(run, shared, tall)];
    out.extend(reason(run, shared));
    out.extend(places(run, shared, tall));
    if tall {
        out.push(Vec::new());
    }
    out.extend(keys(run, shared, tall));
    if tall {
        let words = match run.phase {
            _ if elsewhere(run, shared).is_some() => " Left alone it stays as it is.",
            Phase::Unfinished => {
                " Left alone it stays so, stands first in Runs, and is offered at the next start."
            }
            _ => " Left alone it stays stopped, stands first in Runs, and is offered at the next start.",
        };
        out.push(vec![shared.theme.span(words, Meaning::Muted)]);
    }
    out
}

/// What may not go where the screen is low: that nothing is sent, and what can be done. The counts stand above.
pub(super) fn least(run: &RunView, shared: &Shared, tall: bool) -> Vec<Line> {
    if !is_halted(run) {
        return Vec::new();
    }
    let mut out = vec![head(run, shared, tall)];
    out.extend(reason(run, shared));
    out.extend(keys(run, shared, false));
    out
}

fn head(run: &RunView, shared: &Shared, tall: bool) -> Line {
    let theme = shared.theme;
    let strong = |text: &'static str| {
        let span = theme.span(text, Meaning::Warning);
        let style = span.style.add_modifier(ratatui::style::Modifier::BOLD);
        span.style(style)
    };
    let muted = |text: String| theme.span(text, Meaning::Muted);
    if run.phase == Phase::Unfinished {
        let at = instant(run.last_word, shared.now);
        let rest = if tall {
            format!(" Its process is gone; its last word is of {at}, nothing was sent since.")
        } else {
            format!(" Its last word is of {at}.")
        };
        return vec![strong("Unfinished: nothing goes on by itself."), muted(rest)];
    }
    let rest = if tall {
        " by this console, by another one, or after a restart."
    } else {
        ", not after a restart either."
    };
    vec![strong("Stopped: nothing more is sent"), muted(rest.into())]
}

/// What stopped it, if nobody did: a guard.
fn reason(run: &RunView, shared: &Shared) -> Option<Line> {
    let Phase::Stopped { by, .. } = &run.phase else { return None };
    (!by.as_str().starts_with("stopped by")).then(|| {
        let theme = shared.theme;
        vec![
            theme.span(format!("  {}  ", sign::WARNING), Meaning::Warning),
            theme.span(by.to_string(), Meaning::Text),
        ]
    })
}

/// How many are where, and what that means. Zeros are left out.
fn places(run: &RunView, shared: &Shared, tall: bool) -> Vec<Line> {
    let theme = shared.theme;
    let counts = &run.counts;
    let stopped = matches!(run.phase, Phase::Stopped { .. });
    let one = |n: usize, one: &'static str, many: &'static str| if n == 1 { one } else { many };
    let queued = if tall {
        "not sent, and not going to be until you go on"
    } else {
        "not sent, and not until you go on"
    };
    let sending = match (tall, stopped) {
        (true, true) => "their calls had left before the stop: each answer is awaited, 60 s at most",
        (false, true) => "had left before the stop: answers awaited, 60 s at most",
        (_, false) => "on their way when its process died: they become unknown",
    };
    let unknown = if tall {
        one(
            counts.unknown,
            "no answer came: looking for its action goes on; nothing is sent again while stopped",
            "no answer came: looking for their actions goes on; nothing is sent again while stopped",
        )
    } else {
        "looked for; not sent again while stopped"
    };
    let undecided = one(
        counts.undecided,
        if tall {
            "may have an action or not: Enter on it decides"
        } else {
            "may have an action or not: Enter decides"
        },
        "may have an action or not: Enter on each decides",
    );
    let pending = if tall {
        "at the service, which goes on with them: ! does not reach there"
    } else {
        "at the service: ! does not reach there"
    };
    [
        (counts.queued, sign::QUEUED, Meaning::Muted, "queued", queued),
        (counts.sending, sign::OPEN, Meaning::Text, "sending", sending),
        (counts.unknown, sign::UNKNOWN, Meaning::Warning, "unknown", unknown),
        (counts.undecided, sign::UNKNOWN, Meaning::Warning, "undecided", undecided),
        (counts.pending, sign::OPEN, Meaning::Text, "pending", pending),
    ]
    .into_iter()
    .filter(|(n, ..)| *n > 0)
    .map(|(n, sign, meaning, word, words)| {
        vec![
            theme.span(format!("  {sign}"), meaning),
            theme.span(format!("{:>5}", count(n)), Meaning::Strong),
            theme.span(format!("  {word:<11}"), Meaning::Text),
            theme.span(words, Meaning::Muted),
        ]
    })
    .collect()
}

fn keys(run: &RunView, shared: &Shared, tall: bool) -> Vec<Line> {
    let theme = shared.theme;
    let counts = &run.counts;
    let plain = |text: String| theme.span(text, Meaning::Text);
    let strong = |text: String| theme.span(text, Meaning::Strong);
    if let Some(why) = elsewhere(run, shared) {
        return vec![vec![plain(format!("  {why}: it can be gone on with or cancelled there."))]];
    }
    let key = |command: Command| {
        let pad = if tall { "   " } else { " " };
        strong(format!("  {}{pad}", shown(Scope::Run, command)))
    };
    let left = counts.left_to_send();
    let mut out = Vec::new();
    if left > 0 {
        let mut line = vec![key(Command::GoOn), plain("go on with ".into()), strong(count(left))];
        if tall {
            line.push(plain(format!(": {}.", left_words(counts))));
            line.push(theme.span(format!(" Asks for {left}, checks each again."), Meaning::Muted));
        } else {
            let unknown = match counts.unknown {
                0 => String::new(),
                n if shared.area.width < 80 => format!(", {} unknown", count(n)),
                1 => ", 1 unknown if it has no action".into(),
                n => format!(", {} unknown without an action", count(n)),
            };
            line.push(plain(format!(": {} queued{unknown}; type it", count(counts.queued))));
        }
        out.push(line);
    }
    if counts.queued > 0 {
        out.push(vec![
            key(Command::CancelQueued),
            plain("cancel the ".into()),
            strong(count(counts.queued)),
            plain(" queued: this run never sends them.".into()),
        ]);
    }
    out
}
