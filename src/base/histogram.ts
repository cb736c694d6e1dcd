// Histograms of durations with 8 buckets to a factor of two: a percentile is right within 6 %.

/** Buckets enough for durations up to 2^53 ns (104 days). */
export const BUCKETS = 8 * 51;

/** The bucket of a duration in ns: exact below 8, then the position of the top bit and the three bits below it. */
export const bucketOf = (ns: number): number => {
  if (ns < 8) return ns < 0 ? 0 : Math.floor(ns);
  const wide = ns >= 0x1_0000_0000;
  const word = wide ? Math.floor(ns / 0x20_0000) : ns;
  const top = 31 - Math.clz32(word);
  const exponent = (wide ? 21 : 0) + top;
  return (exponent - 2) * 8 + ((word >>> (top - 3)) & 7);
};

/** Smallest duration of a bucket, in ns. */
export const bucketStart = (bucket: number): number =>
  bucket < 8 ? bucket : (8 + (bucket & 7)) * 2 ** (Math.floor(bucket / 8) - 1);

/** The p-quantile (0 to 1) in ns, interpolated inside its bucket and never above `max`. 0 for an empty histogram. */
export const quantile = (counts: Uint32Array | Float64Array, p: number, max: number): number => {
  let total = 0;
  for (const count of counts) total += count;
  if (total === 0) return 0;
  const rank = p * (total - 1) + 1;
  let below = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    const count = counts[bucket] ?? 0;
    if (count > 0 && below + count >= rank) {
      const from = bucketStart(bucket);
      const width = bucketStart(bucket + 1) - from;
      return Math.min(max, Math.round(from + (width * (rank - below - 0.5)) / count));
    }
    below += count;
  }
  return max;
};

/** Non-empty buckets as pairs of varints: gap to the previous bucket, count. */
export const encodeHistogram = (counts: Uint32Array | Float64Array): Uint8Array => {
  const bytes: number[] = [];
  const put = (value: number) => {
    let rest = value;
    while (rest >= 0x80) {
      bytes.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    bytes.push(rest);
  };
  let previous = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    const count = counts[bucket] ?? 0;
    if (count === 0) continue;
    put(bucket - previous);
    put(count);
    previous = bucket;
  }
  return Uint8Array.from(bytes);
};

/** Adds the counts of an encoded histogram to others, without any object made for it: a summary adds up hundreds of them. */
export const addHistogram = (into: Float64Array, bytes: Uint8Array): void => {
  let value = 0;
  let scale = 1;
  let bucket = 0;
  let isCount = false;
  for (const byte of bytes) {
    value += (byte & 0x7f) * scale;
    scale *= 0x80;
    if (byte >= 0x80) continue;
    if (!isCount) bucket += value;
    else if (bucket < BUCKETS) into[bucket] = (into[bucket] ?? 0) + value;
    isCount = !isCount;
    value = 0;
    scale = 1;
  }
};

/** The counts of an encoded histogram. */
export const decodeHistogram = (bytes: Uint8Array): Float64Array => {
  const counts = new Float64Array(BUCKETS);
  addHistogram(counts, bytes);
  return counts;
};
