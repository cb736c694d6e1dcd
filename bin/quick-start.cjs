// Keeps compiled modules between runs: taking the types out of them is half of the time that a short command needs. Loaded
// before the program, so that no module of it is compiled anew; plain JavaScript, so that it needs no compiling itself.
const { statSync } = require('node:fs');
const { enableCompileCache } = require('node:module');
const { homedir } = require('node:os');
const { join } = require('node:path');

/** Whether nobody else may put code there: root, when it has the home of a user, must neither run that user's nor leave its own. */
const isOurs = (folder) => statSync(folder).uid === process.geteuid();

/** Never fails: without a cache the start is only slower. */
const keepCompiled = ({ SUDO_UID, XDG_CACHE_HOME: asked }) => {
  // Under sudo, HOME may be the user's: leave no files of root there. Never in /tmp, where strangers could put code.
  if (SUDO_UID !== undefined) return;
  try {
    const base = asked?.startsWith('/') ? asked : homedir();
    if (isOurs(base)) enableCompileCache(join(base, ...(base === asked ? [] : ['.cache']), 'whytrace'));
  } catch {
    // No such folder: none is made for this.
  }
};

keepCompiled(process.env);
