// The MCP servers of a host as text for people: who, from whom, how sure and why.
import type { McpServer, McpServers } from '../../base/mcp-server.ts';
import { quotedName } from '../../base/quote.ts';
import { cleanText } from '../../base/sanitize.ts';
import { countText } from '../../base/units.ts';
import type { Style } from './style.ts';

const NAME = 64;
const LINE = 160;

const blockOf = (server: McpServer, style: Style): readonly string[] => {
  const { pid, comm, user, uid, transport, addresses, parents, client, confidence, why, args } = server;
  const name = quotedName(server.package ?? comm, NAME);
  const at = addresses.length === 0 ? '' : ` at ${addresses.map((one) => quotedName(one, NAME)).join(', ')}`;
  const chain = parents.map((parent) => `${quotedName(parent.comm, NAME)} (pid ${parent.pid})`).join(' < ');
  return [
    `${style.bold(name)}  pid ${pid}, ${transport}${at}, user ${user ?? uid ?? 'unknown'}, ${Math.round(confidence * 100)} % sure`,
    `  ${cleanText(args, LINE)}`,
    ...(chain === '' ? [] : [`  started by ${chain}${client === null ? '' : `: the client ${client}`}`]),
    `  ${why.join('; ')}`,
    '',
  ];
};

/** One block for each server, and what could not be seen. */
export const serverLines = ({ servers, unseen, probed }: McpServers, style: Style): readonly string[] => [
  ...servers.flatMap((server) => blockOf(server, style)),
  `${countText(servers.length, 'MCP server')} found${probed > 0 ? `; ${countText(probed, 'listener')} asked` : ''}.`,
  ...(unseen > 0
    ? [`${unseen} of all processes could not be looked into: run it as root to see those of all users.`]
    : []),
];
