//! The terminal client of AUBoutique, and the reference for people who write a client of their own.
//!
//! Start with [`client`]: a connection that asks and is answered, in two hundred lines. [`link`] is a connection that
//! holds: it reconnects, signs in again and goes on where it stopped. [`app`] is the full-screen client as a value: keys
//! and what the market tells go in, requests come out; [`screen`] draws it. A noun has the same file name here as in
//! every room: [`listing`], [`cart`], [`order`], [`store`], [`auction`], [`conversation`],
//! [`desk`].

use std::io;
use std::thread;

use crossbeam_channel::{RecvTimeoutError, unbounded};
use ratatui::crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event,
    read as next_typed,
};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate, SetTitle};

pub mod account;
pub mod app;
pub mod auction;
pub mod auctions;
mod bid;
pub mod cart;
pub mod checkout;
pub mod choice;
pub mod client;
mod clock;
pub mod conversation;
pub mod desk;
pub mod dialog;
pub mod errand;
mod event;
pub mod field;
pub mod form;
pub mod invitation;
pub mod link;
pub mod listing;
mod lot;
pub mod member;
pub mod notice;
pub mod order;
pub mod payout;
pub mod pen;
pub mod picture;
pub mod profit;
pub mod room;
pub mod rows;
mod saleroom;
pub mod screen;
pub mod skin;
pub mod statement;
pub mod stock;
pub mod store;
pub mod tab;
pub mod text;
mod time;
pub mod variant;

pub use client::{Client, ClientError, News, Tls};
pub use link::Keeper;

use app::App;
use errand::Done;
use link::{Link, Told};
use picture::Gallery;
use skin::Skin;

/// How pictures are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pictures {
    /// As well as the terminal can: it is asked.
    #[default]
    Best,
    /// With half blocks; the terminal is not asked.
    Blocks,
    /// Not at all.
    Off,
}

enum Happened {
    Typed(Event),
    Told(Told),
    Done(Done),
    Deaf,
}

/// Runs the full-screen client until the person leaves.
///
/// # Errors
///
/// When the terminal cannot be drawn on.
pub fn run(server: &str, tls: Tls, keeper: Box<dyn Keeper>, pictures: Pictures) -> io::Result<()> {
    let skin = Skin::from_environment();
    let mut terminal = ratatui::try_init()?;
    // The hook that restores the terminal after a panic is set by now; the mouse goes before it.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let _ = execute!(io::stdout(), DisableMouseCapture, DisableBracketedPaste);
        hook(panic);
    }));
    let shown = skin.has_color() && pictures != Pictures::Off;
    let picker = picture::picker(shown && pictures == Pictures::Best);
    let gallery = Gallery::new(shown, picture::draws_cells(&picker));
    let ended = converse(&mut terminal, App::new(server, skin, gallery), tls, keeper, picker);
    let _ = execute!(io::stdout(), DisableMouseCapture, DisableBracketedPaste);
    ratatui::try_restore()?;
    ended
}

fn converse(
    terminal: &mut ratatui::DefaultTerminal,
    mut app: App,
    tls: Tls,
    keeper: Box<dyn Keeper>,
    picker: ratatui_image::picker::Picker,
) -> io::Result<()> {
    execute!(io::stdout(), EnableMouseCapture, EnableBracketedPaste, SetTitle("AUBoutique"))?;
    let (sender, happened) = unbounded();
    let told = sender.clone();
    let link =
        Link::start(app.server.clone(), tls, keeper, move |tell| told.send(Happened::Told(tell)).is_ok());
    let done = sender.clone();
    let errands = errand::start(picker, move |tell| done.send(Happened::Done(tell)).is_ok());
    thread::spawn(move || {
        while let Ok(typed) = next_typed() {
            if sender.send(Happened::Typed(typed)).is_err() {
                return;
            }
        }
        let _ = sender.send(Happened::Deaf);
    });
    let begun = clock::now();
    while !app.over {
        for ask in app.take_asks() {
            link.ask(ask);
        }
        for errand in app.take_errands() {
            let _ = errands.send(errand);
        }
        if std::mem::take(&mut app.hurry) {
            link.now();
        }
        if app.dirty {
            // The terminal shows the whole frame at once, or nothing of it.
            execute!(io::stdout(), BeginSynchronizedUpdate)?;
            let drawn = terminal.draw(|frame| screen::draw(&mut app, frame)).map(|_| ());
            execute!(io::stdout(), EndSynchronizedUpdate)?;
            drawn?;
            app.dirty = false;
            app.after_draw();
            if !app.is_idle() {
                continue;
            }
        }
        let first = happened.recv_timeout(app.quiet());
        app.on_time(clock::now().saturating_duration_since(begun));
        match first {
            Ok(first) => {
                take(&mut app, first);
                // What is there already is taken in before drawing once.
                for more in happened.try_iter().take(200) {
                    take(&mut app, more);
                }
            }
            Err(RecvTimeoutError::Timeout) => app.on_beat(),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(())
}

fn take(app: &mut App, happened: Happened) {
    match happened {
        Happened::Typed(Event::Key(key)) => app.on_key(key),
        Happened::Typed(Event::Mouse(mouse)) => app.on_mouse(mouse),
        Happened::Typed(Event::Paste(pasted)) => app.on_paste(&pasted),
        Happened::Typed(Event::Resize(..) | Event::FocusGained) => app.dirty = true,
        Happened::Typed(Event::FocusLost) => {}
        Happened::Told(told) => app.on_told(told),
        Happened::Done(done) => app.on_done(done),
        Happened::Deaf => app.over = true,
    }
}
