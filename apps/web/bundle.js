// Makes the bundle that a wheel holds: `node bundle.js PAGE OUT`, with esbuild beside it. One script and one style sheet,
// a script more for each thing that is loaded when it is needed; their names say what is in them, so that browsers keep
// them for good. Each file is compressed here, as hard as it goes.

import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Files that keep their names, since what asks for them is kept longer than they are. */
const NAMED = ["icon.svg", "manifest.webmanifest"];
const WORKER = "sw.js";
const COMPRESSED = /\.(js|css|html|svg|webmanifest)$/;
const SMALL = 200;

const [page, out] = process.argv.slice(2).map((path) => resolve(path));
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const options = {
  bundle: true,
  minify: true,
  charset: /** @type {const} */ ("utf8"),
  legalComments: /** @type {const} */ ("none"),
  target: "es2024",
  logLevel: /** @type {const} */ ("warning"),
  // Names go by hashes, and hashes by paths as well: the same sources are to have the same names wherever they lie.
  absWorkingDir: page,
  outdir: "bundle",
  write: false,
};

const sources = readFileSync(join(page, "index.html"), "utf8");
/** @type {string[]} */
const styles = [...sources.matchAll(/<link rel="stylesheet" href="\/static\/([^"]+)">/g)].map((match) => match[1]);
if (styles.length === 0) throw new Error("index.html names no style sheet.");

const bundled = await build({
  ...options,
  entryPoints: { app: "./app.js", boot: "./boot.js", style: "all-styles" },
  plugins: [{ name: "styles", setup: joinStyles }],
  format: "esm",
  splitting: true,
  metafile: true,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
});
const { metafile } = bundled;
const made = bundled.outputFiles.map(write);

/** @param {import("esbuild").OutputFile} file */
function write({ path, contents }) {
  writeFileSync(join(out, basename(path)), contents);
  return basename(path);
}

/** @param {import("esbuild").PluginBuild} bundler */
function joinStyles(bundler) {
  bundler.onResolve({ filter: /^all-styles$/ }, () => ({ path: "all-styles", namespace: "styles" }));
  bundler.onLoad({ filter: /.*/, namespace: "styles" }, () => ({
    contents: styles.map((name) => `@import ${JSON.stringify(`./${name}`)};`).join("\n"),
    loader: "css",
    resolveDir: page,
  }));
}

const [app, boot, style] = ["app", "boot", "style"].map((name) => only(made, new RegExp(`^${name}-[A-Z0-9]{8}\\.`)));
writeFileSync(join(out, "index.html"), index());
for (const name of NAMED) copyFileSync(join(page, name), join(out, name));

// A browser takes another worker when its text is another: so it holds what it is the worker of.
const version = createHash("sha256");
for (const name of ["index.html", ...NAMED, ...[...made].sort()]) version.update(readFileSync(join(out, name)));
const files = ["/", ...[...NAMED, ...made].map((name) => `/static/${name}`)];
const worker = await build({
  ...options,
  entryPoints: [`./${WORKER}`],
  format: "esm",
  define: { "globalThis.BUNDLE": JSON.stringify({ version: version.digest("hex").slice(0, 16), files }) },
});
worker.outputFiles.map(write);

const sizes = ["index.html", WORKER, ...NAMED, ...made].filter((name) => COMPRESSED.test(name)).map(compress);
process.stdout.write(`${sizes.join("\n")}\n`);

/**
 * The page with the bundle's names in it; what is loaded from it is what was made here, or is not run. Everything is
 * asked for before the first script, which the browser waits for: it looks no further ahead on a page with a policy.
 */
function index() {
  const ahead = [
    `<link rel="preload" as="script" href=${whole(boot)}>`,
    `<link rel="preload" as="style" href=${whole(style)}>`,
    ...[...staticChunks(), app].map((name) => `<link rel="modulepreload" href=${whole(name)}>`),
  ];
  const words = ["en", "de"].map((code) => {
    const name = chunkOf(`strings/${code}.js`);
    return `data-${code}="/static/${name} ${integrity(name)}"`;
  });
  const done = sources
    .replaceAll(/^ *<link rel="(?:modulepreload|stylesheet)"[^>]*>\n/gm, "")
    .replace(
      /<script src="\/static\/boot.js"[^>]*>/,
      [...ahead, `<script src=${whole(boot)} ${words.join(" ")}>`].join("\n    "),
    )
    .replace(/<script type="module" src="\/static\/app.js">/, `<script type="module" src=${whole(app)}>`)
    .replace(/^ *<\/head>/m, `    <link rel="stylesheet" href=${whole(style)}>\n  </head>`);
  for (const name of [app, boot, style])
    if (!done.includes(name)) throw new Error(`index.html has no place for ${name}.`);
  return done;
}

/**
 * A file's address with what has to be in it, as attributes.
 *
 * @param {string} name
 */
function whole(name) {
  return `"/static/${name}" integrity="${integrity(name)}"`;
}

/**
 * The chunk that a source became which is loaded when it is needed.
 *
 * @param {string} source
 */
function chunkOf(source) {
  const found = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === source);
  if (!found) throw new Error(`${source} is no chunk.`);
  return basename(found[0]);
}

/** What the page's script imports before it runs, of the chunks. */
function staticChunks() {
  const [found] = Object.entries(metafile.outputs).filter(([path]) => basename(path) === app);
  return found[1].imports.filter((one) => one.kind === "import-statement").map((one) => basename(one.path));
}

/** @param {string} name */
function integrity(name) {
  return `sha384-${createHash("sha384")
    .update(readFileSync(join(out, name)))
    .digest("base64")}`;
}

/**
 * The one name that fits.
 *
 * @param {string[]} names
 * @param {RegExp} pattern
 */
function only(names, pattern) {
  const found = names.filter((name) => pattern.test(name));
  if (found.length !== 1) throw new Error(`One file should be called ${pattern}, and these are: ${found.join(", ")}`);
  return found[0];
}

/** @param {string} name */
function compress(name) {
  const path = join(out, name);
  const content = readFileSync(path);
  const size = statSync(path).size;
  if (size <= SMALL) return `${name}: ${size} bytes`;
  const br = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  const gz = gzipSync(content, { level: 9 });
  writeFileSync(`${path}.br`, br);
  writeFileSync(`${path}.gz`, gz);
  return `${name}: ${size} bytes, ${gz.length} by gzip, ${br.length} by Brotli`;
}
