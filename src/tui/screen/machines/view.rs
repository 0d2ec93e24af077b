//! How the machines look. Reads only.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Span;

use super::details;
use super::{State, Typing};
use crate::domain::when::{count, date, instant, minute, plural};
use crate::domain::{HealthStatus, Level, MachineValue, Refusal, SafeText};
use crate::inventory::Row;
use crate::tui::keymap::Context;
use crate::tui::layout::{Column, Rows, columns, is_tall};
use crate::tui::shared::{List, Shared, Tab};
use crate::tui::theme::{Meaning, sign};
use crate::tui::widget::paint::{fit, fit_end, put, put_right, width, wrap};
use crate::tui::widget::{cursor, footer, header, rule, status};

/// Draws the whole screen; says where the caret is.
pub fn draw(
    state: &State,
    shared: &Shared,
    context: &Context,
    buf: &mut Buffer,
    area: Rect,
) -> Option<Position> {
    let rows = Rows::of(area);
    header::draw(buf, rows.header, shared, Tab::Machines, list_words(shared));
    let caret = filter_line(state, shared, buf, rows.filter);
    if state.visible.is_empty() {
        headings(buf, rows.headings, state, shared);
        nothing(state, shared, buf, rows.list);
    } else {
        headings(buf, rows.headings, state, shared);
        list(state, shared, buf, rows.list);
    }
    // Without a machine there is nothing to select; what went wrong then has the whole list to stand in.
    if !shared.inventory.is_empty() || state.notice.is_some() {
        selection_rule(state, shared, buf, rows.rule);
    }
    if !shared.inventory.is_empty() {
        strip(state, shared, buf, rows.strip);
    }
    status::draw(buf, rows.status, shared, false);
    if let Some(scroll) = state.details
        && let Some(row) = state.row(&shared.inventory)
    {
        details::draw(row, scroll, shared, buf);
    }
    footer::draw(buf, rows.keys, shared.theme, state.scope(), context);
    caret
}

/// What the list is of, long and short.
fn list_words(shared: &Shared) -> [Vec<Span<'static>>; 2] {
    let theme = shared.theme;
    let muted = |text: String| theme.span(text, Meaning::Muted);
    match &shared.list {
        List::None => [vec![], vec![]],
        List::Arriving { since, .. } => {
            let at = instant(*since, shared.now);
            let words = |text: &str| vec![muted(text.to_owned()), theme.span(at.clone(), Meaning::Text)];
            [words("asking since "), words("asking ")]
        }
        List::Of(at) => {
            let old = shared.list_is_old();
            let meaning = if old { Meaning::Warning } else { Meaning::Text };
            let (tail, head) = match (shared.refreshing, old) {
                (true, _) => (" · asking again", "asking, "),
                (false, true) => (" · old, r", "old, "),
                (false, false) => ("", "list of "),
            };
            let long = vec![
                muted("list of ".into()),
                theme.span(instant(*at, shared.now), meaning),
                theme.span(tail, Meaning::Warning),
            ];
            // Where there is little room, that it is old goes before of when it is.
            let short = vec![
                theme.span(head, if old { Meaning::Warning } else { Meaning::Muted }),
                theme.span(minute(*at, shared.now), meaning),
            ];
            [long, short]
        }
    }
}

fn filter_line(state: &State, shared: &Shared, buf: &mut Buffer, area: Rect) -> Option<Position> {
    let theme = shared.theme;
    let right = counts_line(state, shared, area.width >= 100);
    let x = put_right(buf, area.right() - 1, area.y, &right);
    let filters = state.typing.is_some() || !state.filter_text.is_empty();
    let prompt = if filters { theme.yours("/") } else { theme.span("/", Meaning::Muted) };
    put(buf, area.x + 1, area.y, 1, &[prompt]);
    let room = x.saturating_sub(area.x + 4);
    match &state.typing {
        Some(Typing { field, .. }) => {
            Some(field.draw(buf, Rect { x: area.x + 2, width: room.max(8), ..area }, theme))
        }
        None if state.filter_text.is_empty() => {
            put(buf, area.x + 3, area.y, room, &[theme.span("filter", Meaning::Muted)]);
            None
        }
        None => {
            put(buf, area.x + 3, area.y, room, &[theme.span(state.filter_text.as_str(), Meaning::Text)]);
            None
        }
    }
}

/// How many machines the list shows, and of how many.
pub fn counts_line(state: &State, shared: &Shared, wide: bool) -> Vec<Span<'static>> {
    let theme = shared.theme;
    let all = shared.inventory.len();
    let muted = |text: String| theme.span(text, Meaning::Muted);
    match &shared.list {
        List::None if all == 0 => return vec![],
        List::Arriving { checking_the_end, .. } => {
            let tail = match (checking_the_end, wide) {
                (true, _) => "checking the end",
                (false, true) => "more are coming, the list can be used",
                (false, false) => "more are coming",
            };
            return vec![
                theme.span(count(all), Meaning::Strong),
                muted(" so far · ".into()),
                theme.span(tail, Meaning::Warning),
            ];
        }
        _ => {}
    }
    if all == 0 {
        return vec![muted("0 machines".into())];
    }
    let mut out = Vec::new();
    if state.only_selected {
        out.push(theme.span("only the selected · ", Meaning::Accent));
    }
    out.push(theme.span(count(state.offboardable), Meaning::Strong));
    if state.visible.is_empty() && !state.filter.is_empty() {
        out.push(muted(format!(" of {} offboardable", count(shared.inventory.offboardable_count()))));
        return out;
    }
    out.push(theme.span(" offboardable", Meaning::Text));
    let others = state.visible.len() - state.offboardable;
    if state.others {
        let tail = if wide { " that are not" } else { " not" };
        out.push(muted(format!(" + {}{tail}", count(others))));
    }
    let what = match (shared.who.demo, shared.who.person) {
        (true, _) if wide => "simulated machines",
        (true, _) => "simulated",
        (false, true) => "you can see",
        (false, false) if shared.area.width >= 160 => "in the tenant",
        (false, false) => "in all",
    };
    out.push(muted(format!(" · {} {what}", count(all))));
    if shared.incomplete {
        out.push(theme.span(" · incomplete, r", Meaning::Warning));
    }
    if shared.unreadable > 0 {
        out.push(theme.span(format!(" · {} unreadable", count(shared.unreadable)), Meaning::Warning));
    }
    out
}

/// The columns that the list has room for; beside the drawer only whole ones stand.
fn columns_beside(state: &State, width: u16) -> Vec<(Column, u16, u16)> {
    let mut columns = columns(width);
    if state.details.is_some() && width >= 100 {
        columns.retain(|(_, x, cells)| x + cells < width - details::WIDTH);
    }
    columns
}

fn headings(buf: &mut Buffer, area: Rect, state: &State, shared: &Shared) {
    let theme = shared.theme;
    for (column, x, cells) in columns_beside(state, area.width) {
        let title = column.title();
        let x = if column == Column::Seen { x + cells - title.len() as u16 } else { x };
        put(buf, area.x + x, area.y, cells.max(6), &[theme.span(title, Meaning::Muted)]);
        if column == Column::Name {
            put(
                buf,
                area.x + x,
                area.y,
                cells,
                &[theme.span(title, Meaning::Strong), theme.span(" ▲", Meaning::Accent)],
            );
        }
    }
}

fn list(state: &State, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let inventory = &shared.inventory;
    let columns = columns_beside(state, area.width);
    let spanned: Vec<usize> =
        if state.range.is_some() { state.spanned(inventory).collect() } else { Vec::new() };
    let shown = state.visible.iter().enumerate().skip(state.offset).take(usize::from(area.height));
    for (y, (position, index)) in (area.y..).zip(shown) {
        let row = &inventory.rows()[*index];
        let selected = row.offboardable.as_ref().is_ok_and(|machine| state.selection.contains(machine));
        let mark = match &row.offboardable {
            Err(_) => Mark::Refused,
            Ok(_) if selected => Mark::Selected,
            Ok(_) if spanned.contains(index) => Mark::InRange,
            Ok(_) => Mark::None,
        };
        machine_row(row, mark, shared, buf, Rect { y, height: 1, ..area }, &columns);
        if position == state.cursor {
            cursor::draw(buf, Rect { y, height: 1, ..area }, shared.theme);
        }
    }
}

/// Where the reason begins below 80 columns: there the name would take all the room.
const REASON_X_NARROW: u16 = 26;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    Selected,
    InRange,
    Refused,
}

fn machine_row(
    row: &Row,
    mark: Mark,
    shared: &Shared,
    buf: &mut Buffer,
    area: Rect,
    columns: &[(Column, u16, u16)],
) {
    let theme = shared.theme;
    let (sign, meaning) = match mark {
        Mark::None => (" ", Meaning::Text),
        Mark::Selected => (sign::SELECTED, Meaning::Accent),
        Mark::InRange => (sign::OPEN, Meaning::Accent),
        Mark::Refused => (sign::NONE, Meaning::Muted),
    };
    put(buf, area.x + 2, area.y, 1, &[theme.span(sign, meaning)]);
    let refused = row.offboardable.as_ref().err();
    for (column, x, cells) in columns {
        let x = area.x + x;
        let narrow = refused.is_some() && area.width < 80;
        let cells = if narrow { *cells.min(&(REASON_X_NARROW - 6)) } else { *cells };
        if let Some(refusal) = refused
            && !matches!(column, Column::Name | Column::Os)
        {
            // The reason takes the room of the columns that it makes pointless.
            let x = if area.width < 80 { area.x + REASON_X_NARROW } else { x };
            let room = area.right().saturating_sub(x + 1);
            let words = if area.width >= 100 { refusal.sentence() } else { refusal.short() };
            put(buf, x, area.y, room, &[theme.span(words, Meaning::Muted)]);
            return;
        }
        let machine = &row.machine;
        let text = |text: Option<&SafeText>| text.map_or_else(|| "–".to_owned(), ToString::to_string);
        let normal = |is_normal: bool| if is_normal { Meaning::Muted } else { Meaning::Text };
        let (value, meaning) = match column {
            Column::Name => {
                let name = if mark == Mark::Selected { Meaning::Strong } else { normal(refused.is_some()) };
                name_cell(row, usize::from(cells), name, shared, buf, x, area.y);
                continue;
            }
            Column::Os => (machine.os_label(), Meaning::Muted),
            Column::Group => (text(machine.group.as_ref()), normal(machine.group.is_none())),
            Column::Health => match &machine.health {
                Some(health) => (health.label().to_owned(), normal(*health == HealthStatus::Active)),
                None => ("–".into(), Meaning::Muted),
            },
            Column::Risk => match &machine.risk {
                Some(Level::High) => ("High".into(), Meaning::Warning),
                Some(risk) => (risk.as_str().to_owned(), normal(*risk == Level::None)),
                None => ("–".into(), Meaning::Muted),
            },
            Column::Value => match &machine.value {
                Some(MachineValue::High) => ("High".into(), Meaning::Warning),
                Some(value) => (value.as_str().to_owned(), normal(*value == MachineValue::Normal)),
                None => ("–".into(), Meaning::Muted),
            },
            Column::Seen => {
                let age = machine.last_seen.map_or_else(|| "–".into(), |at| shared.age(at));
                put_right(buf, x + cells, area.y, &[theme.span(age, Meaning::Text)]);
                continue;
            }
            Column::Ip => {
                let ip = text(machine.ip.as_ref());
                (fit_end(&ip, usize::from(cells)).into_owned(), Meaning::Muted)
            }
            Column::Id => (format!("{}…", machine.id.start(8)), Meaning::Muted),
            Column::Tags => {
                let tags: Vec<_> = machine.tags.iter().map(SafeText::as_str).collect();
                (tags.join(", "), Meaning::Muted)
            }
        };
        put(buf, x, area.y, cells, &[theme.span(value, meaning)]);
    }
}

/// A name loses its domain first, then its end, never its `#id`.
fn name_cell(row: &Row, cells: usize, meaning: Meaning, shared: &Shared, buf: &mut Buffer, x: u16, y: u16) {
    let theme = shared.theme;
    let tag = row.tag.as_ref().map(|tag| format!(" {tag}")).unwrap_or_default();
    let room = cells.saturating_sub(width(&tag));
    let label =
        if width(&row.label) > room { row.machine.short_name().unwrap_or(&row.label) } else { &row.label };
    put(
        buf,
        x,
        y,
        cells as u16,
        &[theme.span(fit(label, room).into_owned(), meaning), theme.span(tag, Meaning::Muted)],
    );
}

fn selection_rule(state: &State, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let selected = state.selection.len();
    let mut title = Vec::new();
    if selected == 0 && state.range.is_none() {
        title.push(theme.span("nothing selected", Meaning::Muted));
    } else {
        title.push(theme.yours(format!("{} selected", count(selected))));
        if state.range.is_some() {
            let rows = state.spanned(&shared.inventory);
            let more = rows
                .filter_map(|index| shared.inventory.rows()[index].offboardable.as_ref().ok())
                .filter(|machine| !state.selection.contains(machine))
                .count();
            title.push(theme.yours(format!(" + {} in the range", count(more))));
        }
        if state.hidden > 0 {
            title.push(theme.span(" · ", Meaning::Muted));
            let by = if state.filter.is_empty() { "not in the list shown" } else { "hidden by the filter" };
            title.push(theme.span(format!("{} {by}", count(state.hidden)), Meaning::Warning));
        }
    }
    if let Some(notice) = &state.notice {
        let message = theme.span(notice.text.as_str(), notice.meaning);
        return rule::draw_with_message(buf, area, theme, &title, &message);
    }
    let position = format!("{} of {}", count(state.cursor + 1), count(state.visible.len()));
    let right = [theme.span(position, Meaning::Muted)];
    rule::draw(buf, area, theme, &title, if state.visible.is_empty() { &[] } else { &right });
}

fn strip(state: &State, shared: &Shared, buf: &mut Buffer, area: Rect) {
    if let Some(trouble) = &state.trouble {
        return trouble_strip(trouble, shared, buf, area);
    }
    let Some(row) = state.row(&shared.inventory) else { return };
    let theme = shared.theme;
    let machine = &row.machine;
    let muted = |text: &str| theme.span(text.to_owned(), Meaning::Muted);
    let plain = |text: String| theme.span(text, Meaning::Text);
    let name = full_name(row);
    let short = machine.short_name().unwrap_or(&name).len().min(name.len());
    let mut names = vec![theme.span(name[..short].to_owned(), Meaning::Strong), muted(&name[short..])];
    if let Some(tag) = &row.tag {
        names.push(muted(&format!("  {tag}")));
    }
    let verdict = match &row.offboardable {
        Ok(_) => theme.span("offboardable", Meaning::Ok),
        Err(refusal) if area.height == 1 => theme.span(refusal.sentence(), Meaning::Warning),
        Err(refusal) if refusal.is_by_rule() => theme.span("outside offramp's rule", Meaning::Warning),
        Err(_) => theme.span("nothing to offboard", Meaning::Warning),
    };
    let build = machine.os_build.map(|build| format!("build {build}")).unwrap_or_default();
    let ip = machine.ip.as_ref().map_or("–", |ip| ip.as_str());
    if area.height == 1 {
        let x = put(buf, area.x + 4, area.y, area.width.saturating_sub(5) / 2, &names);
        let room = area.right().saturating_sub(x + 5);
        let facts: Vec<&str> = [build.as_str(), ip].into_iter().filter(|fact| !fact.is_empty()).collect();
        let rest = [verdict, muted(&format!("  {}", facts.join("   ")))];
        put(buf, x + 4, area.y, room, if row.offboardable.is_ok() { &rest } else { &rest[..1] });
        return;
    }
    let (left, middle, right) = (area.x + 4, area.x + 52, area.x + 80);
    let end = area.right().saturating_sub(1);
    let text = |text: Option<&SafeText>| text.map_or_else(|| "–".to_owned(), ToString::to_string);
    put(buf, left, area.y, middle - left - 2, &names);
    put(buf, middle, area.y, right - middle - 2, &[verdict]);
    let seen = machine.last_seen.map_or_else(|| "never".into(), |at| shared.age(at));
    let first = machine.first_seen.map_or_else(|| "unknown".into(), date);
    put(buf, right, area.y, end - right, &[muted("seen "), plain(seen), muted(", first "), plain(first)]);
    let tags: Vec<_> = machine.tags.iter().map(SafeText::as_str).collect();
    let tags = if tags.is_empty() { "–".into() } else { tags.join(", ") };
    let managed = text(machine.managed_by.as_ref());
    put(buf, right, area.y + 1, end - right, &[muted("managed by "), plain(managed)]);
    put(buf, right, area.y + 2, end - right, &[muted("tags "), plain(tags)]);
    if state.refused && row.offboardable.as_ref().is_err_and(Refusal::is_by_rule) {
        put(buf, left, area.y + 1, middle - left - 2, &[muted("The rule takes Windows 10 1703 and later,")]);
        put(buf, left, area.y + 2, middle - left - 2, &[muted("Windows 11, and Server 2019 and later.")]);
        put(buf, middle, area.y + 1, right - middle - 2, &[plain(machine.os_label())]);
        put(buf, middle, area.y + 2, right - middle - 2, &[muted("ip "), plain(ip.to_owned())]);
        return;
    }
    let platform = text(machine.os_platform.as_ref());
    let version = machine.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let bits = machine
        .properties
        .iter()
        .find(|(name, _)| name.as_str() == "osArchitecture")
        .map(|(_, value)| format!(" {value}"))
        .unwrap_or_default();
    let build = machine.os_build.map(|build| build.to_string());
    let mut os = vec![plain(format!("{platform}{version}"))];
    if let Some(build) = build {
        os.extend([muted(" build "), plain(build)]);
    }
    os.push(muted(&bits));
    put(buf, left, area.y + 1, middle - left - 2, &os);
    let exposure = machine.exposure.as_ref().map_or("–", |level| level.as_str()).to_owned();
    put(buf, middle, area.y + 1, right - middle - 2, &[muted("exposure "), plain(exposure)]);
    put(buf, left, area.y + 2, middle - left - 2, &[muted("id "), plain(machine.id.to_string())]);
    put(buf, middle, area.y + 2, right - middle - 2, &[muted("ip "), plain(ip.to_owned())]);
}

/// The whole name; a machine without one is called as the list calls it.
pub(super) fn full_name(row: &Row) -> String {
    let name = row.machine.name.as_ref().map_or("", |name| name.as_str().trim());
    if name.is_empty() { row.label.clone() } else { name.to_owned() }
}

fn trouble_strip(trouble: &crate::tui::trouble::Trouble, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let width = area.width.saturating_sub(5);
    put(buf, area.x + 2, area.y, 1, &[theme.span(sign::FAILED, Meaning::Danger)]);
    let whole = if area.height == 1 { "more" } else { "the whole answer" };
    let keys = |spans: &mut Vec<Span<'static>>| {
        for (key, label) in [("r", "again"), ("Enter", whole), ("Esc", "seen")] {
            spans.push(Span::raw("   "));
            spans.push(theme.span(key, Meaning::Strong));
            spans.push(theme.span(format!(" {label}"), Meaning::Muted));
        }
    };
    if area.height == 1 {
        let mut tail = Vec::new();
        keys(&mut tail);
        let room = width.saturating_sub(crate::tui::widget::paint::width_of(&tail));
        let text = fit(&trouble.short, usize::from(room)).into_owned();
        let mut spans = vec![theme.span(text, Meaning::Danger)];
        spans.append(&mut tail);
        put(buf, area.x + 4, area.y, width, &spans);
        return;
    }
    put(buf, area.x + 4, area.y, width, &[theme.span(trouble.what.clone(), Meaning::Danger)]);
    put(
        buf,
        area.x + 4,
        area.y + 1,
        width,
        &[theme.span("why ", Meaning::Muted), theme.span(trouble.why.clone(), Meaning::Text)],
    );
    let mut todo = vec![theme.span("do  ", Meaning::Muted), theme.span(trouble.todo.clone(), Meaning::Text)];
    keys(&mut todo);
    put(buf, area.x + 4, area.y + 2, width, &todo);
}

/// Words of a filter whose cost is shown: a pasted list of a thousand would be counted for each frame.
const COSTS_SHOWN: usize = 6;

/// What stands in place of rows: what was asked and answered, and what to try.
fn nothing(state: &State, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let strong = |text: String| vec![theme.span(text, Meaning::Strong)];
    let plain = |text: String| vec![theme.span(text, Meaning::Text)];
    let fact = |name: &str, value: String| {
        vec![theme.span(format!("{name:<6}"), Meaning::Muted), theme.span(value, Meaning::Text)]
    };
    let key = |key: &'static str, words: &str| {
        vec![theme.span(key, Meaning::Strong), theme.span(format!(" {words}"), Meaning::Muted)]
    };
    let tenant =
        if shared.who.tenant.is_empty() { "The service".to_owned() } else { shared.who.tenant.to_string() };
    let mut lines: Vec<Vec<Span<'_>>> = Vec::new();
    let centre = is_tall(shared.area);
    let mut indent: u16 = if centre { 22 } else { 4 };
    let mut top: u16 = if centre { 7 } else { 2 };
    if shared.inventory.is_empty() {
        match (&shared.list, &state.trouble) {
            (List::Of(_), None) => {
                lines.push(strong(format!("{tenant} answered: no machines.")));
                lines.push(vec![]);
                let words = "The service was reached and the sign-in is good. Either nothing is onboarded here, \
                             or this app may see no device group, or another cloud is meant:";
                let room = usize::from(area.width.saturating_sub(indent + 2)).min(84);
                lines.extend(wrap(words, room).into_iter().map(plain));
                lines.push(vec![]);
                lines.push(fact("host", format!("{} ({})", shared.who.host, shared.who.cloud)));
                lines.push(fact("app", shared.who.acts.to_string()));
                let may: Vec<_> = shared.who.permissions.iter().map(ToString::to_string).collect();
                lines.push(fact("may", if may.is_empty() { "unknown".into() } else { may.join(", ") }));
                lines.push(vec![]);
                lines.push(key("r", "ask again"));
            }
            (_, Some(trouble)) => {
                let room = usize::from(area.width.saturating_sub(indent + 4)).min(84);
                lines.extend(wrap(&trouble.what, room).into_iter().map(strong));
                lines.push(vec![]);
                lines.extend(wrap(&trouble.why, room).into_iter().map(plain));
                lines.push(vec![]);
                lines.extend(wrap(&trouble.todo, room).into_iter().map(plain));
                lines.push(vec![]);
                lines.push(key("r", "ask again"));
            }
            _ => {
                let words = if shared.signed_in || shared.who.demo {
                    format!("Asking {tenant} for its machines.")
                } else {
                    "Signing in; nothing was asked of the tenant yet.".into()
                };
                lines.push(vec![theme.span(words, Meaning::Muted)]);
            }
        }
    } else {
        (indent, top) = (4, if area.height > 12 { 2 } else { 1 });
        let none = if state.filter.is_empty() {
            "No machine here can be offboarded."
        } else {
            "No machine matches."
        };
        lines.push(strong(none.into()));
        lines.push(vec![]);
        let rows = shared.inventory.rows();
        let allowed = |row: &Row| state.others || row.offboardable.is_ok();
        if state.filter.words().len() > 1 {
            for (index, word) in state.filter.words().iter().enumerate().take(COSTS_SHOWN) {
                let without = state.filter.without(index);
                let n = rows.iter().filter(|row| allowed(row) && without.matches(row)).count();
                let word = fit(word, 24).into_owned();
                lines.push(plain(format!("without {word:<24} {:>6}", count(n))));
            }
            lines.push(vec![]);
        }
        let outside =
            rows.iter().filter(|row| row.offboardable.is_err() && state.filter.matches(row)).count();
        if outside > 0 && !state.others {
            lines.push(vec![
                theme.span(format!("{} cannot be offboarded: ", plural(outside, "machine")), Meaning::Text),
                theme.span(".", Meaning::Strong),
                theme.span(" shows why", Meaning::Muted),
            ]);
        }
        if state.only_selected {
            lines.push(key("s", "shows all again, not only the selected"));
        }
    }
    let height = lines.len() as u16;
    if top + height > area.height {
        top = area.height.saturating_sub(height).min(1);
    }
    for (y, line) in (area.y + top..area.bottom()).zip(&lines) {
        put(buf, area.x + indent, y, area.width.saturating_sub(indent + 1), line);
    }
}
