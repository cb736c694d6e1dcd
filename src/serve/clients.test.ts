import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { clientLines, moreClientLines } from './clients.ts';

const launcher = "/opt/it's here/bin/whytrace";
const db = '/data/my runs/a"b$(x).db';
const args = ['mcp', '--db', db];
const lines = [...clientLines(launcher, db), ...moreClientLines(launcher, db)];
const linesOf = (client: string) => lines.find((entry) => entry.client === client)?.lines ?? [];
/** The words that a shell makes of a line. */
const wordsOf = (line: string): readonly string[] =>
  execFileSync('/bin/sh', ['-c', `f() { for w; do printf '%s\\0' "$w"; done; }; f ${line}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);

test('the lines survive a shell, whatever the paths hold', () => {
  assert.deepEqual(wordsOf(linesOf('Claude Code')[0] ?? ''), [
    'claude',
    'mcp',
    'add',
    'whytrace',
    '--',
    launcher,
    ...args,
  ]);
  const [code, option, json] = wordsOf(linesOf('VS Code')[0] ?? '');
  assert.deepEqual([code, option], ['code', '--add-mcp']);
  assert.deepEqual(JSON.parse(json ?? ''), { name: 'whytrace', command: launcher, args });
});

for (const client of ['Codex', 'Copilot CLI'])
  test(`${client} gets the command behind two dashes`, () => {
    const words = wordsOf(linesOf(client)[0] ?? '');
    assert.deepEqual(words.slice(1), ['mcp', 'add', 'whytrace', '--', launcher, ...args]);
  });

test('several clients take the same JSON', () => {
  for (const client of ['Claude Desktop', 'Cursor', 'Gemini CLI', 'Windsurf'])
    assert.deepEqual(JSON.parse(linesOf(client)[0] ?? ''), { mcpServers: { whytrace: { command: launcher, args } } });
});

test('the line for ollmcp writes the file that it then names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-clients-'));
  try {
    const [write = '', start = ''] = linesOf('ollmcp');
    execFileSync('/bin/sh', ['-c', write], { cwd: folder });
    const [, option, file = ''] = wordsOf(start);
    assert.equal(option, '--servers-json');
    const servers = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    assert.deepEqual(servers, { mcpServers: { whytrace: { command: launcher, args } } });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('docs/clients.md has the lines of every client', () => {
  const page = readFileSync(new URL('../../docs/clients.md', import.meta.url), 'utf8');
  const [program, file] = ['/opt/whytrace/bin/whytrace', '/var/lib/whytrace/run.db'];
  for (const entry of [...clientLines(program, file), ...moreClientLines(program, file)]) {
    assert.ok(page.includes(`**${entry.client}**`), entry.client);
    for (const line of [...entry.lines, entry.how]) assert.ok(page.includes(line), `${entry.client}: ${line}`);
  }
});
