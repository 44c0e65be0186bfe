import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { defineConfig } from "vite";

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
  plugins: [mark, squeezed],
  build: {
    outDir: "../static/amparo",
    emptyOutDir: true,
    manifest: "manifest.json",
    modulePreload: false,
    target: ["chrome90", "firefox90", "safari14.1"],
    rollupOptions: {
      input: {
        style: new URL("amparo.css", sources).pathname,
        amparo: new URL("amparo.js", sources).pathname,
      },
      output: {
        entryFileNames: "[name]-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
});
