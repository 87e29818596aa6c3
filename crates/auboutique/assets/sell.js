// Selling: pictures are sent while the rest is still being typed, and the card is shown as others will see it.

function picked(form) {
  return [...form.querySelectorAll(".shot")];
}

function mark(form) {
  picked(form).forEach((shot, place) => {
    shot.querySelector(".tag")?.remove();
    if (place) return;
    const tag = document.createElement("span");
    tag.className = "tag good";
    tag.textContent = form.dataset.cover;
    shot.append(tag);
  });
  preview(form);
}

function removable(form, shot) {
  shot.querySelector("label")?.remove();
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = form.dataset.remove;
  button.onclick = () => {
    shot.remove();
    mark(form);
  };
  shot.append(button);
}

async function bring(form, file) {
  const shot = document.createElement("li");
  shot.className = "shot skeleton";
  const image = document.createElement("img");
  image.alt = file.name;
  image.src = URL.createObjectURL(file);
  shot.append(image);
  form.querySelector("[data-shots]").append(shot);
  const progress = form.querySelector("[data-progress]");
  progress.textContent = form.dataset.sending;
  try {
    const headers = { "content-type": file.type || "application/octet-stream" };
    const answer = await fetch("/api/v1/pictures", { method: "POST", headers, body: file });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.detail);
    const hidden = document.createElement("input");
    Object.assign(hidden, { type: "hidden", name: "picture", value: said.picture });
    shot.append(hidden);
    shot.classList.remove("skeleton");
    removable(form, shot);
    progress.textContent = "";
  } catch (problem) {
    shot.remove();
    progress.textContent = problem.message;
  }
  mark(form);
}

function preview(form) {
  const box = form.querySelector("[data-preview]");
  const value = (name) => form.elements[name]?.value ?? "";
  const chosen = (name) => form.querySelector(`[name=${name}]:checked`)?.closest("label").textContent.trim() ?? "";
  const put = (name, text) => (box.querySelector(`[data-preview-${name}]`).textContent = text);
  box.hidden = false;
  const price = value("price").trim();
  put("price", price && (value("currency") === "USD" ? `$${price}` : `LBP ${price}`));
  put("title", value("title"));
  put("meta", [chosen("condition"), chosen("category")].filter(Boolean).join(" · "));
  const frame = box.querySelector("[data-preview-frame]");
  const cover = form.querySelector(".shot img");
  frame.replaceChildren();
  if (cover) frame.append(Object.assign(document.createElement("img"), { src: cover.src, alt: "" }));
}

export function sell() {
  const form = document.querySelector("[data-sell]:not([data-awake])");
  if (!form) return;
  form.dataset.awake = "yes";
  for (const shot of picked(form)) removable(form, shot);
  form.addEventListener("input", () => preview(form));
  const input = form.elements.pictures;
  input.addEventListener("change", async () => {
    const files = [...input.files].slice(0, Number(form.dataset.most) - picked(form).length);
    input.value = "";
    for (const file of files) await bring(form, file);
  });
  mark(form);
}
