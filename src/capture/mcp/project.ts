// The package that the script of a process belongs to: the nearest package.json above it, in the process's own root. Read as
// data; nothing of it is run. Must not know why it is asked for.
import { readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { cleanText } from '../../base/sanitize.ts';

const LEVELS = 8;
const MOST_BYTES = 1 << 20;
const NAME = 100;
const SCRIPT = /\.[cm]?[jt]s$/;
const LIBRARY = /^@modelcontextprotocol\/|^fastmcp$|^mcp-framework$/;

/** Scripts that a package is started by; others of it (workers, tests) are no servers. */
const ENTRY = /^(?:index|server|main|cli|app|stdio|mcp|run|start)(?:[-_.]\w+)?\.[cm]?[jt]s$/;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `usesMcp`: it is started by this script, and needs an MCP library. Undefined when a process has no script of JavaScript, or its files cannot be read. */
export const projectOf = (
  pid: number,
  argv: readonly string[],
): { readonly name: string | null; readonly usesMcp: boolean } | undefined => {
  const script = argv.slice(1, 12).find((word) => SCRIPT.test(word) || /\/\.bin\//.test(word));
  if (script === undefined) return undefined;
  try {
    const root = `/proc/${pid}/root`;
    const path = isAbsolute(script) ? script : join(readlinkSync(`/proc/${pid}/cwd`), script);
    // Links are those of the process's root: one that leads elsewhere finds nothing.
    const file = realpathSync(root + path);
    let folder = dirname(file);
    for (let level = 0; level < LEVELS && folder !== dirname(folder); level++, folder = dirname(folder)) {
      const manifest = join(folder, 'package.json');
      const found = statSync(manifest, { throwIfNoEntry: false });
      if (found === undefined || !found.isFile() || found.size > MOST_BYTES) continue;
      const project: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
      if (!isObject(project)) return undefined;
      // A folder inside a package may have one that says nothing but its kind.
      if (project.name === undefined && project.dependencies === undefined) continue;
      const needs = isObject(project.dependencies) ? Object.keys(project.dependencies) : [];
      const name = typeof project.name === 'string' ? cleanText(project.name, NAME) : null;
      const started = [project.main, project.bin, ...(isObject(project.bin) ? Object.values(project.bin) : [])];
      const isEntry =
        ENTRY.test(basename(file)) || started.some((one) => typeof one === 'string' && join(folder, one) === file);
      return { name, usesMcp: isEntry && needs.some((one) => LIBRARY.test(one)) };
    }
    return undefined;
  } catch {
    return undefined;
  }
};
