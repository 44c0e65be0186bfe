// Sealing. A finished form is sealed to the server's public key: P-256, HKDF-SHA256, AES-256-GCM, as
// amparo/kernel/dropbox.py opens it. A form begun is sealed under a key of this browser that no script can take out.
import { draftKey } from "./store.js";

const subtle = crypto.subtle;
const text = new TextEncoder();
const CURVE = { name: "ECDH", namedCurve: "P-256" };

export const canSeal = () => Boolean(globalThis.isSecureContext && subtle && globalThis.indexedDB);
export const fromHex = (hex) => Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
export const toHex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
export const digest = async (bytes) => toHex(await subtle.digest("SHA-256", bytes));

export function joined(...parts) {
  const bytes = parts.map((part) => new Uint8Array(part));
  const out = new Uint8Array(bytes.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of bytes) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function length(number) {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, number);
  return out;
}

/** A form and its files as bytes: amparo/intake/web/package.py says how they lie. `form` is a FormData. */
export async function pack(form, author) {
  let xml = new Uint8Array();
  const names = [];
  const contents = [];
  for (const [name, value] of form.entries()) {
    const bytes = new Uint8Array(typeof value === "string" ? text.encode(value) : await value.arrayBuffer());
    if (name === "xml_submission_file") xml = bytes;
    else {
      names.push([name, bytes.length]);
      contents.push(bytes);
    }
  }
  const header = text.encode(JSON.stringify({ author, xml: xml.length, files: names }));
  return joined(length(header.length), header, xml, ...contents);
}

/** The form again, as the forms of the browser take it. */
export function unpack(bytes) {
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  const form = new FormData();
  let at = 4 + size;
  const xml = bytes.slice(at, at + header.xml);
  form.set("xml_submission_file", new File([xml], "xml_submission_file", { type: "text/xml" }));
  at += header.xml;
  for (const [name, each] of header.files) {
    form.set(name, new File([bytes.slice(at, at + each)], name));
    at += each;
  }
  return form;
}

/** To the server: `key` has `name` and `public`, both in hex. */
export async function sealToServer(content, key) {
  const theirs = fromHex(key.public);
  const once = await subtle.generateKey(CURVE, false, ["deriveBits"]);
  const onceRaw = new Uint8Array(await subtle.exportKey("raw", once.publicKey));
  const publicKey = await subtle.importKey("raw", theirs, CURVE, false, []);
  const secret = await subtle.deriveBits({ name: "ECDH", public: publicKey }, once.privateKey, 256);
  const derived = await subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const cipher = await subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: joined(onceRaw, theirs), info: text.encode("amparo drop box") },
    derived, { name: "AES-GCM", length: 256 }, false, ["encrypt"],
  );
  const head = joined(text.encode("AMP1"), fromHex(key.name), onceRaw);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return joined(head, iv, await subtle.encrypt({ name: "AES-GCM", iv, additionalData: head }, cipher, content));
}

export async function sealHere(content, id) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const how = { name: "AES-GCM", iv, additionalData: text.encode(id) };
  return { iv, content: new Uint8Array(await subtle.encrypt(how, await draftKey(), content)) };
}

export async function openHere(sealed, id) {
  const how = { name: "AES-GCM", iv: sealed.iv, additionalData: text.encode(id) };
  return new Uint8Array(await subtle.decrypt(how, await draftKey(), sealed.content));
}
