// The bundle's only program: joins an MCP client on any desktop with whytrace where the recordings are. It starts ssh, or opens
// a UNIX socket, and then passes bytes on; it reads no message, keeps no secret and runs on any Node from 18 on.
import { spawn } from 'node:child_process';
import { connect } from 'node:net';

const USAGE = 'give ssh://[USER@]HOST[:PORT] or unix:/PATH as the first word, and a recording as the second or nothing';

const fail = (why) => {
  process.stderr.write(`whytrace bundle: ${why}\n`);
  process.exit(2);
};

/** One word of the shell at the other end. */
const shellWord = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The command line of ssh. Nothing that was typed can become an option of it. */
const sshArguments = (target, recording) => {
  const match = /^ssh:\/\/((?:[\w.-]+@)?[A-Za-z0-9_][\w.-]*)(?::(\d{1,5}))?\/?$/.exec(target);
  if (match === null) fail(`'${target}' names no host: ${USAGE}`);
  const [, host, port] = match;
  const remote = recording === '' ? 'whytrace mcp' : `whytrace mcp --db ${shellWord(recording)}`;
  return ['-T', '-o', 'BatchMode=yes', ...(port === undefined ? [] : ['-p', port]), '--', host, remote];
};

const overSsh = (target, recording) => {
  const child = spawn('ssh', sshArguments(target, recording), { stdio: ['pipe', 'pipe', 'inherit'] });
  child.on('error', (error) => fail(`cannot start ssh: ${error.message}`));
  child.on('close', (code) => process.exit(code ?? 1));
  child.stdin.on('error', () => {});
  process.stdin.pipe(child.stdin);
  child.stdout.pipe(process.stdout);
};

const overSocket = (path) => {
  const socket = connect(path);
  socket.on('error', (error) => fail(`no server answers at ${path}: ${error.message}`));
  socket.on('close', () => process.exit(0));
  process.stdin.pipe(socket);
  socket.pipe(process.stdout);
};

const [target = '', recording = ''] = process.argv.slice(2);
if (target.startsWith('unix:/')) overSocket(target.slice('unix:'.length));
else if (target.startsWith('ssh://')) overSsh(target, recording.startsWith('$') ? '' : recording);
else fail(USAGE);
