//! The client on the whole screen, used by people: the built program in pseudo-terminals, against the built program that
//! serves. What it draws goes through a terminal's own rules, and what is asserted is what would be seen.

#![expect(clippy::unwrap_used, reason = "a terminal that cannot be had has failed the test")]
#![expect(clippy::disallowed_methods, reason = "what does not come to the screen in time has not come")]

use std::fs;
use std::io::{Read as _, Write};
use std::net::TcpListener;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio, id};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use auboutique_terminal::{Client, Tls};
use auboutique_wire::json::Outcome;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::Site;

/// How long anything may take to come to the screen.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const ENTER: &str = "\r";
const ESCAPE: &str = "\x1b";
const PAGE_DOWN: &str = "\x1b[6~";
const F2: &str = "\x1bOQ";
const F3: &str = "\x1bOR";

/// `Ctrl` and a letter.
fn control(letter: u8) -> String {
    char::from(letter & 0x1f).to_string()
}

/// A terminal with the client in it.
pub(crate) struct Screen {
    name: &'static str,
    terminal: vt100::Parser,
    /// Every byte the client wrote.
    written: Vec<u8>,
    bytes: Receiver<Vec<u8>>,
    keyboard: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    /// How the terminal was set before the client came.
    before: String,
    child: Box<dyn Child + Send + Sync>,
}

impl Screen {
    pub(crate) fn open(name: &'static str, address: &str, home: &Path) -> Self {
        Self::open_with(name, address, home, &[])
    }

    fn open_with(name: &'static str, address: &str, home: &Path, environment: &[(&str, &str)]) -> Self {
        let (rows, columns) = (24, 80);
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_auboutique"));
        command.args(["terminal", address, "--pictures", "blocks", "--profile", name]);
        command.cwd(home);
        command.env_clear();
        command.env("HOME", home);
        command.env("XDG_CONFIG_HOME", home.join("config"));
        command.env("XDG_DATA_HOME", home.join("data"));
        command.env("TERM", "xterm-256color");
        for (name, value) in environment {
            command.env(name, value);
        }
        let before = format!("{:?}", pair.master.get_termios());
        let child = pair.slave.spawn_command(command).unwrap();
        // When the client lets go of the terminal nobody holds it any more, and reading from it ends.
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keyboard = pair.master.take_writer().unwrap();
        let (tell, bytes) = mpsc::channel();
        thread::spawn(move || {
            let mut some = [0; 8 * 1_024];
            while let Ok(count @ 1..) = reader.read(&mut some) {
                if tell.send(some[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let size = |number| NonZeroU16::new(number).unwrap();
        Self {
            name,
            terminal: vt100::Parser::new(size(rows), size(columns), 0),
            written: Vec::new(),
            bytes,
            keyboard,
            master: pair.master,
            before,
            child,
        }
    }

    /// The screen as lines.
    fn lines(&self) -> Vec<String> {
        let (_, columns) = self.terminal.screen().size();
        self.terminal.screen().rows(0, columns.get()).collect()
    }

    fn picture(&self) -> String {
        format!("{} sees:\n{}", self.name, self.lines().join("\n"))
    }

    /// Whether the client is between two frames: what it says with a frame is not looked at by halves.
    fn is_drawn(&self) -> bool {
        let last = |mark: &[u8]| self.written.windows(mark.len()).rposition(|some| some == mark);
        last(b"\x1b[?2026h") <= last(b"\x1b[?2026l")
    }

    fn is_seen(&self, text: &str) -> bool {
        self.lines().iter().any(|line| line.contains(text))
    }

    /// Waits until it is so.
    fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) -> &mut Self {
        let deadline = Instant::now() + PATIENCE;
        while !(self.is_drawn() && is_so(self)) {
            match self.bytes.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => {
                    self.terminal.process(&bytes);
                    self.written.extend(bytes);
                }
                Err(_) => panic!("not to be seen: {what}. {}", self.picture()),
            }
        }
        self
    }

    /// Waits until all of this is on the screen.
    pub(crate) fn sees(&mut self, texts: &[&str]) -> &mut Self {
        self.until(&format!("{texts:?}"), |screen| texts.iter().all(|text| screen.is_seen(text)))
    }

    /// Waits until it is no longer on the screen.
    fn sees_no(&mut self, text: &str) -> &mut Self {
        self.until(&format!("nothing of {text:?}"), |screen| !screen.is_seen(text))
    }

    /// Waits until this is the last thing said, and it was read.
    fn sees_that_it_was_read(&mut self, text: &str) -> &mut Self {
        self.until(&format!("that {text:?} was read"), |screen| {
            let lines = screen.lines();
            let said = lines.iter().rposition(|line| line.contains(text));
            said.is_some_and(|said| lines[said + 1].trim_end().ends_with(" read"))
        })
    }

    pub(crate) fn types(&mut self, keys: &str) -> &mut Self {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
        self
    }

    /// Presses the left button of the mouse where this stands.
    fn clicks(&mut self, text: &str) -> &mut Self {
        let lines = self.lines();
        let row = lines.iter().position(|line| line.contains(text)).unwrap();
        let column = lines[row].split(text).next().unwrap().chars().count();
        self.types(&format!("\x1b[<0;{};{}M", column + 1, row + 1))
    }

    /// Joins the market in the form that is there at the start.
    pub(crate) fn joins(&mut self, name: &str, username: &str) -> &mut Self {
        self.sees(&["Log in", "I am new here: join"]).types(F2).sees(&["Join the market"]);
        self.types(&format!("{name}\r{username}\r{username}@mail.aub.edu\r"));
        self.sees(&[&format!("{username}@mail.aub.edu")]).types("a heron over the corniche\r");
        self.sees(&[&format!("{name} @{username}")]).sees_no("Join the market")
    }

    /// Looks around without an account.
    fn looks_around(&mut self) -> &mut Self {
        self.sees(&["look around without an account"]).types(ESCAPE).sees_no("look around without")
    }

    /// Leaves by `q`; the terminal is as it was before.
    fn leaves(&mut self) {
        self.types("q");
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.bytes.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => {
                    self.terminal.process(&bytes);
                    self.written.extend(bytes);
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("it does not end. {}", self.picture()),
            }
        }
        assert!(self.child.wait().unwrap().success());
        let screen = self.terminal.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert_eq!(format!("{:?}", self.master.get_termios()), self.before);
        assert_eq!(screen.contents().trim(), "", "it leaves nothing on the screen");
    }

    /// How many cells are drawn in a color like this one.
    fn cells_like(&self, wanted: impl Fn(u8, u8, u8) -> bool) -> usize {
        let screen = self.terminal.screen();
        let (rows, columns) = screen.size();
        let cells = (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
        let is_like = |color| matches!(color, vt100::Color::Rgb(r, g, b) if wanted(r, g, b));
        cells
            .filter_map(|(row, column)| screen.cell(row, column))
            .filter(|cell| is_like(cell.fgcolor()) || is_like(cell.bgcolor()))
            .count()
    }

    /// That the screen is whole: its frame stands where it belongs, and no line runs over its end.
    fn is_whole(&self, divider: Option<u16>) {
        let screen = self.terminal.screen();
        let (rows, columns) = screen.size();
        let lines = self.lines();
        // Where the tabs need the line, the name makes room for them.
        let begins = if columns.get() > 80 { " AUBoutique  1 Market" } else { " 1 Market" };
        assert!(lines[0].starts_with(begins), "{}", self.picture());
        assert_eq!(lines[1], "─".repeat(usize::from(columns.get())), "{}", self.picture());
        assert!(lines[23].starts_with(" ●"), "{}", self.picture());
        for row in 0..rows.get() {
            assert!(!screen.row_wrapped(row), "line {row} runs over its end. {}", self.picture());
            let at = |column| screen.cell(row, column).map_or("", |cell| cell.contents());
            assert!(
                [" ", "", "▌", "─"].contains(&at(0)),
                "line {row} begins with {:?}. {}",
                at(0),
                self.picture()
            );
            if let Some(divider) = divider.filter(|_| (4..22).contains(&row)) {
                assert_eq!(at(divider), "│", "line {row}. {}", self.picture());
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A picture of two colors: red to the left, blue to the right.
fn picture(folder: &Path) -> PathBuf {
    let (width, height) = (320, 240);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let pixels =
        (0..width * height).flat_map(|at| if at % width < width / 2 { [230, 20, 20] } else { [20, 20, 230] });
    encoder.write_header().unwrap().write_image_data(&pixels.collect::<Vec<u8>>()).unwrap();
    let file = folder.join("lamp.png");
    fs::write(&file, bytes).unwrap();
    file
}

/// A port nobody takes by chance: it is not one of those that connections are given.
fn quiet_port() -> u16 {
    let first = 20_000 + u16::try_from(id() % 10_000).unwrap();
    (first..32_000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

/// Somebody who offers things, without a screen.
fn offers(address: &str, things: &[(&str, &str)]) {
    let mut client = Client::connect(address, &Tls::Off).unwrap();
    let mut call = |op: &str, fields: Value| {
        let Value::Object(fields) = fields else { panic!("{fields}") };
        match client.call(op, fields).unwrap() {
            Outcome::Reply(reply) => reply,
            other => panic!("{op}: {other:?}"),
        }
    };
    let member = json!({ "name": "نور الحسيني", "username": "nour", "email": "nour@mail.aub.edu",
        "password": "a heron over the corniche" });
    call("register", member);
    for (title, description) in things {
        let price = json!({ "minor": 3_600_000, "currency": "LBP" });
        let listing = json!({ "title": title, "description": description, "price": price, "category": "books",
            "condition": "good" });
        call("add_listing", listing);
    }
}

#[test]
fn two_people_sell_talk_and_buy_on_two_screens_and_a_crash_of_the_server_takes_nothing_from_them() {
    let (site, home) = (Site::on_sqlite(), TempDir::new().unwrap());
    let port = quiet_port();
    let mut server = site.start_on(&port.to_string());
    let address = format!("127.0.0.1:{port}");
    let mut nora = Screen::open("nora", &address, home.path());
    let mut sami = Screen::open("sami", &address, home.path());
    nora.joins("Nora Saab", "nora");
    sami.joins("Sami Daher", "sami").sees(&["Nothing is on sale yet"]);

    // She offers a lamp, with a picture from a file.
    let file = picture(home.path());
    nora.types("2").sees(&["What is it", "[ Offer it ]"]);
    nora.types("Brass lamp\t12.50\t\tf").sees(&["‹ furniture ›"]);
    nora.types(&format!("\t\tIt works.\t{}", file.display())).sees(&["lamp.png"]);
    nora.types(ENTER).sees(&["lamp.png", "✓ 320 × 240"]);
    nora.types(&control(b's')).sees(&["What you offer and have sold", "Brass lamp", "12.50 USD"]);

    // It comes to his screen by itself. He opens it, and there is the picture.
    sami.sees(&["Brass lamp", "Nora Saab · furniture · good", "12.50 USD"]);
    sami.types(ENTER).sees(&["@nora", "It works.", "AUB Post Office"]);
    sami.until("the picture", |screen| {
        let red = screen.cells_like(|r, g, b| r > 180 && g < 80 && b < 80);
        let blue = screen.cells_like(|r, g, b| r < 80 && g < 80 && b > 180);
        red > 60 && blue > 60 && red.abs_diff(blue) < 40
    });

    // He asks. She is told at once, goes there and answers; both see that the other is here.
    sami.types("m").sees(&["● Nora Saab", "here now", "about Brass lamp", "Write, Enter sends"]);
    sami.types("Does it come with a bulb?").types(ENTER).sees(&["delivered"]);
    nora.sees(&["Sami Daher: Does it come with a bulb?", "5 Talk(1)"]);
    nora.types("n").sees(&["What happened", "Sami Daher: Does it come with a bulb?"]);
    nora.types(ENTER).sees(&["● Sami Daher", "here now", "about Brass lamp", "Write, Enter sends"]);
    nora.sees(&["▎Does it come with a bulb?"]).sees_no("Talk(1)");
    sami.sees_that_it_was_read("Does it come with a bulb?");
    nora.types("It does, a warm one.").types(ENTER);
    sami.sees(&["▎It does, a warm one."]);
    nora.sees_that_it_was_read("It does, a warm one.");

    // He buys it, after a question, and has everything he needs to collect it.
    sami.types(&control(b'o')).sees(&["@nora", "It works."]);
    sami.types("b").sees(&["Buy for 12.50 USD?", "[ Buy it ]", "AUB Post Office"]);
    sami.types("y").sees(&[
        "It is yours",
        "Place",
        "AUB Post Office",
        "Collect",
        "To pay",
        "12.50 USD",
        "code ",
    ]);
    nora.sees(&["Sami Daher bought your “Brass lamp”"]);
    nora.types(ESCAPE).sees_no("Write, Enter sends");
    nora.types("3").sees(&["What you offer and have sold", "bought by Sami Daher  @sami", "sold"]);

    // The server crashes. What he writes meanwhile waits; when the server is back it arrives, and once.
    let (before, after) = ("Could you bring it on Tuesday morning?", "Wednesday would be as good for me.");
    sami.types(ESCAPE).sees(&["@nora", "It works."]);
    sami.types("5")
        .sees(&["● Nora Saab"])
        .types(ENTER)
        .sees(&["▎It does, a warm one.", "Write, Enter sends"]);
    nora.types("5")
        .sees(&["● Sami Daher"])
        .types(ENTER)
        .sees(&["▎Does it come with a bulb?", "Write, Enter sends"]);
    server.kill();
    sami.sees(&["no connection"]).types(before).types(ENTER).sees(&["sending…"]);
    nora.sees(&["no connection"]);
    let _server = site.start_on(&port.to_string());
    sami.sees_no("no connection").sees_no("connecting…").sees_no("sending…");
    sami.types(after).types(ENTER).sees_that_it_was_read(after);
    nora.sees_no("no connection").sees(&[&format!("▎{after}"), "● Sami Daher", "here now"]);
    sami.sees(&["● Nora Saab", "here now"]);
    for text in [before, after, "Does it come with a bulb?"] {
        let times = |screen: &Screen| screen.lines().iter().filter(|line| line.contains(text)).count();
        assert_eq!(times(&nora), 1, "{text}. {}", nora.picture());
        assert_eq!(times(&sami), 1, "{text}. {}", sami.picture());
    }

    // Both leave, and their terminals are as they were.
    for mut screen in [nora, sami] {
        screen.types(ESCAPE).sees_no("Write, Enter sends");
        screen.leaves();
    }
}

#[test]
fn a_store_is_opened_with_a_code_its_shelves_are_filled_and_two_copies_are_bought() {
    let (site, home) = (Site::on_sqlite(), TempDir::new().unwrap());
    let server = site.start();
    let mut karim = Screen::open("karim", &server.address, home.path());
    let mut sami = Screen::open("sami", &server.address, home.path());
    karim.joins("Karim Haddad", "karim");
    sami.joins("Sami Daher", "sami");

    // The code was made by the operator. A wrong one is said beside it, and what else was typed stays.
    let made = site.console("create_invitation");
    let code = made["code"].as_str().unwrap();
    karim.types("7").sees(&["No store has opened yet", "o open a store with a code"]);
    karim.types("o").sees(&["Open a store", "[ Open it ]"]);
    karim.types("ABCD-EFGH\rCedar Books\rhello@mail.aub.edu\rNotebooks and pens.");
    karim.sees(&["Notebooks and pens."]).types(&control(b's')).sees(&["opens no store", "Cedar Books"]);
    karim.types(&control(b'u')).types(code).sees(&[code]).types(&control(b's'));
    karim.sees(&["Cedar Books   Stock", "The shelves are empty"]);

    // A product in two variants.
    karim.types("a").sees(&["Put a product on the shelves", "F3 another variant"]);
    karim.types("Spiral notebook").types("\t".repeat(6).as_str()).types("A4\tNB-4\t4.50\t1\t1");
    karim.types(F3).types("A5\tNB-5\t3.00\t8").sees(&["A5", "NB-5"]).types(&control(b's'));
    karim.sees(&["NB-4", "NB-5", "4.50 USD", "3.00 USD"]);

    // More copies of the larger one come in.
    karim.sees(&["1 on hand, 0 promised to orders, 1 can be bought"]);
    karim.types("+").sees(&["Restock", "Spiral notebook · A4"]).types("4").types(ENTER);
    karim.sees(&["5 on hand, 0 promised to orders, 5 can be bought"]).sees_no("Restock");

    // He finds the store, and buys two copies; more than there are is refused beside the number.
    sami.types("7").sees(&["Cedar Books", "Karim Haddad · Notebooks and pens."]).types(ENTER);
    sami.sees(&["hello@mail.aub.edu", "Spiral notebook"]).types(ENTER);
    sami.sees(&["Store   Cedar Books", "Left    5 copies", "Variant 1 of 2", "b Buy"]);
    sami.types("b").sees(&["How many", "‹ A4 · 4.50 USD · 5 left ›", "Total   4.50 USD"]);
    sami.types("\t").types(&control(b'u')).types("9").sees(&["Total   40.50 USD"]).types(ENTER);
    sami.sees(&["Only 5 can be bought", "Total   40.50 USD"]);
    sami.types(&control(b'u')).types("2").sees(&["Total   9.00 USD"]).types(ENTER);
    sami.sees(&["It is yours", "2 × Spiral notebook", "9.00 USD", "4.50 USD each", "Cedar Books", "code "]);

    // It comes to Karim's screen by itself: the count, and the order to prepare.
    karim.sees(&["5 on hand, 2 promised to orders, 3 can be bought"]);
    karim.types("\t").sees(&[
        "To prepare",
        "Sami Daher · 2 copies · 9.00 USD",
        "2 × Spiral notebook",
        "code ",
    ]);
    sami.types(ESCAPE).sees(&["Left    3 copies"]).leaves();
    karim.leaves();
}

/// Somebody who opens a store with a code of the operator's, and puts one thing on its shelves.
fn keeps_store(site: &Site, address: &str, username: &str, store: &str, thing: (&str, i64)) {
    let code = site.console("create_invitation")["code"].clone();
    let mut client = Client::connect(address, &Tls::Off).unwrap();
    let mut call = |op: &str, fields: Value| {
        let Value::Object(fields) = fields else { panic!("{fields}") };
        match client.call(op, fields).unwrap() {
            Outcome::Reply(reply) => reply,
            other => panic!("{op}: {other:?}"),
        }
    };
    let email = format!("{username}@mail.aub.edu");
    let password = "a heron over the corniche";
    call("register", json!({ "name": store, "username": username, "email": email, "password": password }));
    let opened = call("open_store", json!({ "code": code, "name": store, "email": email }));
    let price = json!({ "minor": thing.1, "currency": "USD" });
    let product = json!({ "store": opened["store"], "title": thing.0, "category": "study",
        "variants": [{ "price": price, "copies": 10 }] });
    call("add_product", product);
}

#[test]
fn things_of_two_stores_go_into_the_cart_and_become_two_orders_that_are_paid_in_cash() {
    let (site, home) = (Site::on_sqlite(), TempDir::new().unwrap());
    let server = site.start();
    keeps_store(&site, &server.address, "karim", "Cedar Books", ("Spiral notebook", 450));
    keeps_store(&site, &server.address, "maya", "Tyre Tea", ("Sage tea", 600));
    let mut sami = Screen::open("sami", &server.address, home.path());
    sami.joins("Sami Daher", "sami").sees(&["▌ Sage tea", "Spiral notebook", "8 Cart"]);

    // Two of one and one of the other. The count stands beside the tab.
    sami.types("c").sees(&["Into the cart", "How many", "Total   6.00 USD"]).types(ENTER);
    sami.sees(&["It is in your cart: 1 line", "8 Cart(1)"]).sees_no("Into the cart");
    sami.types("j").sees(&["▌ Spiral notebook"]).types("c").sees(&["Total   4.50 USD"]);
    sami.types(&control(b'u')).types("2").sees(&["Total   9.00 USD"]).types(ENTER);
    sami.sees(&["8 Cart(2)"]).sees_no("Into the cart");
    sami.types("8").sees(&[
        "1 × Sage tea",
        "2 × Spiral notebook",
        "Cedar Books · 4.50 USD each",
        "15.00 USD",
    ]);

    // More than one buyer may have at once is not taken; one copy more is.
    sami.types("e").sees(&["How many?"]).types(&control(b'u')).types("5000").types(ENTER);
    sami.sees(&["Only 10 can be bought", "5000"]).types(ESCAPE).sees_no("How many?");
    sami.types("+").sees(&["2 × Sage tea", "21.00 USD"]);

    // What is set aside, by whom it is sold, and how it can be paid.
    sami.types(ENTER).sees(&[
        "Check out",
        "minutes left",
        "Total, 2 orders",
        "21.00 USD",
        "cash at the desk",
    ]);
    sami.sees(&["wallet USD", "too little, there are 0.00 USD in it"]);
    sami.types(ENTER).sees(&["Buy, and pay at the desk?", "2 orders for 21.00 USD"]).types("y");
    sami.sees(&["2 orders are placed", "from Cedar Books", "from Tyre Tea", "code "]).sees_no("Cart(");
    sami.types(ESCAPE).sees(&["There is nothing in your cart"]);
    sami.types("4").sees(&["2 × Sage tea", "2 × Spiral notebook", "on its way to the desk"]).leaves();
}

#[test]
fn who_was_signed_in_is_signed_in_again_and_a_session_that_is_ended_elsewhere_asks_who_one_is() {
    let (site, home) = (Site::on_sqlite(), TempDir::new().unwrap());
    let server = site.start();
    let mut first = Screen::open("nora", &server.address, home.path());
    first.joins("Nora Saab", "nora").leaves();
    let mut second = Screen::open("nora", &server.address, home.path());
    second.sees(&["Nora Saab @nora", "Nothing is on sale yet"]);
    let mut elsewhere = Screen::open("library", &server.address, home.path());
    elsewhere
        .sees(&["I am new here: join"])
        .types("nora\ra heron over the corniche\r")
        .sees(&["Nora Saab @nora"]);
    elsewhere.types("6").sees(&["Where I am signed in"]).types("s").sees(&["this one"]);
    elsewhere.sees(&["auboutique terminal"]).types("j").types("x").sees(&["Whoever uses it is signed out."]);
    elsewhere.types("y").sees(&["That session is ended"]);
    second.sees(&["This session has ended. Log in again.", "I am new here: join"]);
    elsewhere.leaves();
}

#[test]
fn a_script_is_told_to_use_call() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_auboutique"));
    let output = command.args(["terminal", "127.0.0.1:1"]).stdin(Stdio::null()).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("needs a terminal") && said.contains("auboutique call"), "{said}");
    assert!(output.stdout.is_empty());
}

/// The escape sequences that ask for a color; the one that ends colors is none.
fn colors(written: &[u8]) -> Vec<String> {
    let written = String::from_utf8_lossy(written);
    let sequences = written.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != ';' && letter != ':')?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    let is_color = |sequence: &String| {
        let numbers = sequence.split([';', ':']).filter_map(|number| number.parse::<u16>().ok());
        numbers.into_iter().any(|number| matches!(number, 30..=38 | 40..=48 | 90..=107))
    };
    sequences.filter(is_color).collect()
}

#[test]
fn where_no_color_is_wanted_none_is_drawn() {
    let (site, home) = (Site::on_sqlite(), TempDir::new().unwrap());
    let server = site.start();
    offers(&server.address, &[("Spivak, Calculus, 4th edition", "Pencil marks in chapter 5.")]);
    for (environment, is_colored) in [(("NO_COLOR", ""), true), (("NO_COLOR", "1"), false)] {
        let mut screen = Screen::open_with("sami", &server.address, home.path(), &[environment]);
        screen.looks_around().sees(&["Spivak, Calculus", "3,600,000 LBP"]);
        screen.types(ENTER).sees(&["Pencil marks", "@nour"]).types("b").sees(&["Log in"]);
        assert_eq!(!colors(&screen.written).is_empty(), is_colored, "{:?}", colors(&screen.written));
        screen.types(ESCAPE).sees_no("look around without").leaves();
    }
}

#[test]
fn text_of_any_letters_stays_inside_its_lines_at_80_by_24() {
    let (site, home) = (Site::on_sqlite(), TempDir::new().unwrap());
    let server = site.start();
    let long: Vec<String> = (1..=20)
        .map(|number| {
            format!("{number}. كتاب التفاضل والتكامل للسنة الأولى مع حلول التمارين وملاحظات المحاضرات 🎓📚")
        })
        .collect();
    let long = long.join("\n");
    offers(
        &server.address,
        &[
            ("📚📐🧮📖🖊️ Calculus 💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡", &long),
            ("كتاب التفاضل والتكامل للسنة الأولى مع حلول التمارين وملاحظات المحاضرات", &long),
            ("عدّة رسم هندسي كاملة", ""),
            ("漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字", ""),
            ("👨‍👩‍👧‍👦 ❤️ 🇱🇧 families of flags 🇱🇧🇱🇧🇱🇧🇱🇧🇱🇧🇱🇧🇱🇧🇱🇧🇱🇧🇱🇧🇱🇧🇱🇧🇱🇧🇱🇧", ""),
            (
                "Liseuse 6 pouces, écran éraflé, housse e\u{301}te\u{301} e\u{301}te\u{301} e\u{301}te\u{301} e\u{301}te\u{301} e\u{301}te\u{301} e\u{301}te\u{301}",
                "",
            ),
        ],
    );
    let mut screen = Screen::open("sami", &server.address, home.path());
    screen.looks_around().sees(&["3,600,000 LBP", "Liseuse"]).is_whole(Some(44));
    for title in ["families of flags", "漢字", "عدّة رسم", "كتاب التفاضل", "Calculus"] {
        screen.types("j").until(title, |screen| {
            screen.lines().iter().any(|line| line.split('│').nth(1).is_some_and(|side| side.contains(title)))
        });
        screen.is_whole(Some(44));
    }
    screen.types(ENTER).sees(&["@nour", "↓ more"]).is_whole(None);
    screen.types(&PAGE_DOWN.repeat(12)).sees(&["20. "]).is_whole(None);
    screen.types(ESCAPE).sees(&["On sale"]).leaves();
}

#[test]
fn a_question_mark_or_a_click_says_which_keys_there_are() {
    let (site, home) = (Site::on_sqlite(), TempDir::new().unwrap());
    let server = site.start();
    let mut screen = Screen::open("sami", &server.address, home.path());
    screen.looks_around().types("?").sees(&[
        "Keys",
        "search while you type",
        "buy / into the cart / write to the seller",
        "leave",
    ]);
    screen.types(" ").sees_no("search while you type");
    screen.clicks("? help").sees(&["search while you type"]);
    screen.clicks("Keys").sees_no("search while you type").leaves();
}
