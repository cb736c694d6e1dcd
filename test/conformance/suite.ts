// Runs the official conformance suite against `whytrace mcp` over HTTP, with the suite's fixtures in place of our tools. For
// tests and for `npm run conformance`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const LAUNCHER = `${root}bin/whytrace`;
const SUITE = `${root}node_modules/@modelcontextprotocol/conformance/dist/index.js`;
const BASELINE = `${root}test/conformance/expected-failures.yml`;
const START_MS = 20_000;
const RUN_MS = 120_000;

/** What is asked of the suite: all that a revision requires, or all that applies to a revision. */
export type Wanted = readonly ['--requirements' | '--spec-version', string];

export type SuiteResult = {
  readonly code: number | null;
  /** Its words, with a line for each scenario. */
  readonly output: string;
  /** Scenarios that ran, and all their checks by status: SUCCESS, FAILURE, WARNING, SKIPPED, INFO. */
  readonly scenarios: readonly string[];
  readonly checks: Readonly<Record<string, number>>;
};

/** Runs `use` while a server with the fixtures runs; its process is gone afterwards, whatever happens. */
export const withFixtureServer = async <T>(use: (url: string) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-conformance-'));
  const server = spawn(LAUNCHER, ['mcp', '--http', '127.0.0.1:0', '--http-open', '--db', join(folder, 'none.db')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, WHYTRACE_MCP_FIXTURES: '1' },
  });
  const ended = new Promise<void>((resolve) => server.on('close', () => resolve()));
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let said = '';
      const timer = setTimeout(() => reject(new Error(`the server does not start: ${said}`)), START_MS);
      createInterface({ input: server.stderr }).on('line', (line) => {
        said += `${line}\n`;
        const found = /MCP at (http:\S+)/.exec(line)?.[1];
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      });
      server.on('close', () => reject(new Error(`the server ended: ${said}`)));
    });
    return await use(url);
  } finally {
    server.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
};

const resultsIn = (folder: string): Pick<SuiteResult, 'scenarios' | 'checks'> => {
  const checks: Record<string, number> = {};
  const scenarios = readdirSync(folder).map((name) => {
    const found: readonly { readonly status: string }[] = JSON.parse(
      readFileSync(join(folder, name, 'checks.json'), 'utf8'),
    );
    for (const { status } of found) checks[status] = (checks[status] ?? 0) + 1;
    return name.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT.*$/, '');
  });
  return { scenarios: scenarios.sort(), checks };
};

/** One run of the suite against a server. */
export const runSuite = async (url: string, wanted: Wanted): Promise<SuiteResult> => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-conformance-'));
  try {
    const args = [SUITE, 'server', '--url', url, ...wanted, '--expected-failures', BASELINE, '--output-dir', folder];
    const suite = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: RUN_MS });
    let output = '';
    for (const stream of [suite.stdout, suite.stderr]) stream.on('data', (text) => (output += String(text)));
    const code = await new Promise<number | null>((resolve) => suite.on('close', resolve));
    return { code, output, ...resultsIn(folder) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
