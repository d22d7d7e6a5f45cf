import { createHash } from "node:crypto";
import type { Plugin, Rollup } from "vite";
import { defineConfig } from "vitest/config";

/** What the squad page needs to open without a network; other pages are of no use without one. */
const KEPT = ["index", "page-squad", "page-login"];

/**
 * Tells the service worker which files to keep: their names are known only once everything is built. Its version is
 * their hash, so a browser takes the new ones when, and only when, something changed.
 */
function keepShell(): Plugin {
  return {
    name: "keep-shell",
    enforce: "post",
    generateBundle(_options, bundle) {
      const worker = bundle["sw.js"];
      if (worker?.type !== "chunk") throw new Error("the service worker was not built");
      const files = shellOf(bundle);
      const version = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 12);
      worker.code = worker.code.replace("__FILES__", JSON.stringify(files)).replace("__VERSION__", `"${version}"`);
    },
  };
}

/** The kept pages' scripts with all that they import at once, their styles, and the fonts. */
function shellOf(bundle: Rollup.OutputBundle): string[] {
  const found = new Set(Object.keys(bundle).filter((name) => name.endsWith(".woff2")));
  const visit = (name: string) => {
    const chunk = bundle[name];
    if (found.has(name) || chunk?.type !== "chunk") return;
    found.add(name);
    for (const style of chunk.viteMetadata?.importedCss ?? []) found.add(style);
    for (const imported of chunk.imports) visit(imported);
  };
  for (const one of Object.values(bundle)) {
    if (one.type === "chunk" && KEPT.includes(one.name)) visit(one.fileName);
  }
  return [...found].sort().map((name) => `/${name}`);
}

export default defineConfig({
  plugins: [keepShell()],
  build: {
    outDir: "../src/service/pages",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // MapLibre, which comes only to a board whose registry says where its roads lie.
    chunkSizeWarningLimit: 1_200,
    rolldownOptions: {
      input: { index: "index.html", sw: "src/sw/worker.ts" },
      output: {
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
