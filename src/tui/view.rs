//! Draws the whole console: the screen, and the dialogs over it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Position, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Widget};

use super::app::App;
use super::command::Command;
use super::keymap::{Scope, shown};
use super::layout::{HEIGHT_MIN, Rows, WIDTH_MIN, is_too_small};
use super::modal::{Modal, leaving};
use super::screen::{machines, run, runs};
use super::shared::Tab;
use super::theme::Meaning;
use super::widget::paint::ground;
use super::widget::run::goes_on;
use crate::domain::when::count;

/// Draws everything; says where the caret is.
pub fn draw(app: &App, buf: &mut Buffer) -> Option<Position> {
    let area = buf.area;
    if is_too_small(area) {
        too_small(app, buf);
        return None;
    }
    let shared = &app.shared;
    let context = app.context();
    let mut caret = match (&app.first_start, app.tab) {
        (Some(first_start), _) => {
            first_start.draw(shared, &context, buf, area);
            None
        }
        (None, Tab::Machines) => machines::draw(&app.machines, shared, &context, buf, area),
        (None, Tab::Runs) => {
            match &app.run {
                Some(run) => run::draw(run, shared, &context, buf, area),
                None => runs::draw(&app.runs, shared, &context, buf, area),
            }
            None
        }
    };
    for modal in &app.modals {
        dim(app, buf);
        caret = modal.draw(shared, buf, area);
    }
    caret
}

/// Puts what is drawn behind a dialog: no colours, no grounds, no keys.
fn dim(app: &App, buf: &mut Buffer) {
    let area = buf.area;
    let behind = app.shared.theme.style(Meaning::Behind);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            buf[(x, y)].set_style(Style::reset()).set_style(behind);
        }
    }
    let keys = Rows::of(area).keys;
    for x in keys.left()..keys.right() {
        buf[(x, keys.y)].reset();
    }
    ground(buf, keys, keys.y, Style::new());
}

fn too_small(app: &App, buf: &mut Buffer) {
    let area = buf.area;
    let context = app.context();
    let (selected, _) = app.machines.selected_and_hidden();
    let run = app.shared.current_run().filter(|run| goes_on(run));
    let mut kept = format!("Nothing is lost: {} selected", count(selected));
    let mut lines = vec![
        format!("offramp needs {WIDTH_MIN}×{HEIGHT_MIN} cells"),
        format!("this is {}×{}", area.width, area.height),
        String::new(),
    ];
    if let Some(run) = run {
        kept.push(',');
        lines.push(kept);
        let (sent, all) = (count(run.counts.sent()), count(run.counts.all()));
        lines.push(format!("run {} goes on ({sent} of {all}).", run.name));
    } else {
        kept.push('.');
        lines.push(kept);
    }
    lines.push(String::new());
    if matches!(app.modals.last(), Some(Modal::Leaving(_))) {
        // The only question that can be answered here, because the only one that can be asked.
        let (question, keys) = leaving::State::words(&app.shared);
        lines.push(question);
        lines.extend(keys.into_iter().map(|(key, does)| format!("{key} {does}")));
    } else {
        let (quit, stop) = (shown(Scope::TooSmall, Command::Quit), shown(Scope::TooSmall, Command::Stop));
        lines.push(if context.going_on {
            format!("{quit} quit   {stop} stop the run")
        } else {
            format!("{quit} quit")
        });
    }
    let top = area.height.saturating_sub(lines.len() as u16) / 2;
    let text: Vec<Line<'_>> = lines.into_iter().map(Line::from).collect();
    Paragraph::new(text)
        .alignment(Alignment::Center)
        .render(Rect { y: area.y + top, height: area.height.saturating_sub(top), ..area }, buf);
}
