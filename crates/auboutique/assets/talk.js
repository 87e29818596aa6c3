// A conversation: what arrives is put below, what is written is shown before it is sent, and both see the other typing.

const here = () => document.getElementById("conversation");
let told = 0;
let fading = 0;

/** What was written here and has not arrived, by its name. It outlives the page it was written on. */
const unsent = new Map();

/** Does something to the conversation; who looks at its end looks at its end afterwards. */
async function keepingTheEnd(change) {
  const atEnd = innerHeight + scrollY > document.documentElement.scrollHeight - 160;
  await change();
  if (atEnd) scrollTo(0, document.documentElement.scrollHeight);
}

/** Reads the conversation again and puts what is new below. What is said while nobody looks is not read yet. */
async function catchUp() {
  if (!here() || document.visibilityState !== "visible") return;
  await keepingTheEnd(() => talk.refresh([document.getElementById("said")]));
  remember();
}

/** Shows what has not arrived, where the page does not; forgets what has. */
function remember() {
  for (const message of unsent.values()) {
    if (here()?.dataset.conversation !== message.conversation) continue;
    const box = document.getElementById(message.name);
    if (box?.dataset.number) unsent.delete(message.name);
    else if (!box) draw(message);
  }
}

/** Draws a message that has not arrived: on its way, or failed, with the reason and another try. */
function draw(message) {
  if (here()?.dataset.conversation !== message.conversation) return;
  let box = document.getElementById(message.name);
  // It arrived, and only the answer did not.
  if (box?.dataset.number) return void unsent.delete(message.name);
  if (!box) {
    box = document.createElement("div");
    box.id = message.name;
    document.getElementById("said").append(box);
  }
  box.className = `bubble mine ${message.why ? "failed" : "sending"}`;
  box.replaceChildren(message.text);
  if (!message.why) return;
  const why = Object.assign(document.createElement("small"), { textContent: message.why });
  const again = Object.assign(document.createElement("button"), { type: "button", className: "button slight" });
  again.textContent = here().dataset.again;
  again.onclick = () => {
    send(message);
    document.querySelector("[data-say] textarea").focus({ preventScroll: true });
  };
  box.append(why, again);
}

async function send(message) {
  message.why = "";
  keepingTheEnd(() => draw(message));
  const failed = here().dataset.failed;
  try {
    const headers = { accept: "text/html" };
    const answer = await fetch(message.action, { method: "POST", body: message.body, headers });
    const next = talk.page(await answer.text());
    // Who was sent elsewhere, to the login for one, has said nothing.
    const arrived = answer.ok && new URL(answer.url).pathname === new URL(message.action).pathname;
    if (arrived) {
      unsent.delete(message.name);
      document.getElementById(message.name)?.classList.remove("sending");
      const shows = here()?.dataset.conversation === message.conversation;
      if (shows) keepingTheEnd(() => talk.putInPlace(next, ["said"]));
      return remember();
    }
    message.why = next.querySelector(".conversation [role=alert]")?.textContent || failed;
  } catch {
    message.why = failed;
  }
  keepingTheEnd(() => draw(message));
}

/** A new name for the next message: time first, as all ids here are. */
function freshName() {
  const letters = "0123456789abcdefghjkmnpqrstvwxyz";
  const bytes = new Uint8Array(16);
  crypto.getRandomValues(bytes);
  let now = BigInt(Date.now());
  for (let at = 5; at >= 0; at -= 1) {
    bytes[at] = Number(now & 255n);
    now >>= 8n;
  }
  bytes[6] = (bytes[6] & 15) | 112;
  bytes[8] = (bytes[8] & 63) | 128;
  let number = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let name = "";
  for (let at = 0; at < 26; at += 1) {
    name = letters[Number(number & 31n)] + name;
    number >>= 5n;
  }
  return `msg_${name}`;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-say")) return;
  event.preventDefault();
  const text = form.elements.text.value.trim();
  if (!text) return;
  const message = {
    name: form.elements.message.value,
    conversation: here().dataset.conversation,
    action: form.action,
    body: new URLSearchParams(new FormData(form)),
    text,
  };
  unsent.set(message.name, message);
  form.elements.text.value = "";
  form.elements.message.value = freshName();
  form.elements.text.focus();
  told = 0;
  send(message);
  scrollTo(0, document.documentElement.scrollHeight);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-say]");
  const finger = matchMedia("(pointer: coarse)").matches;
  if (form && event.key === "Enter" && !event.shiftKey && !event.isComposing && !finger) {
    event.preventDefault();
    form.requestSubmit();
  }
});

document.addEventListener("input", (event) => {
  const box = here();
  if (!box || event.target.id !== "text" || !event.target.value.trim()) return;
  if (Date.now() - told < box.dataset.typingTold * 1000) return;
  told = Date.now();
  fetch(`/api/v1/conversations/${box.dataset.conversation}/typing`, { method: "POST" }).catch(() => {});
});

addEventListener("visibilitychange", catchUp);

/** Tells who wrote that it has reached this member, who looks at something else. */
function reached({ conversation, number }) {
  const headers = { "content-type": "application/json" };
  const address = `/api/v1/conversations/${conversation}/delivered`;
  fetch(address, { method: "PUT", headers, body: JSON.stringify({ number }) }).catch(() => {});
}

export const talk = {
  // What reads parts anew, puts them in place and takes pages apart is given by the market.
  refresh: async () => {},
  putInPlace: () => {},
  page: () => null,

  catchUp,

  /** Whether that conversation is in front of the member. */
  shows: (conversation) => here()?.dataset.conversation === conversation && document.visibilityState === "visible",

  hear(event, me) {
    const box = here();
    const conversation = event.message?.conversation ?? event.conversation;
    if (event.message && event.message.sender !== me && !talk.shows(conversation)) reached(event.message);
    if (!box || conversation !== box.dataset.conversation || !/^message/.test(event.event)) return;
    if (event.message && event.message.sender !== me) talk.typing(null);
    catchUp();
  },

  typing(news) {
    const box = here();
    const line = box?.querySelector("[data-typing]");
    if (!line) return;
    clearTimeout(fading);
    if (news && news.conversation !== box.dataset.conversation) return;
    line.textContent = news ? line.dataset.said : "";
    if (news) fading = setTimeout(() => (line.textContent = ""), box.dataset.typingShown * 1000);
  },

  wake() {
    if (!here() || here().dataset.awake) return;
    here().dataset.awake = "yes";
    remember();
    scrollTo(0, document.documentElement.scrollHeight);
    document.querySelector("[data-say] textarea")?.focus({ preventScroll: true });
  },
};
