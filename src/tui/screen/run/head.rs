//! The three lines above the list of an open run: what it is and when it is over, how far its sending is and what it
//! waits for, how many machines are where.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::Span;

use crate::domain::when::{count, duration, instant};
use crate::offboard::view::{Counts, Phase, RunView};
use crate::tui::shared::Shared;
use crate::tui::theme::{Meaning, sign};
use crate::tui::widget::paint::{fit, put, put_right, width, width_of};
use crate::tui::widget::run::{elsewhere, goes_on, is_halted};
use crate::tui::widget::status;

/// Its name, its comment, and when it is over.
pub(super) fn title(run: &RunView, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let wide = area.width >= 100;
    let end = ends(run, shared, wide);
    let x = put_right(buf, area.right() - 1, area.y, &end);
    let name = if wide { format!("Run {}   ", run.name) } else { format!("{} ", run.name) };
    let at = put(buf, area.x + 1, area.y, area.width - 2, &[theme.span(name, Meaning::Strong)]);
    let room = usize::from(x.saturating_sub(at + 2));
    put(
        buf,
        at,
        area.y,
        room as u16,
        &[theme.span(fit(run.comment.as_str(), room).into_owned(), Meaning::Text)],
    );
}

fn ends<'a>(run: &RunView, shared: &Shared, wide: bool) -> Vec<Span<'a>> {
    let theme = shared.theme;
    let now = shared.now;
    let muted = |text: String| theme.span(text, Meaning::Muted);
    let text = |text: String| theme.span(text, Meaning::Text);
    let strong = |text: String| theme.span(text, Meaning::Strong);
    let warning = |text: &'static str| theme.span(text, Meaning::Warning);
    match &run.phase {
        Phase::Sending | Phase::Waiting(_) => match run.all_sent_by {
            Some(at) => {
                let left = duration((at.as_millisecond() - now.as_millisecond() + 999) / 1_000);
                if wide {
                    vec![
                        muted("all sent by ".into()),
                        text(instant(at, now)),
                        muted(", in ".into()),
                        strong(left),
                    ]
                } else {
                    vec![muted("all sent in ".into()), strong(left)]
                }
            }
            None => Vec::new(),
        },
        Phase::Stopped { by, at } => {
            let who = by.as_str().strip_prefix("stopped by ").filter(|who| wide && width(who) <= 32);
            let who = who.map_or_else(String::new, |who| format!(" by {who}"));
            let at_word = if wide { " at " } else { " " };
            vec![warning("stopped"), muted(format!("{who}{at_word}")), text(instant(*at, now))]
        }
        Phase::Unfinished if wide => {
            vec![
                warning("unfinished"),
                muted(", its last word is of ".into()),
                text(instant(run.last_word, now)),
            ]
        }
        Phase::Unfinished => vec![warning("unfinished")],
        Phase::Sent => vec![muted("all sent, some not final".into())],
        Phase::Finished => match run.ended {
            Some(ended) => {
                let took = duration(ended.as_second() - run.started.as_second());
                if wide {
                    vec![
                        muted("finished ".into()),
                        text(instant(ended, now)),
                        muted(", took ".into()),
                        text(took),
                    ]
                } else {
                    vec![muted("took ".into()), text(took)]
                }
            }
            None => vec![muted("finished".into())],
        },
    }
}

/// How far the sending is, and what it waits for.
pub(super) fn progress(run: &RunView, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let cells = match area.width {
        ..80 => 10,
        80..100 => 20,
        _ => 60,
    };
    let meaning = if is_halted(run) { Meaning::Warning } else { Meaning::Accent };
    let (sent, all) = (run.counts.sent(), run.counts.all());
    status::progress(buf, area.x + 1, area.y, cells, (sent, all), meaning, theme);
    let mut spans = vec![
        theme.span(count(sent), Meaning::Strong),
        theme.span(format!(" of {} sent", count(all)), Meaning::Muted),
    ];
    if area.width < 100 && run.counts.queued > 0 {
        spans.push(theme.span(format!(" · {} queued", count(run.counts.queued)), Meaning::Muted));
    }
    let (then, follows) = sending(run, shared, area.width >= 100);
    if !then.is_empty() {
        spans.push(Span::raw("   "));
        spans.push(theme.span(then, Meaning::Warning));
        spans.push(theme.span(follows, Meaning::Muted));
    }
    let x = area.x + 1 + cells + 1;
    put(buf, x, area.y, area.right().saturating_sub(x + 1), &spans);
}

/// What the sending waits for: what counts, and what follows.
fn sending(run: &RunView, shared: &Shared, wide: bool) -> (String, String) {
    if let Some(why) = elsewhere(run, shared).filter(|_| goes_on(run)) {
        return (why, String::new());
    }
    let then = |then: &str| (then.to_owned(), String::new());
    match &run.phase {
        Phase::Stopped { .. } if wide => then("nothing more is sent"),
        Phase::Stopped { .. } => then("stopped"),
        Phase::Unfinished if wide => then("nothing goes on by itself"),
        Phase::Unfinished => then("unfinished"),
        Phase::Waiting(why) => {
            let calls = &shared.status.calls;
            let for_the_budget = calls.next_call.is_some() || calls.pause.is_some();
            match status::headline(shared) {
                (head, follows, _) if for_the_budget && calls.free_now == 0 && wide => {
                    (head, format!(": {follows}"))
                }
                (head, ..) if for_the_budget && calls.free_now == 0 => (head, String::new()),
                _ => (format!("waiting: {why}"), String::new()),
            }
        }
        Phase::Sending | Phase::Sent | Phase::Finished => then(""),
    }
}

/// How many machines are where, what needs a person in bold; what is under way in one number where the line is full.
pub(super) fn counts<'a>(run: &RunView, shared: &Shared) -> Vec<Span<'a>> {
    let wide = shared.area.width >= 100;
    let room = shared.area.width.saturating_sub(2);
    let whole = pieces(&run.counts, shared, wide, false);
    let mut out = if width_of(&whole) <= room { whole } else { pieces(&run.counts, shared, wide, true) };
    // A number without its word says nothing: what does not fit goes whole, from the end.
    let cut = width_of(&out) > room;
    while width_of(&out) + 2 > room && out.len() > 3 && cut {
        out.truncate(out.len() - 3);
    }
    if cut {
        out.push(shared.theme.span(" …", Meaning::Muted));
    }
    out
}

fn pieces<'a>(counts: &Counts, shared: &Shared, wide: bool, in_one: bool) -> Vec<Span<'a>> {
    let theme = shared.theme;
    let (sending, pending, under_way) =
        if in_one { (0, 0, counts.sending + counts.pending) } else { (counts.sending, counts.pending, 0) };
    let mut out = Vec::new();
    for (n, sign, word, meaning) in [
        (counts.failed, sign::FAILED, "failed", Meaning::Danger),
        (counts.unknown, sign::UNKNOWN, "unknown", Meaning::Warning),
        (counts.undecided, sign::UNKNOWN, "undecided", Meaning::Warning),
        (sending, sign::OPEN, "sending", Meaning::Text),
        (pending, sign::OPEN, "pending", Meaning::Text),
        (under_way, sign::OPEN, "under way", Meaning::Text),
        (counts.succeeded, sign::DONE, "succeeded", Meaning::Ok),
        (if wide { counts.queued } else { 0 }, sign::QUEUED, "queued", Meaning::Muted),
        (counts.set_aside, sign::NONE, "set aside", Meaning::Muted),
        (counts.cancelled, sign::NONE, "cancelled", Meaning::Muted),
        (counts.left, sign::NONE, "left", Meaning::Muted),
    ] {
        if n == 0 {
            continue;
        }
        if !out.is_empty() {
            out.push(Span::raw(if wide { "   " } else { "  " }));
        }
        let bold = matches!(meaning, Meaning::Danger | Meaning::Warning);
        let words = if bold || meaning == Meaning::Muted { meaning } else { Meaning::Text };
        for (text, meaning) in [(format!("{sign} "), meaning), (format!("{} {word}", count(n)), words)] {
            let span = theme.span(text, meaning);
            let style = if bold { span.style.add_modifier(Modifier::BOLD) } else { span.style };
            out.push(span.style(style));
        }
    }
    out
}
