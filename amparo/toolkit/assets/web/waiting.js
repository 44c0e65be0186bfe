// The list of forms ("Llenar") and what waits ("Por enviar"): forms begun, forms finished, receipts, the rescue file.
import { clock, fill, kilobytes, make, page, words } from "./page.js";
import { makeReady } from "./device.js";
import { canSeal, joined, length } from "./seal.js";
import { drafts, dropDraft, onChange, receipts, waiting } from "./store.js";
import { line, send, start } from "./outbox.js";

const at = (name) => document.querySelector(`[data-${name}]`);
const set = (name, text) => at(name) && (at(name).textContent = text);

const row = (title, note, ...more) => make("li", {}, make("div", {}, make("b", {}, title), make("small", {}, note), ...more));

function draftRow(one) {
  const item = row(one.form.title, fill(words.kept_at, { time: clock(one.saved) }));
  const sure = (...inside) => buttons.replaceChildren(...inside);
  const button = (text, onclick, kind = "btn bare") => make("button", { class: kind, type: "button", onclick }, text);
  const ask = () => sure(button(words.really_drop, () => dropDraft(one.id).then(draw), "btn"), button(words.keep, usual));
  const usual = () =>
    sure(make("a", { class: "btn", href: `${fill(page.fill_pattern, { uid: one.form.uid })}#${one.id}` }, words.go_on_short), button(words.drop, ask));
  const buttons = make("div", { class: "btns" });
  usual();
  item.append(buttons);
  return item;
}

function waitingRow(one) {
  const note = `${one.state === "sent" ? words.sent : words.saved} · ${clock(one.finished)} · ${kilobytes(one.size)}`;
  return row(one.title, note, ...(one.error ? [make("p", { class: "error" }, one.error)] : []));
}

const receiptRow = (one) => row(one.title, `${fill(words.received, { folio: one.folio })} · ${clock(one.received)}`);

function list(name, items) {
  const section = at(name);
  if (!section) return;
  section.hidden = !items.length;
  section.querySelector("ul").replaceChildren(...items);
}

async function draw() {
  const [all, done] = [await waiting(), await receipts()];
  list("drafts", (await drafts(page.person)).map(draftRow));
  list("queue", all.map(waitingRow));
  list("receipts", done.map(receiptRow));
  const bytes = all.reduce((sum, one) => sum + one.size, 0);
  for (const counter of document.querySelectorAll("[data-waiting]")) {
    counter.textContent = fill(words.waiting, { n: all.length }) + (all.length ? ` · ${kilobytes(bytes)}` : "");
  }
  set("n", String(all.length));
  set("size", all.length ? kilobytes(bytes) : "");
  set("errors", String(all.filter((one) => one.error).length));
  set("last", done.length ? clock(done[0].received) : words.never);
  const why = all.length ? words[line.state] || "" : words.nothing_waits;
  set("why", why);
  if (at("login")) at("login").hidden = line.state !== "log_in" || !all.length;
  for (const name of ["send", "rescue"]) if (at(name)) at(name).hidden = !all.length;
}

/** Everything that waits, still sealed, as one file that the page "Recibir un rescate" takes. */
async function rescue() {
  const pieces = (await waiting()).flatMap((one) => [length(one.envelope.length), one.envelope]);
  const bytes = joined(new TextEncoder().encode("AMPARO RESCATE 1\n"), ...pieces);
  const name = `amparo-rescate-${new Date().toISOString().slice(0, 16).replace(/[-:]/g, "")}.amparo`;
  const address = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

if (canSeal()) {
  at("send")?.addEventListener("click", () => send({ all: true }).then(draw));
  at("rescue")?.addEventListener("click", rescue);
  onChange(draw);
  draw();
  start().then(draw);
  makeReady().then((ready) => set("ready", ready ? words.ready : ""));
} else {
  set("why", words.cannot_seal);
}
