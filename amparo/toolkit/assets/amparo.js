// Comfort only: every page works without this file.
const doc = document;

// "/" goes to the search box, unless the person is already writing.
doc.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(doc.activeElement.tagName)) return;
  const box = doc.querySelector("input[type=search]");
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
});

// Up and Down go through a list, link by link, and between it and the search box; Enter opens. Tab goes as always.
doc.addEventListener("keydown", (event) => {
  const at = event.target, step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey || !at.matches("tbody th a,input[type=search]")) return;
  const rows = (at.closest("tbody") || doc).querySelectorAll("tbody th a");
  const stops = [doc.querySelector("input[type=search]"), ...rows];
  const next = stops[stops.indexOf(at) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
});

// By telephone: Enter goes to the next box, and in the last one sends the form. In a grid it goes down a column.
doc.addEventListener("keydown", (event) => {
  const box = event.target;
  if (event.key !== "Enter" || !/^(text|tel|date)$/.test(box.type) || !box.form?.matches("[data-enter],[data-grid]")) return;
  const cell = box.closest("[data-grid] td");
  const boxes = [...box.form.querySelectorAll("input[type=text]")];
  const next = cell ? cell.parentNode.nextElementSibling?.cells[cell.cellIndex].querySelector("input:not([type=hidden])") : boxes[boxes.indexOf(box) + 1];
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.select();
});

// One press, one submission. The button wakes again when the page is shown from the browser's memory.
doc.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
});
addEventListener("pageshow", () => {
  for (const form of doc.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  }
});

// Ages go on growing while the page stays open. The words come from the page, in its language.
const words = (doc.body.dataset.ages || "").split("|");
const opened = Date.now();
const served = Date.parse(doc.body.dataset.now);
function refreshAges() {
  const now = served + (Date.now() - opened);
  for (const time of doc.querySelectorAll(".age time")) {
    const minutes = Math.floor((now - Date.parse(time.dateTime)) / 60000);
    const [pattern, n] = minutes < 60 ? [words[0], minutes] : minutes < 2880 ? [words[1], Math.floor(minutes / 60)] : [words[2], Math.floor(minutes / 1440)];
    time.textContent = pattern.replace("0", Math.max(n, 0));
  }
}
if (words.length === 3 && served) setInterval(refreshAges, 60000);

// Forms finished on this phone go out from whichever page is open.
const outbox = "./outbox.js";
if (+localStorage.amparoWaiting) import(/* @vite-ignore */ outbox).then((box) => box.start());
