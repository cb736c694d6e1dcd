// The process in which SQL of a stranger runs: reads one request from stdin, writes one reply to stdout, ends.
// It may be killed at any moment; nothing else depends on it.
import { readFileSync } from 'node:fs';
import { messageOf, UserError } from '../../base/errors.ts';
import { runQuery } from './query.ts';

const answer = (): unknown => {
  try {
    return { page: runQuery(JSON.parse(readFileSync(0, 'utf8'))) };
  } catch (thrown) {
    return thrown instanceof UserError ? { fault: thrown.parts } : { crash: messageOf(thrown) };
  }
};

process.stdout.write(JSON.stringify(answer()));
