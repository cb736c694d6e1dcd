// Bytes to lines: the framing of MCP over pipes and sockets. One line is one message. Knows nothing of what is in a line.
const NEWLINE = 0x0a;

/** `take` answers the lines that a piece of bytes completed; undefined, once and for all, when one is longer than `most`. */
export const lineSplitter = (most: number) => {
  let parts: Uint8Array[] = [];
  let length = 0;
  return {
    take: (bytes: Uint8Array): readonly Buffer[] | undefined => {
      const lines: Buffer[] = [];
      let from = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
        if (length + end - from > most) return undefined;
        lines.push(Buffer.concat([...parts, bytes.subarray(from, end)]));
        parts = [];
        length = 0;
        from = end + 1;
      }
      if (from < bytes.length) {
        parts.push(bytes.subarray(from));
        length += bytes.length - from;
      }
      return length > most ? undefined : lines;
    },
  };
};
