// Sending what waits on this phone: one tab at a time, again and again until the server gives a folio, never deleting
// before. Works on any page; the words of an answer are the server's.
import { digest } from "./seal.js";
import { note, onChange, received, waiting } from "./store.js";

const SEND = "/fill/send";
const PATIENCE = 90_000;
const FIRST_PAUSE = 4_000;
const LONGEST_PAUSE = 5 * 60_000;
const REFUSED_PAUSE = 60 * 60_000;
// "quiet" while nothing is known; the page shows what is wrong in its own words.
export const line = { state: "quiet" };
let timer;
let running;

const alone = (work) =>
  navigator.locks ? navigator.locks.request("amparo-send", work) : work();

const pause = (tries) => Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(tries, 10)) * (0.6 + Math.random() * 0.4);

/** What the server answers: {status, answer}; status 0 for no answer. `left` is called once all has left the phone. */
function post(envelope, left) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("POST", SEND);
    request.timeout = PATIENCE;
    request.responseType = "json";
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onload = left;
    request.onload = () => done({ status: request.status, answer: request.response || {} });
    request.onerror = request.ontimeout = request.onabort = () => done({ status: 0, answer: {} });
    request.send(envelope);
  });
}

/** Try one; says whether the line is worth another. */
async function sendOne(one) {
  let sent = Promise.resolve();
  const { status, answer } = await post(one.envelope, () => (sent = note(one.id, { state: "sent" })));
  await sent;
  if (status === 201 && answer.folio && answer.digest === (await digest(one.envelope))) {
    line.state = "quiet";
    await received(one, answer.folio);
    return true;
  }
  const tries = one.tries + 1;
  if (status === 401) {
    line.state = "log_in";
    await note(one.id, { state: "saved", next: Date.now() + LONGEST_PAUSE });
    return false;
  }
  if (status >= 400 && status < 500 && ![408, 429].includes(status) && answer.message) {
    await note(one.id, { state: "saved", tries, error: answer.message, next: Date.now() + REFUSED_PAUSE });
    return true;
  }
  line.state = "no_answer";
  await note(one.id, { state: one.state === "sent" ? "sent" : "saved", tries, error: "", next: Date.now() + pause(tries) });
  return false;
}

/** Send whatever is due; `again`: what found no answer or no log-in too; `all`: what was refused as well. */
export function send({ again = false, all = false } = {}) {
  running ||= alone(async () => {
    for (const one of await waiting()) {
      if (!all && !(again && !one.error) && one.next > Date.now()) continue;
      if (!(await sendOne(one))) break;
    }
  }).finally(() => {
    running = undefined;
    plan();
  });
  return running;
}

async function plan() {
  clearTimeout(timer);
  const due = (await waiting()).map((one) => one.next);
  if (due.length) timer = setTimeout(() => send(), Math.max(1_000, Math.min(...due) - Date.now()));
}

/** Send now and from now on: when due, when the network is back, when the page is looked at. */
export function start() {
  addEventListener("online", () => send({ again: true }));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && send({ again: true }));
  onChange(() => running || plan());
  return send({ again: true });
}
