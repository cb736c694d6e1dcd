// The exact lines that connect MCP clients to one recording. Formats as of 2026-11:
// Claude Code https://code.claude.com/docs/en/mcp, Claude Desktop https://modelcontextprotocol.io/docs/develop/connect-local-servers,
// Cursor https://cursor.com/docs/context/mcp, VS Code https://code.visualstudio.com/docs/copilot/customization/mcp-servers,
// ollmcp https://github.com/jonigl/mcp-client-for-ollama

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
