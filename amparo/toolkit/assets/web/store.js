// What this phone keeps: forms begun (drafts, sealed under a key of this browser), forms finished (outbox, sealed to the
// server: nobody here can open them), receipts. Every write asks for the disk, not for the memory of the system.
import { openDB } from "idb";

const STRICT = { durability: "strict" };
const KEPT_RECEIPTS = 30;
let opened;

export function database() {
  opened ||= openDB("amparo", 1, {
    upgrade(db) {
      for (const name of ["drafts", "outbox", "receipts"]) db.createObjectStore(name, { keyPath: "id" });
      db.createObjectStore("keys");
    },
    terminated: () => (opened = undefined),
  });
  return opened;
}

async function writing(stores, work) {
  const transaction = (await database()).transaction(stores, "readwrite", STRICT);
  const result = await work(transaction);
  await transaction.done;
  return result;
}

// Each change is told to the other tabs, and to this one.
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("amparo") : null;
const listeners = new Set();
const tellHere = () => listeners.forEach((listener) => listener());
channel?.addEventListener("message", tellHere);
export const onChange = (listener) => listeners.add(listener);

async function tell() {
  try {
    localStorage.amparoWaiting = await (await database()).count("outbox");
  } catch {
    // a browser that keeps no such note: pages without a queue will not send by themselves
  }
  channel?.postMessage("changed");
  tellHere();
}

export async function draftKey() {
  const kept = await (await database()).get("keys", "draft");
  if (kept) return kept;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  return writing(["keys"], async (transaction) => {
    const keys = transaction.objectStore("keys");
    const first = await keys.get("draft"); // another tab may have been quicker
    if (!first) await keys.put(made, "draft");
    return first || made;
  });
}

export const draft = async (id) => (await database()).get("drafts", id);
export const drafts = async (person) =>
  (await (await database()).getAll("drafts")).filter((one) => one.person === person).sort((a, b) => b.saved - a.saved);
export const saveDraft = (one) => writing(["drafts"], (transaction) => transaction.objectStore("drafts").put(one));
export const dropDraft = (id) => writing(["drafts"], (transaction) => transaction.objectStore("drafts").delete(id));

/** Out of the drafts and into the outbox in one stroke: whatever is cut, the form is in one of the two. */
export async function finish(draftId, envelopes) {
  await writing(["drafts", "outbox"], async (transaction) => {
    for (const one of envelopes) await transaction.objectStore("outbox").put(one);
    await transaction.objectStore("drafts").delete(draftId);
  });
  await tell();
}

export const waiting = async () =>
  (await (await database()).getAll("outbox")).sort((a, b) => a.finished - b.finished || (a.id < b.id ? -1 : 1));
export const receipts = async () =>
  (await (await database()).getAll("receipts")).sort((a, b) => b.received - a.received);

/** Change one that waits; nothing where it is gone already. */
export async function note(id, changes) {
  await writing(["outbox"], async (transaction) => {
    const there = await transaction.objectStore("outbox").get(id);
    if (there) await transaction.objectStore("outbox").put({ ...there, ...changes });
  });
  await tell();
}

/** Only now may it leave this phone. */
export async function received(one, folio) {
  await writing(["outbox", "receipts"], async (transaction) => {
    const receipts = transaction.objectStore("receipts");
    await transaction.objectStore("outbox").delete(one.id);
    await receipts.put({ id: one.id, title: one.title, size: one.size, folio, received: Date.now() });
    const old = (await receipts.getAll()).sort((a, b) => b.received - a.received).slice(KEPT_RECEIPTS);
    for (const each of old) await receipts.delete(each.id);
  });
  await tell();
}
