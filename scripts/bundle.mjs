/** Joins the compiled command and its packages into a few files: what is read file by file takes longer to start than to run. */
import { rmSync } from 'node:fs'
import { inRoot } from './checkout.mjs'

/** From `dist/src` to `dist/command`. */
export async function bundle() {
  const { build } = await import('esbuild')
  rmSync(inRoot('dist', 'command'), { recursive: true, force: true })
  await build({
    entryPoints: [inRoot('dist', 'src', 'cli', 'main.js')],
    outdir: inRoot('dist', 'command'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // The one has native parts, the others find their own classes by metadata that a bundle loses.
    external: ['koffi', '@peculiar/x509', 'reflect-metadata'],
    sourcemap: true,
    legalComments: 'linked',
    logLevel: 'warning',
    // Packages in CommonJS ask for modules of Node as they run.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
  })
}
