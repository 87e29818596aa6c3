// A conversation: what arrives is put below, what is written is shown before it is sent, and both see the other typing.

const here = () => document.getElementById("conversation");
let said = 0;
let fading = 0;

function atEnd() {
  return innerHeight + scrollY > document.documentElement.scrollHeight - 160;
}

/** Reads the conversation again and puts what is new below. */
async function catchUp() {
  const box = here();
  if (!box) return;
  const stay = !atEnd();
  await talk.refresh([document.getElementById("said")]);
  if (!stay) scrollTo(0, document.documentElement.scrollHeight);
}

function bubble(form, text) {
  const box = document.createElement("div");
  box.className = "bubble mine sending";
  box.id = form.elements.message.value;
  box.textContent = text;
  document.getElementById("said").append(box);
  scrollTo(0, document.documentElement.scrollHeight);
  return box;
}

async function send(form, body, box) {
  box.classList.remove("failed");
  box.classList.add("sending");
  box.onclick = null;
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "text/html" } });
    if (!answer.ok) throw await answer.text();
    await catchUp();
  } catch (problem) {
    box.classList.replace("sending", "failed");
    const said = typeof problem === "string" && new DOMParser().parseFromString(problem, "text/html").querySelector("[role=alert]");
    box.title = said ? said.textContent : document.body.dataset.failed;
    const why = document.createElement("small");
    why.textContent = box.title;
    box.querySelector("small")?.remove();
    box.append(why);
    box.onclick = () => send(form, body, box);
  }
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
  const body = new URLSearchParams(new FormData(form));
  const box = bubble(form, text);
  form.elements.text.value = "";
  form.elements.message.value = freshName();
  form.elements.text.focus();
  said = 0;
  send(form, body, box);
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
  if (!box || event.target.id !== "text" || !event.target.value.trim() || Date.now() - said < 3000) return;
  said = Date.now();
  fetch(`/api/v1/conversations/${box.dataset.conversation}/typing`, { method: "POST" }).catch(() => {});
});

addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && here()) catchUp();
});

/** Tells who wrote that it has reached this member, who looks at something else. */
function reached({ conversation, number }) {
  const headers = { "content-type": "application/json" };
  const address = `/api/v1/conversations/${conversation}/delivered`;
  fetch(address, { method: "PUT", headers, body: JSON.stringify({ number }) }).catch(() => {});
}

export const talk = {
  refresh: async () => {},
  toast: () => {},

  /** Whether that conversation is in front of the member. */
  shows: (conversation) => here()?.dataset.conversation === conversation && document.visibilityState === "visible",

  hear(event, me) {
    const box = here();
    const conversation = event.message?.conversation ?? event.conversation;
    if (event.message && event.message.sender !== me && !talk.shows(conversation)) reached(event.message);
    if (!box || conversation !== box.dataset.conversation || !/^message/.test(event.event)) return;
    if (event.message && event.message.sender !== me) talk.typing(null);
    // What is said while nobody looks is not read yet.
    if (document.visibilityState === "visible") catchUp();
  },

  typing(news) {
    const box = here();
    const line = box?.querySelector("[data-typing]");
    if (!line) return;
    clearTimeout(fading);
    if (news && news.conversation !== box.dataset.conversation) return;
    line.textContent = news ? line.dataset.said : "";
    if (news) fading = setTimeout(() => (line.textContent = ""), 5000);
  },

  wake() {
    if (!here() || here().dataset.awake) return;
    here().dataset.awake = "yes";
    scrollTo(0, document.documentElement.scrollHeight);
    document.querySelector("[data-say] textarea")?.focus({ preventScroll: true });
  },
};
