// The shim between a client that can only start programs and a server at a UNIX socket: bytes both ways, and nothing else.
import { connect } from 'node:net';
import { messageOf } from '../../base/errors.ts';
import { errors } from '../identity/errors.ts';

/** A connection to the server at that path. Throws a UserError when none answers. */
export const connectTo = (path: string): Promise<ReturnType<typeof connect>> =>
  new Promise((resolve, reject) => {
    const socket = connect(path);
    const fail = (thrown: Error) => reject(errors.noServer({ path, why: messageOf(thrown) }, thrown));
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail);
      resolve(socket);
    });
  });

/** Joins stdin and stdout with the server at that path until stdin ends. Throws a UserError when the server ends first. */
export const bridge = async (path: string): Promise<void> => {
  const socket = await connectTo(path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on('error', (thrown) => reject(errors.noServer({ path, why: messageOf(thrown) }, thrown)));
  let ending = false;
  socket.on('close', () => {
    if (ending) resolve();
    else reject(errors.noServer({ path, why: 'it ended the connection' }));
  });
  process.stdin.on('end', () => {
    ending = true;
    socket.end();
  });
  process.stdin.pipe(socket, { end: false });
  socket.pipe(process.stdout, { end: false });
  try {
    await promise;
  } finally {
    // Stdin may still be open: the server is gone, so the client has to learn it.
    process.stdin.unpipe(socket);
    process.stdin.destroy();
  }
};
