import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { defineConfig } from "vite";
import { webForms } from "./amparo/toolkit/assets/web/build.js";

const sources = new URL("amparo/toolkit/assets/", import.meta.url);

// The mark is a file of its own: browsers ask for it once, no style or script refers to it.
const mark = {
  name: "mark",
  buildStart() {
    this.emitFile({
      type: "asset",
      name: "mark.svg",
      originalFileName: "mark.svg",
      source: readFileSync(new URL("mark.svg", sources), "utf8"),
    });
  },
};

// Browsers on a slow line get what was squeezed once, here.
const squeezed = {
  name: "squeezed",
  writeBundle(options, bundle) {
    for (const name of Object.keys(bundle).filter((each) => /\.(css|js|svg)$/.test(each))) {
      const file = `${options.dir}/${name}`;
      writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
    }
  },
};

export default defineConfig({
  root: sources.pathname,
  base: "./",
  publicDir: false,
  plugins: [mark, webForms, squeezed],
  worker: { format: "es", rollupOptions: { output: { entryFileNames: "[name]-[hash].js" } } }, // of the map
  build: {
    outDir: "../static/amparo",
    emptyOutDir: true,
    manifest: "manifest.json",
    modulePreload: false,
    chunkSizeWarningLimit: 2000, // the forms of the browser: one page alone loads them
    target: ["chrome90", "firefox90", "safari14.1"],
    rollupOptions: {
      preserveEntrySignatures: "allow-extension", // outbox.js gives what it is asked for
      // Inside the forms of the browser: what our policy forbids anyway, and what Safari learnt with 15.
      checks: { eval: false, toleratedTransform: false, pluginTimings: false },
      input: {
        style: new URL("amparo.css", sources).pathname,
        amparo: new URL("amparo.js", sources).pathname,
        keys: new URL("keys.js", sources).pathname,
        map: new URL("map/map.js", sources).pathname,
        filling: new URL("web/fill.css", sources).pathname,
        fill: new URL("web/fill.js", sources).pathname,
        waiting: new URL("web/waiting.js", sources).pathname,
        worker: new URL("web/worker.js", sources).pathname,
        outbox: new URL("web/outbox.js", sources).pathname,
      },
      output: {
        // The one script that another asks for by its name, only when something waits on this phone.
        entryFileNames: (entry) => (entry.name === "outbox" ? "outbox.js" : "[name]-[hash].js"),
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
});
