// What can go wrong with a recording file, in the words the user sees.
import { defineError } from '../base/errors.ts';

type FileArgs = { path: string; why: string };

export const errors = {
  notFound: defineError('recording_not_found', ({ path }: { path: string }) => ({
    what: `cannot open ${path}`,
    why: 'there is no such file',
    todo: "make a recording with 'whytrace record -o FILE -- CMD', or name another file",
  })),
  noForeign: defineError('file_not_found', ({ path }: { path: string }) => ({
    what: `cannot import ${path}`,
    why: 'there is no such file',
    todo: "name the recording of another tool; see 'whytrace import --help'",
  })),
  notSqlite: defineError('not_sqlite', ({ path, why }: FileArgs) => ({
    what: `cannot import ${path}`,
    why,
    todo: "name the SQLite file of another tool; see 'whytrace import --help'",
  })),
  ownRecording: defineError('already_a_recording', ({ path }: { path: string }) => ({
    what: `cannot import ${path}`,
    why: 'it is a recording of whytrace already',
    todo: 'ask it as it is: whytrace explain FILE',
  })),
  notReadable: defineError('recording_not_readable', ({ path, why }: FileArgs) => ({
    what: `cannot read ${path}`,
    why,
    todo: 'check the permissions of the file and of its folder',
  })),
  notARecording: defineError('not_a_recording', ({ path, why }: FileArgs) => ({
    what: `${path} is not a whytrace recording`,
    why,
    todo: "name a file made by 'whytrace record'",
  })),
  damaged: defineError('recording_damaged', ({ path, why }: FileArgs) => ({
    what: `${path} is damaged`,
    why,
    todo: "copy it again if it was copied, or recover what is left with 'sqlite3 FILE .recover'",
  })),
  newer: defineError(
    'recording_newer',
    ({ path, version, known }: { path: string; version: number; known: number }) => ({
      what: `cannot read ${path}`,
      why: `it has format ${version}, this whytrace knows up to ${known}`,
      todo: 'install a newer whytrace',
    }),
  ),
  older: defineError(
    'recording_older',
    ({ path, version, known }: { path: string; version: number; known: number }) => ({
      what: `cannot read ${path}`,
      why: `it has format ${version}, this whytrace reads format ${known}`,
      todo: 'record again, or read it with the whytrace that made it',
    }),
  ),
  locked: defineError('recording_locked', ({ path, why }: FileArgs) => ({
    what: `cannot read ${path} now`,
    why: `another program holds it (${why})`,
    todo: 'try again in a moment, or close the program that writes to it',
  })),
  vanished: defineError('recording_vanished', ({ path, why }: FileArgs) => ({
    what: `cannot go on reading ${path}`,
    why: `the file or its disk went away (${why})`,
    todo: 'check that the file is still there and ask again',
  })),
  exists: defineError('output_exists', ({ path }: { path: string }) => ({
    what: `cannot write ${path}`,
    why: 'the file exists and is not a whytrace recording, so it is not replaced',
    todo: 'name another file with -o',
  })),
  busy: defineError('output_busy', ({ path, pid }: { path: string; pid: number }) => ({
    what: `cannot write ${path}`,
    why: `whytrace with pid ${pid} is recording into it`,
    todo: 'name another file with -o, or stop that recording',
  })),
  notWritable: defineError('output_not_writable', ({ path, why }: FileArgs) => ({
    what: `cannot write ${path}`,
    why,
    todo: 'name a file in a folder that you may write to, with -o FILE',
  })),
  keyUnsafe: defineError('evidence_key_unsafe', ({ path, why }: FileArgs) => ({
    what: `cannot sign with ${path}`,
    why,
    todo: 'what it signed can no longer be trusted: move it away, and a new key is made',
  })),
  keyUnusable: defineError('evidence_key_unusable', ({ path, why }: FileArgs) => ({
    what: `cannot use the key ${path}`,
    why,
    todo: 'check its folder, or name another with XDG_STATE_HOME',
  })),
  writeFailed: defineError('write_failed', ({ path, why }: FileArgs) => ({
    what: `cannot go on writing ${path}`,
    why,
    todo: 'free some space and record again; everything written before is kept and readable',
  })),
  outputGone: defineError('output_gone', ({ path }: { path: string }) => ({
    what: `cannot go on writing ${path}`,
    why: 'the file was removed or replaced while it was being written, and what was in it is gone',
    todo: 'record again, and leave the file alone until the recording has ended',
  })),
  notCut: defineError('recording_not_cut', ({ path, why }: FileArgs) => ({
    what: `cannot finish ${path}`,
    why,
    todo: "only a recording whose recorder was killed is finished afterwards; see 'whytrace verify FILE'",
  })),
  auditUnwritable: defineError('audit_unwritable', ({ path, why }: FileArgs) => ({
    what: `the audit log ${path} cannot be written`,
    why,
    todo: 'make room on its disk, or let its owner alone read and write it; until then MCP requests are refused, since none may go unrecorded',
  })),
  auditUnreadable: defineError('audit_unreadable', ({ path, why }: FileArgs) => ({
    what: `cannot read the audit log ${path}`,
    why,
    todo: 'check that it is the file that whytrace mcp writes, and its permissions',
  })),
  noAudit: defineError('no_audit', ({ path }: { path: string }) => ({
    what: `there is no audit log ${path}`,
    why: 'no MCP client has asked anything of this user’s servers yet, or they write another file',
    todo: 'name the file with --audit PATH',
  })),
} as const;
