// How the forms of the browser (@getodk/web-forms) are built into ours: their style becomes a file of its own, without
// 900 kB of fonts; their English words are asked of the page; a form can be resumed. A new version of theirs that no
// longer fits stops the build.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const HOME = dirname(createRequire(import.meta.url).resolve("@getodk/web-forms"));
const STYLE = "virtual:web-forms.css";

// What a person may read, each with what stands before it where the word alone would be too common.
export const WORDS = [
  "Condition not satisfied: constraint", "Condition not satisfied: required", "Get location", "Try again",
  "Cannot access location", "Grant location permission in the browser settings and make sure location is turned on.",
  "Finding your location", "Time taken to capture location: ", "Save location", "Good accuracy", "Poor accuracy",
  "Unknown accuracy", " Add ", "Take picture", "Choose image", "Rank items", "Change language", "change language",
  "An error occurred while loading this form", "Technical error details", "Captured image preview",
  "1 question with error.",
  "Location unavailable. Enable GPS and browser permissions, then restart the form to try again.",
  ["label: ", "Cancel"], ["label: ", "Remove"], ["label: ", "Send"],
];
// Ours: [what is there, what takes its place].
const CHANGES = [
  [/resetStyles = `[^`]*`/, 'resetStyles = ""'], // it would undo the style of the whole page
  [/`\$\{(\w+)\} questions with errors\.`/, 'amparoSay("{n} questions with errors.").replace("{n}", $1)'],
  // A form begun before is restored under its own id; theirs only edits one that was sent, under a new id.
  [
    /const \w+ = resolvableFormInstanceInput\((\w+)\.editInstance\), (\w+) = await (\w+)\.editInstance\(\w+, (\w+)\);/,
    "const $2 = await $3.restoreInstance($1.editInstance, $4);",
  ],
];

function changed(code, pattern, by) {
  const after = code.replace(pattern, by);
  if (after === code) throw new Error(`@getodk/web-forms has changed: ${pattern} is not there`);
  return after;
}

function said(code) {
  for (const word of WORDS) {
    const [before, text] = Array.isArray(word) ? word : ["", word];
    const there = `${before}${JSON.stringify(text)}`;
    if (!code.includes(there)) throw new Error(`@getodk/web-forms has changed: ${there} is not there`);
    code = code.replaceAll(there, `${before}amparoSay(${JSON.stringify(text)})`);
  }
  return CHANGES.reduce((text, [pattern, by]) => changed(text, pattern, by), code);
}

/** The style that their script would write into the page, without its fonts. */
function style() {
  const script = readFileSync(join(HOME, "index.js"), "utf8");
  const [, text] = /createTextNode\(('(?:[^'\\]|\\.)*')\)/.exec(script);
  return new Function(`return ${text}`)().replace(/@font-face\{[^}]*\}/g, "");
}

export const webForms = {
  name: "web-forms",
  enforce: "pre",
  resolveId: (id) => (id === STYLE ? `/${STYLE}` : null),
  load: (id) => (id === `/${STYLE}` ? style() : null),
  transform(code, id) {
    if (dirname(id) !== HOME) return null;
    if (id.endsWith("/index.js")) return code.slice(code.indexOf("import {"));
    return /\/index-[\w-]+\.js$/.test(id) ? said(code) : null;
  },
};
