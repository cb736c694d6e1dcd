#!/usr/bin/env bash
# Makes the recordings of this folder anew: needed whenever the format changes. Root; copies the project to /opt/whytrace
# for the time, so that the recording names no path of its maker, and calls the host and
# the cgroup `demo`, and other programs `other`. What was changed after it was recorded cannot stay sealed.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
place=/opt/whytrace
[ ! -e "$place" ] || { echo "record.sh: $place exists already" >&2; exit 1; }
trap 'rm -rf "$place"' EXIT
mkdir "$place"
tar -C "$root" --exclude=.git -cf - . | tar -C "$place" -xf -
cd "$place"
lab/cudasim/build.sh >/dev/null
made=$(mktemp -d)/made.db
env -i PATH=/usr/bin:/bin HOME=/ bin/whytrace record -o "$made" -- python3 lab/workloads/demo-starved.py --seconds 3.5 --hog-after 1.2
"$place"/node_modules/node-linux-*/bin/node --disable-warning=ExperimentalWarning -e '
  const { DatabaseSync } = require("node:sqlite");
  const database = new DatabaseSync(process.argv[1]);
  database.exec("UPDATE recording SET value = \x27demo\x27 WHERE key = \x27host\x27");
  database.exec("UPDATE recording SET value = substr(value, 1, instr(value || \x27-\x27, \x27-\x27) - 1) WHERE key = \x27kernel\x27");
  database.exec("UPDATE process SET cgroup = \x27/demo\x27 WHERE cgroup IS NOT NULL");
  const others = "(SELECT pid FROM process WHERE tracked = 0 AND args > \x27\x27 AND note IS NULL)";
  database.exec(`UPDATE OR IGNORE thread SET comm = \x27other\x27 WHERE pid IN ${others}`);
  database.exec(`UPDATE process SET comm = \x27other\x27 WHERE pid IN ${others}`);
  database.exec("UPDATE process SET exe = NULL, args = NULL WHERE tracked = 0");
  database.exec("DELETE FROM evidence_chain; DELETE FROM recording WHERE key = \x27evidence_key\x27");
  database.exec("PRAGMA journal_mode = DELETE");
  database.exec("VACUUM");
  database.close();
' "$made"
mv "$made" "$root/lab/recordings/data-loader-starved.db"
