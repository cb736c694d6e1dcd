// What a recording's tables, views and indexes are, as hashes: a changed view would answer every question wrongly although no
// row was touched.
import { APPLICATION_ID } from '../../catalogue/schema.ts';
import type { Database } from '../open.ts';
import { maybeText, number, text } from '../row.ts';
import { canonicalRow, sha256 } from './chain.ts';

/** The version and identity of the format, and each object, by name: `version`, `table call`, `view calls`. */
export const schemaHashes = (database: Database): ReadonlyMap<string, string> => {
  const version = database.prepare('PRAGMA user_version').get();
  const about = [version === undefined ? null : number(version, 'user_version'), APPLICATION_ID];
  const objects = database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all();
  return new Map([
    ['version', sha256(canonicalRow(about)).toString('hex')],
    ...objects.map((row): [string, string] => {
      const [type, name] = [text(row, 'type'), text(row, 'name')];
      const hash = sha256(canonicalRow([type, name, text(row, 'tbl_name'), maybeText(row, 'sql')]));
      return [`${type} ${name}`, hash.toString('hex')];
    }),
  ]);
};
