//! Below the list of runs: what a decision about the cursor's run needs.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use crate::domain::when::{count, date_minute, duration, instant, plural};
use crate::offboard::view::{Phase, RunView};
use crate::tui::command::Command;
use crate::tui::keymap::{Scope, shown};
use crate::tui::shared::Shared;
use crate::tui::theme::Meaning;
use crate::tui::widget::paint::put;
use crate::tui::widget::run::{elsewhere, goes_on, is_halted, needs, word};
use crate::tui::widget::status;

/// What a decision about the run needs: how it stands, what follows from it, what can be done.
pub(super) fn draw(run: &RunView, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let (x, width) = (area.x + 4, area.width.saturating_sub(5));
    if area.height == 1 {
        let mut line = short(run, shared);
        for (key, label) in keys(run, shared, false) {
            line.push(Span::raw("   "));
            line.push(theme.span(key, Meaning::Strong));
            line.push(theme.span(format!(" {label}"), Meaning::Muted));
        }
        put(buf, x, area.y, width, &line);
        return;
    }
    let (stands, follows) = long(run, shared);
    put(buf, x, area.y, width, &stands);
    put(buf, x, area.y + 1, width, &[theme.span(follows, Meaning::Muted)]);
    let mut line = Vec::new();
    for (key, label) in keys(run, shared, true) {
        if !line.is_empty() {
            line.push(Span::raw("   "));
        }
        line.push(theme.span(key, Meaning::Strong));
        line.push(theme.span(format!(" {label}"), Meaning::Muted));
    }
    put(buf, x, area.y + 2, width, &line);
}

fn keys(run: &RunView, shared: &Shared, long: bool) -> Vec<(&'static str, String)> {
    let (counts, mut out) = (&run.counts, Vec::new());
    if elsewhere(run, shared).is_none() {
        let left = counts.left_to_send();
        if is_halted(run) && left > 0 {
            out.push((shown(Scope::Runs, Command::GoOn), format!("go on with the {}", count(left))));
        }
        if is_halted(run) && counts.queued > 0 {
            let never = if long { ": never sent by this run" } else { "" };
            let label = format!("cancel the {}{never}", count(counts.queued));
            out.push((shown(Scope::Runs, Command::CancelQueued), label));
        }
        if goes_on(run) {
            out.push((shown(Scope::Runs, Command::Stop), "stop the run".into()));
        }
    }
    if long || out.is_empty() {
        out.push((shown(Scope::Runs, Command::Enter), "open".into()));
    }
    out
}

/// How the run stands, and what follows from it.
fn long<'a>(run: &RunView, shared: &Shared) -> (Vec<Span<'a>>, String) {
    let theme = shared.theme;
    let plain = |text: String| theme.span(text, Meaning::Text);
    let bold = |n: usize| theme.span(count(n), Meaning::Strong);
    let counts = &run.counts;
    let mut out = Vec::new();
    if is_halted(run) {
        out.push(plain(format!("{} ", how_it_halted(run, shared.now))));
        if counts.queued > 0 {
            out.extend([
                bold(counts.queued),
                plain(format!(" {} never sent", if counts.queued == 1 { "was" } else { "were" })),
            ]);
        } else {
            out.push(plain("Nothing is queued".into()));
        }
        if counts.unknown > 0 {
            out.extend([plain("; ".into()), bold(counts.unknown), plain(" unknown".into())]);
        }
        if counts.undecided > 0 {
            let verb = if counts.undecided == 1 { "is" } else { "are" };
            let undecided = format!(" {verb} undecided: Enter opens the run to decide");
            out.extend([plain("; ".into()), bold(counts.undecided), plain(undecided)]);
        }
        out.push(plain(".".into()));
        let follows = elsewhere(run, shared).map_or_else(
            || {
                "Nothing goes on by itself. Going on asks for the number that is left, and checks every machine \
                 again."
                    .into()
            },
            |why| format!("Nothing goes on by itself: {why}."),
        );
        return (out, follows);
    }
    let sent = format!("{} of {} sent", count(counts.sent()), count(counts.all()));
    match &run.phase {
        Phase::Waiting(why) => {
            out.push(theme.span(format!("Waiting: {why}"), Meaning::Warning));
            out.push(plain(format!("; {sent}{}.", by(run, shared))));
        }
        Phase::Sending => out.push(plain(format!("Sending: {sent}{}.", by(run, shared)))),
        Phase::Finished => {
            let took = run.ended.map_or_else(String::new, |ended| {
                let seconds = ended.as_second() - run.started.as_second();
                format!(" {}, took {}", instant(ended, shared.now), duration(seconds))
            });
            out.push(plain(format!("Finished{took}.")));
        }
        _ => out.push(plain(format!(
            "All sent; {} not final at the service yet, and followed until the end.",
            plural(counts.pending + counts.sending, "action")
        ))),
    }
    if needs(counts) > 0 {
        out.push(plain(" ".into()));
        out.push(bold(needs(counts)));
        let verb = if needs(counts) == 1 { "needs" } else { "need" };
        out.push(plain(format!(" {verb} you: Enter opens the run.")));
    }
    let follows = match elsewhere(run, shared) {
        Some(why) if goes_on(run) => format!("It goes on by itself: {why}."),
        _ if goes_on(run) => {
            "It goes on by itself. Stopping only stops: nothing more is sent until you go on.".into()
        }
        _ => format!("Confirmed by {} at {}.", run.operator, date_minute(run.started)),
    };
    (out, follows)
}

fn by(run: &RunView, shared: &Shared) -> String {
    run.all_sent_by.map_or_else(String::new, |at| format!(", all by {}", instant(at, shared.now)))
}

/// The same on the one line of a small screen.
fn short<'a>(run: &RunView, shared: &Shared) -> Vec<Span<'a>> {
    let theme = shared.theme;
    let counts = &run.counts;
    if goes_on(run) {
        let sent = format!("{}, {} of {} sent", word(&run.phase), count(counts.sent()), count(counts.all()));
        return vec![theme.span(sent, Meaning::Text)];
    }
    if !is_halted(run) {
        return status::counts(theme, counts, u16::MAX);
    }
    let words: Vec<String> =
        [(counts.queued, "never sent"), (counts.unknown, "unknown"), (counts.undecided, "undecided")]
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, word)| format!("{} {word}", count(n)))
            .collect();
    let words = if words.is_empty() { "nothing queued".into() } else { words.join(", ") };
    vec![theme.span(words, Meaning::Text)]
}

/// By whom or by what it was stopped, as a sentence: "Stopped by jdoe at 12:05:31Z."
fn how_it_halted(run: &RunView, now: Timestamp) -> String {
    match &run.phase {
        Phase::Stopped { by, at } => {
            let at = instant(*at, now);
            // A guard's words begin with a number or carry a colon: a time behind them would belong to nothing.
            if by.as_str().contains(':') {
                return format!("Stopped at {at}: {by}.");
            }
            let mut chars = by.as_str().chars();
            let first: String = chars.next().map_or_else(String::new, |c| c.to_uppercase().collect());
            format!("{first}{} at {at}.", chars.as_str())
        }
        _ => format!("Its process is gone; its last word is of {}.", instant(run.last_word, now)),
    }
}
