// The form itself, by @getodk/web-forms: shown, filled in beforehand, read at any moment, resumed.
import { OdkWebForm, webFormsPlugin } from "@getodk/web-forms";
import { createApp, h } from "vue";
import "virtual:web-forms.css";

const LARGEST = 6 * 1024 * 1024; // of one envelope; more files go in more envelopes of the same form

/** Names of days and months, and the order of a date, as the person's language has them. */
function calendar(language) {
  const name = (options) => (date) => new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" }).format(date);
  const days = (width) => Array.from({ length: 7 }, (_, day) => name({ weekday: width })(new Date(Date.UTC(2023, 0, 1 + day))));
  const months = (width) => Array.from({ length: 12 }, (_, month) => name({ month: width })(new Date(Date.UTC(2023, month, 15))));
  return {
    dayNames: days("long"), dayNamesShort: days("short"), dayNamesMin: days("narrow"),
    monthNames: months("long"), monthNamesShort: months("short"), dateFormat: "dd/mm/yy", firstDayOfWeek: 1,
  };
}

function* nodes(node) {
  for (const child of node.currentState.children || []) {
    yield child;
    yield* nodes(child);
  }
}

/** Put values into questions by their path ("place/typed_code"); a value of `null` leaves the question alone. */
export function prefill(root, values) {
  for (const node of nodes(root)) {
    const path = node.currentState.reference.split("/").slice(2).join("/");
    const value = values[path];
    if (value == null || typeof node.setValue !== "function" || node.nodeType !== "input") continue;
    node.setValue(String(value));
  }
}

/** A number still being typed: on some phones its box tells the form only when one leaves it. */
export function takeOpenNumber(root) {
  const box = document.activeElement?.closest?.(".p-inputnumber");
  const said = document.activeElement?.value?.trim().replace(",", ".");
  if (!box || !/^-?\d+(\.\d+)?$/.test(said)) return;
  for (const node of nodes(root)) if (node.nodeId === box.id) node.setValue(said);
}

/** To the first question that is marked. */
export function toFirst(place) {
  const marked = [...place.querySelectorAll(".validation-message")].find((one) => one.textContent.trim() && one.offsetParent);
  const box = marked?.closest(".question-container");
  box?.scrollIntoView({ block: "center" });
  box?.querySelector("input, textarea, select, button")?.focus({ preventScroll: true });
}

export const violations = (root) => root.validationState.violations.length;

/** The answers as they stand, as a FormData; `parts` gives several where the files are too large for one. */
export const answers = async (root) => (await root.prepareInstancePayload({ payloadType: "monolithic" })).data[0];
export const parts = async (root) =>
  (await root.prepareInstancePayload({ payloadType: "chunked", maxSize: LARGEST })).data;

/** Tell a reader of screens which question each control answers, where the form forgets to. */
function label(place) {
  for (const box of place.querySelectorAll(".question-container")) {
    const title = box.querySelector(".control-text label[for]");
    if (!title || title.id) continue;
    title.id = `${title.htmlFor}_words`;
    const controls = box.querySelectorAll("input, textarea, select, [role=combobox], [role=spinbutton]");
    if (box.querySelector("input[type=radio], input[type=checkbox]")) {
      box.setAttribute("role", "group");
      box.setAttribute("aria-labelledby", title.id);
    } else {
      for (const control of controls) control.setAttribute("aria-labelledby", title.id);
      if (controls[0]?.id) title.htmlFor = controls[0].id;
    }
  }
}

/** Show a form; gives its root once it stands. `begun` is a FormData to resume. Rejects where the form fails to load. */
export function show(place, { xml, media, language, begun }) {
  return new Promise((resolve, reject) => {
    const app = createApp({
      render: () =>
        h(OdkWebForm, {
          formXml: xml,
          fetchFormAttachment: (resource) => {
            const name = decodeURIComponent(new URL(resource).pathname.split("/").pop());
            return media[name] ? fetch(media[name], { credentials: "same-origin" }) : Promise.resolve(new Response("", { status: 404 }));
          },
          missingResourceBehavior: "BLANK",
          editInstance: begun ? { data: [begun] } : undefined,
          onSubmit: () => {}, // ours are the buttons; theirs only marks what is missing
        }),
    });
    // The component keeps its form to itself; its parts are given it.
    app.mixin({
      beforeMount() {
        const name = this.$options.__name;
        if (name === "FormHeader") {
          const root = this.$props.form;
          const wanted = root.languages?.find((each) => each.language?.toLowerCase().includes(`(${language})`));
          if (wanted) root.setLanguage(wanted);
          queueMicrotask(() => resolve({ root, close: () => app.unmount() }));
        }
        if (name === "FormLoadFailureDialog") reject(this.$props.error);
      },
    });
    app.use(webFormsPlugin);
    const locale = app.config.globalProperties.$primevue.config.locale;
    Object.assign(locale, calendar(language));
    new MutationObserver(() => label(place)).observe(place, { childList: true, subtree: true });
    app.mount(place);
  });
}
