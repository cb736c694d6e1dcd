// What is published besides the program: the bundle for desktop clients (.mcpb, manifest 0.3) and the entry for the registry of MCP
// servers (server.json, schema 2025-12-11), both from the program's own declarations.
// https://github.com/modelcontextprotocol/mcpb/blob/main/MANIFEST.md,
// https://github.com/modelcontextprotocol/registry/tree/main/docs/reference/server-json
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../src/cli/version.ts';
import { prompts } from '../src/serve/prompts.ts';
import { tools } from '../src/serve/tools.ts';
import { zip } from './zip.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const HOME = 'https://github.com/whytrace/whytrace';
const DESCRIPTION = 'Answers "why was this slow?" on Linux: eBPF and CUDA evidence, and causes that hold up';

/** What the client fills in. */
const placeholder = (name: string): string => `$\{${name}}`;

export const BUNDLE_NAME = `whytrace-${VERSION}.mcpb`;

/** For clients on any desktop: the recorder runs on Linux, so the bundle holds only what connects. */
const manifest = () => ({
  manifest_version: '0.3',
  name: 'whytrace',
  display_name: 'whytrace',
  version: VERSION,
  description: DESCRIPTION,
  long_description:
    'Connects to whytrace on a Linux host, over SSH or a UNIX socket. Nothing is recorded and no secret is kept on this machine: SSH proves who you are.',
  author: { name: 'The whytrace authors', url: HOME },
  license: 'Apache-2.0',
  server: {
    type: 'node',
    entry_point: 'connect.mjs',
    mcp_config: {
      command: 'node',
      args: [
        `${placeholder('__dirname')}/connect.mjs`,
        placeholder('user_config.target'),
        placeholder('user_config.recording'),
      ],
    },
  },
  tools: tools.map(({ name, description }) => ({ name, description })),
  prompts: prompts.map(({ name, description, arguments: given }) => ({
    name,
    description,
    arguments: Object.keys(given),
    text: description,
  })),
  prompts_generated: true,
  user_config: {
    target: {
      type: 'string',
      title: 'Where whytrace runs',
      description: 'ssh://user@host, or unix:/path of a forwarded socket',
      required: true,
    },
    recording: {
      type: 'string',
      title: 'Recording',
      description: 'Path of a recording on that host; the newest one when empty. Only with ssh',
      required: false,
      default: '',
    },
  },
  compatibility: { platforms: ['darwin', 'linux', 'win32'], runtimes: { node: '>=18' } },
});

const asJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The bundle's bytes: the same for the same version of the program. */
export const bundle = (): Buffer =>
  zip([
    ['manifest.json', asJson(manifest())],
    ['connect.mjs', readFileSync(`${root}bundle/connect.mjs`, 'utf8')],
    ['LICENSE', readFileSync(`${root}LICENSE`, 'utf8')],
  ]);

export const bundleManifest = (): string => asJson(manifest());

/** The registry's entry. It names the bundle by its hash, which clients check before they run it. */
export const registryEntry = (): string =>
  asJson({
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: 'io.github.whytrace/whytrace',
    title: 'whytrace',
    description: DESCRIPTION,
    version: VERSION,
    websiteUrl: HOME,
    repository: { url: HOME, source: 'github' },
    packages: [
      {
        registryType: 'mcpb',
        identifier: `${HOME}/releases/download/v${VERSION}/${BUNDLE_NAME}`,
        version: VERSION,
        fileSha256: createHash('sha256').update(bundle()).digest('hex'),
        transport: { type: 'stdio' },
      },
    ],
  });
