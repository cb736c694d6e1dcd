// `whytrace doctor`: what this machine can do, and the remedy for what it cannot.
import type { ProbedLibrary } from '../../base/check.ts';
import { cleanText } from '../../base/sanitize.ts';
import type { Command } from '../command.ts';
import { out, outJson, outStyle } from '../print.ts';

/** Functions of a library that are named, and characters of its path. */
const NAMED = 5;
const PATH = 200;
/** How long to hear who writes JSON-RPC, where this user may. */
const LISTEN_MS = 2000;

const listServers = async (probe: boolean, json: boolean): Promise<number> => {
  const { findMcpServers } = await import('../../capture/mcp/find-servers.ts');
  const found = await findMcpServers({ listenMs: LISTEN_MS, ...(probe ? { mayAsk: () => true } : {}) });
  const { cleanAnswer } = await import('../../serve/clean-answer.ts');
  if (json) outJson(cleanAnswer(found));
  else {
    const { serverLines } = await import('../../serve/render/mcp-servers.ts');
    out(`${serverLines(found, outStyle()).join('\n')}\n`);
  }
  return 0;
};

/** Where the probes of a library would sit: how many functions at each place, and those that are dear by name. */
const libraryLines = (libraries: readonly ProbedLibrary[]): readonly string[] =>
  libraries.flatMap(({ path, sites }) => {
    const counts = Object.entries(sites).map(([site, names]) => `${names.length} at ${site}`);
    const dear = Object.entries(sites).filter(([site]) => site.endsWith(' single_step'));
    const names = dear.flatMap(([, functions]) => functions).slice(0, NAMED);
    const text = counts.length === 0 ? 'none of the functions' : counts.join(', ');
    return [
      `probes   ${cleanText(path, PATH)}: ${text}`,
      ...(names.length === 0 ? [] : [`                        dear: ${names.join(', ')}`]),
    ];
  });

export const doctor: Command = {
  name: 'doctor',
  summary: 'check whether this machine can record, and say what is missing',
  usage: '[--mcp [--probe]] [--json]',
  about:
    'Checks everything that recording needs and changes nothing. Exit code 0 when recording is possible, 1 when not. With --mcp it lists the MCP servers that run on this host, with who started them and what shows that they are some.',
  options: {
    mcp: {
      type: 'flag',
      doc: 'list the MCP servers on this host; root sees those of all users, and hears for 2 s who speaks JSON-RPC',
    },
    probe: { type: 'flag', doc: 'with --mcp: also ask every listener on loopback whether it speaks MCP' },
    json: { type: 'flag', doc: 'print the answer as JSON and nothing else' },
  },
  words: 0,
  examples: [
    { line: 'sudo whytrace doctor', doc: 'with the privileges that recording will have' },
    { line: 'sudo whytrace doctor --mcp', doc: 'MCP servers of all users' },
  ],
  run: async (args) => {
    if (args.flag('mcp')) return listServers(args.flag('probe'), args.flag('json'));
    const { checkMachine } = await import('../../capture/features.ts');
    const { knownLibraries } = await import('../../capture/known-libraries.ts');
    const answer = { ...checkMachine(), libraries: knownLibraries() };
    if (args.flag('json')) outJson(answer);
    else {
      const style = outStyle();
      for (const { name, ok, required, what, why, todo } of answer.checks) {
        const mark = ok ? 'ok     ' : required ? 'MISSING' : 'note   ';
        out(`${ok ? mark : style.bold(mark)}  ${name.padEnd(13)} ${what}\n`);
        if (!ok) out(`                        ${why}${todo === '' ? '' : `; ${todo}`}\n`);
      }
      for (const line of libraryLines(answer.libraries)) out(`${line}\n`);
      out(answer.ok ? '\nThis machine can record.\n' : '\nThis machine cannot record yet: see MISSING above.\n');
    }
    return answer.ok ? 0 : 1;
  },
};
