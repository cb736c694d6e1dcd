// The smallest valid files that the conformance suite's fixtures answer with: an image and a sound.

/** One red pixel as PNG, base64. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';

/** No sample at all as WAV (PCM, mono, 8 kHz, 8 bit), base64. */
const HEADER = Buffer.alloc(44);
HEADER.write('RIFF', 0);
HEADER.writeUInt32LE(36, 4);
HEADER.write('WAVEfmt ', 8);
HEADER.writeUInt32LE(16, 16);
HEADER.writeUInt16LE(1, 20);
HEADER.writeUInt16LE(1, 22);
HEADER.writeUInt32LE(8_000, 24);
HEADER.writeUInt32LE(8_000, 28);
HEADER.writeUInt16LE(1, 32);
HEADER.writeUInt16LE(8, 34);
HEADER.write('data', 36);
export const WAV = HEADER.toString('base64');

export const image = { type: 'image', data: PNG, mimeType: 'image/png' } as const;
export const text = (words: string) => ({ type: 'text', text: words }) as const;
