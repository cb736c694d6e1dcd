// Makes a fresh clone ready to run: installs the locked packages when they are missing or out of date.
// Runs on any Node from 18 on and imports nothing but Node itself, since it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.whytrace-setup`;
const wanted = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .update(process.arch)
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  process.stderr.write('whytrace: installing packages (npm ci --ignore-scripts)\n');
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (npm.status !== 0) {
    const why = npm.error ? npm.error.message : `npm ended with code ${npm.status}`;
    process.stderr.write(
      `whytrace: could not install packages: ${why}; check that npm can reach its registry, then run 'npm ci --ignore-scripts' here\n`,
    );
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}
