// How the page is built: for any folder of any host, with a list of its files for the service worker.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

/** Fetched when a level first needs them; they are kept from then on. */
const LATER = /\.(map|onnx)$|ort-wasm/;
/** Copied beside the page after its build; the names do not change with what is in them. */
const ASSETS = ["assets/crystal-forge.wasm", "assets/seat.policy", "assets/calibration.json"];

/** Writes `sw.js`: the file service_worker.js with the names of all files that a first visit fetches. */
function offline(): Plugin {
  return {
    name: "offline",
    apply: "build",
    generateBundle(_, bundle) {
      const built = Object.values(bundle).filter((file) => !LATER.test(file.fileName));
      const hash = createHash("sha256");
      for (const file of built) hash.update(file.type === "chunk" ? file.code : file.source);
      const files = ["./", "manifest.webmanifest", "icon.svg", ...built.map((file) => file.fileName), ...ASSETS];
      const source = readFileSync(new URL("service_worker.js", import.meta.url), "utf8")
        .replace("__FILES__", JSON.stringify([...new Set(files)].filter((name) => name !== "index.html")))
        .replace("__VERSION__", JSON.stringify(hash.digest("hex").slice(0, 16)));
      this.emitFile({ type: "asset", fileName: "sw.js", source });
    },
  };
}

/** The engine gives onnxruntime its 14 MB from assets/ort; what that package names itself would lie there twice. */
function oneRuntime(): Plugin {
  return {
    name: "one-runtime",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      for (const name of Object.keys(bundle)) if (/ort-wasm.*\.wasm$/.test(name)) delete bundle[name];
    },
  };
}

/** The policy of what may be loaded holds in what is built; the development server writes styles into the page. */
function unguarded(): Plugin {
  return {
    name: "unguarded",
    apply: "serve",
    transformIndexHtml: (html) => html.replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*>/, ""),
  };
}

export default defineConfig(({ mode }) => ({
  base: "./",
  publicDir: "public",
  resolve: {
    alias: {
      "#engine": new URL(mode === "double" ? "tests/double/engine.ts" : "src/engine/create.ts", import.meta.url).pathname,
    },
  },
  plugins: [unguarded(), oneRuntime(), offline()],
  worker: { format: "es" },
  build: {
    outDir: "dist",
    assetsDir: "code",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ["es2022", "chrome123", "safari17.5", "firefox120"],
    chunkSizeWarningLimit: 900,
  },
}));
