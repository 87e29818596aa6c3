//! The pages as people use them: in Debian's Chromium, driven through its chromedriver.
//!
//! The verbs of a [`Browser`] wait for what they are about, and panic with a picture of the page when it does not come.

#![expect(clippy::unwrap_used, reason = "what a test stands on fails by panicking, as the test does")]

mod auction;
mod checkout;
mod markup;
mod money;
mod page;
mod sale;
mod store;
mod talk;
mod town;

use std::fmt::Debug;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use axum::http::Method;
use data_encoding::BASE64;
use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::error::CmdError;
use fantoccini::key::Key;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand, WindowHandle};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Handle;
use url::Url;

use crate::stage::{Person, Stage};

/// How long something may take to show before the test says that it does not. The machine is shared by many tests.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a page is looked at meanwhile.
const GLANCE: Duration = Duration::from_millis(25);

// ---- not too many at once ----

/// How many browsers may be opened now. Two are what a small machine carries beside the other tests.
static FREE: Mutex<usize> = Mutex::new(2);
static FREED: Condvar = Condvar::new();

/// The right to have a browser open.
struct Seat;

impl Seat {
    /// Waits for as many as a story needs, and takes them together: two stories that each hold one would wait for ever.
    fn take<const N: usize>() -> [Self; N] {
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = FREED.wait_while(free, |free| *free < N).unwrap_or_else(PoisonError::into_inner);
        *free -= N;
        std::array::from_fn(|_| Self)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        *FREE.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        FREED.notify_all();
    }
}

// ---- what drives it ----

/// A chromedriver of the test's own. It and the browser it started end with the test, however that ends.
struct Driver {
    process: Child,
    address: String,
    chromium: Option<u64>,
    profile: TempDir,
}

impl Driver {
    fn start() -> Self {
        let mut process = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver cannot be started: run `cargo xtask test`, or `apt-get install chromium-driver`");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let started = "ChromeDriver was started successfully on port ";
        let line = lines.find_map(|line| line.strip_prefix(started).map(str::to_owned));
        let port = line.expect("chromedriver does not say where it listens").trim_end_matches('.').to_owned();
        let address = format!("http://127.0.0.1:{port}");
        Self { process, address, chromium: None, profile: TempDir::new().unwrap() }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // A browser that was closed in good order is gone already.
        if let Some(chromium) = self.chromium {
            let mut kill = Command::new("kill");
            drop(kill.arg("-KILL").arg(chromium.to_string()).stderr(Stdio::null()).status());
        }
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// A command to the browser's own tools.
#[derive(Debug)]
struct Tool {
    name: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for Tool {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "cmd": self.name, "params": self.parameters }).to_string()))
    }
}

/// Asks for what the console says.
#[derive(Debug)]
struct Console;

impl WebDriverCompatibleCommand for Console {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}

// ---- a browser ----

/// Which device a page is shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    Phone,
    Desktop,
}

/// A browser with one window, or several, of the market on a stage.
pub(crate) struct Browser {
    client: Option<Client>,
    runtime: Handle,
    origin: String,
    _driver: Driver,
    _seat: Seat,
}

impl Browser {
    /// A browser on that device.
    pub(crate) fn on(stage: &Stage, screen: Screen) -> Self {
        let [seat] = Seat::take();
        Self::open(stage, seat, screen, true)
    }

    /// Two at once, for a story that two people live.
    pub(crate) fn two_on(stage: &Stage, screens: (Screen, Screen)) -> (Self, Self) {
        let [one, other] = Seat::take();
        (Self::open(stage, one, screens.0, true), Self::open(stage, other, screens.1, true))
    }

    /// Two that run no script.
    pub(crate) fn two_without_scripts(stage: &Stage) -> (Self, Self) {
        let [one, other] = Seat::take();
        (Self::open(stage, one, Screen::Phone, false), Self::open(stage, other, Screen::Desktop, false))
    }

    fn open(stage: &Stage, seat: Seat, screen: Screen, scripts: bool) -> Self {
        let mut driver = Driver::start();
        let profile = format!("--user-data-dir={}", driver.profile.path().display());
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--window-size=1280,900",
            // A window behind another one is looked at too, on the other half of the desk.
            "--disable-backgrounding-occluded-windows",
            "--disable-renderer-backgrounding",
            &profile,
        ];
        let preferences = if scripts {
            json!({})
        } else {
            json!({ "profile.managed_default_content_settings.javascript": 2 })
        };
        let mut wanted = Capabilities::new();
        let options = json!({ "args": arguments, "prefs": preferences });
        wanted.insert("goog:chromeOptions".to_owned(), options);
        wanted.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
        let runtime = stage.runtime.handle().clone();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = runtime
            .block_on(builder.capabilities(wanted).connect(&driver.address))
            .expect("Chromium cannot be started: run `cargo xtask test`, or `apt-get install chromium`");
        driver.chromium = client.capabilities().and_then(|given| given.get("goog:processID")?.as_u64());
        let origin = format!("http://{}", stage.http);
        let browser = Self { client: Some(client), runtime, origin, _driver: driver, _seat: seat };
        browser.becomes(screen);
        browser
    }

    fn client(&self) -> &Client {
        self.client.as_ref().unwrap()
    }

    /// Asks the browser's own tools.
    pub(crate) fn tool(&self, name: &'static str, parameters: Value) -> Value {
        self.runtime.block_on(self.client().issue_cmd(Tool { name, parameters })).unwrap()
    }

    /// The page is shown on that device from now on.
    pub(crate) fn becomes(&self, screen: Screen) {
        match screen {
            Screen::Phone => self.is_as_wide_as(390, 844, true),
            Screen::Desktop => self.is_as_wide_as(1280, 900, false),
        }
    }

    /// The page is shown on a screen of that size from now on.
    pub(crate) fn is_as_wide_as(&self, width: u32, height: u32, touch: bool) {
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch });
        self.tool("Emulation.setDeviceMetricsOverride", screen);
        self.tool("Emulation.setTouchEmulationEnabled", json!({ "enabled": touch }));
    }

    /// The page is shown by night from now on, or by day; and what moves is where it belongs at once.
    pub(crate) fn is_in_the_dark(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.tool("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// The browser of somebody who is signed in.
    pub(crate) fn is_of(&self, person: &Person) {
        // Browsers take a cookie for encrypted pages from this machine itself too, but not by this way.
        let address = self.origin.replace("http:", "https:");
        let cookie = json!({
            "url": address, "name": "__Host-auboutique", "value": person.token, "path": "/", "secure": true,
            "httpOnly": true, "sameSite": "Lax",
        });
        assert_eq!(self.tool("Network.setCookie", cookie)["success"], true);
    }

    /// The browser of nobody.
    pub(crate) fn is_of_nobody(&self) {
        self.tool("Network.clearBrowserCookies", json!({}));
    }

    // ---- going somewhere ----

    /// Types an address of the market.
    pub(crate) fn goes(&self, path: &str) {
        let address = format!("{}{path}", self.origin);
        self.runtime.block_on(self.client().goto(&address)).unwrap();
    }

    /// Goes somewhere that is none of the market's.
    pub(crate) fn leaves(&self) {
        self.runtime.block_on(self.client().goto("about:blank")).unwrap();
    }

    /// Where it is: the path and the query.
    pub(crate) fn path(&self) -> String {
        let url = self.runtime.block_on(self.client().current_url()).unwrap();
        url.as_str().strip_prefix(&self.origin).unwrap_or(url.as_str()).to_owned()
    }

    /// Waits until it is at an address that begins like that; answers with the address.
    pub(crate) fn arrives(&self, path: &str) -> String {
        self.until(&format!("it is at {path}"), async |client| {
            let url = client.current_url().await?;
            let here = url.as_str().strip_prefix(&self.origin).unwrap_or(url.as_str());
            Ok(here.starts_with(path).then(|| here.to_owned()))
        })
    }

    /// Opens another window of the same browser, and goes there in it.
    pub(crate) fn opens_another_window(&self) -> WindowHandle {
        let opened = self.runtime.block_on(self.client().new_window(false)).unwrap();
        self.looks_at(&opened.handle);
        opened.handle
    }

    /// The window that is looked at.
    pub(crate) fn window(&self) -> WindowHandle {
        self.runtime.block_on(self.client().window()).unwrap()
    }

    /// Looks at another window.
    pub(crate) fn looks_at(&self, window: &WindowHandle) {
        self.runtime.block_on(self.client().switch_to_window(window.clone())).unwrap();
    }

    // ---- looking ----

    /// Looks until there is something to see.
    fn until<T>(&self, what: &str, mut look: impl AsyncFnMut(&Client) -> Result<Option<T>, CmdError>) -> T {
        let client = self.client();
        let mut last = None;
        let look_on = async {
            let mut glances = tokio::time::interval(GLANCE);
            loop {
                glances.tick().await;
                // While a page makes place for another, its elements are gone.
                match look(client).await {
                    Ok(Some(seen)) => return seen,
                    Ok(None) => {}
                    Err(error) => last = Some(error),
                }
            }
        };
        let seen = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, look_on).await });
        seen.unwrap_or_else(|_| self.fails(&format!("not seen: {what} (last error: {last:?})")))
    }

    /// Panics, and leaves a picture of the page.
    pub(crate) fn fails(&self, why: &str) -> ! {
        let file = screenshots().join(format!("failed-{}.png", std::process::id()));
        if let Ok(picture) = self.runtime.block_on(self.client().screenshot()) {
            fs::write(&file, picture).unwrap();
        }
        panic!("{why}\nat {}, as seen in {}", self.path(), file.display());
    }

    /// Waits until that can be seen.
    pub(crate) fn sees(&self, what: &str) {
        self.until(what, async |client| {
            let found = client.find_all(Locator::Css(what)).await?;
            for element in found {
                if element.is_displayed().await? {
                    return Ok(Some(()));
                }
            }
            Ok(None)
        });
    }

    /// Waits until that says so.
    pub(crate) fn reads(&self, what: &str, text: &str) {
        self.until(&format!("{what} says {text:?}"), async |client| {
            let said = client.find(Locator::Css(what)).await?.text().await?;
            Ok(plain(&said).contains(text).then_some(()))
        });
    }

    /// Waits until that is not there any more.
    pub(crate) fn misses(&self, what: &str) {
        self.until(&format!("no {what}"), async |client| {
            Ok(client.find_all(Locator::Css(what)).await?.is_empty().then_some(()))
        });
    }

    /// What that says now.
    pub(crate) fn text(&self, what: &str) -> String {
        self.until(what, async |client| {
            Ok(Some(plain(&client.find(Locator::Css(what)).await?.text().await?)))
        })
    }

    /// What stands in a field.
    pub(crate) fn value(&self, field: &str) -> String {
        self.until(field, async |client| client.find(Locator::Css(field)).await?.prop("value").await)
    }

    /// How many there are.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.runtime.block_on(self.client().find_all(Locator::Css(what))).unwrap().len()
    }

    // ---- doing ----

    /// Chooses a button, a link, anything.
    pub(crate) fn clicks(&self, what: &str) {
        self.until(&format!("{what} can be clicked"), async |client| {
            let element = client.find(Locator::Css(what)).await?;
            let middle = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })";
            client.execute(middle, vec![serde_json::to_value(&element)?]).await?;
            element.click().await.map(Some)
        });
    }

    /// Types into a field, after what stands there.
    pub(crate) fn types(&self, field: &str, text: &str) {
        self.until(&format!("{field} can be typed into"), async |client| {
            client.find(Locator::Css(field)).await?.send_keys(text).await.map(Some)
        });
    }

    /// Types into a field, in place of what stands there.
    pub(crate) fn types_anew(&self, field: &str, text: &str) {
        self.until(&format!("{field} can be cleared"), async |client| {
            client.find(Locator::Css(field)).await?.clear().await.map(Some)
        });
        self.types(field, text);
    }

    /// Presses a key, wherever that goes.
    pub(crate) fn presses(&self, key: Key) {
        self.keys(&[char::from(key)]);
    }

    /// Types, wherever it goes.
    pub(crate) fn types_where_the_cursor_is(&self, text: &str) {
        self.keys(&text.chars().collect::<Vec<_>>());
    }

    fn keys(&self, keys: &[char]) {
        let fingers = keys.iter().fold(KeyActions::new("fingers".to_owned()), |fingers, &value| {
            fingers.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        self.runtime.block_on(self.client().perform_actions(fingers)).unwrap();
    }

    /// Brings a file.
    pub(crate) fn brings(&self, field: &str, file: &Path) {
        self.types(field, file.to_str().unwrap());
    }

    // ---- looking closer ----

    /// Runs a script in the page and answers with what it returns.
    pub(crate) fn script(&self, script: &str) -> Value {
        self.script_with(script, Vec::new())
    }

    /// The same with arguments.
    pub(crate) fn script_with(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.runtime.block_on(self.client().execute(script, arguments)).unwrap()
    }

    /// Runs a script that answers later, through its last argument.
    pub(crate) fn long_script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.runtime.block_on(self.client().execute_async(script, arguments)).unwrap()
    }

    /// Waits until a script says yes.
    pub(crate) fn finds(&self, what: &str, script: &str) {
        self.until(what, async |client| {
            let yes = client.execute(script, Vec::new()).await?;
            Ok((yes == Value::Bool(true)).then_some(()))
        });
    }

    /// From now on the page remembers that it was not loaded anew.
    pub(crate) fn is_marked(&self) {
        self.script("window.__marked = true");
    }

    /// Whether the page was not loaded anew since.
    pub(crate) fn was_not_loaded_anew(&self) {
        assert_eq!(self.script("return window.__marked === true"), true, "{} was loaded", self.path());
    }

    /// What the console complained about since it was last asked.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let lines = self.runtime.block_on(self.client().issue_cmd(Console)).unwrap();
        let lines = lines.as_array().unwrap().iter();
        let bad = lines.filter(|line| line["level"] == "SEVERE" || line["level"] == "WARNING");
        bad.map(|line| line["message"].as_str().unwrap().to_owned()).collect()
    }

    /// Leaves a picture of the whole page among the screenshots.
    pub(crate) fn photographs(&self, name: &str) {
        let picture = self.tool("Page.captureScreenshot", json!({ "captureBeyondViewport": false }));
        let picture = BASE64.decode(picture["data"].as_str().unwrap().as_bytes()).unwrap();
        fs::write(screenshots().join(format!("{name}.png")), picture).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(self.runtime.block_on(client.close()));
        }
    }
}

/// A text without the marks that keep scripts apart.
fn plain(text: &str) -> String {
    text.replace(['\u{2068}', '\u{2069}'], "")
}

/// The folder cargo builds in.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned()
}

/// Where pictures of the pages are left for people to look at.
pub(crate) fn screenshots() -> PathBuf {
    let folder = target().join("screenshots");
    fs::create_dir_all(&folder).unwrap();
    folder
}
