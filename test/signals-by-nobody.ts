// Whether a stranger without any power can end a process by one of its threads.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

const hasTools = [
  ['setpriv', '--version'],
  ['/usr/bin/python3', '-c', 'import ctypes'],
].every(([command = '', ...args]) => spawnSync(command, args).status === 0);

/**
 * How the kernel answers a process of the user nobody that would send a signal to the threads of a process: each answer once, the
 * name of an error or `sent`. Undefined where setpriv or Python is missing. Sends none (tgkill(2) with 0). Needs root.
 */
export const signalsByNobody = (pid: number): readonly string[] | undefined => {
  if (!hasTools) return undefined;
  const script = `
import ctypes, errno, os
call = ctypes.CDLL(None, use_errno=True).syscall
tgkill = {'x86_64': 234, 'aarch64': 131}[os.uname().machine]
tasks = os.listdir('/proc/${pid}/task')
print(*{errno.errorcode[ctypes.get_errno()] if call(tgkill, ${pid}, int(t), 0) else 'sent' for t in tasks})`;
  const options = ['--reuid=65534', '--regid=65534', '--clear-groups', '/usr/bin/python3', '-c', script];
  const { stdout, stderr } = spawnSync('setpriv', options, { encoding: 'utf8', cwd: '/' });
  assert.equal(stderr, '');
  return stdout.trim().split(' ');
};
