//! Wait, drain, draw if something changed.
//!
//! Everything that waits is drained before one draw, and nothing is drawn on a timer for its own sake: a quiet console
//! sends no byte. The screen and the stream of input are parameters, so that tests run this very loop.

use std::io;
use std::time::{Duration, Instant};

use crossterm::event::Event;
use futures_util::StreamExt;
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tokio::sync::mpsc;

use super::app::App;
use super::effect::Effect;
use super::key::{Input, Keys};
use super::msg::Msg;
use super::terminal;
use super::then::Then;
use super::view;

/// Messages handled before the screen is drawn, at most: a flood must not starve the eye.
const DRAIN_MAX: usize = 1_000;

/// Keys that may wait: more than a hand types while a frame is drawn, and a paste without marks blocks the terminal,
/// not the memory.
const KEYS_MAX: usize = 4_096;

/// The terminal's events, through a channel: the stream itself wakes only whom it met first, so it can be polled by
/// one task alone, and never just to see whether something is there.
pub fn terminal_events() -> mpsc::Receiver<io::Result<Event>> {
    let (events, inbox) = mpsc::channel(KEYS_MAX);
    tokio::spawn(async move {
        let mut stream = crossterm::event::EventStream::new();
        while let Some(event) = stream.next().await {
            let failed = event.is_err();
            if matches!(event, Ok(Event::Resize(..))) {
                terminal::tell_input_again();
            }
            if events.send(event).await.is_err() || failed {
                return;
            }
        }
    });
    inbox
}

/// How the console ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The operator left, or a signal asked for it.
    Left,
    /// The terminal is gone.
    LostTerminal,
    /// The operator wants the demo in its place.
    Demo,
}

/// The world as the loop sees it: performs effects, and knows what time it is.
pub trait World {
    /// Performs an effect; its answer arrives as a message.
    fn perform(&mut self, effect: Effect);
    /// The instant that the screen counts with.
    fn now(&self) -> Timestamp;
    /// The terminal is gone: nothing may read it any more.
    fn terminal_lost(&mut self);
    /// How long it really takes until that instant.
    fn until(&self, at: Timestamp) -> Duration;
}

/// Runs the console until it ends.
pub async fn run<B: Backend>(
    screen: &mut Terminal<B>,
    app: &mut App,
    input: &mut mpsc::Receiver<io::Result<Event>>,
    messages: &mut mpsc::Receiver<Msg>,
    world: &mut impl World,
) -> Ending {
    let mut console = Loop {
        screen,
        app,
        world,
        keys: Keys::default(),
        lost: false,
        dirty: true,
        turned: false,
        shown: None,
        ending: None,
    };
    console.draw();
    for effect in console.app.start() {
        console.perform(effect);
    }
    loop {
        if let Some(ending) = console.ending {
            return if console.lost { Ending::LostTerminal } else { ending };
        }
        let deadline = console.deadline();
        let sleep = async {
            match deadline {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // Keys first: an operator who presses `!` must not wait behind a page of machines.
            biased;
            event = input.recv(), if !console.lost => match event {
                Some(Ok(event)) => console.event(event),
                Some(Err(_)) | None => console.lose(),
            },
            message = messages.recv() => match message {
                Some(message) => console.message(message),
                None => return Ending::Left,
            },
            () = sleep => console.time_passed(),
        }
        for _ in 0..DRAIN_MAX {
            if console.turned {
                break;
            }
            if !console.lost
                && let Ok(Ok(event)) = input.try_recv()
            {
                console.event(event);
            } else if let Ok(message) = messages.try_recv() {
                console.message(message);
            } else {
                break;
            }
        }
        console.draw();
    }
}

struct Loop<'a, B: Backend, W: World> {
    screen: &'a mut Terminal<B>,
    app: &'a mut App,
    world: &'a mut W,
    keys: Keys,
    lost: bool,
    dirty: bool,
    /// Keys mean something else now: a frame is painted before the next is taken, so that nothing is answered unseen.
    turned: bool,
    /// What stands on the screen; none: it has to be painted whole.
    shown: Option<(Buffer, Option<Position>)>,
    ending: Option<Ending>,
}

impl<B: Backend, W: World> Loop<'_, B, W> {
    fn event(&mut self, event: Event) {
        let mut inputs = Vec::new();
        self.keys.feed(event, Instant::now(), &mut inputs);
        self.inputs(inputs);
    }

    fn inputs(&mut self, inputs: Vec<Input>) {
        for input in inputs {
            self.message(Msg::Input(input));
        }
    }

    fn message(&mut self, message: Msg) {
        if message == Msg::LostTerminal {
            return self.lose();
        }
        if message == Msg::Input(Input::Resize) && !self.lost {
            // Whatever the terminal kept of the old size is not ours to guess.
            self.clear();
        }
        let scope = self.app.scope();
        let then = self.app.update(message, self.world.now());
        self.turned |= self.app.scope() != scope;
        self.carry_out(then);
    }

    fn carry_out(&mut self, then: Then) {
        self.dirty |= then.changed;
        for effect in then.effects {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Leave => self.ending = Some(Ending::Left),
            Effect::OpenDemo => self.ending = Some(Ending::Demo),
            Effect::TakeTerminal => {
                self.world.perform(Effect::TakeTerminal);
                self.clear();
                self.dirty = true;
            }
            Effect::Redraw => {
                self.clear();
                self.dirty = true;
            }
            effect => self.world.perform(effect),
        }
    }

    fn time_passed(&mut self) {
        let mut inputs = Vec::new();
        self.keys.time_out(Instant::now(), &mut inputs);
        self.inputs(inputs);
        let now = self.world.now();
        if self.app.next_tick().is_some_and(|at| at <= now) {
            self.message(Msg::Tick);
        }
    }

    /// When something happens by itself: a held Esc is let go, or the screen counts something.
    fn deadline(&self) -> Option<Instant> {
        let tick = self.app.next_tick().filter(|_| !self.lost);
        let tick = tick.map(|at| Instant::now() + self.world.until(at));
        // A frame that could not be painted is tried again at once.
        let again = (self.dirty && !self.lost).then(Instant::now);
        [self.keys.deadline(), tick, again].into_iter().flatten().min()
    }

    /// The terminal is gone: nothing more is drawn or read, what is in flight is finished.
    fn lose(&mut self) {
        if !self.lost {
            self.lost = true;
            self.world.terminal_lost();
            self.message(Msg::AskedToEnd);
        }
    }

    /// Clears the screen, so that the next draw paints every cell. Not `Terminal::clear`: that asks the terminal where its
    /// cursor is, and the answer goes to the stream of keys, which is being read elsewhere.
    fn clear(&mut self) {
        self.shown = None;
        if let Ok(size) = self.screen.size() {
            let _ = self.screen.resize(Rect::new(0, 0, size.width, size.height));
        }
    }

    /// Asks the terminal for its size: a resize gets lost when a key comes in the same wake-up. Before a draw and never
    /// before a key: a key is about what was on the screen, and what was not on it cannot be confirmed.
    fn measure(&mut self) {
        if let Ok(size) = self.screen.size() {
            let area = Rect::new(0, 0, size.width, size.height);
            self.dirty |= area != self.app.shared.area;
            self.app.resize(area);
        }
    }

    fn draw(&mut self) {
        if self.lost {
            return;
        }
        self.measure();
        if !std::mem::take(&mut self.dirty) {
            return;
        }
        self.turned = false;
        let mut frame = Buffer::empty(self.app.shared.area);
        let caret = view::draw(self.app, &mut frame);
        if self.shown.as_ref().is_some_and(|(shown, at)| *at == caret && *shown == frame) {
            // It changed, and looks the same: not a byte for that.
            return self.app.painted();
        }
        let mut resized = false;
        let drawn = self.screen.draw(|screen| {
            // The terminal may have another size since it was asked: everything was laid out for that one.
            resized = screen.area() != frame.area;
            if resized {
                return;
            }
            screen.buffer_mut().clone_from(&frame);
            if let Some(caret) = caret {
                screen.set_cursor_position(caret);
            }
        });
        self.shown = (!resized).then_some((frame, caret));
        if resized {
            self.dirty = true;
        } else {
            self.app.painted();
        }
        if drawn.is_err() {
            self.lose();
        }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::tui::sample::{Console, console, now};

    /// A world that writes down what it is asked, and ends when it is told to.
    struct Asked {
        effects: Vec<Effect>,
        messages: mpsc::Sender<Msg>,
    }

    impl World for Asked {
        fn perform(&mut self, effect: Effect) {
            if effect == Effect::EndEngine {
                self.messages.try_send(Msg::EngineEnded).expect("there is room");
            }
            self.effects.push(effect);
        }

        fn now(&self) -> Timestamp {
            now()
        }

        fn terminal_lost(&mut self) {}

        fn until(&self, _: Timestamp) -> Duration {
            Duration::from_secs(3_600)
        }
    }

    /// Runs the real loop over events that have all come already; then the terminal is gone.
    async fn run_over(mut console: Console, events: Vec<Event>) -> (Vec<Effect>, String) {
        let (keys, mut input) = mpsc::channel(1_024);
        for event in events {
            keys.try_send(Ok(event)).expect("there is room");
        }
        drop(keys);
        let (messages, mut inbox) = mpsc::channel(16);
        let mut world = Asked { effects: Vec::new(), messages };
        let mut screen = Terminal::new(TestBackend::new(120, 36)).expect("a terminal");
        let ending = run(&mut screen, &mut console.app, &mut input, &mut inbox, &mut world).await;
        assert_eq!(ending, Ending::LostTerminal);
        (world.effects, console.screen())
    }

    fn typed(text: &str) -> Vec<Event> {
        let key = |c| if c == '\r' { KeyCode::Enter } else { KeyCode::Char(c) };
        text.chars().map(|c| Event::Key(KeyEvent::new(key(c), KeyModifiers::NONE))).collect()
    }

    fn commenting() -> Console {
        let mut console = console(120, 36);
        console.press("space space space c");
        console.tell(Msg::RunName(Ok("4f2a".into())));
        console
    }

    #[tokio::test]
    async fn a_burst_of_keys_never_confirms() {
        let (effects, screen) = run_over(commenting(), typed("CHG-1042\r3\r\r\r")).await;
        assert!(effects.iter().all(|effect| !effect.can_send()), "{effects:?}");
        assert!(screen.contains("press Enter again"), "{screen}");
    }

    #[tokio::test]
    async fn what_is_answered_was_painted_before() {
        let mut console = commenting();
        console.types("CHG-1042").press("Enter");
        let (effects, _) = run_over(console, typed("3\r")).await;
        assert!(effects.iter().all(|effect| !effect.can_send()), "{effects:?}");
    }
}
