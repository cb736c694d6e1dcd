// The one shape of an error that a user can meet: a stable code, what failed, why, and what to do about it.
// Each folder declares its own errors in one list with `defineError`; nobody else builds messages. They quote what was seen,
// which may be a stranger's text: so they are cleaned and bounded here.
import { cleanText } from './sanitize.ts';

/** What a surface prints: one line for people, the same parts as data for agents. */
export type ErrorParts = { code: string; what: string; why: string; todo: string };

/** An error meant for the user of the program. Anything else that is thrown is a bug in the program. */
export class UserError extends Error {
  readonly parts: ErrorParts;
  /** The exit code of the command line: 2 for bad usage, 1 for any other failure. */
  readonly exitCode: 1 | 2;

  constructor(parts: ErrorParts, exitCode: 1 | 2, options?: { cause?: unknown }) {
    super(`${parts.what}: ${parts.why}; ${parts.todo}`, options);
    this.name = 'UserError';
    this.parts = parts;
    this.exitCode = exitCode;
  }
}

/** UTF-16 units of each part at most: room for a path, for what the kernel said, for a list of names. */
const WHAT_LENGTH = 600;
const WHY_LENGTH = 1500;
const REMEDY_LENGTH = 1000;

type Template<A> = (args: A) => Omit<ErrorParts, 'code'>;

/** Declares an error: its code, its words as a function of the values seen, and its exit code (1 unless told). */
export const defineError =
  <A>(code: string, template: Template<A>, exitCode: 1 | 2 = 1) =>
  (args: A, cause?: unknown): UserError => {
    const { what, why, todo } = template(args);
    return new UserError(
      {
        code,
        what: cleanText(what, WHAT_LENGTH),
        why: cleanText(why, WHY_LENGTH),
        todo: cleanText(todo, REMEDY_LENGTH),
      },
      exitCode,
      { cause },
    );
  };

/** The message of anything that was thrown, for the "why" of a user's error: cleaned, since it may quote what was read. */
export const messageOf = (thrown: unknown): string =>
  cleanText(thrown instanceof Error ? thrown.message : String(thrown), WHY_LENGTH);

/** The system's error code (`ENOENT`, `EACCES`) of a thrown value, or an empty string. */
export const systemCodeOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
