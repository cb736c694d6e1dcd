// Finishes a recording whose recorder was killed: one file without companions, its rest sealed, and that it was done
// afterwards stated in the facts and in the seal. Changes no row that was recorded.
import { messageOf, UserError } from '../base/errors.ts';
import { errors } from './errors.ts';
import { checkChain } from './evidence/check-chain.ts';
import type { EvidenceKey } from './evidence/key.ts';
import { AFTERWARDS, detailText, readSeals, type Seal } from './evidence/seal.ts';
import { createSealer } from './evidence/sealer.ts';
import { hasChain } from './evidence/verify.ts';
import { foldLog } from './fold-log.ts';
import { openDatabase, openOwn } from './open.ts';
import { readFacts } from './read-about.ts';
import { recordingState } from './recording-state.ts';

const PATIENCE_MS = 2000;

type Facts = ReturnType<typeof readFacts>;

/** Why it is not for us to finish, if it is not. */
const obstacle = (facts: Facts, seals: readonly Seal[], key: EvidenceKey | undefined): string | undefined => {
  if (facts.get('state') === 'cut') return 'it was finished before';
  const state = recordingState(facts);
  if (state === 'complete') return 'it was closed by its recorder';
  if (state === 'live') return 'its recorder still runs';
  if (seals.length === 0) return undefined;
  const { findings, key: signer } = checkChain(seals);
  if (findings.length > 0) return 'its chain of seals does not hold';
  return signer?.fingerprint === key?.fingerprint ? undefined : 'it was sealed with a key that is not here';
};

/**
 * Finishes a recording that was cut. The rest is sealed with the key of its chain: such a seal says that the rows are as they
 * were when they were found, not as they were written, and `verify` tells so. `now`: ns since 1970. Throws a UserError when
 * it is not cut, or that key is not at hand.
 */
export const finishCut = (path: string, key: EvidenceKey | undefined, now: bigint): void => {
  openDatabase(path).close();
  const database = openOwn(path, { readOnly: false, timeout: PATIENCE_MS });
  try {
    database.exec('BEGIN IMMEDIATE');
    const facts = readFacts(database);
    const seals = hasChain(database) ? readSeals(database) : [];
    const why = obstacle(facts, seals, key);
    if (why !== undefined) throw errors.notCut({ path, why });
    const sealer = key === undefined || seals.length === 0 ? undefined : createSealer(database, key);
    const setFact = database.prepare('INSERT OR REPLACE INTO recording (key, value) VALUES (?, ?)');
    setFact.run('state', 'cut');
    setFact.run('ended', 'killed');
    setFact.run('finished_unix_ns', String(now));
    sealer?.end(Number(facts.get('duration_ns') ?? 0), detailText([[AFTERWARDS, 'its recorder was killed']]));
    database.exec('COMMIT');
    foldLog(database);
  } catch (thrown) {
    if (thrown instanceof UserError) throw thrown;
    throw errors.notWritable({ path, why: messageOf(thrown) }, thrown);
  } finally {
    database.close();
  }
};
