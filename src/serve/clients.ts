// The exact lines that connect MCP clients to one recording; docs/clients.md shows them all. Formats as of 2026-11:
// Claude Code https://code.claude.com/docs/en/mcp, Claude Desktop https://modelcontextprotocol.io/docs/develop/connect-local-servers,
// Cursor https://cursor.com/docs/context/mcp, VS Code https://code.visualstudio.com/docs/copilot/customization/mcp-servers,
// ollmcp https://github.com/jonigl/mcp-client-for-ollama, Codex https://developers.openai.com/codex/mcp,
// Copilot CLI https://docs.github.com/en/copilot/how-tos/copilot-cli/customize-copilot/add-mcp-servers,
// Gemini CLI https://geminicli.com/docs/tools/mcp-server/, Zed https://zed.dev/docs/ai/mcp,
// Windsurf https://docs.windsurf.com/windsurf/cascade/mcp

export type ClientLines = {
  readonly client: string;
  /** What to do with the lines. */
  readonly how: string;
  readonly lines: readonly string[];
};

const NAME = 'whytrace';
const SERVERS_FILE = 'whytrace-mcp.json';

/** One word of a POSIX shell. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** For each client, how to reach the recording `db` through the program `launcher`; both absolute paths. */
export const clientLines = (launcher: string, db: string): readonly ClientLines[] => {
  const args = ['mcp', '--db', db];
  const servers = JSON.stringify({ mcpServers: { [NAME]: { command: launcher, args } } });
  return [
    {
      client: 'Claude Code',
      how: 'run',
      lines: [`claude mcp add ${NAME} -- ${[launcher, ...args].map(shellWord).join(' ')}`],
    },
    {
      client: 'Claude Desktop',
      how: 'put into claude_desktop_config.json (Settings, Developer, Edit Config) and restart it',
      lines: [servers],
    },
    { client: 'Cursor', how: 'put into ~/.cursor/mcp.json', lines: [servers] },
    {
      client: 'VS Code',
      how: 'run',
      lines: [`code --add-mcp ${shellWord(JSON.stringify({ name: NAME, command: launcher, args }))}`],
    },
    {
      client: 'ollmcp',
      how: 'run',
      lines: [`echo ${shellWord(servers)} > ${SERVERS_FILE}`, `ollmcp --servers-json ${SERVERS_FILE}`],
    },
  ];
};

/** The same for clients that a first run does not name. */
export const moreClientLines = (launcher: string, db: string): readonly ClientLines[] => {
  const args = ['mcp', '--db', db];
  const server = { command: launcher, args };
  const words = [launcher, ...args].map(shellWord).join(' ');
  const servers = JSON.stringify({ mcpServers: { [NAME]: server } });
  return [
    { client: 'Codex', how: 'run', lines: [`codex mcp add ${NAME} -- ${words}`] },
    { client: 'Copilot CLI', how: 'run', lines: [`copilot mcp add ${NAME} -- ${words}`] },
    { client: 'Gemini CLI', how: 'put into ~/.gemini/settings.json', lines: [servers] },
    {
      client: 'Zed',
      how: 'put into its settings.json (zed: open settings)',
      lines: [JSON.stringify({ context_servers: { [NAME]: server } })],
    },
    { client: 'Windsurf', how: 'put into ~/.codeium/windsurf/mcp_config.json', lines: [servers] },
  ];
};
