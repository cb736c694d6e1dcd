// What the owner of a machine has declared harmless: by the identity of a program and of its parent as this
// program sees the file: a path that a process sees may be another file there, and a name anybody can take. Read from a file of lines `RULE EXE [PARENT_EXE]`.
import { readFileSync, statSync } from 'node:fs';
import type { Finding, Suspect } from '../../base/alert.ts';
import { messageOf } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { errors } from '../errors.ts';
import { ruleNames } from '../rule-names.ts';

/** `rule` may be `*`. `exe` and `parent`: a path, or DEV:INO. */
export type Allowed = { readonly rule: string; readonly exe: string; readonly parent: string | undefined };

const RULE = /^[a-z_]+$/;
const PROGRAM = /^(\/\S+|\d+:\d+)$/;

/** Lines of an allow-list; what begins with # is a comment. Throws a UserError for a line that is none, or that names no rule. */
export const parseAllowList = (text: string): readonly Allowed[] =>
  text.split('\n').flatMap((line, at) => {
    const words = line.replace(/#.*/, '').trim();
    if (words === '') return [];
    const [rule = '', exe = '', parent, ...rest] = words.split(/\s+/);
    const refuse = (why: string, near?: string) => errors.badAllowLine({ line: at + 1, text: words, why, near });
    if (exe === '') throw refuse('it names no program');
    if (rest.length > 0) throw refuse('it has more than three words');
    if (rule !== '*' && !ruleNames.includes(rule))
      throw refuse(`${rule} is no rule`, RULE.test(rule) ? nearest(rule, ruleNames) : undefined);
    for (const program of parent === undefined ? [exe] : [exe, parent])
      if (!PROGRAM.test(program)) throw refuse(`${program} is neither a whole path nor DEV:INO`);
    return [{ rule, exe, parent }];
  });

/** The list in a file. Throws a UserError when it cannot be read, or a line of it is none. */
export const readAllowList = (path: string): readonly Allowed[] => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (thrown) {
    throw errors.noAllowList({ path, why: messageOf(thrown) }, thrown);
  }
  return parseAllowList(text);
};

/** DEV:INO of a file as this program sees it; undefined when there is none. Asked each time: an update makes it another. */
const idOf = (name: string): string | undefined => {
  if (!name.startsWith('/')) return name;
  try {
    const { dev, ino } = statSync(name);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
};

/** Whether a finding is declared harmless. What nobody could identify is not. */
export const isAllowed = (list: readonly Allowed[], { rule, process, ancestry = [] }: Finding): boolean => {
  const is = (suspect: Suspect | undefined, name: string) =>
    suspect?.exe_id !== undefined && suspect.exe_id === idOf(name);
  return list.some(
    (allowed) =>
      (allowed.rule === '*' || allowed.rule === rule) &&
      is(process, allowed.exe) &&
      (allowed.parent === undefined || is(ancestry[0], allowed.parent)),
  );
};
