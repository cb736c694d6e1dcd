// `whytrace mcp`: serves a recording to MCP clients over stdin and stdout.
import type { Command } from '../command.ts';
import { errors } from '../errors.ts';
import { err } from '../print.ts';
import { quickStart } from '../quick-start.ts';
import { toolContext } from '../tool-context.ts';
import { VERSION } from '../version.ts';

export const mcp: Command = {
  name: 'mcp',
  summary: 'serve a recording to AI agents over MCP',
  usage: '[--db FILE]',
  about:
    'Speaks the Model Context Protocol on stdin and stdout (revisions 2026-07-28, 2025-11-25 and 2025-06-18) until stdin ends. Usually started by the client: Claude Code, Cursor, VS Code. The file is opened anew for each request, so it may grow or be replaced.',
  options: {
    db: { type: 'text', value: 'FILE', doc: 'recording to serve', default: './whytrace.db, or the newest one' },
    http: { type: 'text', value: 'HOST:PORT', doc: 'not supported yet' },
    socket: { type: 'text', value: 'PATH', doc: 'not supported yet' },
  },
  words: 0,
  examples: [
    { line: 'whytrace mcp --db run.db', doc: 'serve run.db' },
    { line: 'claude mcp add whytrace -- whytrace mcp --db /path/run.db', doc: 'let Claude Code start it' },
  ],
  run: async (args) => {
    for (const option of ['http', 'socket'])
      if (args.text(option) !== undefined) throw errors.notYet({ option: `--${option}` });
    quickStart();
    const { serveOverStdio } = await import('../../serve/mcp.ts');
    const { AGENT_BUDGET } = await import('../../serve/tool.ts');
    serveOverStdio(VERSION, toolContext(args.text('db'), AGENT_BUDGET), (error) => err(`whytrace: ${error.message}\n`));
    return 0;
  },
};
