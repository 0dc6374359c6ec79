// Builds the console to static files below /console/, which the hub serves from memory under a policy without inline script or style.
// `node build.mjs --watch` builds again at every change; a hub in dev reads the files anew when they change.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { build } from 'vite';

const ROOT = dirname(fileURLToPath(import.meta.url));

/** Resolves when `dist/site` is built (or, watching, when the first build is under way). Rejects with what is wrong in the sources. */
export async function buildConsole({ watch = false } = {}) {
  await build({
    root: ROOT,
    configFile: false,
    base: '/console/',
    logLevel: watch ? 'info' : 'warn',
    // From the sources of our own packages: the console needs no other build to have run.
    resolve: { conditions: ['writ-source', 'module', 'browser', 'production'] },
    plugins: [react(), tailwindcss()],
    build: {
      outDir: join(ROOT, 'dist', 'site'),
      // No data: URL in the pages: the policy lets images and fonts come from the hub only.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      target: 'es2023',
      watch: watch ? {} : null,
    },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildConsole({ watch: process.argv.includes('--watch') });
