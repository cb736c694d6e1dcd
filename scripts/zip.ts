// A ZIP archive of a few small files, stored as they are and without times: the same files give the same bytes, and so the same
// hash. Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.
import { crc32 } from 'node:zlib';

const VERSION = 20;
/** 1980-01-01, the first day that the format knows. */
const FIRST_DAY = 0x21;

type Entry = { readonly name: string; readonly content: Buffer };

/** What a local header and a directory entry share: version, flags, method, time, date, sum, sizes, lengths of name and extra. */
const common = ({ name, content }: Entry): Buffer => {
  const bytes = Buffer.alloc(26);
  bytes.writeUInt16LE(VERSION, 0);
  bytes.writeUInt16LE(FIRST_DAY, 8);
  bytes.writeUInt32LE(crc32(content), 10);
  bytes.writeUInt32LE(content.length, 14);
  bytes.writeUInt32LE(content.length, 18);
  bytes.writeUInt16LE(Buffer.byteLength(name), 22);
  return bytes;
};

const signature = (word: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(word);
  return bytes;
};

/** The archive of files by name. */
export const zip = (files: readonly (readonly [name: string, content: string])[]): Buffer => {
  const entries = files.map(([name, content]) => ({ name, content: Buffer.from(content) }));
  const local = entries.map((entry) =>
    Buffer.concat([signature(0x04034b50), common(entry), Buffer.from(entry.name), entry.content]),
  );
  let offset = 0;
  const directory = entries.map((entry, i) => {
    // Comment, disk, attributes inside and outside, then where its local header begins.
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    offset += local[i]?.length ?? 0;
    const version = Buffer.from([VERSION, 0]);
    return Buffer.concat([signature(0x02014b50), version, common(entry), rest, Buffer.from(entry.name)]);
  });
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(size, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...local, ...directory, signature(0x06054b50), end]);
};
