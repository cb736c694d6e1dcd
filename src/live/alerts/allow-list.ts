// What the owner of a machine has declared harmless: by the identity of a program (path and, where given, inode) and of its
// parent, never by a name that anybody can take. Read from a file of lines `RULE EXE [PARENT_EXE]`.
import { readFileSync } from 'node:fs';
import type { Finding } from '../../base/alert.ts';
import { messageOf } from '../../base/errors.ts';
import { errors } from '../errors.ts';

/** `rule` may be `*`. `exe` and `parent`: a path, or DEV:INO. */
export type Allowed = { readonly rule: string; readonly exe: string; readonly parent: string | undefined };

/** Lines of an allow-list; what begins with # is a comment, incomplete lines are left out. */
export const parseAllowList = (text: string): readonly Allowed[] =>
  text.split('\n').flatMap((line) => {
    const [rule, exe, parent] = line.replace(/#.*/, '').trim().split(/\s+/);
    return rule === undefined || rule === '' || exe === undefined ? [] : [{ rule, exe, parent }];
  });

/** The list in a file. Throws a UserError when it cannot be read. */
export const readAllowList = (path: string): readonly Allowed[] => {
  try {
    return parseAllowList(readFileSync(path, 'utf8'));
  } catch (thrown) {
    throw errors.noAllowList({ path, why: messageOf(thrown) }, thrown);
  }
};

/** Whether a finding is declared harmless. */
export const isAllowed = (list: readonly Allowed[], { rule, process, ancestry = [] }: Finding): boolean => {
  const is = (
    suspect: { readonly exe?: string | undefined; readonly exe_id?: string | undefined } | undefined,
    name: string,
  ) => suspect !== undefined && (suspect.exe === name || suspect.exe_id === name);
  return list.some(
    (allowed) =>
      (allowed.rule === '*' || allowed.rule === rule) &&
      is(process, allowed.exe) &&
      (allowed.parent === undefined || is(ancestry[0], allowed.parent)),
  );
};
