// What makes a process look like an MCP server: names of packages, of sub-commands and of clients, as data, and how far each
// sign is believed. Pure: must not know where the facts come from.

/** What is known of a process. `args`: its command line, words with spaces between them. */
export type ProcessFacts = {
  readonly comm: string;
  readonly args: string;
  readonly parents: readonly { readonly comm: string; readonly args: string }[];
  /** Its standard input and output lead to its parent. */
  readonly talksToParent?: boolean;
  readonly listens?: readonly { readonly kind: 'tcp' | 'unix'; readonly address: string }[];
  /** The package that its program is of, and whether that uses an MCP library. */
  readonly project?: { readonly name: string | null; readonly usesMcp: boolean };
  /** What it wrote to its standard output while it was looked at: JSON-RPC, or JSON that may be. */
  readonly heard?: 'rpc' | 'json';
  /** It answered as MCP servers do. */
  readonly answered?: string;
};

export type McpEvidence = {
  readonly package: string | null;
  readonly client: string | null;
  readonly confidence: number;
  readonly why: readonly string[];
};

/** Programs that run another one, which their arguments name. */
const RUNNER =
  /^(?:node|nodejs|bun|bunx|deno|python[\d.]*|npx|npm|pnpm|yarn|uvx?|pipx|docker|podman|java|dotnet|tsx|sh|bash|dash)$/;
/** Words between a runner and what it runs. */
const RUNNER_WORDS: ReadonlySet<string> = new Set([
  'run',
  'exec',
  'tool',
  'dlx',
  'x',
  '-m',
  '-c',
  '-y',
  '--yes',
  '-jar',
]);
const MOST_WORDS = 16;

/** Names of packages and programs, as one part of a path. */
const NAMES: readonly RegExp[] = [
  /^server-(?:filesystem|everything|memory|github|gitlab|postgres|sqlite|fetch|git|slack|puppeteer|brave-search|google-maps|redis|time|sequential-thinking)(?:@\S+)?$/,
  /^mcp[-_]server(?:[-_.][\w.-]+)?(?:@\S+)?$/,
  /^[\w.]+(?:[-_][\w.]+)*[-_]mcp(?:[-_](?:server|proxy|bridge|remote))?(?:@\S+)?(?:\.(?:[cm]?[jt]s|py))?$/,
  /^mcp[-_](?:remote|proxy|bridge|gateway|run|[\w-]+-server)(?:@\S+)?(?:\.(?:[cm]?[jt]s|py))?$/,
  /^(?:fastmcp|mcpo|supergateway)(?:@\S+)?$/,
];
const SCOPE =
  /(?:^|\/)@(?:modelcontextprotocol\/server-[\w.-]+|[\w.-]*mcp[\w.-]*\/[\w.-]+|[\w.-]+\/(?:[\w.-]*[-_.])?mcp(?:[-_.][\w.-]*)?(?![\w.-]))/;
/** Images of the registry of servers. */
const IMAGE = /^(?:docker\.io\/)?mcp\/([\w.-]+)(?::[\w.-]+)?$/;
const DATA_FILE = /\.(?:log|md|txt|json|ya?ml|toml|db|sqlite|sock|html|css)$/i;

const CLIENTS: ReadonlySet<string> = new Set(
  'claude claude-desktop cursor cursor-agent code code-insiders codium windsurf zed zed-editor codex gemini gemini-cli goose goosed opencode copilot cline lm-studio lmstudio mcp-inspector continue warp amp jan chatgpt 5ire witsy crush droid kiro'.split(
    ' ',
  ),
);
const CLIENT_PACKAGE =
  /\/(claude-code|codex|gemini-cli|copilot|opencode-ai|@modelcontextprotocol\/inspector(?:-[\w]+)?)\//;

const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The words that say which program runs: the first, and after a runner those that are no options. */
const programWords = (words: readonly string[]): readonly string[] => {
  const [first = '', ...others] = words;
  if (!RUNNER.test(baseOf(first))) return [first];
  return [first, ...others.slice(0, MOST_WORDS).filter((word) => !word.startsWith('-') && !RUNNER_WORDS.has(word))];
};

const nameIn = (word: string): string | undefined => {
  if (DATA_FILE.test(word)) return undefined;
  const scoped = SCOPE.exec(word)?.[0];
  if (scoped !== undefined) return scoped.replace(/^\//, '');
  const image = IMAGE.exec(word);
  if (image !== null) return word;
  return word.split('/').find((part) => NAMES.some((name) => name.test(part)));
};

/** The package of an MCP server that a command line runs. */
const packageOf = (words: readonly string[]): string | undefined => {
  for (const word of programWords(words)) {
    const name = nameIn(word);
    if (name !== undefined) return name;
  }
  return undefined;
};

/** Whether `mcp` is the sub-command: the first word after the program that is no option. */
const isSubCommand = (words: readonly string[]): boolean => {
  const [program = '', ...others] = words;
  const plain = others.filter((word) => !word.startsWith('-'));
  const [first, second] = plain;
  if (first === 'mcp' || first === 'mcp-server') return true;
  return RUNNER.test(baseOf(program)) && (second === 'mcp' || second === 'mcp-server');
};

/** Whether it is this program with another sub-command than `mcp`: what that names or talks to is no server of its own. */
const isOtherWhytrace = (words: readonly string[], project: ProcessFacts['project']): boolean => {
  const plain = words.filter((word) => !word.startsWith('-'));
  const at = RUNNER.test(baseOf(plain[0] ?? '')) ? 1 : 0;
  const program = plain[at] ?? '';
  const isOurs =
    baseOf(program) === 'whytrace' ||
    /(?:^|\/)whytrace\/src\/cli\/main\.ts$/.test(program) ||
    (project?.name === 'whytrace' && program.endsWith('/src/cli/main.ts'));
  return isOurs && plain[at + 1] !== 'mcp';
};

const clientOf = (parents: ProcessFacts['parents']): string | undefined => {
  for (const { comm, args } of parents) {
    const name = [comm.toLowerCase(), baseOf(args.split(' ')[0] ?? '').toLowerCase()].find((one) => CLIENTS.has(one));
    const known = name ?? CLIENT_PACKAGE.exec(args)?.[1];
    if (known !== undefined) return known;
  }
  return undefined;
};

type Sign = { readonly believed: number; readonly why: string };

/** Below this a process is not told of. */
export const LIKELY = 0.5;

/** Whether a process is an MCP server, as far as its signs tell; each `why` is a fixed phrase. */
export const mcpEvidence = (facts: ProcessFacts): McpEvidence => {
  const words = facts.args.split(' ').filter((word) => word !== '');
  if (isOtherWhytrace(words, facts.project)) return { package: null, client: null, confidence: 0, why: [] };
  const found = packageOf(words);
  const client = clientOf(facts.parents);
  const isTest = words.includes('--test');
  const signs: Sign[] = [];
  const add = (holds: boolean, believed: number, why: string) => {
    if (holds) signs.push({ believed, why });
  };
  add(facts.answered !== undefined, 0.99, `it answered a probe: ${facts.answered}`);
  add(facts.heard === 'rpc', 0.9, 'it wrote JSON-RPC to its standard output while it was looked at');
  add(facts.heard === 'json', 0.3, 'it wrote what may be JSON-RPC to its standard output while it was looked at');
  add(found !== undefined, 0.7, 'its command line names a package of an MCP server');
  add(isSubCommand(words), 0.45, 'its sub-command is mcp');
  add(facts.project?.usesMcp === true && !isTest, 0.35, 'the package of its program uses an MCP library');
  add(facts.talksToParent === true, 0.25, 'its standard input and output lead to its parent');
  add(facts.talksToParent === true && client !== undefined, 0.35, 'its parent is a known MCP client');
  add(
    (facts.listens ?? []).some(({ kind, address }) => kind === 'unix' && /mcp/i.test(address)),
    0.4,
    'it listens at a socket that is named for MCP',
  );
  const disbelieved = signs.reduce((product, { believed }) => product * (1 - believed), 1);
  return {
    package: found ?? (facts.project?.usesMcp === true ? facts.project.name : null),
    client: client ?? null,
    confidence: Math.round((1 - disbelieved) * 100) / 100,
    why: signs.map(({ why }) => why),
  };
};
