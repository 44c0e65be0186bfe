// What the server told this page, and what must stand before the forms of the browser are read: their words, and leave
// for the styles they write (the page's policy lets only styles with its nonce).
const told = document.getElementById("told");
export const page = told ? JSON.parse(told.textContent) : {};
export const words = page.words || {};

globalThis.amparoSay = (text) => (page.form_words || {})[text] || text;

const create = document.createElement.bind(document);
document.createElement = (name, options) => {
  const element = create(name, options);
  if (name === "style" && page.nonce) element.nonce = page.nonce;
  return element;
};

/** `fill("{n} por enviar", {n: 3})`. */
export const fill = (pattern, values) => (pattern || "").replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

/** An element with its attributes and what it holds. */
export function make(name, attributes = {}, ...inside) {
  const element = create(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value);
  }
  element.append(...inside);
  return element;
}

export const kilobytes = (bytes) => `${Math.max(1, Math.round(bytes / 1024))} kB`;
export const clock = (moment) =>
  new Date(moment).toLocaleString(document.documentElement.lang, {
    day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false,
  });
