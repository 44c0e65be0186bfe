// The page that fills one form. What is typed is kept on this phone within three seconds; "Terminé" seals it to the
// server before it says so; nothing is deleted before the server's folio.
import { clock, fill, kilobytes, make, page, words } from "./page.js";
import { makeReady } from "./device.js";
import { answers, parts, prefill, show, takeOpenNumber, toFirst, violations } from "./form.js";
import { canSeal, openHere, pack, sealHere, sealToServer, unpack } from "./seal.js";
import { draft, drafts, finish, onChange, receipts, saveDraft, waiting } from "./store.js";
import { line, send, start } from "./outbox.js";

const EVERY = 1_000; // looks for what was typed; one look and one write stay well under three seconds
const place = document.getElementById("form");
const bar = document.getElementById("fillbar");
const said = document.getElementById("said");
const language = document.documentElement.lang;
let root, close, id, begun, last, dirty, busy, over;

const say = (...what) => said.replaceChildren(...what);
const alert = (kind, title, ...more) => make("div", { class: `alert is-${kind}` }, make("b", {}, title), ...more);
const paragraph = (text) => make("p", {}, text);
const link = (href, text, kind = "btn") => make("a", { href, class: kind }, text);

// --- what is typed, kept

async function keepDraft() {
  if (!dirty || over || busy) return;
  dirty = false;
  takeOpenNumber(root);
  const form = await answers(root);
  const xml = await form.get("xml_submission_file").text();
  const files = [...form.entries()].map(([name, value]) => `${name} ${value.size}`).join();
  if (last === xml + files) return;
  const content = await pack(form, "");
  const sealed = await sealHere(content, id);
  if (over) return; // finished in between: the draft is gone for good
  await saveDraft({ id, person: page.person, form: page.form, started: begun, saved: Date.now(), sealed });
  last = xml + files;
  bar.querySelector("[data-saved]").textContent = fill(words.kept_at, { time: clock(Date.now()) });
}

const touched = () => (dirty = true);

/** One tab has this form open. Gives false where another has it. */
function alone(name) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    navigator.locks.request(`amparo-draft-${name}`, { ifAvailable: true }, (lock) => {
      resolve(Boolean(lock));
      return lock ? new Promise(() => {}) : undefined; // held for as long as the page stands
    });
  });
}

// --- finishing

function instanceOf(xml) {
  const meta = new DOMParser().parseFromString(xml, "text/xml").getElementsByTagNameNS("*", "instanceID")[0];
  return meta.textContent.trim();
}

async function finished() {
  if (busy || over) return;
  busy = true;
  bar.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true"));
  try {
    place.querySelector(".odk-form .footer button").click(); // marks what is missing
    await new Promise((ready) => setTimeout(ready));
    const missing = violations(root);
    if (missing) {
      const first = make("button", { class: "btn", type: "button", onclick: () => toFirst(place) }, words.show_first);
      return say(alert("bajo", fill(missing === 1 ? words.missing_one : words.missing, { n: missing }), paragraph(words.kept_anyway), first));
    }
    const moment = Date.now();
    const pieces = await parts(root);
    const instance = instanceOf(await pieces[0].get("xml_submission_file").text());
    const envelopes = [];
    for (const [index, piece] of pieces.entries()) {
      const envelope = await sealToServer(await pack(piece, page.author), page.key);
      envelopes.push({
        id: index ? `${instance}#${index}` : instance, person: page.person, title: page.form.title, finished: moment,
        size: envelope.length, envelope, state: "saved", tries: 0, next: 0, error: "",
      });
    }
    over = true; // from here on nothing writes the draft again
    await finish(id, envelopes).catch((error) => {
      over = false;
      throw error;
    });
    leave(envelopes.map((one) => one.id));
  } catch (error) {
    say(alert("grave", error instanceof AggregateError ? words.too_large : words.not_kept, paragraph(words.kept_anyway)));
  } finally {
    busy = false;
    bar.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
  }
}

/** The form leaves the screen; where it stands takes its place. */
function leave(ids) {
  close();
  place.remove();
  document.getElementById("site")?.closest(".form").remove();
  bar.querySelector(".btns").remove();
  bar.querySelector("[data-saved]").textContent = "";
  history.replaceState(null, "", location.pathname + location.search);
  const steps = make("ol", { class: "steps" });
  const why = make("p");
  say(make("div", { class: "stack" }, steps, why, make("div", { class: "btns" }, link(page.fill_url, words.another, "btn main"), link(page.queue_url, words.queue))));
  said.focus();
  scrollTo(0, 0);
  const draw = async () => {
    const open = (await waiting()).filter((one) => ids.includes(one.id));
    const there = (await receipts()).filter((one) => ids.includes(one.id));
    const done = !open.length && there.length > 0;
    const sent = done || open.every((one) => one.state === "sent");
    const states = [
      [words.saved, true],
      [words.sent, sent],
      [fill(words.received, { folio: done ? there[0].folio : "…" }), done],
    ];
    steps.replaceChildren(...states.map(([text, reached]) => make("li", reached ? { class: "reached" } : {}, text)));
    why.textContent = done ? "" : open.find((one) => one.error)?.error || words[line.state] || "";
    if (!done && line.state === "log_in") why.append(" ", link(page.login_url, words.log_in_link, ""));
  };
  onChange(draw);
  draw();
  send();
}

async function later() {
  if (busy || over) return;
  touched();
  await keepDraft();
  location.assign(page.list_url);
}

// --- which site, which draft

function valuesOf(site) {
  return Object.fromEntries(Object.entries(page.prefill || {}).map(([path, what]) => [path, site[what]]));
}

function offerSites() {
  const select = document.getElementById("site");
  if (!select) return;
  const asked = new URLSearchParams(location.search).get("site");
  for (const site of page.sites) select.append(new Option(`${site.name} (${site.place})`, site.uid));
  const choose = () => {
    const site = page.sites.find((one) => one.uid === select.value);
    if (!site) return;
    prefill(root, valuesOf(site));
    touched();
  };
  select.addEventListener("change", choose);
  if (!last && page.sites.some((one) => one.uid === asked)) {
    select.value = asked;
    choose();
  }
}

/** Those begun and not finished: one to go on with, or none. */
function choose(open) {
  return new Promise((resolve) => {
    const rows = open.map((one) =>
      make("button", { class: "btn", type: "button", onclick: () => resolve(one) }, fill(words.go_on, { time: clock(one.saved) })),
    );
    say(alert("info", open.length === 1 ? words.one_begun : fill(words.some_begun, { n: open.length })),
      make("div", { class: "btns" }, ...rows, make("button", { class: "btn", type: "button", onclick: () => resolve(null) }, words.begin_another)));
  });
}

async function begin() {
  if (!canSeal()) return say(alert("grave", words.cannot_seal, paragraph(words.other_ways)));
  if (!page.preview) makeReady();
  const named = location.hash.slice(1);
  let there = named && !page.preview ? await draft(named) : undefined;
  if (there?.person !== page.person) there = undefined;
  if (!there && !page.preview) {
    const open = (await drafts(page.person)).filter((one) => one.form.uid === page.form.uid);
    if (open.length) there = (await choose(open)) || undefined;
  }
  say(paragraph(words.opening));
  id = there ? there.id : crypto.randomUUID();
  if (!(await alone(id))) return say(alert("bajo", words.open_elsewhere), link(page.list_url, words.back));
  if (there) page.form = there.form;
  begun = there ? there.started : Date.now();
  history.replaceState(null, "", `#${id}`);
  const xml = page.form.xml || (await (await fetch(page.form.url, { credentials: "same-origin" })).text());
  const resumed = there ? unpack(await openHere(there.sealed, id)) : null;
  ({ root, close } = await show(place, { xml, media: page.form.media, language, begun: resumed }));
  say();
  bar.hidden = false;
  if (page.preview) return;
  if (there) {
    last = "resumed";
    bar.querySelector("[data-saved]").textContent = fill(words.kept_at, { time: clock(there.saved) });
  }
  offerSites();
  for (const kind of ["input", "change", "click", "keyup", "focusout"]) place.addEventListener(kind, touched);
  document.addEventListener("click", touched); // calendars and lists open outside the form
  document.addEventListener("visibilitychange", keepDraft);
  addEventListener("pagehide", keepDraft);
  setInterval(keepDraft, EVERY);
  bar.querySelector("[data-finish]").addEventListener("click", finished);
  bar.querySelector("[data-later]").addEventListener("click", later);
  document.body.dataset.ready = "1";
}

async function count() {
  const all = await waiting();
  const bytes = all.reduce((sum, one) => sum + one.size, 0);
  for (const counter of document.querySelectorAll("[data-waiting]")) {
    counter.textContent = fill(words.waiting, { n: all.length }) + (all.length ? ` · ${kilobytes(bytes)}` : "");
  }
}

if (canSeal() && !page.preview) {
  onChange(count);
  count();
  start();
}
begin().catch((error) => {
  console.error(error.name); // its message may hold what was typed
  say(alert("grave", words.cannot_open, paragraph(navigator.onLine ? words.other_ways : words.open_with_signal)));
});
